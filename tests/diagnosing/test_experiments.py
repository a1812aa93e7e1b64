"""Nothing is proven by one run, and the arms of an experiment differ in what is changed alone."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import clearprop as cp
from clearprop.diagnosing.change import Proof, changed, set_to
from clearprop.diagnosing.experiment import PROVEN, REFUTED, UNDECIDED, Experiment
from clearprop.diagnosing.laboratory import Arm, Laboratory
from clearprop.diagnosing.outcome import run, skill
from clearprop.diagnosing.setup import course
from clearprop.diagnosing.statistics import difference, interval

from .problems import once, setup

CHANGE = set_to("the learning rate divided by 10", learning_rate=0.005)


def arm(*skills: float) -> Arm:
    """An arm whose runs reached these skills."""
    made = once(setup(epochs=1)).outcomes[0]
    return Arm(setup(), tuple(replace(made, seed=seed, skill=value) for seed, value in enumerate(skills)))


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ([0.0, 0.1, 0.0], [1.0, 0.9, 1.0], PROVEN),
        ([0.0, 0.1, 0.0], [0.1, 0.0, 0.0], REFUTED),
        ([0.0, 0.0, 0.0], [0.5, 0.5, 0.6], REFUTED),  # it helps, and does not cure
        ([0.0, 0.0, 0.0], [1.0, 0.0, 1.0], UNDECIDED),
        ([0.0], [1.0], UNDECIDED),  # a single run
    ],
)
def test_a_verdict_is_a_difference_with_its_interval(before: list[float], after: list[float], verdict: str) -> None:
    assert Experiment(("c",), (CHANGE,), arm(*before), arm(*after), 0.9).verdict == verdict


def test_sameness_is_proven_by_a_narrow_interval_around_nothing() -> None:
    same = replace(CHANGE, proof=Proof.SAMENESS)
    for after, verdict in (([0.02, 0.01, 0.03], PROVEN), ([0.0, 0.3, 0.0], UNDECIDED)):
        assert Experiment(("c",), (same,), arm(0.01, 0.02, 0.02), arm(*after), 0.0).verdict == verdict
    assert Experiment(("c",), (same,), arm(0.9, 0.9, 0.8), arm(0.0, 0.1, 0.0), 0.0).verdict == REFUTED


def test_the_interval_is_students() -> None:
    """Three values: t of 2 degrees of freedom is 4.303 (Student's table), the spread of 1, 2, 3 is 1."""
    found = interval([1.0, 2.0, 3.0])
    assert found.mean == 2.0
    assert found.high - found.mean == pytest.approx(4.303 / math.sqrt(3), rel=1e-3)
    assert difference([1.0, 2.0], [2.0, 3.0]).low == 1.0
    assert interval([1.0]).low == -math.inf


def test_the_control_is_the_unchanged_training_on_the_same_seeds() -> None:
    before = setup()
    after = changed(before, [CHANGE])
    assert after.settings == replace(before.settings, learning_rate=0.005)
    for name in ("examples", "judged", "sizes", "hidden", "output", "cost", "initialization", "start"):
        assert getattr(before, name) is getattr(after, name)
    with Laboratory(lambda _: None) as laboratory:
        one, other = laboratory.arms([(before, None), (after, None)], [3, 4])
    assert one.seeds == other.seeds == (3, 4)
    for left, right in zip(one.outcomes, other.outcomes, strict=True):
        for W, V in zip(left.start.weights, right.start.weights, strict=True):
            np.testing.assert_array_equal(W, V)


def test_runs_that_are_made_already_are_not_made_again() -> None:
    with Laboratory(lambda _: None) as laboratory:
        first = laboratory.arm(setup(), [0, 1])
        more = laboratory.arm(first.setup, [0, 1, 2], first)
    assert more.outcomes[:2] == first.outcomes
    assert more.seeds == (0, 1, 2)


def test_the_same_seed_gives_the_same_run() -> None:
    one, other = (run(setup(), 5, lambda: False) for _ in range(2))
    np.testing.assert_array_equal(one.outputs, other.outputs)


def test_bundled_epochs_are_the_training_that_they_stand_for() -> None:
    """4 rows, 600 epochs in one mini-batch each: ten epochs make one, and the weights come out the same."""
    x, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])
    whole = setup(x=x, y=y, layers=[2, 5, 2], epochs=600, batch_size=4, precision="float64", engine="reference")
    way = course(whole, 7)
    assert (len(way.examples), way.settings.epochs, way.settings.batch_size) == (40, 60, 4)
    plain = cp.train(
        whole.network(7), x, y, learning_rate=0.05, epochs=600, batch_size=4, validation=0, seed=7, precision="float64",
        engine="reference",
    )  # fmt: skip
    bundled = run(whole, 7, lambda: False)
    np.testing.assert_allclose(bundled.outputs, plain.network.probabilities(x), rtol=1e-9)


def test_bundled_epochs_make_as_many_steps_where_the_last_mini_batch_is_smaller() -> None:
    x, y = np.arange(10.0).reshape(5, 2), np.array([0, 1, 1, 0, 1])
    way = course(setup(x=x, y=y, layers=[2, 5, 2], epochs=600, batch_size=2), 7)
    epochs = way.examples.x.reshape(10, 6, 2)
    assert (way.settings.epochs, way.settings.batch_size, way.settings.shuffle) == (60, 2, False)
    for rows in epochs:
        np.testing.assert_array_equal(np.unique(rows, axis=0), x)
        np.testing.assert_array_equal(rows[5], rows[0])
    assert len(np.unique(epochs[:, :5].reshape(10, -1), axis=0)) > 5  # each in its own order


def test_early_stopping_counts_the_users_epochs() -> None:
    assert course(setup(epochs=600, batch_size=40, patience=3), 0).settings.epochs == 600


def test_skill_is_nothing_for_chance_and_one_for_always_right() -> None:
    judged = setup()
    y = judged.judges.y
    right = np.eye(2)[y]
    assert skill(judged, right, y) == 1.0
    assert skill(judged, np.full((len(y), 2), 0.5), y) == 0.0
    assert skill(judged, 0.5 + 0.001 * right, y) == 0.0  # right by a hair: the same answer to everything
    assert skill(judged, np.full((len(y), 2), np.nan), y) == 0.0
    real = setup(y=np.linspace(-1, 1, 40)[:, None], layers=[3, 1], output="identity", cost="squared_error")
    y = real.judges.y
    assert skill(real, y, y) == 1.0
    assert skill(real, y * 0, y) == pytest.approx(0.0)
