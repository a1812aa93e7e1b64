"""CSV and its kin: a right reading or one sentence, never a silently wrong reading."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from clearprop.data import Reading, open_source

from .conftest import Write
from .helpers import read, refusal, rows

SAME_TABLE = {
    "commas.csv": "age,job\n1,x\n2,y\n",
    "semicolons.csv": "age;job\n1;x\n2;y\n",
    "tabs.tsv": "age\tjob\n1\tx\n2\ty\n",
    "bars.txt": "age|job\n1|x\n2|y\n",
    "no-last-line-end.csv": "age,job\n1,x\n2,y",
    "windows.csv": "age,job\r\n1,x\r\n2,y\r\n",
    "old-mac.csv": "age,job\r1,x\r2,y\r",
    "mark.csv": b"\xef\xbb\xbfage,job\n1,x\n2,y\n",
    "spaces.csv": "age , job\n 1, x\n 2 ,\ty \n",
    "quotes.csv": '"age","job"\n"1","x"\n"2","y"\n',
    "blank-lines.csv": "\nage,job\n\n1,x\n\n2,y\n\n",
    "packed.csv.gz": "age,job\n1,x\n2,y\n",
    "comment.csv": "# made by hand, today\nage,job\n1,x\n2,y\n",
    "c45-comment.data": "|1x3 Cross validator\nage,job\n1,x\n2,y\n",
    "UPPER.CSV": "age,job\n1,x\n2,y\n",
    "pattern[1].csv": "age,job\n1,x\n2,y\n",
    "star*.csv": "age,job\n1,x\n2,y\n",
    "quote's.csv": "age,job\n1,x\n2,y\n",
}


@pytest.mark.parametrize("name", SAME_TABLE)
def test_a_table_reads_the_same_however_it_is_written(write: Write, name: str) -> None:
    names, values = read(write(name, SAME_TABLE[name]))
    assert names == ["age", "job"]
    assert [(age, job.strip()) for age, job in values] == [(1, "x"), (2, "y")]


def test_a_name_that_looks_like_a_pattern_is_one_file(write: Write) -> None:
    for name in ("a1.csv", "ab.csv"):
        write(name, "other,names\n3,z\n")
    for name in ("a[1].csv", "a*.csv", "a?.csv"):
        assert read(write(name, "age,job\n1,x\n2,y\n")) == (["age", "job"], [(1, "x"), (2, "y")])


def test_quoted_values_may_hold_delimiters_line_ends_and_quotes(write: Write) -> None:
    assert read(write("a.csv", 'a,b\n1,"x,1\nz"\n2,"y ""q"""\n')) == (["a", "b"], [(1, "x,1\nz"), (2, 'y "q"')])


def test_a_line_end_inside_quotes_may_be_of_another_kind(write: Write) -> None:
    assert read(write("a.csv", 'a,b\r\n1,"x\nz"\r\n2,y\r\n'))[1] == [(1, "x\nz"), (2, "y")]


def test_a_line_that_looks_like_a_comment_may_be_the_header(write: Write) -> None:
    assert read(write("a.csv", "#id,b\n1,x\n2,y\n")) == (["#id", "b"], [(1, "x"), (2, "y")])


def test_quotes_may_come_first_after_the_part_that_a_sample_sees(write: Write) -> None:
    text = "a,b\n" + "1,x\n" * 50_000 + '2,"y,z"\n'
    names, values = read(write("a.csv", text))
    assert (names, len(values), values[-1]) == (["a", "b"], 50_001, (2, "y,z"))


def test_a_type_is_found_from_all_rows_not_from_a_sample(write: Write) -> None:
    source = open_source(write("a.csv", "a,b\n" + "1,x\n" * 50_000 + "2.5,y\n"))
    assert source.schema.types == [pa.float64(), pa.string()]
    assert rows(source)[-1] == (2.5, "y")


def test_rows_come_in_the_order_of_the_file(write: Write) -> None:
    source = open_source(write("a.csv", "a,b\n" + "".join(f"{i},x\n" for i in range(60_000))))
    assert [row[0] for row in rows(source)] == list(range(60_000))


