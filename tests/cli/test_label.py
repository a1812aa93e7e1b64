"""`clearprop label`: a label or a reason for every row, in the order of the rows."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import clearprop as cp
from clearprop.features import NumberColumn, TableFeatures
from clearprop.labelling import OVERFLOW

from .conftest import Write
from .running import FAST, LEARNS, clearprop, done, refusal, table

ODD = "height,weight,colour\n0,5,red\nabc,5,red\n4,3,blue\ninf,3,red\n,,\n2,4,mauve\n"


def labels(*words: object) -> list[str]:
    return [row["label"] for row in done("label", *words).rows]


def test_rows_keep_their_order_and_are_counted_from_1(model: Path, write: Write) -> None:
    write("new.csv", "height,weight,colour\n4,3,red\n0,5,red\n2,4,red\n0,5,blue\n")
    outcome = done("label", model, "new.csv")
    assert outcome.out == '"row","label","reason"\n1,"cat",\n2,"ant",\n3,"bee",\n4,"ant",\n'
    assert outcome.err == "4 rows labelled.\n"


def test_a_row_that_cannot_be_labelled_gets_a_reason_instead(model: Path, write: Write) -> None:
    write("odd.csv", ODD)
    outcome = done("label", model, "odd.csv")
    assert [(row["label"], row["reason"]) for row in outcome.rows] == [
        ("ant", ""),
        ("", "column 'height': expected a number, got 'abc'"),
        ("cat", ""),
        ("", "column 'height': expected a finite number of ordinary size, got inf"),
        ("bee", ""),
        ("bee", ""),
    ]
    assert outcome.err == "4 rows labelled, 2 not (see their reasons).\n"
    document = json.loads(done("label", model, "odd.csv", "--json").out)
    assert (document["labelled"], document["unlabelled"]) == (4, 2)
    assert document["rows"][1] == {
        "row": 2,
        "label": None,
        "reason": "column 'height': expected a number, got 'abc'",
    }


def test_a_file_none_of_whose_rows_can_be_labelled_is_refused(model: Path, write: Write) -> None:
    write("words.csv", "height,weight,colour\nsmall,light,red\ntall,heavy,blue\n")
    told = "words.csv: expected rows that can be labelled, got none; row 1: column 'height': expected a number, got {}."
    assert refusal("label", model, "words.csv", "--out", "labels.csv") == told.format("'small'")
    assert refusal("label", model, "words.csv", "--json") == told.format("'small'")
    shown = clearprop("label", model, "words.csv")
    assert shown.code == 2
    assert [row["reason"] for row in shown.rows] == [
        "column 'height': expected a number, got 'small'",
        "column 'height': expected a number, got 'tall'",
    ]
    write("words.csv", "height,weight,colour\nsmall,light,red\n1,2,blue\n")
    done("label", model, "words.csv", "--out", "labels.csv")


def test_one_bad_cell_among_many_numbers_spoils_its_row_alone(model: Path, write: Write) -> None:
    lines = Path("small.csv").read_text().splitlines()
    lines[50] = "tall" + lines[50][lines[50].index(",") :]
    write("spoiled.csv", "\n".join(lines))
    whole, spoiled = done("label", model, "small.csv").rows, done("label", model, "spoiled.csv").rows
    assert [number for number, row in enumerate(spoiled) if row != whole[number]] == [49]
    assert spoiled[49]["reason"] == "column 'height': expected a number, got 'tall'"


def test_numbers_that_overflow_inside_the_network_get_a_reason_and_no_warning(write: Write) -> None:
    network = cp.Network.of([[[1e300], [-1e300]]], [[0.0, 0.0]], activations=["softmax"])
    cp.save(cp.Model(network, TableFeatures((NumberColumn("x", 0.0, 1.0),)), ("no", "yes")), "m")
    write("huge.csv", "x,y\n1e10,no\n1,no\n")
    outcome = done("label", "m", "huge.csv", "--probabilities")
    assert [list(row.values()) for row in outcome.rows] == [["1", "", "", "", OVERFLOW], ["2", "no", "1", "0", ""]]
    assert outcome.err == "1 row labelled, 1 not (see their reasons).\n"
    evaluated = done("evaluate", "m", "huge.csv")
    assert evaluated.out.startswith("Accuracy on 1 row of huge.csv: 100.00%\n")
    assert evaluated.err == ""


def test_probabilities_sum_to_1_and_the_largest_is_the_label(model: Path) -> None:
    outcome = done("label", model, "small.csv", "--probabilities")
    assert list(outcome.rows[0]) == ["row", "label", "p(ant)", "p(bee)", "p(cat)", "reason"]
    for row in outcome.rows:
        shares = {name: float(row[f"p({name})"]) for name in ("ant", "bee", "cat")}
        assert sum(shares.values()) == pytest.approx(1, abs=1e-12)
        assert row["label"] == max(shares, key=lambda name: shares[name])


def test_outputs_that_are_no_probabilities_are_not_called_so(write: Write) -> None:
    network = cp.Network.of([[[3.0], [-3.0]]], [[0.0, 0.0]], activations=["identity"], cost="squared_error")
    cp.save(cp.Model(network, TableFeatures((NumberColumn("x", 0.0, 1.0),)), ("no", "yes")), "m")
    write("two.csv", "x,y\n1,yes\n0.1,yes\n")
    lines = done("evaluate", "m", "two.csv", "--target", "y").out.replace("┃", "│").splitlines()
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.count("│") == 5]
    assert cells == [["row", "class", "answer", "output"], ["1", "yes", "no", "3"], ["2", "yes", "no", "0.3"]]
    assert refusal("label", "m", "two.csv", "--probabilities") == (
        "m: expected outputs that are probabilities (sigmoid or softmax) for --probabilities, got identity; "
        "label without --probabilities."
    )
    done("label", "m", "two.csv")


def test_a_row_without_a_label_has_no_probabilities(model: Path, write: Write) -> None:
    write("odd.csv", ODD)
    row = done("label", model, "odd.csv", "--probabilities").rows[1]
    assert [row[name] for name in ("label", "p(ant)", "p(bee)", "p(cat)")] == ["", "", "", ""]


def test_csv_and_parquet_hold_what_the_terminal_shows(model: Path, write: Write) -> None:
    write("odd.csv", ODD)
    shown = done("label", model, "odd.csv", "--probabilities")
    for name in ("labels.csv", "labels.parquet"):
        outcome = done("label", model, "odd.csv", "--probabilities", "--out", name)
        assert outcome.out == ""
        assert outcome.err == f"4 rows labelled, 2 not (see their reasons); the labels are in {name}.\n"
    assert Path("labels.csv").read_text() == shown.out
    whole = pq.read_table("labels.parquet")
    assert whole.schema.types == [pa.int64(), pa.string(), pa.float64(), pa.float64(), pa.float64(), pa.string()]
    for row, same in zip(whole.to_pylist(), shown.rows, strict=True):
        assert {name: "" if value is None else value for name, value in row.items()} == {
            name: type(row[name])(text) if text else "" for name, text in same.items()
        }


def test_json_says_where_the_labels_are(model: Path) -> None:
    document = json.loads(done("label", model, "small.csv", "--json", "--out", "labels.csv").out)
    assert document == {"labelled": 90, "unlabelled": 0, "out": "labels.csv"}
    assert len(table(Path("labels.csv").read_text())) == 90


@pytest.mark.parametrize(("name", "got"), [("labels.txt", "'.txt'"), ("labels", "a name without an ending")])
def test_another_ending_is_refused(model: Path, name: str, got: str) -> None:
    told = refusal("label", model, "small.csv", "--out", name)
    assert told == f"{name}: expected a name that ends in .csv or .parquet, got {got}."
    done("label", model, "small.csv", "--out", "labels.csv")


def test_a_model_that_was_trained_on_arrays_is_refused_with_what_to_do() -> None:
    x = np.array([[0.0, 1.0], [1.0, 0.0]])
    training = cp.train(cp.Network.initialize([2, 3, 2]), x, ["no", "yes"], epochs=1)
    cp.save(training.model, "python.safetensors")
    told = (
        "python.safetensors: expected a model that `clearprop train` saved, got one that was trained on arrays in "
        "Python; label arrays there, with cp.labeller(cp.load('python.safetensors'))."
    )
    assert refusal("label", "python.safetensors", "small.csv") == told
    assert refusal("evaluate", "python.safetensors", "small.csv") == told
    assert len(cp.labeller(cp.load("python.safetensors"))(x)) == 2


def test_columns_are_known_by_their_names(model: Path, write: Write) -> None:
    whole = table(Path("small.csv").read_text())
    expected = labels(model, "small.csv")
    for name, columns in (
        ("no-target.csv", ["height", "weight", "colour"]),
        ("shuffled.csv", ["kind", "colour", "weight", "height"]),
        ("more.csv", ["id", "height", "note", "weight", "colour"]),
    ):
        rows = [",".join(row.get(column, "x") for column in columns) for row in whole]
        write(name, "\n".join([",".join(columns), *rows]))
        assert labels(model, name) == expected, name


def test_other_kinds_of_files_get_the_same_labels(model: Path, write: Write) -> None:
    rows = table(Path("small.csv").read_text())
    numbers = [{**row, "height": float(row["height"]), "weight": float(row["weight"])} for row in rows]
    pq.write_table(pa.Table.from_pylist(numbers), "new.parquet")
    write("new.jsonl", "\n".join(map(json.dumps, numbers)))
    write("new.tsv", Path("small.csv").read_text().replace(",", "\t"))
    expected = labels(model, "small.csv")
    for name in ("new.parquet", "new.jsonl", "new.tsv"):
        assert labels(model, name) == expected, name


def test_a_file_without_a_header_is_labelled_down_to_a_single_row(write: Write) -> None:
    write("train.csv", "\n".join(Path("small.csv").read_text().splitlines()[1:]))
    done("train", "train.csv", *LEARNS, "--out", "m")
    for name, text in (("with-target.csv", "4,3,red,cat\n"), ("without.csv", "4,3,red")):
        write(name, text)
        assert done("label", "m", name).out == '"row","label","reason"\n1,"cat",\n'


def test_a_single_row_of_text_is_no_header_where_the_training_file_had_none(write: Write) -> None:
    rows = [
        f"{['red', 'blue'][row % 2]},{['big', 'small'][row // 2 % 2]},{['yes', 'no'][row % 2]}" for row in range(40)
    ]
    write("train.csv", "\n".join(rows))
    done("train", "train.csv", *LEARNS, "--out", "m")
    write("new.csv", "blue,big\n")
    assert done("label", "m", "new.csv").out == '"row","label","reason"\n1,"no",\n'


def test_a_category_that_training_never_saw_counts_as_other(model: Path, write: Write) -> None:
    write("new.csv", "height,weight,colour\n4,3,mauve\n4,3,\n")
    outcome = done("label", model, "new.csv", "--probabilities")
    first, second = ({k: v for k, v in row.items() if k != "row"} for row in outcome.rows)
    assert first == second
    assert first["label"] == "cat"


def test_class_names_of_any_letters_come_through(write: Write) -> None:
    names = ["a,b", 'say "hi"', "naïve 猫", "[red]", ":smile:", "[/b]"]
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["x", "kind"])
    for row in range(60):
        rows.writerow([row % 6 + row / 1000, names[row % 6]])
    write("names.csv", text.getvalue())
    trained = done("train", "names.csv", *LEARNS, "--epochs", "60", "--test", "names.csv", "--out", "m")
    for name in names:
        assert name in trained.out
    assert set(labels("m", "names.csv")) <= set(names)
    outcome = done("label", "m", "names.csv", "--probabilities")
    assert list(outcome.rows[0]) == ["row", "label", *(f"p({name})" for name in sorted(names)), "reason"]
    done("label", "m", "names.csv", "--out", "labels.csv")
    assert [row["label"] for row in table(Path("labels.csv").read_text())] == labels("m", "names.csv")
    assert json.loads(done("show", "m", "--json").out)["classes"] == sorted(names)
    assert "[red]" in done("show", "m").out


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["1", "10"], pa.int64()),
        (["0.5", "1.5"], pa.float64()),
        (["true", "false"], pa.bool_()),
        (["01", "1a"], pa.string()),
    ],
    ids=["whole", "numbers", "booleans", "text"],
)
def test_labels_keep_the_type_of_the_classes(write: Write, names: list[str], kind: pa.DataType) -> None:
    rows = [f"{row % 2},{names[row % 2]}" for row in range(40)]
    write("typed.csv", "\n".join(["x,kind", *rows]))
    done("train", "typed.csv", *LEARNS, "--out", "m")
    done("label", "m", "typed.csv", "--out", "labels.parquet")
    found = pq.read_table("labels.parquet")["label"]
    assert found.type == kind
    assert {str(value).lower() for value in found.to_pylist()} == set(names)


def test_no_rows_give_no_labels(model: Path, write: Write) -> None:
    write("none.csv", "height,weight,colour\n")
    outcome = done("label", model, "none.csv")
    assert (outcome.out, outcome.err) == ('"row","label","reason"\n', "0 rows labelled.\n")


def test_one_output_unit_has_a_probability_for_each_of_two_classes(write: Write) -> None:
    network = cp.Network.of([[[2.0]]], [[0.0]], activations=["sigmoid"], cost="binary_cross_entropy")
    features = TableFeatures((NumberColumn("x", 0.0, 1.0),))
    cp.save(cp.Model(network, features, ("no", "yes")), "m")
    write("new.csv", "x\n-1\n1\n")
    rows = done("label", "m", "new.csv", "--probabilities").rows
    assert [row["label"] for row in rows] == ["no", "yes"]
    assert float(rows[1]["p(yes)"]) == pytest.approx(1 / (1 + np.exp(-2)))
    assert float(rows[0]["p(no)"]) == pytest.approx(1 / (1 + np.exp(-2)))


def test_a_hundred_thousand_rows_are_labelled_batch_by_batch(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from clearprop.cli import label_rows

    sizes = []

    def watched(*arguments: object) -> pa.Table:
        made = label_table(*arguments)
        sizes.append(len(made))
        return made

    label_table = label_rows.label_table
    monkeypatch.setattr(label_rows, "label_table", watched)
    rows = table(Path("small.csv").read_text())
    order = np.random.default_rng(2).integers(90, size=100_000).tolist()
    with open("big.csv", "w") as file:
        file.write("height,weight,colour\n")
        file.writelines(f"{rows[i]['height']},{rows[i]['weight']},{rows[i]['colour']}\n" for i in order)
    done("label", model, "big.csv", "--out", "labels.csv")
    known = labels(model, "small.csv")
    found = table(Path("labels.csv").read_text())
    assert [row["label"] for row in found] == [known[i] for i in order]
    assert [row["row"] for row in found] == [str(row) for row in range(1, 100_001)]
    assert max(sizes) <= 8192


def test_labelling_again_replaces_the_labels(model: Path, write: Write) -> None:
    write("new.csv", "height,weight,colour\n4,3,red\n")
    done("label", model, "small.csv", "--out", "labels.csv")
    done("label", model, "new.csv", "--out", "labels.csv")
    assert Path("labels.csv").read_text() == '"row","label","reason"\n1,"cat",\n'


def test_data_that_turns_bad_half_way_leaves_no_labels(model: Path, write: Write) -> None:
    lines = ["height,weight,colour", *["1,2,red"] * 30_000, "1,2,red,4", "1,2,red"]
    write("broken.csv", "\n".join(lines))
    told = refusal("label", model, "broken.csv", "--out", "labels.csv")
    assert told == "broken.csv: expected 3 values in line 30002 as in the first line, got 4; correct the line."


def test_the_model_stays_as_it_is(model: Path) -> None:
    before = model.read_bytes()
    done("train", "small.csv", *FAST, "--out", "other")
    done("label", model, "small.csv")
    assert model.read_bytes() == before
