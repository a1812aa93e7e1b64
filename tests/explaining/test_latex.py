"""The LaTeX that an explanation is written as compiles, with what every TeX system has."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clearprop as cp
from clearprop.reports import latex_text

needs_latex = pytest.mark.skipif(
    shutil.which("pdflatex") is None, reason="needs pdflatex: apt-get install texlive-latex-base"
)


def compiled(source: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "explained.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "explained.tex"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, errors="replace", check=False, timeout=120
    )


def explained(**keywords: Any) -> cp.Explanation:
    network = cp.Network.initialize([64, 20, 10], hidden="tanh", precision="float64", seed=1)
    names = ["a_b", "50 %", "{x}", "$&#", "日本", "é", "\\end", "~^", "<>", "|"]
    return cp.explain(network, np.linspace(-1, 1, 64), 3, classes=names, optimizer="adamw", **keywords)


@needs_latex
@pytest.mark.parametrize("notation", ["books", "nielsen", "3blue1brown", "code"])
def test_it_compiles_in_every_notation(notation: str, tmp_path: Path) -> None:
    done = compiled(explained(calculus=True, image=(8, 8)).to_latex(notation), tmp_path)
    assert done.returncode == 0, done.stdout[-2000:]
    assert re.search(r"Output written on explained\.pdf \((\d+) pages", done.stdout)
    assert "undefined" not in done.stdout.lower()


@needs_latex
def test_a_batch_and_every_cost_compile(tmp_path: Path) -> None:
    network = cp.Network.initialize([3, 4, 2], hidden="leaky_relu", output="sigmoid", cost="binary_cross_entropy")
    x = np.random.default_rng(0).normal(size=(4, 3))
    done = compiled(cp.explain(network, x, [0, 1, 1, 0], example=2, calculus=True).to_latex(), tmp_path)
    assert done.returncode == 0, done.stdout[-2000:]


def test_words_lose_their_meaning_to_latex() -> None:
    assert latex_text("50 % of {a_b} & $x$ \\ δ") == (
        r"50 \% of \{a\_b\} \& \$x\$ \textbackslash{} \ensuremath{\delta}"
    )
    assert latex_text("日") == "[U+65E5]"
