"""The README does what it says."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.datasets import load_iris

README = Path(__file__).resolve().parent.parent / "README.md"


def test_every_python_example_prints_what_it_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(str(README), module_relative=False, optionflags=doctest.REPORT_NDIFF)
    assert result.failed == 0
    assert result.attempted >= 10


def test_every_shell_example_runs(tmp_path: Path) -> None:
    flowers = load_iris()
    lines = [
        ",".join(map(str, [*row, flowers.target_names[y]])) for row, y in zip(flowers.data, flowers.target, strict=True)
    ]
    tmp_path.joinpath("iris.csv").write_text("\n".join(lines) + "\n")
    tmp_path.joinpath("more-flowers.csv").write_text("\n".join(lines[::3]) + "\n")
    tmp_path.joinpath("new-flowers.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines[::5]) + "\n")
    commands = re.findall(r"^clearprop .*?(?=\s+#|$)", README.read_text(), re.MULTILINE)
    assert len(commands) == 7
    for command in commands:
        run = subprocess.run(
            [sys.executable, "-m", *shlex.split(command)], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr


def test_every_page_and_script_that_it_names_exists() -> None:
    text = README.read_text()
    names = set(re.findall(r"\]\(([^)#:]+)\)", text)) | set(
        re.findall(r"python ((?:docs|examples|benchmarks)/\S+\.py)", text)
    )
    assert len(names) >= 8
    missing = [name for name in names if not README.parent.joinpath(name).exists()]
    assert missing == []
