"""A wrong call gets one sentence that says what to type, and leaves everything as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from .running import FAST, clearprop, contents, done, refusal

SEE = "Type clearprop{} --help to see what there is."
ACTIVATIONS = "identity, sigmoid, tanh, relu, leaky_relu, gelu, softmax"
NEURONS = "--layers: expected numbers of neurons from 1 to 10,000,000, such as 16,16, or 'none', got {}."
SHARE = "expected a share from 0 up to but not including 1, got"

# what is typed after `train small.csv --out m`, what is answered, and what to type instead
OPTIONS = {
    "--layers 0": (NEURONS.format("'0'"), "--layers 16,16"),
    "--layers -3": (NEURONS.format("'-3'"), "--layers none"),
    "--layers a,b": (NEURONS.format("'a,b'"), "--layers 16,16"),
    "--layers 4,,4": (NEURONS.format("'4,,4'"), "--layers 4,4"),
    "--layers 99999999999999999999": (NEURONS.format("'99999999999999999999'"), "--layers none"),
    "--learning-rate -1": ("--learning-rate: expected a number above 0, got -1.0.", "--learning-rate 0.1"),
    "--learning-rate nan": ("--learning-rate: expected a number above 0, got nan.", "--learning-rate 0.1"),
    "--learning-rate fast": (f"--learning-rate: expected a number, got 'fast'. {SEE.format(' train')}", ""),
    "--activation rellu": (
        f"--activation: expected one of {ACTIVATIONS}, got 'rellu'. Did you mean 'relu'?",
        "--activation relu",
    ),
    "--output softmx": (
        f"--output: expected one of {ACTIVATIONS}, got 'softmx'. Did you mean 'softmax'?",
        "--output softmax",
    ),
    "--optimizer adm": (
        "--optimizer: expected one of sgd, momentum, nesterov, rmsprop, adam, adamw, got 'adm'. Did you mean 'adam'?",
        "--optimizer adam",
    ),
    "--cost cross_entrpy": (
        "--cost: expected one of squared_error, half_squared_error, cross_entropy, binary_cross_entropy, "
        "got 'cross_entrpy'. Did you mean 'cross_entropy'?",
        "--cost cross_entropy",
    ),
    "--schedule cosin": (
        "--schedule: expected one of constant, step, cosine, warm-up, got 'cosin'. Did you mean 'cosine'?",
        "--schedule cosine",
    ),
    "--initialization hee": (
        "--initialization: expected one of auto, zeros, normal, xavier, he, lecun, got 'hee'. Did you mean 'he'?",
        "--initialization he",
    ),
    "--output relu": (
        "cost 'cross_entropy' takes the logarithm of the outputs, which must lie between 0 and 1: expected output "
        "'sigmoid' or 'softmax', got 'relu'. Choose one of the two, or cost 'squared_error'.",
        "--output relu --cost squared_error",
    ),
    "--epochs 0": ("--epochs: expected a whole number of at least 1 or 'auto', got 0.", "--epochs 1"),
    "--epochs x": ("--epochs: expected a whole number of at least 1 or 'auto', got 'x'.", "--epochs 1"),
    "--epochs --5": ("--epochs: expected a whole number of at least 1 or 'auto', got '--5'.", "--epochs 5"),
    "--epochs ²": ("--epochs: expected a whole number of at least 1 or 'auto', got '²'.", "--epochs 2"),
    "--batch-size 0": ("--batch-size: expected a whole number of at least 1, got 0.", "--batch-size 1"),
    "--batch-size 1.5": (f"--batch-size: expected a whole number, got '1.5'. {SEE.format(' train')}", ""),
    "--validation 1.5": (f"--validation: {SHARE} 1.5.", "--validation 0"),
    "--test 1.5": (
        "--test: expected a share of the rows between 0 and 1, got 1.5; write 0.2 for a fifth.",
        "--test 0.2",
    ),
    "--dropout 1": (f"--dropout: {SHARE} 1.0.", "--dropout 0.5"),
    "--l2 -1": ("--l2: expected a number of at least 0, got -1.0.", "--l2 0"),
    "--patience 0": ("--patience: expected a whole number of at least 1, got 0.", "--patience 1"),
    "--patience 2 --validation 0": (
        "--patience: expected validation rows to watch, got none; add --validation 0.1.",
        "--patience 2 --validation 0.1",
    ),
    "--seed -1": ("--seed: expected a whole number from 0 to 2**64 - 1, got -1.", "--seed 0"),
    "--resume": (
        "--resume: expected a folder of checkpoints, got none; name it with --checkpoint DIR.",
        "--resume --checkpoint DIR",
    ),
    "--epoch 3": (f"No such option '--epoch'. Did you mean '--epochs'? {SEE.format(' train')}", "--epochs 3"),
    "--zzz": (f"No such option '--zzz'. {SEE.format(' train')}", ""),
    "--target knd": (
        "small.csv: expected a column 'knd', got columns 'height', 'weight', 'colour', 'kind'. Did you mean 'kind'?",
        "--target kind",
    ),
    "extra": (f"Got unexpected extra argument(s) (extra). {SEE.format(' train')}", ""),
}


@pytest.mark.parametrize("words", OPTIONS)
def test_a_wrong_option_is_refused_and_the_advice_works(words: str) -> None:
    told, cure = OPTIONS[words]
    assert refusal("train", "small.csv", *FAST, "--out", "m", *words.split()) == told
    done("train", "small.csv", *FAST, "--out", "m", *cure.split())


def test_an_unknown_engine_gets_the_nearest() -> None:
    from clearprop.engines import ENGINES

    told = refusal("train", "small.csv", *FAST, "--out", "m", "--engine", "refrence")
    names = ", ".join(ENGINES)
    assert told == f"--engine: expected one of {names}, got 'refrence'. Did you mean 'reference'?"
    done("train", "small.csv", *FAST, "--out", "m", "--engine", "reference")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], f"Missing command. {SEE.format('')}"),
        (["lable"], f"No such command 'lable'. Did you mean 'label'? {SEE.format('')}"),
        (["--zzz"], f"No such option '--zzz'. {SEE.format('')}"),
        (["train", "small.csv"], f"Missing option '--out'. {SEE.format(' train')}"),
        (["train", "--out", "m"], f"Missing argument 'DATA'. {SEE.format(' train')}"),
        (["label"], f"Missing argument 'MODEL'. {SEE.format(' label')}"),
        (["label", "m"], f"Missing argument 'DATA'. {SEE.format(' label')}"),
        (["train", "small.csv", "--out"], f"Option '--out' requires an argument. {SEE.format('')}"),
    ],
    ids=" ".join,
)
def test_a_call_that_lacks_something_says_what(words: list[str], told: str) -> None:
    assert refusal(*words) == told


@pytest.mark.parametrize("words", [[], ["train"], ["label"], ["evaluate"], ["show"]], ids=" ".join)
def test_the_advice_to_ask_for_help_works(words: list[str]) -> None:
    outcome = done(*words, "--help")
    assert outcome.out.startswith("Usage: clearprop ")
    assert outcome.err == ""


def test_the_version_is_told() -> None:
    from clearprop import __version__

    assert done("--version").out == f"clearprop {__version__}\n"


OUTPUTS = {
    "nowhere/m.csv": "nowhere/m.csv: the file cannot be written: no such file or directory. Choose another place.",
    "small.csv/m.csv": "small.csv/m.csv: the file cannot be written: not a directory. Choose another place.",
    "folder.csv": "folder.csv: expected the name of a file to write, got a folder; add a file name to it.",
}


@pytest.mark.parametrize("out", OUTPUTS)
def test_an_output_that_cannot_be_written_is_told_before_the_work(model: Path, out: str) -> None:
    Path("folder.csv").mkdir()
    assert refusal("train", "no-such-data", "--out", out) == OUTPUTS[out]
    assert refusal("label", model, "small.csv", "--out", out) == OUTPUTS[out]
    done("label", model, "small.csv", "--out", "folder.csv/m.csv")


def test_a_network_that_no_memory_holds_is_refused() -> None:
    told = (
        "expected enough memory for this data and network, got too little. Choose smaller layers, or a smaller --size "
    )
    for layers in ("100000,10000000", "100000,100000"):
        assert refusal("train", "small.csv", "--layers", layers, "--out", "m") == f"{told}of images."


def test_a_checkpoint_folder_that_is_a_file_is_refused() -> None:
    told = refusal("train", "small.csv", *FAST, "--checkpoint", "small.csv", "--out", "m")
    assert told == "small.csv: the folder cannot be made: file exists. Choose another place."


def test_a_checkpoint_folder_of_another_run_is_refused_with_the_difference() -> None:
    words = ("train", "small.csv", *FAST, "--checkpoint", "run")
    done(*words, "--out", "m")
    assert refusal(*words, "--out", "again") == (
        "run: the folder holds the checkpoints of a run. Resume it (--resume, resume=True) or choose another folder."
    )
    assert refusal(*words, "--seed", "1", "--resume", "--out", "again") == (
        "run: expected the settings and data that the run was started with, got seed 1 instead of 0. "
        "Give the same ones, or choose another folder."
    )
    assert refusal("train", "iris", *FAST, "--checkpoint", "run", "--resume", "--out", "again").startswith("run: ")
    done(*words, "--resume", "--out", "again")
    assert Path("again").read_bytes() == Path("m").read_bytes()
    done("train", "small.csv", *FAST, "--seed", "1", "--checkpoint", "other", "--out", "again")


def test_no_error_of_python_is_ever_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    from clearprop.cli import show

    def broken(_path: Path) -> None:
        raise PermissionError(13, "Permission denied", "model.safetensors")

    monkeypatch.setattr(show, "load", broken)
    assert refusal("show", "model.safetensors") == "model.safetensors: permission denied."


def test_a_sentence_stays_in_one_line(folder: Path) -> None:
    name = "a\nb" * 60
    outcome = clearprop("show", name)
    assert outcome.err == f"error: {name.replace(chr(10), ' ')}: expected a clearprop model, got nothing there.\n"
    assert contents(folder).keys() == {str(folder / "small.csv")}
