"""Writes the pages that are made from the program: the command line's, the equations', the mistakes', the causes',
and what `explain` and `diagnose` say of two examples.

python docs/make.py           write them
python docs/make.py --check   fail if one of them is not what would be written
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import doctest
import inspect
import io
import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import mistake_pages
import speed_page
import typer.main

import clearprop as cp
from clearprop.cli.app import app
from clearprop.diagnosing.rule import Rule
from clearprop.diagnosing.rules import RULES
from clearprop.equations import (
    activations,
    costs,
    decisions,
    initializations,
    layers,
    outputs,
    regularization,
    schedules,
    updates,
)
from clearprop.equations.equation import Equation
from clearprop.equations.notation import CODE, LATEX, TEXT
from clearprop.equations.outputs import MATCHING, PAIRS
from clearprop.explaining.derivations import derivation_of
from clearprop.explaining.explanation import Step
from clearprop.explaining.putting_in import Key, PutIn
from clearprop.explaining.text import lines_of
from clearprop.reports import FAINT, FORMULA, HEADING

sys.path.insert(0, str(Path(__file__).parent))

import half_half

DOCS = Path(__file__).resolve().parent
MODULES = (layers, activations, costs, outputs, regularization, updates, schedules, initializations, decisions)
MADE = "<!-- Made by docs/make.py; change what it is made from. -->\n"
SPEEDS, END = "<!-- Made by docs/make.py: speeds -->\n", "<!-- End -->\n"
"""Between these lines the README is made, too."""
WIDTH = 100


def command_line_page() -> str:
    """What `--help` says, command by command."""
    group = typer.main.get_command(app)
    context = group.make_context("clearprop", [], resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH)
    parts = [MADE, "# The command line\n", _block(group.get_help(context))]
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = command.make_context(
            name, [], parent=context, resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH
        )
        parts += [f"## clearprop {name}\n", _block(command.get_help(inner))]
    parts.append(
        "## Exit codes\n\n"
        "| code | meaning |\n|---|---|\n"
        "| 0 | done; for `check`: right; for `diagnose`: no cause is proven |\n"
        "| 1 | `check`: a mistake found; `diagnose`: a cause is proven |\n"
        "| 2 | the call or the input is wrong: one sentence on standard error, nothing written |\n"
        "| 3 | `train`: the cost stopped being finite; the last good weights are saved |\n"
        "| 4 | `train` in many processes: one of them has ended, and the training with it; `--resume` goes on |\n"
        "| 130 | interrupted; what there is is saved, and how to go on is said |\n"
    )
    return "\n".join(parts)


def equations_page() -> str:
    """Every equation: formula, plain sentence, source."""
    parts = [
        MADE,
        "# The equations\n",
        "Notation of 3Blue1Brown and Nielsen: W⁽ˡ⁾ leads into layer l, z = Wa + b, a = f(z), C is the cost of one "
        "example, δ = ∂C/∂z; j counts the neurons of a layer, k those of the layer before, i the examples.\n",
    ]
    for module in MODULES:
        parts.append(f"## {(module.__doc__ or '').splitlines()[0].rstrip('.')}\n")
        parts += [_entry(equation) for equation in equations_of(module)]
    parts += ["## Which cost goes with which output\n", "| cost | output activation | δ |", "|---|---|---|"]
    parts += [
        f"| {c} | {f} | {'a − y' if (c, f) in MATCHING else 'slope of the cost through the slopes of the activation'} |"
        for c, f in PAIRS
    ]
    return "\n".join(parts) + "\n"


def equations_of(module: object) -> Iterator[Equation[..., object]]:
    """The equations that a module defines, in their order."""
    for value in vars(module).values():
        if isinstance(value, Equation) and value.function.__module__ == getattr(module, "__name__", None):
            yield value


def _entry(equation: Equation[..., object]) -> str:
    name = f"[{equation.name}](equations/{equation.name}.md)"
    return f"**{name}**: `{equation.formula.spell(TEXT)}`\n{equation.sentence}\n*Source: {equation.source}.*\n"


ARRAYS: dict[str, list[Any]] = {
    "z": [0.5, -1.0, 0.25],
    "a": [0.6, 0.3, 0.1],
    "b": [0.1, -0.2, 0.3],
    "y": [1.0, 0.0, 0.0],
    "delta": [-0.4, 0.3, 0.1],
    "draw": [0.7, 0.2, 0.9],
    "start": [0.5, 0.5, 0.5],
    "dC/da": [-1.5, 0.5, 0.25],
    "W": [[0.2, -0.5, 0.4], [0.7, 0.1, -0.3], [-0.6, 0.8, 0.9]],
    "da/dz": [[0.24, -0.18, -0.06], [-0.18, 0.21, -0.03], [-0.06, -0.03, 0.09]],
    "g": [0.4, -0.2, 0.1],
    "move": [-0.04, 0.02, -0.01],
    "pull": [0.3, -0.7, 0.2],
}
"""Numbers to put in, by symbol; the layer is left out, for the same ones serve every layer."""

NUMBERS = {
    "theta": 0.8,
    "eta": 0.1,
    "g": 0.4,
    "v": 0.2,
    "v_new": 0.58,
    "mu": 0.9,
    "m": 0.05,
    "s": 0.002,
    "beta_1": 0.9,
    "beta_2": 0.999,
    "beta": 0.9,
    "mean": 0.04,
    "epsilon": 1e-8,
    "direction": 0.5,
    "lambda_": 0.01,
    "p": 0.4,
    "n": 2.0,
    "t": 3.0,
    "T": 12.0,
    "n_in": 784.0,
    "n_out": 16.0,
    "alpha": activations.LEAK,
    "C": 0.9,
    "constant": 0.3,
}


def worked(equation: Equation[..., object]) -> Step:
    """The equation with numbers in it: those of neuron 1, of three neurons a layer and two examples."""
    formula, numbers = equation.formula, {}
    ranges = {letter: range(2 if letter == "i" else 3) for letter in formula.summed}
    at = {letter: place for letter, place in PLACE.items() if letter in formula.letters - ranges.keys()}

    def number(key: Key) -> str:
        numbers[key] = _number(*key)
        return ""

    formula.spell_right(PutIn(TEXT, number, 0), at, ranges)
    result = formula.evaluate(_number, at, ranges)
    return Step(equation.name, equation, formula, at, ranges, numbers, result)


PLACE = {"l": 2, "j": 0, "k": 1, "m": 1}
"""What the letters of an equation stand for in its worked number, counted from 0 but for the layer."""


def _number(name: str, places: tuple[int, ...]) -> float:
    if not places:
        return NUMBERS[name]
    value: Any = ARRAYS[name]
    neurons = (places[1], places[3]) if name == "da/dz" else places if name in _WITHOUT_LAYER else places[1:]
    if len(neurons) > 1 and name in ("a", "delta"):  # of several examples: each one's are turned by one neuron
        neurons = ((neurons[1] + neurons[0]) % 3,)
    for place in neurons:
        value = value[place]
    return float(value)


_WITHOUT_LAYER = ("y", "draw", "g", "move", "pull")


def equation_page(equation: Equation[..., object]) -> str:
    """One equation: formula in every script, plain sentence, source, a worked number, where it comes from."""
    step = worked(equation)
    assert math.isfinite(step.result)
    parts = [
        MADE,
        f"# {equation.name.replace('_', ' ')}\n",
        f"$${equation.formula.spell(LATEX)}$$\n",
        f"{equation.sentence}\n",
        f"With numbers: `{step.line(TEXT)}`\n",
        f"As code, for a whole layer: `{step.template(CODE)}`\n",
    ]
    if derivation := derivation_of(equation):
        parts.append(f"Where it comes from:\n\n$${derivation.equation.formula.spell_left(LATEX)}$$\n")
        parts += [f"$$= {formula.spell_right(LATEX)}$$\n\n{reason}\n" for formula, reason in derivation.lines]
    parts.append(f"*Source: {equation.source}.* [All equations](../equations.md)\n")
    return "\n".join(parts)


WEIGHTS = [[[0.5, -0.25], [-0.75, 1.0], [0.3, 0.2]], [[0.6, -0.4, 0.1], [-0.2, 0.7, 0.5]]]
BIASES = [[0.1, -0.2, 0.05], [0.0, 0.3]]
INPUTS, LABELS = [[1.0, 0.5], [0.25, 1.0]], [[1, 0], [0, 1]]
"""Two examples, labelled [1, 0] and [0, 1], and a 2-3-2 network to explain them with."""


def two_examples() -> cp.Explanation:
    network = cp.Network.of(WEIGHTS, BIASES, activations=["sigmoid", "softmax"], cost="cross_entropy")
    return cp.explain(network, INPUTS, LABELS, learning_rate=0.5)


def causes_page() -> str:
    """Every cause that `diagnose` knows, in the order in which they are suspected."""
    parts = [
        MADE,
        "# Why a training fails\n",
        "`clearprop diagnose` suspects these causes where something speaks for them, in this order, and proves one by "
        "an experiment: its cure is applied, all else stays as it is, and the unchanged training runs beside it on the "
        "same seeds.\n",
        "| cause | what is wrong |",
        "|---|---|",
        *(f"| [{rule.id}](causes/{rule.id}.md) | {rule.title} |" for rule in RULES),
    ]
    return "\n".join(parts) + "\n"


def cause_page(rule: Rule) -> str:
    """One cause: what happens, when it is suspected, what proves it, what to do."""
    module = sys.modules[rule.evidence.__module__]
    parts = [MADE, f"# {rule.title}\n", f"`{rule.id}`\n", f"{rule.why}\n", f"**What to do.** {rule.advice}\n"]
    if thresholds := list(_thresholds(module)):
        parts += ["**Thresholds of the suspicion.**\n", "| name | value | meaning |", "|---|---|---|", *thresholds, ""]
    return "\n".join([*parts, "[All causes](../causes.md)\n"])


def _thresholds(module: Any) -> Iterator[str]:
    """The named numbers of a rule's file, each with the text that stands below it."""
    lines = inspect.getsource(module).splitlines()
    for line, below in pairwise([*lines, ""]):
        name, equals, value = line.partition(" = ")
        if equals and name.isupper() and name[0] != " " and not value.startswith("Rule("):
            meaning = below.strip('"') if below.startswith('"""') else ""
            yield f"| {name} | {value} | {meaning} |"


