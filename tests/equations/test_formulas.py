"""Every formula against the code beside it, with random numbers put in."""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from clearprop import equations
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
from clearprop.equations.formula import Formula

Values = Mapping[str, Any]
"""What a formula looks up: numbers by symbol, or arrays by symbol and indices counted from 0."""
Case = tuple[Values, dict[str, int], Any]
"""The symbols, the index letters, and what the code says."""
Cases = Callable[[np.random.Generator], Iterator[Case]]

N, IN, OUT = 3, 4, 5
LAYER = 2


def found_equations() -> dict[str, Equation[..., Any]]:
    """Every equation of the package, by module and name."""
    found = {}
    for module in pkgutil.iter_modules(equations.__path__):
        members = vars(importlib.import_module(f"{equations.__name__}.{module.name}"))
        for name, member in members.items():
            if isinstance(member, Equation) and member.function.__module__.endswith(f".{module.name}"):
                found[f"{module.name}.{name}"] = member
    return found


EQUATIONS = found_equations()


def units() -> Iterator[dict[str, int]]:
    return ({"l": LAYER, "j": j} for j in range(OUT))


def rows(rng: np.random.Generator) -> np.ndarray[Any, Any]:
    return rng.normal(0, 2, (N, OUT))


def shares(rng: np.random.Generator) -> np.ndarray[Any, Any]:
    return rng.uniform(0.05, 0.95, (N, OUT))


def activation(name: str) -> Cases:
    def cases(rng: np.random.Generator) -> Iterator[Case]:
        z = rows(rng)
        a = activations.ACTIVATIONS[name](z)
        for row in range(N):
            for at in units():
                yield {"z": z[row], "alpha": activations.LEAK}, at, a[row, at["j"]]

    return cases


def slope(name: str) -> Cases:
    def cases(rng: np.random.Generator) -> Iterator[Case]:
        z = rows(rng)
        f = activations.ACTIVATIONS[name]
        a, slopes = f(z), f.slope(z)
        for row in range(N):
            for at in units():
                yield {"z": z[row], "a": a[row], "alpha": activations.LEAK}, at, slopes[row, at["j"]]

    return cases


def softmax_jacobian(rng: np.random.Generator) -> Iterator[Case]:
    z = rows(rng)
    a, table = activations.softmax(z), activations.softmax_jacobian(z)
    for row in range(N):
        for at in units():
            for k in range(OUT):
                yield {"a": a[row]}, {**at, "k": k}, table[row, at["j"], k]


def softmax_pullback(rng: np.random.Generator) -> Iterator[Case]:
    z, g = rows(rng), rows(rng)
    table, delta = activations.softmax_jacobian(z), activations.softmax_pullback(g, z)
    for row in range(N):
        for k in range(OUT):
            yield {"dC/da": g[row], "da/dz": table[row]}, {"l": LAYER, "k": k}, delta[row, k]


def elementwise_pullback(rng: np.random.Generator) -> Iterator[Case]:
    g, slopes = rows(rng), rows(rng)
    delta = activations.elementwise_pullback(g, slopes)
    for row in range(N):
        for at in units():
            yield {"dC/da": g[row], "da/dz": np.diag(slopes[row])}, at, delta[row, at["j"]]


def cost(name: str) -> Cases:
    def cases(rng: np.random.Generator) -> Iterator[Case]:
        a, y = shares(rng), shares(rng)
        value = costs.COSTS[name](a, y)
        for row in range(N):
            yield {"a": a[row], "y": y[row]}, {"l": LAYER}, value[row]

    return cases


def cost_slope(name: str) -> Cases:
    def cases(rng: np.random.Generator) -> Iterator[Case]:
        a, y = shares(rng), shares(rng)
        slopes = costs.COSTS[name].slope(a, y)
        for row in range(N):
            for at in units():
                yield {"a": a[row], "y": y[row]}, at, slopes[row, at["j"]]

    return cases


def matching_delta(rng: np.random.Generator) -> Iterator[Case]:
    a, y = shares(rng), shares(rng)
    delta = outputs.matching_delta(a, y)
    for row in range(N):
        for at in units():
            yield {"a": a[row], "y": y[row]}, at, delta[row, at["j"]]


def weighted_input(rng: np.random.Generator) -> Iterator[Case]:
    a, W, b = rng.normal(size=(N, IN)), rng.normal(size=(OUT, IN)), rng.normal(size=OUT)
    z = layers.weighted_input(a, W, b)
    for row in range(N):
        for at in units():
            yield {"a": a[row], "W": W, "b": b}, at, z[row, at["j"]]


def input_gradient(rng: np.random.Generator) -> Iterator[Case]:
    delta, W = rows(rng), rng.normal(size=(OUT, IN))
    da = layers.input_gradient(delta, W)
    for row in range(N):
        for k in range(IN):
            yield {"delta": delta[row], "W": W}, {"l": LAYER, "k": k}, da[row, k]


def bias_gradient(rng: np.random.Generator) -> Iterator[Case]:
    delta = rows(rng)
    gradient = layers.bias_gradient(delta)
    for row in range(N):
        for at in units():
            yield {"delta": delta[row]}, at, gradient[row, at["j"]]


