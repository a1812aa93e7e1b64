"""The page "My network answers [0.5, 0.5] to everything", with its numbers and pictures, all from `diagnose`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import clearprop as cp
from clearprop.diagnosing.experiment import Experiment
from clearprop.diagnosing.pictures import answers_picture, costs_picture
from clearprop.diagnosing.text import guessed, told

MADE = "<!-- Made by docs/make.py; change what it is made from. -->\n"
STEPS = 3_000
GUESSES = ("averaging", "output=softmax,cost=cross_entropy")


def examined(*, equal: bool = False, **settings: Any) -> cp.Diagnosis:
    """784-16-16-2, sigmoids and the squared error, on two pictures labelled [1, 0] and [0, 1]."""
    x = np.random.default_rng(0).uniform(0, 1, (2, 784))
    usual = {"initialization": "normal", "optimizer": "sgd", "learning_rate": 3.0, "schedule": "constant"}
    return cp.diagnose(
        x[[0, 0]] if equal else x,
        np.eye(2),
        layers=[784, 16, 16, 2],
        hidden="sigmoid",
        output="sigmoid",
        cost="squared_error",
        batch_size=2,
        epochs=STEPS,
        precision="float64",
        suspect=GUESSES,
        budget=600.0,
        **{**usual, **settings},
    )


def pages() -> Iterator[tuple[str, str]]:
    """The page and its pictures, by name."""
    fine, zeros, equal = examined(), examined(initialization="zeros"), examined(equal=True)
    yield "half-half.md", _page(fine, zeros, equal)
    for name, diagnosis in (("zeros", zeros), ("equal", equal)):
        cure = diagnosis.cures[0]
        for when, arm in (("before", cure.before), ("after", cure.after)):
            yield f"half-half/{name}-{when}-answers.svg", answers_picture(arm) + "\n"
            yield f"half-half/{name}-{when}-cost.svg", costs_picture(arm, (cure.before, cure.after)) + "\n"


def _page(fine: cp.Diagnosis, zeros: cp.Diagnosis, equal: cp.Diagnosis) -> str:
    return "\n".join(
        [
            MADE,
            "# “My network answers [0.5, 0.5] to everything”\n",
            "Two pictures, labelled [1, 0] and [0, 1]; 784-16-16-2 with sigmoids and the squared error, plain descent "
            f"on both at once with learning rate 3, {STEPS:,} steps. Whoever sees [0.5, 0.5] for both suspects the "
            "averaging: the two labels ask for opposite things, so their gradients must cancel in the mean. And "
            "whoever reads on hopes for softmax. `clearprop diagnose` puts both to the test, beside the unchanged "
            "training on the same seeds.\n",
            "## 1. With an ordinary start there is nothing wrong\n",
            "Weights and biases from N(0, 1):\n",
            _guesses(fine),
            "The labels are opposite, but the inputs differ: each example pulls on the weights in its own way, and "
            "what cancels is only what both have in common. If your code stays at [0.5, 0.5] from such a start, the "
            f"mistake is in the code:\n\n```\n{fine.check_command}\n```\n",
            "## 2. All weights start at zero\n",
            *_cause(zeros, "zeros"),
            "Here the gradients do cancel, and to the last bit: both examples look the same to the output layer, since "
            "every hidden neuron answers 0.5 to both. So one example at a time breaks the tie, and so do random "
            "weights; with those, averaging does no harm. Softmax does not break it.\n",
            "## 3. Both examples have the same input\n",
            *_cause(equal, "equal"),
            "A network is a function. No setting gives one input two answers, and the best that the squared error can "
            "do is the middle.\n",
            "## So\n",
            "| the start, the data | cause | averaging | softmax with cross-entropy |",
            "|---|---|---|---|",
            *(
                _row(words, diagnosis)
                for words, diagnosis in (
                    ("random weights", fine),
                    ("weights of zero", zeros),
                    ("equal inputs", equal),
                )
            ),
            "\nThe numbers of a cell are the skill without and with the change: 0 knows nothing, 1 is always right. "
            "All causes that `diagnose` knows: [causes.md](causes.md)\n",
        ]
    )


def _picture(name: str, when: str, kind: str) -> str:
    return f"![{kind}, {when}](half-half/{name}-{when}-{kind}.svg)"


def _guesses(diagnosis: cp.Diagnosis) -> str:
    lines = [f"- {guessed(diagnosis, guess)}" for guess in diagnosis.guesses]
    return "\n".join(lines) + "\n"


def _cause(diagnosis: cp.Diagnosis, name: str) -> list[str]:
    cause, cure = diagnosis.causes[0], diagnosis.cures[0]
    symptom = next(symptom for symptom in diagnosis.symptoms if symptom.id == "constant-answer")
    return [
        f"{symptom.sentence}\n",
        f"**{cause.title}** ([{cause.id}](causes/{cause.id}.md)), proven: {told(cure)}.\n",
        "| before | after |",
        "|---|---|",
        *(
            " | ".join(["", *(_picture(name, when, kind) for when in ("before", "after")), ""]).strip()
            for kind in ("answers", "cost")
        ),
        "\nThe guesses:\n",
        _guesses(diagnosis),
    ]


def _row(words: str, diagnosis: cp.Diagnosis) -> str:
    causes = ", ".join(cause.id for cause in diagnosis.causes) or "none: it learns"
    return f"| {words} | {causes} | {' | '.join(map(_cell, diagnosis.guesses))} |"


def _cell(guess: Experiment) -> str:
    before, after = (sum(skills) / len(skills) for skills in guess.skills)
    return f"{before:.2f} → {after:.2f}"