def forward_page() -> str:
    """What is the equation of a softmax neuron?"""
    return _explained(
        "What is the equation of a softmax neuron?",
        "Its weighted input z is that of any other neuron: weights times activations, plus bias. Only the last step "
        "differs. A sigmoid neuron makes its a of its own z. A softmax neuron makes e to the power of its z, and then "
        "takes its share of what all neurons of the layer have made: so it looks at the z of all of them.\n\n"
        "Below, a network of 2 inputs, 3 sigmoid neurons and 2 softmax neurons computes both, with every number. "
        "Take a pocket calculator and follow it: each line uses the numbers that are printed above it, so the last "
        "digit of your result may differ by one or two.",
        lambda key: key.startswith("forward"),
        "How the shares are made to fit the labels is the other page: "
        "[what takes the place of σ′(z)?](instead-of-sigma-prime.md)",
    )


def backward_page() -> str:
    """What takes the place of σ'(z) when I propagate backwards?"""
    return _explained(
        "What takes the place of σ′(z) when I propagate backwards through softmax?",
        "A table. With a sigmoid, raising one z moves one a, and σ′(z) says how fast. With softmax, raising one z "
        "moves every a of the layer, because the shares must add up to 1: so each z has a slope for every a, and the "
        "error δ of a neuron adds up over all of them. Every other equation of backpropagation stays as it was. And "
        "with the cross-entropy as cost, the sum comes down to a − y.\n\n"
        "The numbers go on from [the forward pass](softmax-neuron.md) of the same 2-3-2 network: its first example is "
        "labelled [1, 0], its second one [0, 1]. The way back starts at the cost.",
        lambda key: not key.startswith(("forward", "decision")),
        "Whether two such labels cancel is answered by the numbers above, under “This example beside the batch”.",
    )


