"""Learning-rate schedules: where they start, where they end, which way they go."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.equations.schedules import SCHEDULES, schedule_named
from clearprop.errors import ArgumentError

ETA = 0.3
LENGTHS = [1, 2, 3, 5, 10, 11, 99, 100, 1000]


def rates(name: str, T: int) -> list[float]:
    return [schedule_named(name)(ETA, t, T) for t in range(T)]


@pytest.mark.parametrize("T", LENGTHS)
def test_the_first_and_the_last_learning_rate_are_as_told(T: int) -> None:
    ends = {name: (rates(name, T)[0], rates(name, T)[-1]) for name in SCHEDULES}
    assert ends["constant"] == (ETA, ETA)
    assert ends["step"] == pytest.approx((ETA, ETA / {1: 1, 2: 10}.get(T, 100)))
    assert ends["cosine"] == pytest.approx((ETA, ETA * np.cos(np.pi * (T - 1) / (2 * T)) ** 2))
    assert ends["warm-up"] == pytest.approx((ETA / -(-T // 10), ETA))


@pytest.mark.parametrize("T", LENGTHS)
def test_step_and_cosine_only_fall_and_warm_up_only_rises(T: int) -> None:
    assert np.all(np.diff(rates("step", T)) <= 0)
    assert np.all(np.diff(rates("cosine", T)) < 0)
    assert np.all(np.diff(rates("warm-up", T)) >= 0)
    assert set(rates("constant", T)) == {ETA}


@pytest.mark.parametrize("T", LENGTHS)
@pytest.mark.parametrize("name", SCHEDULES)
def test_no_learning_rate_is_0_or_above_the_one_asked_for(name: str, T: int) -> None:
    assert all(0 < rate <= ETA for rate in rates(name, T))


def test_step_divides_by_ten_after_each_third() -> None:
    np.testing.assert_allclose(rates("step", 6), [0.3, 0.3, 0.03, 0.03, 0.003, 0.003])
    np.testing.assert_allclose(rates("step", 4), [0.3, 0.3, 0.03, 0.003])


def test_cosine_is_at_half_its_height_in_the_middle() -> None:
    assert rates("cosine", 10)[5] == pytest.approx(ETA / 2)


def test_warm_up_rises_in_equal_steps_over_the_first_tenth() -> None:
    np.testing.assert_allclose(rates("warm-up", 50)[:7], [0.06, 0.12, 0.18, 0.24, 0.3, 0.3, 0.3])


def test_an_unknown_schedule_is_refused() -> None:
    with pytest.raises(ArgumentError) as error:
        schedule_named("cosin")
    assert str(error.value) == (
        "schedule: expected one of constant, step, cosine, warm-up, got 'cosin'. Did you mean 'cosine'?"
    )
