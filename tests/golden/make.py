"""Writes equations.json, activations, costs and deltas at hard points, correct to 50 digits; dropout.json, draws; and
explaining.json, every number of one step of a small network.

    python tests/golden/make.py

Every number comes with its scale: the sum of the absolute values of the terms that the written formula adds up, each
times 1 + |t| where it holds exp(t) of a t that is itself rounded. However carefully a formula is evaluated in floating
point, its error is proportional to that; a test allows a few roundings of it and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mpmath import exp, log, mp, mpf, pi, sqrt, tanh

HERE = Path(__file__).parent
DIGITS = 50
CANCELLED = 350
"""The digits that 1 − a may lose before it is smaller than any double, 5e-324."""

POINTS = [0.0, -0.0, 5e-324, 1e-300, 1e-8, 0.5, 1.0, 2.5, 6.0, 20.0, 37.0, 100.0, 710.0, 745.0, 1e4]
ROWS = [
    [0.0, 0.0],
    [-0.0, 0.0, -0.0],
    [1e-300, 0.0],
    [1e-8, 0.0, -1e-8],
    [0.3, -1.2, 2.5],
    [37.0, 0.0],
    [-37.0, 0.0, 37.0],
    [745.0, 0.0],
    [0.0, -745.0, 745.0, 0.0],
    [710.0, 709.0, 0.0],
    [1e4, -1e4],
    [1e4, 1e4],
    [1e4, 9999.0, -1e4],
    [-1e4, -1e4, -9999.5],
    [0.0, 1e4, 0.0, 0.0],
]
LEAK = mpf(0.01)  # the double that the code calls 0.01

Number = Any
Pair = tuple[Number, Number]
"""A value and its scale."""


def sigmoid(z: Number) -> Number:
    return 1 / (1 + exp(-z))


def identity_of(z: Number) -> tuple[Pair, Pair]:
    return (z, abs(z)), (mpf(1), mpf(1))


def sigmoid_of(z: Number) -> tuple[Pair, Pair]:
    value, slope = sigmoid(z), sigmoid(z) * sigmoid(-z)
    return (value, value), (slope, slope)


def tanh_of(z: Number) -> tuple[Pair, Pair]:
    slope = 4 * sigmoid(2 * z) * sigmoid(-2 * z)
    return (tanh(z), abs(tanh(z))), (slope, slope)


def relu_of(z: Number) -> tuple[Pair, Pair]:
    value, slope = (z, mpf(1)) if z > 0 else (mpf(0), mpf(0))
    return (value, value), (slope, slope)


def leaky_relu_of(z: Number) -> tuple[Pair, Pair]:
    value, slope = (z, mpf(1)) if z > 0 else (LEAK * z, LEAK)
    return (value, abs(value)), (slope, slope)


def gelu_of(z: Number) -> tuple[Pair, Pair]:
    inner = sqrt(2 / pi) * (z + mpf("0.044715") * z**3)
    gate, opening = sigmoid(2 * inner), 2 * sigmoid(2 * inner) * sigmoid(-2 * inner)
    inner_slope = sqrt(2 / pi) * (1 + 3 * mpf("0.044715") * z**2)
    rounded = 1 + abs(2 * inner)
    terms = gate, z * opening * inner_slope
    return (z * gate, abs(z * gate) * rounded), (sum(terms), sum(map(abs, terms)) * rounded)


ELEMENTWISE: dict[str, Callable[[Number], tuple[Pair, Pair]]] = {
    "identity": identity_of,
    "sigmoid": sigmoid_of,
    "tanh": tanh_of,
    "relu": relu_of,
    "leaky_relu": leaky_relu_of,
    "gelu": gelu_of,
}


def softmax(z: Sequence[Number]) -> list[Number]:
    total = sum(map(exp, z))
    return [exp(one) / total for one in z]


def gaps(z: Sequence[Number]) -> list[Number]:
    """1 + how far each lies below the largest: the factor of a rounded exponent."""
    return [1 + max(z) - one for one in z]


def activated(name: str, z: Sequence[Number]) -> list[Pair]:
    if name == "softmax":
        return [(a, a * gap) for a, gap in zip(softmax(z), gaps(z), strict=True)]
    return [ELEMENTWISE[name](one)[0] for one in z]


def jacobian(z: Sequence[Number]) -> list[list[Pair]]:
    a = activated("softmax", z)
    return [
        [(aj * ((j == k) - ak), sj * ((j == k) + sk)) for k, (ak, sk) in enumerate(a)] for j, (aj, sj) in enumerate(a)
    ]


def squared(name: str, z: Sequence[Number], y: Sequence[Number]) -> tuple[Pair, list[Pair]]:
    a = activated(name, z)
    cost = sum((aj - yj) ** 2 for (aj, _), yj in zip(a, y, strict=True))
    cost_scale = sum((sj + abs(yj)) ** 2 for (_, sj), yj in zip(a, y, strict=True))
    g = [(2 * (aj - yj), 2 * (sj + abs(yj))) for (aj, sj), yj in zip(a, y, strict=True)]
    if name == "softmax":
        table = jacobian(z)
        columns = [[(gj, table[j][k]) for j, gj in enumerate(g)] for k in range(len(z))]
        delta = [(sum(gj[0] * t[0] for gj, t in c), sum(gj[1] * t[1] for gj, t in c)) for c in columns]
    else:
        slopes = [ELEMENTWISE[name](one)[1] for one in z]
        delta = [(gj[0] * t[0], gj[1] * t[1]) for gj, t in zip(g, slopes, strict=True)]
    return (cost, cost_scale), delta


def half_squared(name: str, z: Sequence[Number], y: Sequence[Number]) -> tuple[Pair, list[Pair]]:
    (cost, scale), delta = squared(name, z, y)
    return (cost / 2, scale / 2), [(d / 2, s / 2) for d, s in delta]


def matching(name: str, z: Sequence[Number], y: Sequence[Number]) -> list[Pair]:
    return [(a - yj, s + yj) for (a, s), yj in zip(activated(name, z), y, strict=True)]


def cross_entropy(name: str, z: Sequence[Number], y: Sequence[Number]) -> tuple[Pair, list[Pair]]:
    if name == "softmax":
        cost = -sum(yj * log(a) for yj, a in zip(y, softmax(z), strict=True) if yj)
        scale = sum(yj * (gap + log(mpf(len(z)))) for yj, gap in zip(y, gaps(z), strict=True))
        return (cost, scale), matching(name, z, y)
    cost = sum(yj * log(1 + exp(-one)) for yj, one in zip(y, z, strict=True))
    delta = [-yj * sigmoid(-one) for yj, one in zip(y, z, strict=True)]
    return (cost, cost), [(d, abs(d)) for d in delta]


def binary_cross_entropy(name: str, z: Sequence[Number], y: Sequence[Number]) -> tuple[Pair, list[Pair]]:
    if name == "sigmoid":
        terms = [yj * log(1 + exp(-one)) + (1 - yj) * log(1 + exp(one)) for yj, one in zip(y, z, strict=True)]
        return (sum(terms), sum(terms)), matching(name, z, y)
    a, gap, units = softmax(z), gaps(z), range(len(z))
    left = [sum(a[k] for k in units if k != j) for j in units]  # 1 − a, without its cancellation
    cost = -sum((y[j] * log(a[j]) if y[j] else 0) + ((1 - y[j]) * log(left[j]) if y[j] != 1 else 0) for j in units)
    scale = sum(
        y[j] * (gap[j] + log(mpf(len(z)))) + (1 - y[j]) * a[j] * (gap[j] + 1 + abs(log(left[j]))) for j in units
    )
    delta = []
    for k in units:
        terms = [a[k], -y[k]]
        terms += [-(1 - y[j]) * a[j] * a[k] / left[j] for j in units if j != k]
        terms += [a[k] * y[j] for j in units if j != k]
        delta.append((sum(terms), sum(map(abs, terms)) * max(gap)))
    return (cost, scale), delta


COSTS = {
    "squared_error": (squared, [*ELEMENTWISE, "softmax"]),
    "half_squared_error": (half_squared, [*ELEMENTWISE, "softmax"]),
    "cross_entropy": (cross_entropy, ["sigmoid", "softmax"]),
    "binary_cross_entropy": (binary_cross_entropy, ["sigmoid", "softmax"]),
}


def targets(units: int) -> list[list[float]]:
    """Every class, and shares that are exact in binary and add up to 1."""
    shares = {2: [0.25, 0.75], 3: [0.5, 0.0, 0.5], 4: [0.25, 0.25, 0.5, 0.0]}[units]
    return [*([float(j == k) for k in range(units)] for j in range(units)), shares]


def elementwise_cases(name: str) -> list[dict[str, Any]]:
    cases = []
    for z in [*POINTS, *(-point for point in POINTS[2:])]:
        value, slope = ELEMENTWISE[name](mpf(z))
        cases.append({"z": [z], "value": plain([value]), "slope": plain([slope])})
    return cases


def softmax_cases() -> list[dict[str, Any]]:
    exact = [(row, list(map(mpf, row))) for row in ROWS]
    return [
        {"z": row, "value": plain(activated("softmax", z)), "slope": [plain(line) for line in jacobian(z)]}
        for row, z in exact
    ]


def pair_cases(cost: str, activation: str) -> list[dict[str, Any]]:
    cases = []
    for row in ROWS:
        for y in targets(len(row)):
            value, delta = COSTS[cost][0](activation, list(map(mpf, row)), list(map(mpf, y)))
            cases.append({"z": row, "y": y, "cost": plain([value])[0], "delta": plain(delta)})
    return cases


def plain(pairs: Sequence[Pair]) -> list[list[float]]:
    """Rounded to the nearest double, once, at the very end."""
    return [[float(value), float(scale)] for value, scale in pairs]


def mixed(h: int) -> int:
    """The hash of 32 bits that dropout draws with, on Python's whole numbers."""
    h = ((h ^ h >> 16) * 0x7FEB352D) % 2**32
    h = ((h ^ h >> 15) * 0x846CA68B) % 2**32
    return h ^ h >> 16


