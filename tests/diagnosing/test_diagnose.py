"""Whole diagnoses: the cause is named and proven, nothing is claimed of healthy trainings, guesses are tested."""

from __future__ import annotations

import json
import re
import threading
from functools import cache

import numpy as np
import pytest

import clearprop as cp
from clearprop.diagnosing import laboratory
from clearprop.diagnosing.outcome import BrokenOffError
from clearprop.storage import strict

from .problems import case, opposing

X = np.random.default_rng(0).standard_normal((200, 4))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
SMALL = {"x": X, "y": Y, "layers": [4, 16, 2], "learning_rate": 0.02, "epochs": 30}


TOO_HIGH = {**SMALL, "learning_rate": 20.0}


@cache
def too_high() -> cp.Diagnosis:
    return cp.diagnose(**TOO_HIGH, suspect="learning-rate=0.02")


def proven(diagnosis: cp.Diagnosis) -> list[tuple[str, ...]]:
    return [cure.causes for cure in diagnosis.cures]


SINGLE = ["lr-too-high-3", "dead-relu-2", "missing-values-2", "labels-misaligned-3", "one-softmax-unit-1"]


@pytest.mark.parametrize("name", SINGLE)
def test_the_cause_is_named_and_proven_with_seeds_and_numbers(name: str) -> None:
    diagnosis = cp.diagnose(**case(name).arguments)
    (cause,) = case(name).causes
    assert (cause,) in proven(diagnosis)
    assert cause in [found.id for found in diagnosis.causes]
    cure = next(cure for cure in diagnosis.cures if cure.causes == (cause,))
    assert len(cure.after.seeds) >= 3
    assert cure.before.seeds == cure.after.seeds
    assert cure.gain.low > 0


def test_two_causes_are_found_together_where_neither_cure_cures_alone() -> None:
    diagnosis = cp.diagnose(**case("pair-l2-too-strong+dropout-too-strong").arguments)
    assert ("dropout-too-strong", "l2-too-strong") in [tuple(sorted(causes)) for causes in proven(diagnosis)]
    assert diagnosis.learns is False


def test_the_experiment_that_proves_two_causes_is_told_once() -> None:
    diagnosis = cp.diagnose(**case("pair-init-constant+l2-too-strong").arguments)
    assert ("init-constant", "l2-too-strong") in [tuple(sorted(causes)) for causes in proven(diagnosis)]
    for shown in (diagnosis.to_text(width=1000), diagnosis.to_html()):
        assert shown.count("Experiment: skill") == len(diagnosis.cures)
        assert shown.count("Experiment: that of init-constant with l2-too-strong, above.") == 1


def test_weights_that_stay_at_zero_because_nothing_moves_need_both_cures() -> None:
    diagnosis = cp.diagnose(**{**SMALL, "initialization": "zeros", "learning_rate": 2e-6})
    assert proven(diagnosis)[0] == ("init-constant", "lr-too-low")


def test_what_is_wrong_with_the_test_rows_is_told_apart_from_the_training() -> None:
    diagnosis = cp.diagnose(**case("one-hot-shift-2").arguments)
    assert diagnosis.learns
    assert not diagnosis.settings_are_fine
    assert proven(diagnosis) == [("one-hot-shift",)]
    headline = "This training learns but fails on the test rows, and the cause is proven by experiment."
    assert diagnosis.to_json()["headline"] == headline


@pytest.mark.parametrize("name", ["healthy-moons-plain", "healthy-sine-wider", "healthy-wine-larger-steps"])
def test_nothing_is_claimed_of_a_healthy_training_and_the_code_is_named_for_a_check(name: str) -> None:
    diagnosis = cp.diagnose(**case(name).arguments)
    assert (diagnosis.settings_are_fine, diagnosis.causes, diagnosis.symptoms) == (True, (), ())
    assert diagnosis.check_command in diagnosis.to_text(width=1000)


def test_the_command_to_check_ones_own_code_names_the_network() -> None:
    assert cp.diagnose(**SMALL).check_command == (
        "clearprop check your_file.py:your_function --layers 4,16,2 --activations relu,softmax --cost cross_entropy"
    )