def _explained(title: str, before: str, wanted: Callable[[str], bool], after: str) -> str:
    whole = two_examples()
    chosen = tuple(section for section in whole.sections if wanted(section.key))
    explanation = replace(whole, sections=chosen, summary=())
    lines = list(lines_of(explanation))[1:]  # its title is the network's
    parts = [MADE, f"# {title}\n", f"{before}\n"]
    for style, run in groupby(lines, key=lambda line: _style(line.style, line.text)):
        texts = [line.text for line in run]
        if style == HEADING:
            parts += [f"## {text.partition('. ')[2]}\n" for text in texts]
        elif style == FORMULA:
            parts += [f"### `{text}`\n" for text in texts]
        elif style == FAINT:
            parts += [f"{text.strip()}\n" for text in texts]
        elif any(texts):
            parts.append(_block("\n".join(text.removeprefix("    ") for text in texts if text)))
    return "\n".join([*parts, f"{after}\n"])


def _style(style: str, text: str) -> str:
    """Sentences are set as sentences, arithmetic and tables as they stand."""
    return FAINT if style not in (HEADING, FORMULA) and text and not text.startswith("    ") else style


def _block(text: str) -> str:
    return "```\n" + "\n".join(line.rstrip() for line in text.splitlines()) + "\n```\n"