def draw(seed: int, step: int, layer: int, row: int, unit: int) -> int:
    h = seed % 2**32
    for word in (seed >> 32, step, layer):
        h = mixed(h ^ mixed((word + 0x9E3779B9) % 2**32))
    h = mixed(h ^ mixed((row + 0x85EBCA6B) % 2**32))
    return mixed(h ^ mixed((unit + 0xC2B2AE35) % 2**32))


def draw_cases() -> list[dict[str, Any]]:
    """Draws at the ends of what seed, step, layer, row and unit may be."""
    seeds, steps, places = (0, 1, 2**32 - 1, 2**40 + 1, 2**64 - 1), (0, 9, 2**31 + 5, 2**32 - 1), ((1, 0), (3, 2**20))
    return [
        {
            "seed": seed,
            "step": step,
            "layer": layer,
            "first_row": row,
            "draws": [[draw(seed, step, layer, row + i, unit) for unit in range(3)] for i in range(2)],
        }
        for seed in seeds
        for step in steps
        for layer, row in places
    ]


EXAMPLE = {
    "W": [[[0.5, -0.25], [-0.75, 1.0], [0.3, 0.2]], [[0.6, -0.4, 0.1], [-0.2, 0.7, 0.5]]],
    "b": [[0.1, -0.2, 0.05], [0.0, 0.3]],
    "x": [1.0, 0.5],
    "y": [1.0, 0.0],
    "learning rate": 0.5,
}