def weight_gradient(rng: np.random.Generator) -> Iterator[Case]:
    delta, a = rows(rng), rng.normal(size=(N, IN))
    gradient = layers.weight_gradient(delta, a)
    for row in range(N):
        for at in units():
            for k in range(IN):
                yield {"delta": delta[row], "a": a[row]}, {**at, "k": k}, gradient[row, at["j"], k]


def mean_bias_gradient(rng: np.random.Generator) -> Iterator[Case]:
    delta = rows(rng)
    gradient = layers.mean_bias_gradient(delta)
    for at in units():
        yield {"delta": delta, "n": N}, at, gradient[at["j"]]


def mean_weight_gradient(rng: np.random.Generator) -> Iterator[Case]:
    delta, a = rows(rng), rng.normal(size=(N, IN))
    gradient = layers.mean_weight_gradient(delta, a)
    for at in units():
        for k in range(IN):
            yield {"delta": delta, "a": a, "n": N}, {**at, "k": k}, gradient[at["j"], k]


def l2_cost(rng: np.random.Generator) -> Iterator[Case]:
    W = rng.normal(size=(OUT, IN))
    yield {"W": W, "lambda_": 0.3}, {"l": LAYER}, regularization.l2_cost(W, 0.3)


def l2_gradient(rng: np.random.Generator) -> Iterator[Case]:
    W = rng.normal(size=(OUT, IN))
    gradient = regularization.l2_gradient(W, 0.3)
    for at in units():
        for k in range(IN):
            yield {"W": W, "lambda_": 0.3}, {**at, "k": k}, gradient[at["j"], k]


def dropout_keep(rng: np.random.Generator) -> Iterator[Case]:
    draw = rng.integers(2**32, size=(N, OUT), dtype=np.uint32)
    keep = regularization.dropout_keep(draw, 0.4)
    assert set(keep.ravel()) == {0.0, 1 / 0.6}
    for row in range(N):
        for at in units():
            yield {"draw": draw[row] / 2**32, "p": 0.4}, at, keep[row, at["j"]]


def initialization(name: str) -> Cases:
    def cases(rng: np.random.Generator) -> Iterator[Case]:
        n_in, n_out = (int(n) for n in rng.integers(1, 1000, 2))
        yield {"n_in": n_in, "n_out": n_out}, {}, initializations.INITIALIZATIONS[name](n_in, n_out)

    return cases


def schedule(name: str) -> Cases:
    def cases(_: np.random.Generator) -> Iterator[Case]:
        for T in (1, 2, 3, 7, 10, 11, 30, 70, 100):
            for t in range(T):
                yield {"eta": 0.3, "t": t, "T": T}, {}, schedules.SCHEDULES[name](0.3, t, T)

    return cases


def expected_cost(rng: np.random.Generator) -> Iterator[Case]:
    g, move = rng.normal(size=(2, IN))
    yield {"C": 0.7, "g": g, "move": move}, {}, updates.expected_cost(np.array(0.7), g, move)


def margin(rng: np.random.Generator) -> Iterator[Case]:
    a, W, b = rng.normal(size=IN), rng.normal(size=(OUT, IN)), rng.normal(size=OUT)
    for p in range(OUT):
        lead = decisions.lead(a, W[p], W[0], b[p], b[0])
        yield {"a": a, "W": W, "b": b}, {"l": LAYER, "j": p, "m": 0}, lead


def gain(rng: np.random.Generator) -> Iterator[Case]:
    a, start, z = rng.uniform(0.5, 1, (3, OUT))
    for at in units():
        yield {"a": a, "start": start, "z": z}, at, decisions.gain(a, start, z)[at["j"]]


def input_lead(rng: np.random.Generator) -> Iterator[Case]:
    pull, a = rng.normal(size=(2, IN))
    yield {"pull": pull, "a": a, "constant": 0.3}, {"j": 0, "m": 1}, decisions.input_lead(pull, a, 0.3)


def update(function: Equation[..., Any], *symbols: str) -> Cases:
    """The arguments of an update's equation are its symbols, in order."""

    def cases(rng: np.random.Generator) -> Iterator[Case]:
        numbers = dict(zip(symbols, rng.uniform(0.1, 0.9, len(symbols)), strict=True))
        numbers |= {"t": 7} if "t" in numbers else {}
        arrays = [np.array([numbers[symbol]]) if symbol in "vgmslook" else numbers[symbol] for symbol in symbols]
        result = function(*arrays)
        yield numbers, {}, result[0] if isinstance(result, np.ndarray) else result

    return cases


