"""Damaged files get a right result or one sentence."""

from __future__ import annotations

from pathlib import Path

from mutations import complaint, complaints, kinds, read_data


def test_good_files_of_every_kind_are_read(tmp_path: Path) -> None:
    from mutations import companions

    for name, content in companions().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    for name, content, read, opened in kinds(tmp_path):
        (tmp_path / name).write_bytes(content)
        read(opened)


def test_a_complaint_is_made_where_there_is_cause(tmp_path: Path) -> None:
    def fails(_: Path) -> None:
        raise KeyError("a raw error")

    assert complaint(fails, tmp_path) == "KeyError: 'a raw error'"
    assert complaint(read_data, tmp_path / "nothing.csv") is None


def test_mutated_files_of_every_kind_are_answered(tmp_path: Path) -> None:
    assert list(complaints(tmp_path, models=300, data=200, seed=1)) == []
