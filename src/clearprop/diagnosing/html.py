"""A diagnosis as a page, with pictures of before and after side by side. No script, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from clearprop.diagnosing.diagnosis import Cause, Diagnosis
from clearprop.diagnosing.experiment import Experiment, told
from clearprop.diagnosing.pictures import answers_picture, costs_picture
from clearprop.diagnosing.text import after_the_causes, headline, proven_above
from clearprop.reports import escaped, fragment, page

STYLE = """\
.report .side{display:flex;flex-wrap:wrap;gap:1rem}
.report .side figure{max-width:none;margin:.25rem 0}
"""


def page_of(diagnosis: Diagnosis) -> str:
    """The whole page."""
    return page(diagnosis.title, _body(diagnosis))


def fragment_of(diagnosis: Diagnosis) -> str:
    """What a notebook shows."""
    return fragment(_body(diagnosis))


def _body(diagnosis: Diagnosis) -> str:
    return "\n".join(_parts(diagnosis))


def _parts(diagnosis: Diagnosis) -> Iterator[str]:
    yield f'<style>{STYLE}</style><main class="report"><h1>{escaped(diagnosis.title)}</h1>'
    yield f"<p><b>{escaped(headline(diagnosis))}</b></p>"
    yield from _list("Symptoms", [symptom.sentence for symptom in diagnosis.symptoms])
    for cause in diagnosis.causes:
        yield from _cause(diagnosis, cause)
    for title, sentences in after_the_causes(diagnosis):
        yield from _list(title, sentences)
    yield "</main>"


def _list(title: str, sentences: Iterable[str]) -> Iterator[str]:
    if items := "".join(f"<li>{escaped(sentence)}</li>" for sentence in sentences):
        yield f"<h2>{title}</h2><ul>{items}</ul>"


def _cause(diagnosis: Diagnosis, cause: Cause) -> Iterator[str]:
    yield f'<section id="{cause.id}"><h2>{escaped(cause.title)} ({cause.id}): proven</h2>'
    yield f"<p>{escaped(cause.evidence)}</p>"
    for proof in diagnosis.proofs_of(cause):
        yield f"<p>Experiment: {escaped(told(proof))}.</p>"
        yield from before_and_after(proof)
    if also := proven_above(diagnosis, cause):
        yield f"<p>{escaped(also)}</p>"
    yield f'<p class="plain">{escaped(cause.advice)}</p></section>'


def before_and_after(experiment: Experiment) -> Iterator[str]:
    """The same pictures of both arms, beside each other."""
    before, after = experiment.before, experiment.after
    for kind, of_before, of_after in (
        ("answers", answers_picture(before), answers_picture(after)),
        ("cost", costs_picture(before, (before, after)), costs_picture(after, (before, after))),
    ):
        yield '<div class="side">'
        yield f'<figure class="{kind}">{of_before}<figcaption>before: unchanged</figcaption></figure>'
        yield f'<figure class="{kind}">{of_after}<figcaption>after: changed</figcaption></figure>'
        yield "</div>"
