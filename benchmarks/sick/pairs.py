"""Sick trainings with two causes, neither of which must be left: every cause is in one of them."""

from __future__ import annotations

from . import bases, data
from .bases import ONE_UNIT, SGD, Base
from .sickening import (
    Sicken,
    both,
    counted,
    holes,
    label_of_the_row_before,
    positive,
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

HARDLY_MOVING = with_(learning_rate=1e-6)
PENALIZED = with_(l2=1.0)
SWITCHED_OFF = with_(dropout=0.98)
ONE_SOFTMAX_UNIT = with_(output="softmax", cost="cross_entropy")
SIGMOID_OUTPUT = with_(output="sigmoid", cost="squared_error")
UNSCALED = with_(x=data.raw("breast_cancer")[0])

PAIRS: list[tuple[Base, dict[str, Sicken]]] = [
    (bases.digits, {"missing-values": holes, "lr-too-low": HARDLY_MOVING}),
    (bases.moons, {"missing-values": holes, "lr-too-high": with_(learning_rate=30.0)}),
    (bases.friedman, {"missing-values": holes, "l2-too-strong": PENALIZED}),
    (bases.circles, {"one-softmax-unit": ONE_SOFTMAX_UNIT, "lr-too-low": HARDLY_MOVING}),
    (bases.digits, {"l2-too-strong": PENALIZED, "dropout-too-strong": SWITCHED_OFF}),
    (bases.digits_plain, {"not-shuffled": sorted_rows, "l2-too-strong": PENALIZED}),
    (bases.digits_plain, {"not-shuffled": sorted_rows, "dropout-too-strong": SWITCHED_OFF}),
    (bases.wine, {"init-constant": with_(initialization="zeros"), "missing-values": holes}),
    (bases.moons, {"lr-too-high": with_(learning_rate=30.0), "l2-too-strong": with_(l2=0.5)}),
    (bases.friedman, {"relu-output": with_(output="relu"), "lr-too-low": HARDLY_MOVING}),
    (
        bases.sine,
        {"target-out-of-range": both(SIGMOID_OUTPUT, targets(lambda y: 3 * y)), "lr-too-low": HARDLY_MOVING},
    ),
    (bases.circles, {"linear-network": with_(hidden="identity"), "lr-too-low": HARDLY_MOVING}),
    (bases.digits, {"l2-too-strong": PENALIZED, "dead-relu": start(usual, bias=-30.0)}),
    (bases.iris, {"l2-too-strong": PENALIZED, "saturation": start(usual, bias=60.0)}),
    (
        tested(bases.digits),
        {"lr-too-high": with_(learning_rate=5.0), "test-scaled-differently": test_inputs(lambda x: 5 * x - 3)},
    ),
    (tested(bases.wine), {"lr-too-low": HARDLY_MOVING, "one-hot-shift": test_labels_up}),
    (bases.blobs, {"init-constant": with_(initialization="zeros"), "l2-too-strong": PENALIZED}),
    (bases.digits, {"init-constant": with_(initialization="zeros"), "lr-too-low": HARDLY_MOVING}),
    (bases.moons, {"lr-too-low": HARDLY_MOVING, "dead-relu": start(usual, bias=-10.0)}),
    (bases.digits, {"contradicting-labels": twice_labelled, "lr-too-low": HARDLY_MOVING}),
    (bases.moons, {"contradicting-labels": twice_labelled, "l2-too-strong": with_(l2=0.5)}),
    (bases.wine, {"missing-values": holes, "contradicting-labels": twice_labelled}),
    (
        bases.wine.but(hidden="sigmoid"),
        {"inputs-unscaled": with_(x=data.raw("wine")[0]), "dropout-too-strong": SWITCHED_OFF},
    ),
    (bases.breast, {"inputs-unscaled": UNSCALED, "missing-values": holes}),
    (bases.blobs, {"labels-misaligned": label_of_the_row_before, "lr-too-low": HARDLY_MOVING}),
    (bases.rare_cloud, {"unbalanced-classes": with_(class_weight=None), "lr-too-low": HARDLY_MOVING}),
    (
        bases.blobs.but(layers=[8, 24, 24, 5]),
        {"l2-too-strong": PENALIZED, "init-too-small-one-sided": start(spread(1e-4))},
    ),
    (bases.digits_deep, {"lr-too-low": HARDLY_MOVING, "init-all-positive-large": start(positive(1.0))}),
    (bases.digits_books, {"lr-too-low": HARDLY_MOVING, "init-too-large": start(spread(8.0))}),
    (bases.iris, {"lr-too-low": HARDLY_MOVING, "saturation": start(usual, bias=60.0)}),
    (
        bases.moons.but(layers=[2, 16, 16, 1], **ONE_UNIT),
        {"one-softmax-unit": ONE_SOFTMAX_UNIT, "l2-too-strong": with_(l2=0.5)},
    ),
    (bases.sine, {"relu-output": with_(output="relu"), "l2-too-strong": PENALIZED}),
    (
        bases.friedman,
        {"target-out-of-range": both(SIGMOID_OUTPUT, targets(lambda y: 14 + 5 * y)), "l2-too-strong": PENALIZED},
    ),
    (bases.digits, {"dropout-too-strong": SWITCHED_OFF, "saturating-cost": sure("squared_error", 8.0)}),
    (
        bases.blobs.but(layers=[8, *[24] * 5, 5], hidden="relu"),
        {"vanishing-deep-sigmoid": with_(hidden="sigmoid"), "l2-too-strong": PENALIZED},
    ),
    (bases.circles, {"linear-network": with_(hidden="identity"), "l2-too-strong": PENALIZED}),
    (bases.digits, {"local-minimum-small-net": with_(layers=[64, 2, 10]), "lr-too-low": HARDLY_MOVING}),
    (
        bases.digits.but(**SGD, learning_rate=0.2),
        {"sum-instead-of-mean": counted(600.0), "l2-too-strong": PENALIZED},
    ),
    (bases.digits, {"batch-of-everything": with_(batch_size=600, epochs=5), "dropout-too-strong": SWITCHED_OFF}),
    (bases.circles, {"epochs-too-few": with_(epochs=1), "dropout-too-strong": with_(dropout=0.95)}),
    (
        bases.moons.but(hidden="sigmoid", **SGD, learning_rate=1.0, epochs=300),
        {"patience-too-short": with_(patience=1, validation=0.1), "dropout-too-strong": SWITCHED_OFF},
    ),
    (tested(bases.blobs), {"init-constant": with_(initialization="zeros"), "one-hot-shift": test_labels_up}),
    (
        tested(bases.digits),
        {"dropout-too-strong": SWITCHED_OFF, "test-scaled-differently": test_inputs(lambda x: 5 * x - 3)},
    ),
]
"""A healthy training, and by cause what makes it sick; a start with given numbers comes last."""
