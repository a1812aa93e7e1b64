"""An evaluation, as people read it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from rich.measure import Measurement
from rich.table import Table

from clearprop.cli.console import Printer, counted, output
from clearprop.evaluation import Evaluation

MANY_CLASSES = 20
"""From so many classes on, the confusion matrix is too wide to read."""

CONFUSIONS_SHOWN = 10


def print_evaluation(evaluation: Evaluation, where: str, what: str = "row") -> None:
    """Accuracy beside the baseline, the confusion matrix, the most confident mistakes. `where`: `of iris.csv`."""
    low, high = evaluation.interval
    output.print(f"Accuracy on {counted(evaluation.examples, what)} {where}: {evaluation.accuracy:.2%}")
    output.print(
        f"95% interval: {low:.2%} to {high:.2%}. Always the most frequent class: {evaluation.baseline:.2%}. "
        f"Cost: {cost_text(evaluation.cost)}."
    )
    if len(evaluation.classes) > MANY_CLASSES or not _fits(_confusion_table(evaluation)):
        print_table(_confusion_list(evaluation))
    else:
        print_table(_confusion_table(evaluation))
    if evaluation.wrong:
        print_table(_mistake_table(evaluation))


def cost_text(cost: float) -> str:
    """Four decimals, or four digits where those would be many."""
    return f"{cost:.4f}" if cost < 1e4 else f"{cost:.4g}"


def table_of(headings: Iterable[str], title: str | None = None) -> Table:
    """An empty table of numbers and short texts."""
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def print_table(table: Table) -> None:
    """A table of one row or more, as wide as it must be where nobody sees where a line ends."""
    if table.row_count:
        printer = output if output.is_terminal else Printer(width=_width(table))
        printer.print(table)


def _width(table: Table) -> int:
    return Measurement.get(output, output.options.update(max_width=10_000), table).maximum


def _fits(table: Table) -> bool:
    return not output.is_terminal or _width(table) <= output.width


def _confusion_table(evaluation: Evaluation) -> Table:
    title = "Confusion matrix: a row for each class, a column for each answer"
    table = table_of(["class", *map(str, evaluation.classes)], title)
    for name, counts in zip(evaluation.classes, evaluation.confusion, strict=True):
        table.add_row(str(name), *(str(count) if count else "." for count in counts))
    return table


def _confusion_list(evaluation: Evaluation) -> Table:
    table = table_of(["class", "answer", "rows"], "The most frequent confusions")
    mistakes = evaluation.confusion - np.diag(np.diag(evaluation.confusion))
    for place in np.argsort(-mistakes, axis=None, kind="stable")[:CONFUSIONS_SHOWN]:
        actual, answered = divmod(int(place), len(evaluation.classes))
        if count := mistakes[actual, answered]:
            table.add_row(str(evaluation.classes[actual]), str(evaluation.classes[answered]), str(count))
    return table


def _mistake_table(evaluation: Evaluation) -> Table:
    # outputs other than sigmoid's and softmax's are no shares
    shares = all(0 <= wrong.confidence <= 1 for wrong in evaluation.wrong)
    heading, form = ("confidence", ".1%") if shares else ("output", ".4g")
    table = table_of(("row", "class", "answer", heading), "The most confident wrong answers")
    for wrong in evaluation.wrong:
        table.add_row(str(wrong.row), str(wrong.actual), str(wrong.answered), format(wrong.confidence, form))
    return table


def print_left_out(rows: int) -> None:
    """How many rows were not measured, and why."""
    if rows:
        verb = "was" if rows == 1 else "were"
        output.print(f"{counted(rows, 'row')} {verb} left out: a value that cannot be used, or no known class.")
