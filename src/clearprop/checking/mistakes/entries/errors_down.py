"""Mistakes in handing errors down to the layers before, told in words."""

from __future__ import annotations

from clearprop.checking.mistakes.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "raw-error-backprop",
        "The plain error is handed down instead of δ",
        "What goes down through the weights must be δ, which has the slope in it; here it is the distance from the "
        "target.",
        "Hand down δ: Wᵀδ of the layer above.",
        "error1 = W2.T @ (a2 - y)",
        "error1 = W2.T @ delta2",
    ),
    Entry(
        "delta-wrong-source",
        "A hidden error is made of the wrong thing",
        "The error of a hidden neuron is the sum of the errors that it feeds, each times its weight; here "
        "something else "
        "is added up.",
        "δ = (Wᵀδ of the layer above) · f′(z).",
        "delta1 = (W2.T @ a2) * slope1",
        "delta1 = (W2.T @ delta2) * slope1",
    ),
    Entry(
        "backprop-wrong-layer-index",
        "A slope of the wrong layer",
        "The error of a layer is multiplied by the slope of that layer's own z; here another layer's is taken.",
        "Use f′(z) of the layer whose δ you compute.",
        "delta1 = (W2.T @ delta2) * sigmoid_prime(z2)",
        "delta1 = (W2.T @ delta2) * sigmoid_prime(z1)",
    ),
    Entry(
        "bias-column-index",
        "The wrong column is cut off with the biases",
        "Where biases are a column of the weights, that column must be cut off before the error is handed down; here "
        "another one was.",
        "Cut off the column that holds the biases.",
        "error1 = (delta2 @ theta2)[:, :-1]  # the biases stand first",
        "error1 = (delta2 @ theta2)[:, 1:]",
    ),
    Entry(
        "backprop-untransposed",
        "The weights are not transposed",
        "The way back uses each weight in the other direction: row and column change places. Square weights hide that.",
        "Hand down Wᵀδ.",
        "error1 = W2 @ delta2",
        "error1 = W2.T @ delta2",
    ),
)