def test_a_batch_is_never_larger_than_a_bound(write: Write) -> None:
    source = open_source(write("a.csv", "a,b\n" + "1,x\n" * 60_000))
    assert max(batch.num_rows for batch in source.batches()) <= 8192


def test_only_the_named_columns_are_read_in_the_order_asked(write: Write) -> None:
    assert rows(open_source(write("a.csv", "a,b,c\n1,2,3\n")), ["c", "a"]) == [(3, 1)]


def test_empty_cells_and_marked_cells_are_missing(write: Write) -> None:
    path = write("a.csv", 'a,b\n1,x\n,y\n ? ,"z"\nNaN,\n')
    source = open_source(path, Reading(missing=(" ?",)))
    assert source.schema.types == [pa.int64(), pa.string()] or source.schema.types == [pa.float64(), pa.string()]
    assert rows(source) == [(1, "x"), (None, "y"), (None, "z"), (None, None)]


def test_numbers_with_a_leading_zero_are_text(write: Write) -> None:
    assert read(write("a.csv", "postcode,y\n01234,a\n12345,b\n"))[1] == [("01234", "a"), ("12345", "b")]


def test_a_zero_and_a_decimal_fraction_are_numbers(write: Write) -> None:
    assert read(write("a.csv", "v,y\n0,a\n0.5,b\n-0.5,c\n"))[1] == [(0.0, "a"), (0.5, "b"), (-0.5, "c")]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        pytest.param(["1", "-2", "+3"], [1.0, -2.0, 3.0], id="signs"),
        pytest.param(["1.", ".5", "1e3", "1E-3"], [1.0, 0.5, 1000.0, 0.001], id="floats"),
        pytest.param(["true", "False", "TRUE"], [True, False, True], id="booleans"),
        pytest.param(["0x1F", "0x20"], ["0x1F", "0x20"], id="hexadecimal stays text"),
        pytest.param(["1_000", "2_000"], ["1_000", "2_000"], id="underscores stay text"),
        pytest.param(["9223372036854775808", "1"], [9223372036854775808.0, 1.0], id="beyond 64 bits"),
    ],
)
def test_cells_become_what_they_look_like(write: Write, cells: list[str], values: list[object]) -> None:
    text = "v,y\n" + "".join(f"{cell},a\n" for cell in cells)
    got = [row[0] for row in read(write("a.csv", text))[1]]
    assert got == values
    assert [type(v) for v in got] == [type(v) for v in values]


def test_dates_are_dates(write: Write) -> None:
    source = open_source(write("a.csv", "d,t,y\n2024-01-31,2024-01-31 12:00,a\n2024-02-01,2024-02-01T12:00:00,b\n"))
    assert source.schema.types == [pa.timestamp("s"), pa.timestamp("s"), pa.string()]
    assert len(rows(source)) == 2


HEADERLESS = {
    "numbers": "5.1,3.5,a\n4.9,3.0,b\n",
    "one row": "5.1,3.5,1.4\n",
    "all text, and the first line comes again": "p,x,s\ne,x,s\np,b,s\n",
    "all text, one text twice in the first line": "x,x,s\ne,b,n\np,b,w\n",
    "a missing cell in the first line": "a,,b\nc,d,e\n",
    "a marked cell in the first line": "5.1,?,a\n4.9,3.0,b\n4.8,3.1,b\n",
}
HEADED = {
    "names over numbers": "length,width,kind\n5.1,3.5,a\n",
    "names over text": "name,job\nann,clerk\nbob,cook\n",
    "one text column over numbers": "y,v\na,1\nb,2\n",
    "counted by pandas": "0,1,2\n5.1,3.5,a\n4.9,3.0,b\n",
    "counted by pandas beside an index": ",0,1\n0,5.1,a\n1,4.9,b\n",
    "names alone": "length,width,kind\n",
    "years beside names": "id,length,2019\n1,2,3\n",
}


@pytest.mark.parametrize("case", HEADERLESS)
def test_a_first_line_of_values_is_a_row(write: Write, case: str) -> None:
    source = open_source(write("a.csv", HEADERLESS[case]))
    assert source.reading.header is False
    assert source.schema.names == [f"column{i}" for i in range(HEADERLESS[case].split("\n")[0].count(",") + 1)]
    assert len(rows(source)) == HEADERLESS[case].count("\n")