def draw_curves() -> None:
    """The picture in the README: the curves of the training that it shows."""
    shown: dict[str, Any] = {}
    examples = doctest.DocTestParser().get_examples((DOCS.parent / "README.md").read_text())
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        for example in examples:
            exec(compile(example.source, "README.md", "single"), shown)  # noqa: S102 - our own page
    shown["training"].plot().savefig(DOCS / "curves.png", dpi=80)


def readme() -> str:
    """The README with the table of speeds made anew."""
    before, _, rest = (DOCS.parent / "README.md").read_text().partition(SPEEDS)
    return f"{before}{SPEEDS}\n{speed_page.short_table()}\n{END}{rest.partition(END)[2]}"


def pages() -> Iterator[tuple[str, str]]:
    """Every page that is made, by its name."""
    yield "../README.md", readme()
    yield "command-line.md", command_line_page()
    yield "equations.md", equations_page()
    yield "softmax-neuron.md", forward_page()
    yield "instead-of-sigma-prime.md", backward_page()
    for module in MODULES:
        for equation in equations_of(module):
            yield f"equations/{equation.name}.md", equation_page(equation)
    yield from mistake_pages.pages(MADE)
    yield "causes.md", causes_page()
    for rule in RULES:
        yield f"causes/{rule.id}.md", cause_page(rule)
    yield from half_half.pages()
    yield "speed.md", speed_page.page(MADE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale, made = 0, dict(pages())
    for path in (*DOCS.glob("equations/*.md"), *DOCS.glob("mistakes/*.md"), *DOCS.glob("causes/*.md")):
        if f"{path.parent.name}/{path.name}" not in made:
            stale += check
            if not check:
                path.unlink()
    for name, text in made.items():
        path = DOCS / name
        path.parent.mkdir(exist_ok=True)
        old = path.read_text() if path.exists() else ""
        if check and old != text:
            stale += 1
            sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), text.splitlines(True), name, "made now"))
        elif not check:
            path.write_text(text)
    if not check:
        draw_curves()
    if stale:
        raise SystemExit(f"\n{stale} page(s) of docs/ are stale: run make docs.")


if __name__ == "__main__":
    os.environ["COLUMNS"] = str(WIDTH)
    main()
