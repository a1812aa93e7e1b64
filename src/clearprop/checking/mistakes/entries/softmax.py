"""Mistakes in the error of a softmax layer, told in words."""

from __future__ import annotations

from clearprop.checking.mistakes.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "softmax-diag-jacobian",
        "Only the diagonal of the softmax's slopes is used",
        "Raising one z moves every share, so each z collects from all outputs; a(1 − a) counts only its own.",
        "Use δ = a(g − Σ g a) with g = ∂C/∂a; with cross-entropy that is a − y.",
        "delta = dC_da * a * (1 - a)",
        "delta = a * (dC_da - (dC_da * a).sum())",
    ),
    Entry(
        "softmax-jacobian-not-contracted",
        "The softmax's slopes stand in the place of the error",
        "The table of slopes must be multiplied by the slope of the cost and added up; here the cost does not come in.",
        "δₖ = Σⱼ ∂C/∂aⱼ · ∂aⱼ/∂zₖ.",
        "delta = jacobian[:, -1]",
        "delta = jacobian.T @ dC_da",
    ),
    Entry(
        "softmax-loss-pair-mismatch",
        "Error and cost belong to different pairs",
        "δ = a − y goes with one cost for each output activation: with the cross-entropy for softmax, with the binary "
        "one for sigmoid. Here one of the two belongs to the other pair.",
        "Take the matching pair (softmax with cross-entropy, sigmoid with binary cross-entropy), or the δ of "
        "your cost.",
        "cost = -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))\ndelta = a - y  # a is a softmax",
        "cost = -np.sum(y * np.log(a))\ndelta = a - y",
    ),
    Entry(
        "softmax-ce-delta-with-mse",
        "a − y with the squared error on a softmax",
        "a − y is the error of the cross-entropy. The squared error must pass through the softmax's table of slopes.",
        "δ = a(g − Σ g a) with g = a − y; or take the cross-entropy as cost.",
        "delta = a - y",
        "g = a - y\ndelta = a * (g - (g * a).sum())",
    ),
    Entry(
        "softmax-twice",
        "Softmax is applied twice",
        "The outputs are shares already; a second softmax makes them almost equal.",
        "Apply softmax once: in the last layer or in the cost, not in both.",
        "cost = -np.sum(y * np.log(softmax(a)))  # a is a softmax",
        "cost = -np.sum(y * np.log(a))",
    ),
)