def example_numbers() -> dict[str, float]:
    """Every number of one step of a 2-3-2 network with sigmoid, softmax and cross-entropy, by its name."""
    exactly = {name: _exact(value) for name, value in EXAMPLE.items()}
    (W1, W2), (b1, b2) = exactly["W"], exactly["b"]
    x, y, eta = exactly["x"], exactly["y"], exactly["learning rate"]
    z1 = [sum(w * one for w, one in zip(row, x, strict=True)) + b for row, b in zip(W1, b1, strict=True)]
    a1 = list(map(sigmoid, z1))
    z2 = [sum(w * one for w, one in zip(row, a1, strict=True)) + b for row, b in zip(W2, b2, strict=True)]
    a2 = softmax(z2)
    g2 = [-yj / a for yj, a in zip(y, a2, strict=True)]
    slopes = [[a2[j] * ((j == k) - a2[k]) for k in range(2)] for j in range(2)]
    d2 = [sum(g2[j] * slopes[j][k] for j in range(2)) for k in range(2)]
    g1 = [sum(W2[j][k] * d2[j] for j in range(2)) for k in range(3)]
    d1 = [g * sigmoid(z) * sigmoid(-z) for g, z in zip(g1, z1, strict=True)]
    numbers = {"C": -log(a2[0])}
    for layer, (z, a, d, before, W, b) in enumerate(((z1, a1, d1, x, W1, b1), (z2, a2, d2, a1, W2, b2)), 1):
        for j in range(len(z)):
            at = f"{layer}.{j + 1}"
            numbers |= {f"z.{at}": z[j], f"a.{at}": a[j], f"delta.{at}": d[j], f"new_b.{at}": b[j] - eta * d[j]}
            for k in range(len(before)):
                slope = d[j] * before[k]
                numbers |= {f"dC/dW.{at}.{k + 1}": slope, f"new_W.{at}.{k + 1}": W[j][k] - eta * slope}
    numbers |= {f"dC/da.1.{k + 1}": g1[k] for k in range(3)}
    return {name: float(value) for name, value in sorted(numbers.items())}


def _exact(value: Any) -> Any:
    return list(map(_exact, value)) if isinstance(value, list) else mpf(value)


def lines_of(name: str, cases: list[dict[str, Any]]) -> str:
    return f"{json.dumps(name)}: [\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]"


def main() -> None:
    mp.dps = DIGITS + CANCELLED
    groups = [lines_of(name, elementwise_cases(name)) for name in ELEMENTWISE]
    groups.append(lines_of("softmax", softmax_cases()))
    for cost, (_, outputs) in COSTS.items():
        groups += [lines_of(f"{cost} {output}", pair_cases(cost, output)) for output in outputs]
    write("equations.json", groups)
    write("dropout.json", [lines_of("draws", draw_cases())])
    numbers = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in example_numbers().items()]
    write("explaining.json", [f'"given": {json.dumps(EXAMPLE)}', '"numbers": {\n' + ",\n".join(numbers) + "\n}"])


def write(name: str, groups: Sequence[str]) -> None:
    (HERE / name).write_text("{\n" + ",\n".join(groups) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