class TestTheWaysToOneHalf:
    """Two pictures, labelled [1, 0] and [0, 1]: the question behind the project."""

    def test_with_ordinary_weights_it_learns_and_averaging_is_refuted(self) -> None:
        diagnosis = opposing(suspect=["averaging", "output=softmax,cost=cross_entropy"])
        assert diagnosis.settings_are_fine
        for guess in diagnosis.guesses:
            assert (guess.gain.low, guess.gain.high) == (0.0, 0.0)
        assert "averaging: refuted. There is nothing to cure, the training learns" in diagnosis.to_text(width=1000)

    def test_equal_inputs_are_the_cause_and_neither_averaging_nor_softmax_matters(self) -> None:
        x = case("healthy-two_pictures-plain").arguments["x"]
        diagnosis = opposing(x=x[[0, 0]], suspect=["averaging", "output=softmax,cost=cross_entropy"])
        assert proven(diagnosis) == [("contradicting-labels",)]
        assert [guess.verdict for guess in diagnosis.guesses] == ["refuted", "refuted"]

    def test_equal_weights_are_the_cause_and_softmax_does_not_cure_them(self) -> None:
        diagnosis = opposing(initialization="zeros", suspect="output=softmax,cost=cross_entropy")
        assert proven(diagnosis) == [("init-constant",)]
        assert [guess.verdict for guess in diagnosis.guesses] == ["refuted"]
        symptom = next(symptom for symptom in diagnosis.symptoms if symptom.id == "constant-answer")
        assert symptom.sentence == "Every example gets the same answer, 0.5: [0.500, 0.500]."


def test_a_training_that_was_made_is_diagnosed_from_its_own_start() -> None:
    start = cp.Network.initialize([4, 16, 2], initialization="zeros")
    training = cp.train(start, X, Y, epochs=60, learning_rate=0.02)
    assert proven(cp.diagnose(training))[0] == ("init-constant",)


def test_classes_are_called_by_their_names() -> None:
    names = np.array(["calm", "storm {8}"])[Y]
    diagnosis = cp.diagnose(**{**SMALL, "y": names, "initialization": "zeros"})
    shown = next(symptom.sentence for symptom in diagnosis.symptoms if symptom.id == "constant-answer")
    assert re.fullmatch(r"Every example .*, the share of each class: \[calm 0\.53\d, storm \{8\} 0\.46\d]\.", shown)
    assert ">calm<" in diagnosis.to_html()
    weighted = cp.diagnose(**SMALL | {"y": names}, class_weight={"calm": 2.0})
    assert weighted.found.control.skills == cp.diagnose(**SMALL, class_weight={0: 2.0}).found.control.skills


def test_the_same_seed_gives_the_same_verdict() -> None:
    again = cp.diagnose(**TOO_HIGH, suspect="learning-rate=0.02")
    assert again.to_json() == too_high().to_json()


@pytest.mark.parametrize(
    ("y", "changed"),
    [
        (np.zeros(200, int), {}),
        (np.full((200, 1), 3.0), {"layers": [4, 16, 1], "output": "identity", "cost": "squared_error"}),
    ],
)
def test_targets_that_are_all_the_same_are_no_failure(y: np.ndarray, changed: dict[str, object]) -> None:
    assert cp.diagnose(**{**SMALL, "y": y, **changed}).causes == ()


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_handful_of_rows_is_enough_to_ask(rows: int) -> None:
    diagnosis = cp.diagnose(**{**SMALL, "x": X[:rows], "y": Y[:rows]})
    assert diagnosis.title.endswith(f"on {rows} rows")


def test_a_budget_decides_only_how_far_down_the_list_it_gets() -> None:
    sick = {**SMALL, "learning_rate": 1e-6}
    short, whole = cp.diagnose(**sick, budget=1e-9), cp.diagnose(**sick)
    assert (short.stopped, short.causes) == ("budget", ())
    assert short.not_checked[0] == "lr-too-low"
    assert whole.stopped == ""
    assert whole.not_checked == ()
    assert short.found.control.skills == whole.found.control.skills
    assert "This training fails; no cause was proven before the budget was used up." in short.to_text(width=1000)