@pytest.mark.parametrize("case", HEADED)
def test_a_first_line_of_names_is_a_header(write: Write, case: str) -> None:
    source = open_source(write("a.csv", HEADED[case]))
    assert source.reading.header is True
    names = HEADED[case].split("\n")[0].split(",")
    assert source.schema.names == [name or "column0" for name in names]
    assert len(rows(source)) == HEADED[case].count("\n") - 1


def test_what_training_found_about_the_header_decides_for_new_files(write: Write) -> None:
    path = write("a.csv", "a,b\nc,d\n")
    assert read(path, Reading(header=False)) == (["column0", "column1"], [("a", "b"), ("c", "d")])
    assert read(path, Reading(header=True)) == (["a", "b"], [("c", "d")])


def test_the_names_of_a_headerless_table_do_not_depend_on_its_width(write: Write) -> None:
    assert open_source(write("a.csv", ",".join("123456789012") + "\n")).schema.names[2] == "column2"


def test_names_that_differ_in_case_are_different_columns(write: Write) -> None:
    assert read(write("a.csv", "a,A\n1,x\n")) == (["a", "A"], [(1, "x")])


def test_as_text_gives_every_cell_as_it_stands(write: Write) -> None:
    source = open_source(write("a.csv", "a,b\n1.50,x\nabc,y\n"), Reading(header=True)).as_text()
    assert source.schema.types == [pa.string(), pa.string()]
    assert rows(source) == [("1.50", "x"), ("abc", "y")]


def test_as_text_keeps_the_header_that_was_found(write: Write) -> None:
    source = open_source(write("a.csv", "5.1,a\n4.9,b\n"))
    assert source.as_text().reading == source.reading == Reading(header=False)
    assert source.as_text().schema.names == ["column0", "column1"]


def test_several_files_are_one_table(write: Write, tmp_path: Path) -> None:
    write("part-1.csv", "a,b\n1,x\n")
    write("part-2.csv", "a;b\n2.5;y\n")
    source = open_source(f"{tmp_path}/part-*.csv")
    assert source.name == "part-*.csv"
    assert rows(source) == [(1.0, "x"), (2.5, "y")]


def test_several_files_without_a_header_are_one_table(write: Write, tmp_path: Path) -> None:
    write("part-1.csv", "1,x\n2,y\n")
    write("part-2.csv", "3,z\n")
    assert rows(open_source(f"{tmp_path}/part-*.csv")) == [(1, "x"), (2, "y"), (3, "z")]


def test_files_whose_columns_differ_are_refused(write: Write, tmp_path: Path) -> None:
    write("part-1.csv", "a,b\n1,x\n")
    write("part-2.csv", "b,a\ny,2\n")
    assert refusal(read, f"{tmp_path}/part-*.csv") == (
        "part-2.csv: expected the columns 'a', 'b' in this order as in part-1.csv, got 'b', 'a'."
    )
    write("part-2.csv", "a,b,c\n1,2,3\n")
    assert refusal(read, f"{tmp_path}/part-*.csv") == "part-2.csv: expected 2 columns as in part-1.csv, got 3."


@pytest.mark.parametrize("name", ["column", "target", "y"])
def test_the_last_column_is_the_target_whatever_the_names(write: Write, name: str) -> None:
    assert open_source(write("a.csv", f"{name},v\n1,2\n")).default_target == "v"


def test_a_column_of_digits_and_one_other_class_is_text(write: Write) -> None:
    text = "children,y\n" + "0,a\n1,b\n2,a\n" * 40 + "3+,b\n"
    assert open_source(write("a.csv", text)).schema.types == [pa.string(), pa.string()]


