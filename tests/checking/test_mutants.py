"""Every class of mistakes that numbers can show: a program that makes it is named, its healthy twin passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearprop.checking import CheckReport, check_function_in
from clearprop.checking.mistakes.catalogue import ENTRIES

from .mutants import DESCRIBED, KINDS, MUTANTS, PROGRAMS, Mutant


def checked(path: Path, function: str, **description: object) -> CheckReport:
    given = {"examples": None, "weights": None, "forward": None, "cost_function": None, "seconds": 10.0, "memory": 2048}
    return check_function_in(path, function, **{**given, **description})  # type: ignore[arg-type]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.id}-{mutant.program}-{mutant.kind}")
def test_a_mistake_is_named_and_its_line_is_shown(mutant: Mutant, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(mutant.source)
    report = checked(path, mutant.kind, **mutant.description)
    assert [mistake.id for mistake in report.mistakes if mutant.id in (mistake.id, *mistake.also)], report
    found = next(mistake for mistake in report.mistakes if mutant.id in (mistake.id, *mistake.also))
    assert found.severity == mutant.severity
    if mutant.severity == "wrong":
        assert [each.id for each in report.mistakes if each.severity == "wrong"] == [found.id]
    if mutant.line:
        assert found.line == mutant.number, report


@pytest.mark.parametrize(("program", "kind"), [(name, kind) for name, kinds in KINDS.items() for kind in kinds])
def test_a_healthy_program_passes(program: str, kind: str) -> None:
    report = checked(PROGRAMS / f"{program}.py", kind, **{**DESCRIBED[program], "kind": kind})
    assert report.ok, report
    assert {mistake.id for mistake in report.mistakes} <= {"log-zero"}, report  # as it says: only far out


def test_every_class_that_numbers_can_show_has_a_program() -> None:
    shown = {entry.id for entry in ENTRIES if not entry.unseen}
    assert shown - {mutant.id for mutant in MUTANTS} == set()
