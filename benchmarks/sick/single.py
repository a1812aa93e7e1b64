"""Sick trainings with one cause: at least three data sets and three shapes for each."""

from __future__ import annotations

from collections.abc import Sequence

from . import bases, data
from .bases import ONE_UNIT, SGD, Base
from .sickening import (
    Sicken,
    both,
    counted,
    equal,
    holes,
    inputs,
    label_of_the_row_after,
    label_of_the_row_before,
    positive,
    shuffled,
    sorted_rows,
    spread,
    start,
    sure,
    targets,
    test_inputs,
    test_labels_up,
    tested,
    twice_labelled,
    usual,
    with_,
)

Making = tuple[Base, Sicken] | tuple[Base, Sicken, Sicken]
"""A healthy training, what makes it sick, and, where the cured training is another one, what makes that of it."""

UNBALANCED = with_(class_weight=None)

SINGLE: dict[str, Sequence[Making]] = {
    "missing-values": [(bases.digits, holes), (bases.wine, holes), (bases.friedman, holes)],
    "contradicting-labels": [
        (bases.two_pictures, inputs(lambda x: x[[0, 0]])),
        (bases.digits, twice_labelled),
        (bases.moons, twice_labelled),
    ],
    "inputs-unscaled": [
        (bases.digits.but(hidden="sigmoid", **SGD, learning_rate=0.5, epochs=40), inputs(lambda x: 4000 * x)),
        (bases.breast, with_(x=data.raw("breast_cancer")[0])),
        (bases.blobs, inputs(lambda x: 1e-3 * x)),
        (bases.wine, with_(x=data.raw("wine")[0], hidden="sigmoid")),
    ],
    "target-out-of-range": [
        (bases.sine, both(with_(output="sigmoid", cost="squared_error"), targets(lambda y: 3 * y))),
        (bases.friedman, both(with_(output="sigmoid", cost="squared_error"), targets(lambda y: 14 + 5 * y))),
        (bases.bowl, both(with_(output="tanh", cost="squared_error"), targets(lambda y: 5 + 2 * y))),
    ],
    "labels-misaligned": [
        (bases.digits, shuffled),
        (bases.blobs, label_of_the_row_before),
        (bases.moons, label_of_the_row_after),
        (bases.breast, shuffled),
    ],
    "not-shuffled": [
        (bases.digits_plain, sorted_rows),
        (bases.blobs.but(learning_rate=1.0, epochs=5, batch_size=8), sorted_rows),
        (bases.moons.but(**SGD, learning_rate=0.5, batch_size=4, epochs=10), sorted_rows),
    ],
    "unbalanced-classes": [
        (bases.rare_cloud, UNBALANCED),
        (bases.rare_moon, UNBALANCED),
        (bases.rare_ring, UNBALANCED),
    ],
    "init-constant": [
        (bases.two_pictures, with_(initialization="zeros")),
        (bases.blobs, with_(initialization="zeros")),
        (bases.digits_deep, start(equal)),
        (bases.digits, with_(initialization="zeros")),
    ],
    "init-too-small-one-sided": [
        (bases.blobs.but(layers=[8, 24, 24, 5]), start(spread(1e-4))),
        (bases.digits.but(**SGD, learning_rate=0.2, layers=[64, 32, 32, 10]), start(spread(1e-4))),
        (bases.moons.but(hidden="tanh", **SGD, learning_rate=0.2, epochs=80), start(positive(1e-3))),
    ],
    "init-all-positive-large": [
        (bases.digits_deep.but(hidden="sigmoid", learning_rate=0.3), start(positive(1.0))),
        (bases.digits_deep, start(positive(1.0))),
        (bases.digits_books.but(layers=[64, 64, 10]), start(positive(1.0))),
        (bases.two_pictures, start(positive(1.0))),
        (
            bases.circles.but(x=data.circles()[0] + 1.5, layers=[2, 48, 1], **SGD, learning_rate=0.3, epochs=150),
            start(positive(10.0)),
        ),
    ],
    "init-too-large": [
        (bases.digits_books, start(spread(8.0))),
        (bases.digits_deep, start(spread(8.0))),
        (bases.circles.but(**SGD, learning_rate=0.3, epochs=120), start(spread(60.0))),
        (bases.two_pictures, start(spread(8.0))),
    ],
    "saturation": [
        (bases.digits_deep, start(usual, bias=40.0)),
        (bases.blobs, start(usual, bias=-40.0)),
        (bases.iris, start(usual, bias=60.0)),
    ],
    "one-softmax-unit": [
        (bases.circles, with_(output="softmax", cost="cross_entropy")),
        (bases.moons.but(layers=[2, 16, 16, 1], **ONE_UNIT), with_(output="softmax", cost="cross_entropy")),
        (bases.breast.but(layers=[30, 16, 1], **ONE_UNIT), with_(output="softmax", cost="squared_error")),
    ],
    "relu-output": [
        (bases.sine, with_(output="relu")),
        (bases.friedman, with_(output="relu")),
        (bases.bowl, with_(output="relu")),
    ],
    "saturating-cost": [
        (bases.digits, sure("squared_error", 8.0), sure("binary_cross_entropy", 8.0)),
        (bases.blobs, sure("half_squared_error", 10.0), sure("binary_cross_entropy", 10.0)),
        (
            bases.moons.but(**SGD, learning_rate=0.2),
            sure("half_squared_error", 10.0),
            sure("binary_cross_entropy", 10.0),
        ),
    ],
    "dead-relu": [
        (bases.digits, start(usual, bias=-30.0)),
        (bases.moons, start(usual, bias=-10.0)),
        (bases.breast.but(layers=[30, 16, 16, 2]), start(usual, bias=-60.0)),
    ],
    "vanishing-deep-sigmoid": [
        (
            bases.digits.but(layers=[64, *[24] * 5, 10], **SGD, learning_rate=0.1, epochs=30),
            with_(hidden="sigmoid"),
        ),
        (bases.blobs.but(layers=[8, *[24] * 5, 5], hidden="relu"), with_(hidden="sigmoid")),
        (bases.moons.but(layers=[2, *[16] * 6, 2], **SGD, learning_rate=0.1, epochs=60), with_(hidden="sigmoid")),
    ],
    "linear-network": [
        (bases.circles, with_(hidden="identity")),
        (bases.xor, with_(layers=[2, 1])),
        (bases.sine.but(epochs=80), with_(hidden="identity")),
    ],
    "local-minimum-small-net": [
        (bases.xor, with_(layers=[2, 2, 1], hidden="sigmoid", **SGD, learning_rate=2.0)),
        (bases.circles, with_(layers=[2, 2, 1])),
        (bases.digits, with_(layers=[64, 2, 10])),
        (bases.blobs, with_(layers=[8, 1, 5])),
    ],
    "sum-instead-of-mean": [
        (bases.digits.but(**SGD, learning_rate=0.2), counted(600.0)),
        (bases.blobs, counted(500.0)),
        (bases.friedman.but(**SGD, learning_rate=0.02), counted(400.0)),
    ],
    "lr-too-high": [
        (bases.digits, with_(learning_rate=5.0)),
        (bases.moons, with_(learning_rate=30.0)),
        (bases.sine, with_(learning_rate=10.0)),
        (bases.friedman.but(**SGD, learning_rate=0.02), with_(learning_rate=20.0)),
    ],
    "lr-too-low": [
        (bases.digits, with_(learning_rate=1e-6)),
        (bases.breast, with_(learning_rate=1e-6)),
        (bases.bowl, with_(learning_rate=1e-6)),
        (bases.moons, with_(learning_rate=1e-6)),
    ],
    "batch-of-everything": [
        (bases.digits, with_(batch_size=600, epochs=5)),
        (bases.blobs.but(learning_rate=0.05), with_(batch_size=400, epochs=6)),
        (bases.circles, with_(batch_size=300, epochs=10)),
    ],
    "epochs-too-few": [
        (bases.digits_deep.but(learning_rate=0.005, epochs=100), with_(epochs=1)),
        (bases.circles, with_(epochs=1)),
        (bases.friedman, with_(epochs=1)),
    ],
    "dropout-too-strong": [
        (bases.digits, with_(dropout=0.98)),
        (bases.moons, with_(dropout=0.95)),
        (bases.bowl, with_(dropout=0.95)),
    ],
    "patience-too-short": [
        (
            bases.digits_deep.but(layers=[64, 24, 24, 24, 10], hidden="sigmoid", learning_rate=0.1, epochs=150),
            with_(patience=1, validation=0.1),
        ),
        (bases.circles.but(**SGD, learning_rate=0.5, epochs=200), with_(patience=1, validation=0.1)),
        (
            bases.moons.but(hidden="sigmoid", **SGD, learning_rate=1.0, epochs=300),
            with_(patience=1, validation=0.1),
        ),
    ],
    "l2-too-strong": [
        (bases.digits, with_(l2=1.0)),
        (bases.moons, with_(l2=0.5)),
        (bases.sine, with_(l2=1.0)),
    ],
    "test-scaled-differently": [
        (tested(bases.digits), test_inputs(lambda x: 5 * x - 3)),
        (tested(bases.wine), test_inputs(lambda x: 10 * x + 30)),
        (tested(bases.breast), test_inputs(lambda x: x / 50)),
    ],
    "one-hot-shift": [
        (tested(bases.digits), test_labels_up),
        (tested(bases.wine), test_labels_up),
        (tested(bases.blobs), test_labels_up),
    ],
}
