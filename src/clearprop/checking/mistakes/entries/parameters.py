"""Mistakes in the gradients of weights and biases, told in words."""

from __future__ import annotations

from clearprop.checking.mistakes.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "dW-own-activation",
        "The weight's gradient uses the layer's own activation",
        "A weight multiplies the activation of the layer before it, so that one stands in its gradient.",
        "∂C/∂W = δ times the activation of the layer before.",
        "dW2 = np.outer(delta2, a2)",
        "dW2 = np.outer(delta2, a1)",
    ),
    Entry(
        "dW-unactivated-input",
        "z of the layer before stands where its a belongs",
        "A weight multiplies the activation of the layer before, which is f(z), not z itself.",
        "Use a of the layer before.",
        "dW2 = np.outer(delta2, z1)",
        "dW2 = np.outer(delta2, a1)",
    ),
    Entry(
        "dW-output-error",
        "The weight's gradient uses a − y instead of δ",
        "The gradient of a weight is the error δ of its neuron times its input; here the slope inside δ is missing.",
        "∂C/∂W = δ times the activation of the layer before.",
        "dW2 = np.outer(a2 - y, a1)",
        "dW2 = np.outer(delta2, a1)",
    ),
    Entry(
        "dW-weight-instead-of-input",
        "The weight itself stands in its gradient",
        "How much a weight matters depends on the activation that it multiplies, not on the weight.",
        "∂C/∂W = δ times the activation of the layer before.",
        "dW2 = delta2[:, None] * W2",
        "dW2 = np.outer(delta2, a1)",
    ),
    Entry(
        "dW-missing-input",
        "The weight's gradient lacks the activation",
        "A weight moves z by the activation that it multiplies; without it, all weights of a neuron get one gradient.",
        "∂C/∂W = δ times the activation of the layer before.",
        "dW2 = delta2[:, None] * np.ones_like(W2)",
        "dW2 = np.outer(delta2, a1)",
    ),
    Entry(
        "dW-product-type",
        "The wrong kind of product in the weight's gradient",
        "Each weight has its own pair of an error and an activation: one product for each pair, added up over "
        "examples.",
        "Use the outer product δaᵀ for one example, and add it up over the examples.",
        "dW2 = np.outer(delta2.mean(axis=0), a1.mean(axis=0))",
        "dW2 = delta2.T @ a1 / len(x)",
    ),
    Entry(
        "hadamard-as-matmul",
        "A matrix product where number by number belongs",
        "Each neuron's error is multiplied by its own slope; a matrix product adds all of them up to one number.",
        "Multiply number by number, with *.",
        "delta1 = (W2.T @ delta2) @ slope1",
        "delta1 = (W2.T @ delta2) * slope1",
    ),
    Entry(
        "dW-transposed",
        "The weight's gradient is transposed",
        "Row and column of the gradient have changed places; square weights hide that.",
        "Give ∂C/∂W the shape of W.",
        "dW2 = np.outer(a1, delta2)",
        "dW2 = np.outer(delta2, a1)",
    ),
    Entry(
        "db-wrong-axis",
        "The bias gradient is added up over the wrong axis",
        "Each neuron has its own bias: its gradient adds up over the examples, not over the neurons.",
        "Add up over the examples only.",
        "db = np.sum(delta)",
        "db = np.sum(delta, axis=0)  # one row an example",
    ),
    Entry(
        "db-multiplied-by-input",
        "The bias gradient is multiplied by something",
        "A bias is added to z as it is, so nothing is multiplied: its gradient is δ itself.",
        "∂C/∂b = δ, added up over the examples.",
        "db = (delta.T @ a_before).sum(axis=1)",
        "db = delta.sum(axis=0)",
    ),
    Entry(
        "db-not-reduced",
        "The bias gradient is not added up over the examples",
        "It has one row for each example, so b − ηdb stretches the bias to a table.",
        "Add up over the examples.",
        "db = delta",
        "db = delta.sum(axis=0)",
    ),
    Entry(
        "db-sign",
        "The bias has the wrong sign in one place",
        "Either the bias is added to z and its gradient is +δ, or it is subtracted and its gradient is −δ; "
        "here both are "
        "mixed.",
        "z = Wa + b with ∂C/∂b = δ.",
        "z = W @ a - b\ndb = delta",
        "z = W @ a + b\ndb = delta",
    ),
    Entry(
        "db-missing-mean",
        "Weights and biases are scaled differently",
        "One of the two gradients is a mean over the examples and the other a sum, so the biases move at another pace.",
        "Divide both by the number of examples, or neither.",
        "dW = delta.T @ a / m\ndb = delta.sum(axis=0)",
        "dW = delta.T @ a / m\ndb = delta.sum(axis=0) / m",
    ),
)
