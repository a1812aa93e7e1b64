"""Every rule fires on its sick training, stays quiet on the healthy twin, and says when it does not apply."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearprop.diagnosing.rules import RULES
from clearprop.diagnosing.setup import Setup

from .problems import RULE, case, facts_of, setup, setup_of

IDS = [rule.id for rule in RULES]
FOLDER = Path(__file__).resolve().parents[2] / "src" / "clearprop" / "diagnosing" / "rules"


def speaks(setup: Setup, cause: str) -> str:
    """What a rule has against a setup; "" if nothing, or if it does not apply."""
    rule = RULE[cause]
    evidence = None if rule.unfit(setup) else rule.evidence(facts_of(setup))
    return str(evidence or "")


@pytest.mark.parametrize("cause", IDS)
def test_a_rule_fires_on_its_sick_training(cause: str) -> None:
    sentence = speaks(setup_of(case(f"{cause}-1").arguments), cause)
    assert sentence.endswith(".")
    assert any(letter.isdigit() for letter in sentence), "evidence has numbers"


@pytest.mark.parametrize("cause", IDS)
def test_a_rule_is_quiet_on_the_healthy_twin(cause: str) -> None:
    assert speaks(setup_of(case(f"{cause}-1").cured), cause) == ""


UNFIT = {
    "contradicting-labels": ("the targets are real numbers.", {"cost": "squared_error", "y": [[0.5, 0.1]] * 40}),
    "target-out-of-range": ("the targets are classes.", {}),
    "labels-misaligned": ("there are too few rows to hold some back.", {}),
    "not-shuffled": ("the rows are shuffled in every epoch.", {}),
    "unbalanced-classes": ("the classes have weights already.", {"class_weight": "balanced"}),
    "init-constant": ("without hidden layers equal weights do no harm.", {"layers": [3, 2]}),
    "saturation": ("no hidden layer is sigmoid or tanh.", {}),
    "one-softmax-unit": ("the output is no softmax of one unit.", {}),
    "relu-output": ("the output is not relu.", {}),
    "saturating-cost": ("the cost does not stall at this output.", {}),
    "dead-relu": ("no hidden layer is relu.", {"hidden": "tanh"}),
    "vanishing-deep-sigmoid": ("there are fewer than 3 hidden layers of sigmoid or tanh.", {}),
    "linear-network": ("a hidden layer is not linear.", {}),
    "local-minimum-small-net": ("there is no hidden layer.", {"layers": [3, 2]}),
    "sum-instead-of-mean": ("the cost is a mean over the examples.", {}),
    "dropout-too-strong": ("there is no dropout.", {}),
    "patience-too-short": ("there is no early stopping.", {}),
    "l2-too-strong": ("there is no penalty on large weights.", {}),
    "test-scaled-differently": ("no test rows were given.", {}),
    "one-hot-shift": ("no test rows were given.", {}),
}
FIT_EVERYTHING = {
    "missing-values", "inputs-unscaled", "init-too-small-one-sided", "init-all-positive-large", "init-too-large",
    "lr-too-high", "lr-too-low", "batch-of-everything", "epochs-too-few",
}  # fmt: skip


@pytest.mark.parametrize("cause", UNFIT)
def test_a_rule_says_when_it_does_not_apply(cause: str) -> None:
    why, arguments = UNFIT[cause]
    assert RULE[cause].unfit(setup(**arguments)) == why


def test_the_other_rules_apply_to_every_training() -> None:
    assert FIT_EVERYTHING | set(UNFIT) == set(IDS)
    assert all(RULE[cause].unfit(setup()) == "" for cause in FIT_EVERYTHING)


def test_a_shortened_run_says_nothing_about_too_few_epochs() -> None:
    long = setup(layers=[3, 4000, 4000, 2], epochs=100_000)
    assert long.shortened < 1
    assert RULE["epochs-too-few"].unfit(long) == "the experiments make fewer updates than your run."


def test_every_rule_has_a_file_of_its_own_and_a_stable_id() -> None:
    files = {path.stem.replace("_", "-") for path in FOLDER.glob("*.py")} - {"--init--"}
    assert files == set(IDS)
    assert len(IDS) == len(set(IDS))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_tells_why_and_what_to_do(rule: object) -> None:
    for text in (rule.why, rule.advice):  # type: ignore[attr-defined]
        assert text.endswith(".")
        assert "  " not in text