NUMBERS = "".join(f"{i}.5,a\n" for i in range(40))
UTF16 = "a,b\n1,x\n".encode("utf-16")
REFUSED = {
    "empty": ("", "a.csv: expected a table, got an empty file."),
    "blank": ("\n\n", "a.csv: expected a table, got an empty file."),
    "a value too few": (
        "a,b,c\n1,2,x\n3,4\n5,6,y\n",
        "a.csv: expected 3 values in line 3 as in the first line, got 2; correct the line.",
    ),
    "a value too many": (
        "a,b,c\n1,2,x\n3,4,5,6\n5,6,y\n",
        "a.csv: expected 3 values in line 3 as in the first line, got 4; correct the line.",
    ),
    "a value too few far down": (
        "a,b\n" + "1,x\n" * 50_000 + "2\n",
        "a.csv: expected 2 values in line 50002 as in the first line, got 1; correct the line.",
    ),
    "a title": (
        "My export\na,b\n" + "1,x\n" * 30,
        "a.csv: expected 2 values in line 1 as in the lines after it, got 1; correct or delete the line.",
    ),
    "a header that is too short": (
        "a,b\n" + "1,2,x\n" * 30,
        "a.csv: expected 3 values in line 1 as in the lines after it, got 2; correct or delete the line.",
    ),
    "a quote that stays open": (
        'a,b\n1,"x\n2,y\n3,z\n',
        "a.csv: expected a quotation mark that closes the one in line 2, got none; correct the line.",
    ),
    "another encoding": (
        "a,b\n1,é\n2,ü\n".encode("latin-1"),
        "a.csv: expected text in UTF-8, got other bytes in line 2; save the file as UTF-8.",
    ),
    "another encoding far down": (
        b"a,b\n" + b"1,x\n" * 50_000 + "2,é\n".encode("latin-1"),
        "a.csv: expected text in UTF-8, got other bytes in line 50002; save the file as UTF-8.",
    ),
    "utf-16": (UTF16, "a.csv: expected text in UTF-8, got other bytes in line 1; save the file as UTF-8."),
    "no text": (
        bytes(range(256)) * 20,
        "a.csv: expected a table as text (CSV) in UTF-8, got something else; save the file as CSV.",
    ),
    "a name twice": (
        "a,a,b\n1,2,x\n",
        "a.csv: expected every column to have its own name, got 'a' twice; rename one.",
    ),
    "decimal commas": (
        "a;b\n1,5;x\n2;y\n",
        "a.csv: column 'a': expected numbers with a decimal point, got numbers with a comma; write 1.5 for 1,5.",
    ),
    "one cell that is no number": (
        f"v,y\n{NUMBERS}abc,b\n",
        "a.csv: column 'v': expected numbers as in 40 of its 41 rows, got 'abc'; correct the cells, "
        "or write --missing 'abc' if that stands for a missing value.",
    ),
    "a header among the numbers of a headerless table": (
        f"1.5,a\n{NUMBERS}v,y\n",
        "a.csv: column 'column0': expected numbers as in 41 of its 42 rows, got 'v'; correct the cells, "
        "or write --missing 'v' if that stands for a missing value.",
    ),
    "mixed line ends": (
        "a,b\n1,x\r\n2,y\n",
        "a.csv: expected line ends and quotation marks of one kind, got a mixture; save the file as CSV.",
    ),
    "a very long line": (
        "a,b\n1," + "x" * 3_000_000 + "\n",
        "a.csv: expected lines of less than 2 MB, got a longer one.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_table_is_refused_in_one_sentence(write: Write, case: str) -> None:
    content, message = REFUSED[case]
    assert refusal(read, write("a.csv", content)) == message


def test_the_missing_marker_that_a_refusal_proposes_is_its_cure(write: Write) -> None:
    path = write("a.csv", f"v,y\n{NUMBERS}NA,b\n")
    assert "--missing 'NA'" in refusal(read, path)
    assert read(path, Reading(missing=("NA",)))[1][-1] == (None, "b")


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    message = "a.csv.gz: expected a gzip file, got one that is damaged or of another kind; copy the file again."
    for content in (b"a,b\n1,x\n", gzip.compress(b"a,b\n1,x\n")[:-6]):
        path.write_bytes(content)
        assert refusal(read, str(path)) == message


def test_a_column_that_is_not_there_is_refused_with_the_nearest(write: Write) -> None:
    source = open_source(write("a.csv", "sepal,species\n1,x\n"))
    assert refusal(lambda: rows(source, ["specie"])) == (
        "a.csv: expected a column 'specie', got columns 'sepal', 'species'. Did you mean 'species'?"
    )
