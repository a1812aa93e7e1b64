"""A model and its one file: it comes back bit for bit, and damage is told."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from clearprop import Model, ModelError, Network, load, save, storage, train
from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.outputs import PAIRS
from clearprop.features import ArrayFeatures, CategoryColumn, Features, NumberColumn, Reading, TableFeatures
from clearprop.targets import count_of_classes
from data.helpers import refusal

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    precision = draw(st.sampled_from([np.float32, np.float64]))
    numbers = st.floats(width=32 if precision is np.float32 else 64, allow_nan=False, allow_infinity=False)
    shapes = list(zip(sizes[1:], sizes, strict=False))
    weights = [draw(arrays_of.arrays(precision, shape, elements=numbers)) for shape in shapes]
    biases = [draw(arrays_of.arrays(precision, shape[:1], elements=numbers)) for shape in shapes]
    pairs = [(cost, output) for cost, output in sorted(PAIRS) if sizes[-1] > 1 or output != "softmax"]
    cost, output = draw(st.sampled_from(pairs))
    hidden = draw(st.lists(st.sampled_from(list(ACTIVATIONS)), min_size=len(shapes) - 1, max_size=len(shapes) - 1))
    return Network.of(weights, biases, activations=[*hidden, output], cost=cost)


@st.composite
def features_of(draw: st.DrawFn, width: int) -> Features | None:
    reading = Reading(missing=("?", "n/a"), strip_label=draw(TEXTS), header=draw(st.sampled_from([None, True, False])))
    scale = st.floats(1e-300, 1e300)
    match draw(st.sampled_from(["none", "numbers", "one category", "array"])):
        case "none":
            return None
        case "numbers":
            columns = [NumberColumn(f"ä {i}", draw(NUMBERS), draw(scale)) for i in range(width)]
            return TableFeatures(tuple(columns), reading)
        case "one category":
            return TableFeatures((CategoryColumn("c", tuple(f"k{i}" for i in range(width - 1))),), reading)
        case _:
            mean = tuple(draw(NUMBERS) for _ in range(width))
            return ArrayFeatures("x", (1, width), mean, draw(scale), reading)


@st.composite
def models(draw: st.DrawFn) -> Model:
    network = draw(networks())
    count = count_of_classes(network.sizes[-1])
    names: Any = draw(st.sampled_from([TEXTS, st.integers(), NUMBERS, st.booleans()])) if count <= 2 else TEXTS
    classes = draw(st.none() | st.lists(names, min_size=count, max_size=count, unique=True))
    features = draw(features_of(network.sizes[0]))
    provenance = draw(st.dictionaries(TEXTS, JSON, max_size=3))
    return Model(network, features, None if classes is None else tuple(classes), provenance)


def bits(network: Network) -> list[Any]:
    return [
        (layer.activation, *((array.dtype, array.shape, array.tobytes()) for array in (layer.weight, layer.bias)))
        for layer in network.layers
    ]


def assert_same(one: Model, other: Model) -> None:
    assert bits(one.network) == bits(other.network)
    assert one.network.cost == other.network.cost
    assert one.features == other.features
    assert one.classes == other.classes
    assert list(map(type, one.classes or ())) == list(map(type, other.classes or ()))
    assert one.provenance == other.provenance


@given(models())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_saved_model_loads_bit_for_bit(model: Model) -> None:
    with tempfile.TemporaryDirectory() as folder:
        save(model, Path(folder) / "model.safetensors")
        assert_same(load(Path(folder) / "model.safetensors"), model)


def small(classes: Any = ("no", "yes")) -> Model:
    network = Network.initialize([2, 2], output="softmax", cost="cross_entropy", seed=3)
    return Model(
        network, TableFeatures((NumberColumn("a", 0.1, 2.0), NumberColumn("b", -1.0, 1e-3))), classes, {"n": 7}
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def test_any_safetensors_reader_finds_the_layers_as_out_by_in(path: Path) -> None:
    network = Network.initialize([5, 4, 3], seed=1)
    save(network, path)
    loaded = load_file(path)
    assert {name: array.shape for name, array in loaded.items()} == {
        "layers.0.weight": (4, 5),
        "layers.0.bias": (4,),
        "layers.1.weight": (3, 4),
        "layers.1.bias": (3,),
    }
    for number, layer in enumerate(network.layers):
        np.testing.assert_array_equal(loaded[f"layers.{number}.weight"], layer.weight)
        np.testing.assert_array_equal(loaded[f"layers.{number}.bias"], layer.bias)


def test_the_one_metadata_key_holds_the_whole_description(path: Path) -> None:
    model = small()
    save(model, path)
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    assert list(metadata) == ["clearprop"]
    document = json.loads(metadata["clearprop"])
    assert len(document.pop("sha256")) == 64
    assert model.features is not None
    assert document == {
        "format": 1,
        "kind": "model",
        "activations": ["softmax"],
        "cost": "cross_entropy",
        "classes": ["no", "yes"],
        "features": model.features.to_document(),
        "provenance": {"n": 7},
    }


def test_the_file_tells_neither_time_nor_place(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        training = train(Network.initialize([2, 2], seed=0), np.eye(2), [0, 1], epochs=2, batch_size=2, validation=0)
        save(training.model, tmp_path / name / f"{name}.safetensors")
    one, two = (tmp_path / name / f"{name}.safetensors" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert b"/" not in one.read_bytes()


def test_a_loaded_model_makes_the_same_file_again(path: Path) -> None:
    save(small(), path)
    before = path.read_bytes()
    save(load(path), path)
    assert path.read_bytes() == before


def test_a_network_given_by_columns_comes_back(path: Path) -> None:
    """Learners keep W as (in, out) and pass its transpose, which lies in memory the other way round."""
    W = np.arange(6.0).reshape(2, 3)
    save(Network.of([W.T], [np.zeros(3)], activations=["softmax"]), path)
    np.testing.assert_array_equal(load(path).network.layers[0].weight, W.T)


def test_a_flipped_bit_in_any_byte_is_noticed_or_harmless(path: Path) -> None:
    model = small()
    save(model, path)
    whole = path.read_bytes()
    harmless = 0
    for place, bit in enumerate(np.random.default_rng(0).integers(8, size=len(whole)).tolist()):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << bit
        path.write_bytes(damaged)
        try:
            loaded = load(path)
        except ModelError:
            continue
        assert_same(loaded, model)  # such as E for e in a number
        harmless += 1
    assert harmless < 3


def test_a_file_cut_short_anywhere_is_refused(path: Path) -> None:
    save(small(), path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError, match=r"expected a clearprop model, got a file that is cut short"):
            load(path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(ModelError, match=r"expected a clearprop model, got a file that is cut short"):
        load(path)


DOCUMENT = {"format": 1, "kind": "model", "activations": ["softmax"], "cost": "cross_entropy"}
ARRAYS = {"layers.0.weight": np.ones((2, 3)), "layers.0.bias": np.ones(2)}
UNFIT: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (
        "wrong bias",
        {},
        {"layers.0.bias": np.ones(3)},
        "layer 1: expected a bias of shape (2,), one for each row of the weight, got (3,).",
    ),
    (
        "wrong weight",
        {},
        {"layers.0.weight": np.ones(2)},
        "layer 1: expected a weight of shape (neurons, inputs), got (2,).",
    ),
    (
        "layers that do not meet",
        {"activations": ["relu", "softmax"]},
        {"layers.1.weight": np.ones((2, 5)), "layers.1.bias": np.ones(2)},
        "layer 2: expected a weight of shape (2, 2), because layer 1 has 2 neurons, got (2, 5).",
    ),
    (
        "a layer too many",
        {},
        {"layers.1.weight": np.ones((2, 2))},
        "expected the arrays layers.0.weight, layers.0.bias, got layers.0.bias, layers.0.weight, layers.1.weight.",
    ),
    (
        "whole numbers",
        {},
        {"layers.0.bias": np.ones(2, dtype=np.int64)},
        "expected arrays of float32 or float64, got another precision.",
    ),
    (
        "half precision",
        {},
        {"layers.0.bias": np.ones(2, dtype=np.float16)},
        "expected arrays of float32 or float64, got another precision.",
    ),
    (
        "NaN",
        {},
        {"layers.0.bias": np.array([1.0, np.nan])},
        "expected finite weights and biases, got NaN or infinity in layers.0.bias.",
    ),
    (
        "infinity",
        {},
        {"layers.0.weight": np.full((2, 3), -np.inf)},
        "expected finite weights and biases, got NaN or infinity in layers.0.weight.",
    ),
    ("no activations", {"activations": None}, {}, "the model's description lacks its activations or its cost."),
    ("no cost", {"cost": None}, {}, "the model's description lacks its activations or its cost."),
    (
        "no layer",
        {"activations": []},
        {},
        "expected the arrays , got layers.0.bias, layers.0.weight.",
    ),
    (
        "an unknown activation",
        {"activations": ["swish"]},
        {},
        "activation: expected one of identity, sigmoid, tanh, relu, leaky_relu, gelu, softmax, got 'swish'.",
    ),
    (
        "an unknown cost",
        {"cost": "hinge"},
        {},
        "cost: expected one of squared_error, half_squared_error, cross_entropy, binary_cross_entropy, got 'hinge'.",
    ),
    ("too many classes", {"classes": ["a", "b", "c"]}, {}, "classes: expected 2 for 2 outputs, got 3."),
    (
        "equal classes",
        {"classes": ["a", "a"]},
        {},
        "classes: expected different names, got one of them twice in ['a', 'a'].",
    ),
    ("classes in a class", {"classes": [["a"], "b"]}, {}, "classes: expected texts or numbers, got [['a'], 'b']."),
    ("classes as a text", {"classes": "ab"}, {}, "expected class names as a list, got 'ab'."),
    (
        "features of another width",
        {"features": TableFeatures((NumberColumn("a", 0.0, 1.0),)).to_document()},
        {},
        "features: expected 3 inputs for this network, got 1.",
    ),
    (
        "features of no kind",
        {"features": {"kind": "code"}},
        {},
        "features.kind: expected one of 'table', 'array', 'image', 'sound', "
        "got 'code'; the model file is damaged, make it again.",
    ),
]


@pytest.mark.parametrize(("changes", "arrays", "message"), [c[1:] for c in UNFIT], ids=[c[0] for c in UNFIT])
def test_a_file_whose_parts_do_not_fit_is_refused(
    path: Path, changes: dict[str, Any], arrays: dict[str, Any], message: str
) -> None:
    document, parts = {**DOCUMENT, **changes}, {**ARRAYS, **arrays}
    document["sha256"] = storage._digest(parts, document)
    save_file(parts, path, {"clearprop": json.dumps(document)})
    assert refusal(load, path) == f"{path}: {message}"


def test_a_checkpoint_is_no_model(path: Path) -> None:
    storage.write(path, "checkpoint", ARRAYS, {})
    assert refusal(load, path) == f"{path}: expected a clearprop model, got a clearprop checkpoint."


def test_a_path_may_be_text(tmp_path: Path) -> None:
    save(small(), str(tmp_path / "a"))
    assert load(str(tmp_path / "a")).classes == ("no", "yes")
    assert refusal(load, "nowhere") == "nowhere: expected a clearprop model, got nothing there."


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (("a",), "classes: expected 2 for 2 outputs, got 1."),
        (("a", "a"), "classes: expected different names, got one of them twice in ['a', 'a']."),
        ((1, True), "classes: expected different names, got one of them twice in [1, True]."),
        (("a", None), "classes: expected texts or numbers, got ['a', None]."),
        ((("a",), "b"), "classes: expected texts or numbers, got [('a',), 'b']."),
    ],
)
def test_class_names_that_could_not_be_loaded_again_are_refused_at_once(classes: Any, message: str) -> None:
    assert refusal(small, classes) == message


def test_one_output_tells_two_classes_apart() -> None:
    network = Network.initialize([2, 1], output="sigmoid", cost="binary_cross_entropy")
    assert Model(network, None, ("no", "yes")).classes == ("no", "yes")
    assert refusal(Model, network, None, ("yes",)) == "classes: expected 2 for 1 outputs, got 1."


def test_features_of_another_width_are_refused() -> None:
    features = TableFeatures((NumberColumn("a", 0.0, 1.0),))
    assert (
        refusal(Model, Network.initialize([2, 2]), features) == "features: expected 2 inputs for this network, got 1."
    )


def test_class_names_from_numpy_become_python_s() -> None:
    model = small(np.array([3, 5]))
    assert model.classes == (3, 5)
    assert [type(name) for name in model.classes] == [int, int]
    assert small(np.array(["a", "b"])).classes == ("a", "b")


def test_the_name_before_the_model_is_refused_and_the_advice_works(path: Path) -> None:
    network = Network.initialize([2, 3, 2])
    assert refusal(save, str(path), network) == (
        "save: expected a Model or a Network and then the file's name, got str first; write cp.save(model, path)."
    )
    save(network, path)


def test_a_network_that_is_not_finite_is_not_saved(path: Path) -> None:
    save(small(), path)
    before = path.read_bytes()
    broken = Network.of([[[np.nan]], [[1.0]]], [[0.0], [0.0]], activations=["sigmoid", "sigmoid"])
    assert refusal(save, broken, path) == "expected finite weights and biases, got NaN or infinity in layers.0.weight."
    assert path.read_bytes() == before


def test_a_figure_that_json_does_not_know_is_saved_as_none(path: Path) -> None:
    model = small()
    save(Model(model.network, None, None, {"test": {"cost": float("inf"), "accuracy": np.float32(0.5)}}), path)
    assert load(path).provenance == {"test": {"cost": None, "accuracy": 0.5}}


def test_a_model_shows_what_it_is() -> None:
    assert repr(small()) == "Model: Network 2-2 (softmax), cross_entropy, 6 parameters, 2 classes"
    assert (
        repr(Model(Network.initialize([2, 1], output="identity", cost="squared_error")))
        == "Model: Network 2-1 (identity), squared_error, 3 parameters"
    )


def test_provenance_that_no_json_can_hold_is_refused(tmp_path: Path) -> None:
    model = Model(Network.initialize([1, 2]), provenance={"tools": [{"numpy"}]})
    assert refusal(save, model, tmp_path / "model.safetensors") == (
        "provenance: expected texts, numbers, lists and dictionaries of them, got {'numpy'}; write it as a text."
    )
    assert list(tmp_path.iterdir()) == []