def test_once_a_training_is_cured_other_suspects_have_less_time(monkeypatch: pytest.MonkeyPatch) -> None:
    sick = {**SMALL, "initialization": "zeros"}
    whole = cp.diagnose(**sick, budget=1000)
    monkeypatch.setattr("clearprop.diagnosing.search.ENOUGH", 0)
    short = cp.diagnose(**sick, budget=1000)
    assert [cause.id for cause in short.causes] == ["init-constant"]
    assert whole.not_checked == () != short.not_checked
    assert {suspect.rule.id for suspect in whole.found.suspects} == {"init-constant", *short.not_checked}
    assert "tried too if the budget is larger" in short.to_text(width=1000)
    assert "tried too if the budget is larger" not in whole.to_text(width=1000)


def test_suspects_that_wait_behind_a_guess_are_told_too_when_the_budget_is_used_up() -> None:
    short = cp.diagnose(**{**SMALL, "learning_rate": 1e-6}, suspect=["averaging", "l2=0.1"], budget=1e-9)
    assert short.not_checked[:3] == ("averaging", "l2=0.1", "lr-too-low")


def test_that_gradients_cancel_is_said_only_where_it_is_asked_or_nothing_else_explains_the_failure() -> None:
    cancel = "(layer by layer) cancel in their mean."
    assert cancel not in too_high().to_text(width=1000)
    unexplained = cp.diagnose(**TOO_HIGH, budget=1e-9).to_text(width=1000)
    assert f"{cancel} Whether that does any harm is an experiment: suspect averaging." in unexplained
    guessed = cp.diagnose(**SMALL, suspect="averaging").to_text(width=1000)
    assert cancel in guessed
    assert "is an experiment" not in guessed
    assert cancel not in cp.diagnose(**SMALL).to_text(width=1000)


def test_ctrl_c_gives_what_is_known_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    real, made = laboratory.run, threading.Event()

    def run(setup: object, seed: int, stop: object) -> object:
        if setup.settings.learning_rate not in (1e-6, 0.003):  # type: ignore[attr-defined] # the first experiment
            made.set()
            raise KeyboardInterrupt
        return real(setup, seed, stop)  # type: ignore[arg-type]

    monkeypatch.setattr(laboratory, "run", run)
    diagnosis = cp.diagnose(**{**SMALL, "learning_rate": 1e-6})
    assert made.is_set()
    assert diagnosis.stopped == "interrupted"
    assert diagnosis.symptoms
    assert "no cause was proven before it was interrupted" in diagnosis.to_text(width=1000)


def test_ctrl_c_in_the_very_first_runs_gives_what_can_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(laboratory, "run", run)
    x = np.where(np.arange(4) == np.arange(200)[:, None] % 50, np.nan, X)
    diagnosis = cp.diagnose(**{**SMALL, "x": x, "initialization": "zeros"})
    assert (diagnosis.stopped, diagnosis.learns, diagnosis.settings_are_fine) == ("interrupted", None, False)
    assert [symptom.sentence for symptom in diagnosis.symptoms] == ["16 of 800 inputs are NaN or infinite."]
    diagnosis = cp.diagnose(**{**SMALL, "hidden": "tanh", "initialization": "zeros"})
    assert [symptom.sentence for symptom in diagnosis.symptoms] == [
        "At the start, 94% of the neurons of hidden layer 1 have the weights of another one."
    ]
    assert "init-constant" in diagnosis.not_checked
    for shown in (diagnosis.to_text(width=1000), diagnosis.to_html(), diagnosis.to_json()["headline"]):
        assert "Interrupted before the unchanged training was done: nothing is proven" in shown