CASES: dict[Equation[..., Any], Cases] = {
    **{f.value: activation(f.name) for f in activations.ACTIVATIONS.values()},
    **{f.slope: slope(f.name) for f in activations.ACTIVATIONS.values() if not f.couples},
    activations.softmax_jacobian: softmax_jacobian,
    activations.softmax_pullback: softmax_pullback,
    activations.elementwise_pullback: elementwise_pullback,
    **{c.value: cost(c.name) for c in costs.COSTS.values()},
    **{c.slope: cost_slope(c.name) for c in costs.COSTS.values()},
    outputs.matching_delta: matching_delta,
    layers.weighted_input: weighted_input,
    layers.input_gradient: input_gradient,
    layers.bias_gradient: bias_gradient,
    layers.weight_gradient: weight_gradient,
    layers.mean_bias_gradient: mean_bias_gradient,
    layers.mean_weight_gradient: mean_weight_gradient,
    regularization.l2_cost: l2_cost,
    regularization.l2_gradient: l2_gradient,
    regularization.dropout_keep: dropout_keep,
    **{f: initialization(name) for name, f in initializations.INITIALIZATIONS.items()},
    **{f: schedule(name) for name, f in schedules.SCHEDULES.items()},
    updates.expected_cost: expected_cost,
    decisions.lead: margin,
    decisions.gain: gain,
    decisions.input_lead: input_lead,
    updates.descend: update(updates.descend, "theta", "g", "eta"),
    updates.velocity: update(updates.velocity, "v", "g", "mu"),
    updates.look_ahead: update(updates.look_ahead, "g", "v_new", "mu"),
    updates.first_moment: update(updates.first_moment, "m", "g", "beta_1"),
    updates.second_moment: update(updates.second_moment, "s", "g", "beta_2"),
    updates.without_bias: update(updates.without_bias, "mean", "beta", "t"),
    updates.scaled: update(updates.scaled, "m", "s", "epsilon"),
    updates.with_decay: update(updates.with_decay, "direction", "theta", "lambda_"),
}

WITHOUT_LAYER = {"y", "draw", "g", "move", "pull"}


def lookup_in(values: Values) -> Callable[[str, tuple[int, ...]], float]:
    """Numbers as they stand; arrays without the layer, which leads the indices of all symbols but a few."""

    def lookup(name: str, at: tuple[int, ...]) -> float:
        value = values[name]
        if not isinstance(value, np.ndarray):
            assert at == ()
            return float(value)
        if name == "da/dz":
            layer, j, same_layer, k = at
            assert layer == same_layer == LAYER
            return float(value[j, k])
        if name not in WITHOUT_LAYER:
            assert at[0] in (LAYER, LAYER - 1, 0)
            at = at[1:]
        return float(value[at])

    return lookup


def ranges_of(name: str) -> dict[str, range]:
    """What each index letter runs over: in BP1a and softmax, k counts outputs; elsewhere the layer before."""
    outputs_alone = name.startswith("activations.")
    return {"i": range(N), "j": range(OUT), "k": range(OUT if outputs_alone else IN)}


def test_every_equation_has_a_case() -> None:
    assert {name for name, known in EQUATIONS.items() if known not in CASES} == set()
    assert len(CASES) == len(EQUATIONS)


@pytest.mark.parametrize("name", EQUATIONS)
def test_the_formula_says_what_the_code_computes(name: str) -> None:
    known = EQUATIONS[name]
    cases = [case for seed in range(3) for case in CASES[known](np.random.default_rng(seed))]
    assert cases
    for values, indices, computed in cases:
        written = known.formula.evaluate(lookup_in(values), indices, ranges_of(name))
        assert written == pytest.approx(computed, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("name", EQUATIONS)
def test_the_symbols_of_a_formula_are_those_that_it_looks_up(name: str) -> None:
    known = EQUATIONS[name]
    looked_up: set[str] = set()

    def remember(symbol: str, at: tuple[int, ...]) -> float:
        looked_up.update(part.removeprefix("d") for part in symbol.split("/") if "/" in symbol)
        looked_up.update([symbol] if "/" not in symbol else [])
        return 0.3 + 0.01 * sum(at)

    formula, at = known.formula, dict.fromkeys("ljkm", 2)
    formula.evaluate(remember, at, ranges_of(name))
    if " if " in formula.source:
        formula.evaluate(lambda symbol, at: -remember(symbol, at), at, ranges_of(name))
    assert looked_up == known.formula.symbols


@pytest.mark.parametrize("name", EQUATIONS)
def test_every_equation_has_a_sentence_and_a_source(name: str) -> None:
    known = EQUATIONS[name]
    assert known.sentence[0].isupper() or known.sentence.startswith("z ")
    assert known.sentence[-1] == "."
    assert known.source
    assert known.formula.source in repr(known)


def test_max_takes_the_largest_and_a_case_its_branch() -> None:
    values = [3.0, 7.0, 5.0]
    largest = Formula("m = max(k, z[l, k])")
    assert largest.evaluate(lambda _, at: values[at[1]], {"l": 1}, {"k": range(3)}) == 7
    case = Formula("a = z if z > 0 else -1")
    assert [case.evaluate(lambda _, __, z=z: z, {}, {}) for z in (2.0, 0.0, -2.0)] == [2, -1, -1]


def test_a_written_sum_loses_nothing_to_rounding() -> None:
    numbers = [1e16, 1.0, -1e16]
    total = Formula("C = sum(j, y[j])").evaluate(lambda _, at: numbers[at[0]], {}, {"j": range(3)})
    assert total == math.fsum(numbers) == 1
