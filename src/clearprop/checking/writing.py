"""A check's report as lines of text and as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from clearprop.checking.mistakes.catalogue import CATALOGUE
from clearprop.reports import FAINT, FORMULA, HEADING, PLAIN, Line, escaped

if TYPE_CHECKING:
    from clearprop.checking.report import CheckReport, Mistake


def lines_of(report: CheckReport) -> Iterator[Line]:
    """The report, line by line."""
    yield Line(report.title, HEADING)
    yield Line(verdict(report), PLAIN)
    for number, mistake in enumerate(report.mistakes, 1):
        yield Line("")
        yield from _mistake(mistake, number)
    for heading, sentences in _lists(report):
        yield Line("")
        yield Line(f"{heading}:", HEADING)
        for sentence in sentences:
            yield Line(f"  {sentence}", FAINT, 2)


def verdict(report: CheckReport) -> str:
    """The answer in one sentence."""
    wrong = sum(mistake.severity == "wrong" for mistake in report.mistakes)
    remarks = len(report.mistakes) - wrong
    if wrong:
        return f"{'One mistake' if wrong == 1 else f'{wrong} mistakes'} found."
    return f"Right, with {'a remark' if remarks == 1 else f'{remarks} remarks'}." if remarks else "Right."


def title_of(mistake: Mistake) -> str:
    """`Layer 2: The slope is taken at a instead of z (act-deriv-double)`"""
    place = _layers(mistake.layers)
    name = f"{CATALOGUE[mistake.id].title} ({mistake.id})" if mistake.id else f"{mistake.quantity} is not right"
    return f"{place}: {name}" if place else name[0].upper() + name[1:]


def _layers(layers: tuple[int, ...]) -> str:
    if not layers:
        return ""
    if len(layers) == 1:
        return f"Layer {layers[0]}"
    return f"Layers {', '.join(map(str, layers[:-1]))} and {layers[-1]}"


def _mistake(mistake: Mistake, number: int) -> Iterator[Line]:
    remark = "" if mistake.severity == "wrong" else "Remark, harmless. "
    yield Line(f"{number}. {remark}{title_of(mistake)}", HEADING)
    for sentence in mistake.message.split("\n"):
        yield Line(f"  {sentence}", FORMULA if sentence.startswith("  ") else PLAIN, 2)
    if mistake.line is not None:
        yield Line(f"  Line {mistake.line}: {mistake.source}", FORMULA, 4)
    if mistake.fix:
        yield Line(f"  Instead: {mistake.fix}", PLAIN, 2)
    if proof := proof_of(mistake):
        yield Line(f"  {proof}", FAINT, 2)
    if mistake.also:
        yield Line(f"  The same numbers come from: {', '.join(mistake.also)}.", FAINT, 2)


def proof_of(mistake: Mistake) -> str:
    """What proves the name."""
    evidence = mistake.evidence
    if mistake.id is None or "with_this_change" not in evidence:
        return ""
    far = evidence.get("from_right")
    without = "they have another shape" if far is None else f"they differ by up to {far:.2g}"
    return (
        f"Proof: our own pass with this change gives your numbers to within {evidence['with_this_change']:.1g}; "
        f"without it {without}."
    )


def _lists(report: CheckReport) -> Iterator[tuple[str, tuple[str, ...]]]:
    lists = {
        "What is right": report.right,
        "How your function takes and gives its numbers": report.conventions,
        "Not checked": report.not_checked,
        "Your code printed": tuple(report.printed.splitlines()[:20]),
    }
    yield from ((heading, sentences) for heading, sentences in lists.items() if sentences)


def html_of(report: CheckReport) -> str:
    """The report as the body of a page."""
    parts = [f'<main class="report"><h1>{escaped(report.title)}</h1>', f"<p>{escaped(verdict(report))}</p>"]
    for mistake in report.mistakes:
        parts.append(f"<details open><summary>{escaped(title_of(mistake))}</summary>")
        parts += [f"<p>{escaped(sentence)}</p>" for sentence in mistake.message.split("\n")]
        if mistake.line is not None:
            code = escaped(mistake.source or "")
            parts.append(f'<p class="wide">Line {mistake.line}: <code>{code}</code></p>')
        parts.append(f'<p class="try">Instead: {escaped(mistake.fix)}</p>' if mistake.fix else "")
        parts.append(f'<p class="source">{escaped(proof_of(mistake))}</p>')
        if mistake.also:
            parts.append(f'<p class="source">The same numbers come from: {escaped(", ".join(mistake.also))}.</p>')
        parts.append("</details>")
    for heading, sentences in _lists(report):
        items = "".join(f"<li>{escaped(sentence)}</li>" for sentence in sentences)
        parts.append(f"<details><summary>{escaped(heading)}</summary><ul>{items}</ul></details>")
    return "\n".join(part for part in parts if part) + "\n</main>"