def test_ctrl_c_after_the_unchanged_runs_gives_what_they_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    real = laboratory.run

    def run(setup: object, seed: int, stop: object) -> object:
        if setup.settings.learning_rate == 0.003:  # type: ignore[attr-defined] # our own settings
            raise KeyboardInterrupt
        return real(setup, seed, stop)  # type: ignore[arg-type]

    monkeypatch.setattr(laboratory, "run", run)
    diagnosis = cp.diagnose(**{**SMALL, "learning_rate": 1e-6, "initialization": "zeros"})
    assert diagnosis.learns is None
    assert diagnosis.symptoms[-1].sentence == "Every example gets the same answer, 0.5: [0.500, 0.500]."


def test_a_run_that_is_told_to_stop_says_nothing() -> None:
    from clearprop.diagnosing.outcome import run

    from .problems import setup

    with pytest.raises(BrokenOffError):
        run(setup(), 0, lambda: True)


def test_the_diagnosis_as_json_holds_every_experiment() -> None:
    document = json.loads(json.dumps(strict(too_high().to_json())))
    cause = document["causes"][0]
    assert cause["id"] == "lr-too-high"
    assert all(isinstance(number, (int, float)) for number in cause["numbers"].values())
    assert cause["numbers"]
    cure = document["cures"][0]
    assert len(cure["seeds"]) == len(cure["skill before"]) == len(cure["skill after"])
    assert cure["verdict"] == document["guesses"][0]["verdict"] == "proven"
    assert set(cure["difference"]) == {"mean", "low", "high"}
    known = set(document["does not apply"]) | set(document["nothing speaks for"])
    assert "one-hot-shift" in known


def test_never_probably() -> None:
    text = too_high().to_text().lower()
    assert "probably" not in text
    assert "likely" not in text


REFUSALS = [
    ({"layers": None}, "diagnose: expected layers=[inputs, …, outputs] or network=…, got neither."),
    ({"budget": 0}, "budget: expected a number of seconds above 0, got 0."),
    (
        {"suspect": "softmax"},
        "suspect: expected 'averaging' or a setting with a value, such as learning-rate=0.1, got 'softmax'.",
    ),
    ({"suspect": 3}, "suspect: expected 'averaging' or settings with values, such as 'learning-rate=0.1', got 3."),
    ({"suspect": "dropout=2"}, "suspect: dropout: expected a share from 0 up to but not including 1, got 2."),
    (
        {"suspect": "output=softmx"},
        "suspect: expected one of identity, sigmoid, tanh, relu, leaky_relu, gelu, softmax, got 'softmx'. "
        "Did you mean 'softmax'?",
    ),
    ({"suspect": "layers=0"}, "suspect: expected hidden layers such as layers=64 or layers=64x32, got '0'."),
    (
        {"test": (X * np.nan, Y)},
        "test x: expected finite numbers, got nan in row 0, column 0. Replace it or leave the row out.",
    ),
    ({"test": 3}, "test: expected a pair (x, y), got int."),
    ({"x": X[:, :3]}, "x: expected shape (n, 4), got (200, 3). One row an example."),
    (
        {"x": X * 1j},
        "x: expected numbers of shape (n, 4), got something else (complex128 has no order of size; give real numbers, "
        "such as abs(…)).",
    ),
    ({"x": X[:0], "y": Y[:0]}, "x: expected at least one example, got none."),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "sentence"), REFUSALS)
def test_a_wrong_argument_is_refused_in_one_sentence(changed: dict[str, object], sentence: str) -> None:
    with pytest.raises(cp.ArgumentError) as refused:
        cp.diagnose(**{**SMALL, **changed})
    assert str(refused.value) == sentence


def test_any_setting_can_be_suspected() -> None:
    sick = {**SMALL, "hidden": "identity"}
    diagnosis = cp.diagnose(**sick, suspect=["activation=relu", "layers=32x8", "shuffle=false", "optimizer=sgd"])
    verdicts = {guess.causes[0]: guess.verdict for guess in diagnosis.guesses}
    assert verdicts["activation=relu"] == "proven"
    assert verdicts["layers=32x8"] == "refuted"
    assert verdicts["shuffle=false"] == "refuted"
