"""A diagnosis as text."""

from __future__ import annotations

from collections.abc import Iterator

from clearprop.diagnosing.diagnosis import Cause, Diagnosis
from clearprop.diagnosing.experiment import PROVEN, REFUTED, Experiment, told, words
from clearprop.reports import FAINT, HEADING, Line, plain_text


def text_of(diagnosis: Diagnosis, width: int) -> str:
    """The whole diagnosis as plain text."""
    return plain_text(lines_of(diagnosis), width)


def lines_of(diagnosis: Diagnosis) -> Iterator[Line]:
    """The lines, each with what it is."""
    yield Line(diagnosis.title, HEADING)
    yield Line(headline(diagnosis))
    yield from _part("Symptoms", [symptom.sentence for symptom in diagnosis.symptoms])
    for cause in diagnosis.causes:
        yield Line("")
        yield Line(f"{cause.title} ({cause.id}): proven", HEADING)
        yield Line(f"  {cause.evidence}", hanging=2)
        for proof in diagnosis.proofs_of(cause):
            yield Line(f"  Experiment: {told(proof)}.", hanging=2)
        if also := proven_above(diagnosis, cause):
            yield Line(f"  {also}", hanging=2)
        yield Line(f"  {cause.advice}", FAINT, hanging=2)
    for title, sentences in after_the_causes(diagnosis):
        yield from _part(title, sentences)


def after_the_causes(diagnosis: Diagnosis) -> list[tuple[str, list[str]]]:
    """What is said after the causes, in parts with a title; those that are empty are left out when they are shown."""
    remedies = [written(remedy) for remedy in diagnosis.remedies]
    return [
        ("The smallest change that cures", remedies[:1]),
        ("Each of these cures too", remedies[1:]),
        ("Your own guess", [guessed(diagnosis, guess) for guess in diagnosis.guesses]),
        ("Ruled out", [f"{named(tried)}: {told(tried)}." for tried in diagnosis.ruled_out]),
        ("Undecided", [undecided(tried) for tried in diagnosis.undecided]),
        ("Not checked", [", ".join(diagnosis.not_checked)] if diagnosis.not_checked else []),
        ("Also", list(diagnosis.remarks)),
    ]


def _part(title: str, sentences: list[str]) -> Iterator[Line]:
    if sentences:
        yield Line("")
        yield Line(title, HEADING)
        for sentence in sentences:
            yield Line(f"  {sentence}", hanging=2)


def headline(diagnosis: Diagnosis) -> str:
    """The answer in a sentence or two."""
    if diagnosis.settings_are_fine:
        skill = diagnosis.found.control.skills
        return (
            f"With these settings our network learns: skill {sum(skill) / len(skill):.2f}. The settings are fine. If "
            f"your own code does not learn with them, the mistake is in the code; have it checked: "
            f"{diagnosis.check_command}"
        )
    fails = "This training learns but fails on the test rows" if diagnosis.learns else "This training fails"
    if diagnosis.cures:
        several = len(diagnosis.cures[0].causes) > 1
        return f"{fails}, and the cause{'s are' if several else ' is'} proven by experiment."
    if diagnosis.learns is None:
        return "Interrupted before the unchanged training was done: nothing is proven, and this is what can be seen."
    if diagnosis.stopped:
        why = "the budget was used up" if diagnosis.stopped == "budget" else "it was interrupted"
        return f"{fails}; no cause was proven before {why}."
    return f"{fails}, and no cause is proven: no change that was tried cures it."


def proven_above(diagnosis: Diagnosis, cause: Cause) -> str:
    """With which other cause the experiment of this one is told already, "" where it has one of its own."""
    if diagnosis.proofs_of(cause):
        return ""
    return f"Experiment: that of {named(next(cure for cure in diagnosis.cures if cause.id in cure.causes))}, above."


def named(experiment: Experiment) -> str:
    """The causes of an experiment, by their ids."""
    return " with ".join(experiment.causes)


def written(cure: Experiment) -> str:
    """A cure in words, and what to write for it."""
    return f"{words(cure.changes)}: {', '.join(change.write for change in cure.changes)}"


def guessed(diagnosis: Diagnosis, guess: Experiment) -> str:
    """What the experiment says about a guess."""
    if diagnosis.learns:
        return f"{named(guess)}: refuted. There is nothing to cure, the training learns; {told(guess)}."
    verdict = {PROVEN: "confirmed", REFUTED: "refuted"}.get(guess.verdict)
    if not verdict:
        return undecided(guess)
    return f"{named(guess)}: {verdict}. {told(guess)}.{_other_ways(diagnosis) if verdict == 'confirmed' else ''}"


def _other_ways(diagnosis: Diagnosis) -> str:
    """That a guess which cures is not the only way, where another one is proven."""
    if not diagnosis.remedies:
        return ""
    return f" But {words(diagnosis.remedies[0].changes)} cures too, and leaves this as it is."


def undecided(experiment: Experiment) -> str:
    """An experiment that does not decide, and what would."""
    cured = sum(skill >= experiment.goal for skill in experiment.skills[1])
    return (
        f"{named(experiment)}: undecided. {told(experiment)}; {cured} of {len(experiment.after.seeds)} runs are cured. "
        f"More seeds, or longer runs, would decide."
    )
