"""Mistakes in the slope of an activation, told in words."""

from __future__ import annotations

from clearprop.checking.mistakes.entry import Entry, Worked

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "act-deriv-double",
        "The slope is taken at a instead of z",
        "The slope function expects the weighted input z, but it is given the activation a, so the activation "
        "is applied "
        "twice.",
        "Give the slope function z, or write the slope with a: for the sigmoid a(1 − a), for tanh 1 − a².",
        "delta = error * sigmoid_prime(a)",
        "delta = error * sigmoid_prime(z)  # or error * a * (1 - a)",
    ),
    Entry(
        "act-deriv-wrong-formula",
        "The slope of the activation has a wrong formula",
        "The slope says how far the activation moves when z is raised by a little; this formula says something else.",
        "Write the slope of the activation that you use: sigmoid a(1 − a), tanh 1 − a², ReLU 1 where z > 0 and else 0.",
        "def tanh_prime(z):\n    return np.tanh(z)",
        "def tanh_prime(z):\n    return 1 - np.tanh(z) ** 2",
    ),
    Entry(
        "act-deriv-missing-output",
        "The slope of the output's activation is left out",
        "With this cost the error of an output is its distance from the target times the slope of its activation; the "
        "slope is missing.",
        "Multiply by f′(z) of the output layer. (Without it you have the error of the matching cross-entropy: "
        "if that is "
        "the cost that you want, name it.)",
        "delta = a - y",
        "delta = (a - y) * a * (1 - a)",
    ),
    Entry(
        "act-deriv-missing-hidden",
        "The slope of a hidden layer's activation is left out",
        "An error that is handed down reaches z only through the activation: it must be multiplied by the slope there.",
        "Multiply by f′(z) of the hidden layer. (A ReLU's gate asks for z > 0; a ≥ 0 is always true, and no gate.)",
        "delta1 = W2.T @ delta2",
        "delta1 = (W2.T @ delta2) * a1 * (1 - a1)",
    ),
    Entry(
        "act-deriv-extra-ce",
        "A slope too many in the output layer",
        "With this cost the slope of the activation has already cancelled against the slope of the cost: the error is "
        "just a − y.",
        "Leave the slope out: δ = a − y.",
        "delta = (a - y) * a * (1 - a)",
        "delta = a - y",
    ),
    Entry(
        "step-activation",
        "A step function has no slope to learn by",
        "A neuron that jumps from 0 to 1 does not move when its weights move by a little, so no gradient reaches it.",
        "Use an activation with a slope, such as the sigmoid, or the perceptron's own rule.",
        "a = (z > 0) * 1.0",
        "a = 1 / (1 + np.exp(-z))",
    ),
    Entry(
        "inplace-overwrites-z",
        "z is overwritten by a",
        "The activation is written into the array that held z, so the slope is later taken at a.",
        "Keep z and a in arrays of their own.",
        "a = z\na[:] = sigmoid(z)  # a and z are one array",
        "a = sigmoid(z)",
        worked=Worked("z = np.array([-1.0, 0.5, 2.0])", "sigmoid_prime(z)"),
    ),
    Entry(
        "relu-gate-from-gradient",
        "The ReLU's gate looks at the gradient instead of z",
        "Whether a ReLU lets the error pass depends on its z on the way forward, not on the sign of what comes back.",
        "Gate with z > 0.",
        "dz = da * (da > 0)",
        "dz = da * (z > 0)",
    ),
    Entry(
        "softmax-in-hidden-layer",
        "A softmax in a hidden layer with a slope for each neuron alone",
        "Each share of a softmax depends on every z of its layer, so its slopes are a table; a(1 − a) is only the "
        "diagonal.",
        "Use an activation that looks at one z, or the whole table: δ = a(g − Σ g a).",
        "delta1 = (W2.T @ delta2) * a1 * (1 - a1)  # a1 is a softmax",
        "g = W2.T @ delta2\ndelta1 = a1 * (g - (g * a1).sum())",
    ),
)
