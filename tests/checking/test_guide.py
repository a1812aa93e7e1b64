"""The programs of docs/checking.md do what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clearprop as cp
from clearprop.testing import assert_gradients

from .mutants import DESCRIBED, PROGRAMS
from .test_mutants import checked

PAGE = (Path(__file__).parent.parent.parent / "docs" / "checking.md").read_text()
NIELSEN, COURSE, SCRIPT, IN_TESTS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(
    ("program", "module", "name"), [(NIELSEN, "network", "nielsen"), (COURSE, "course", "columns")]
)
def test_an_adapter_reaches_a_right_program(program: str, module: str, name: str, tmp_path: Path) -> None:
    (tmp_path / f"{module}.py").write_text((PROGRAMS / f"{name}.py").read_text())
    path = tmp_path / "adapter.py"
    path.write_text(program)
    report = checked(path, "backprop", **{**DESCRIBED[name], "kind": "backprop"})
    assert report.mistakes == (), report


def test_a_script_without_biases_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    description = {"layers": [3, 4, 1], "activations": ["sigmoid", "sigmoid"], "cost": "half_squared_error"}
    report = checked(path, "backprop", **{**description, "kind": "backprop"})
    assert {mistake.id for mistake in report.mistakes} == {"missing-bias", "bias-not-updated"}, report


def linear(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    delta = weights[0] @ x + biases[0] - y
    return [np.outer(delta, x)], [-delta]


def test_the_assertion_for_courses_shows_the_report() -> None:
    assert "assert_gradients(" in IN_TESTS
    with pytest.raises(AssertionError, match=r"Layer 1: The bias has the wrong sign in one place \(db-sign\)"):
        assert_gradients(linear, layers=[3, 2], activations=["identity"], cost="half_squared_error")


def test_a_report_is_a_page_and_an_object(tmp_path: Path) -> None:
    report = cp.check(linear, layers=[3, 2], activations=["identity"], cost="half_squared_error")
    page = report.to_html()
    assert page.startswith("<!doctype html>")
    assert "<script" not in page
    assert "db-sign" in page
    document = report.to_json()
    assert (document["ok"], document["mistakes"][0]["id"]) == (False, "db-sign")
