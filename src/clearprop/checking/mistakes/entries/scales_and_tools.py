"""Mistakes in factors, regularisation, dropout, and the tools that check gradients, told in words."""

from __future__ import annotations

from clearprop.checking.mistakes.entry import Entry, Worked

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "batch-scale",
        "A factor that the cost does not have",
        "All gradients are stretched by the same factor. Their direction is right, so this is only another "
        "learning rate.",
        "Nothing needs to change; to have the gradient of the cost as it is named, take the factor out.",
        "delta = (a - y) / m\ndW = delta.T @ a_before / m",
        "delta = a - y\ndW = delta.T @ a_before / m",
    ),
    Entry(
        "reg-gradient",
        "A share of the parameter itself is in its gradient",
        "That is what L2 regularisation adds, +λW on weights and nothing on biases; the cost named here has none.",
        "Right, if you want L2 and your cost has (λ/2)ΣW². The sign must be +, and biases are left alone.",
        "dW = delta.T @ a - lam * W",
        "dW = delta.T @ a + lam * W",
    ),
    Entry(
        "dropout-backward",
        "The dropout mask is not applied on the way back",
        "A neuron that was switched off on the way forward must not get an error.",
        "Multiply by the stored mask again.",
        "dx = dy / (1 - p)",
        "dx = mask * dy / (1 - p)",
        unseen="dropout draws random numbers inside the program; switch it off for a check",
        worked=Worked("p, mask = 0.5, np.array([1, 0, 1, 0])\ndy = np.array([0.3, 0.2, -0.1, 0.4])", "dx"),
    ),
    Entry(
        "grad-overwritten",
        "A gradient is overwritten instead of added up",
        "A neuron feeds several others and collects an error from each; here only one of them is left.",
        "Start at 0 and add with +=.",
        "for j in range(n):\n    error[k] = W[j][k] * delta[j]",
        "for j in range(n):\n    error[k] += W[j][k] * delta[j]",
    ),
    Entry(
        "stale-cache",
        "Activations of another forward pass are used",
        "The way back must use the activations of the same examples; a forward pass in between has replaced them.",
        "Go forward and back on the same batch, with nothing in between.",
        "forward(x)\nforward(x_test)  # keeps its own a\ndW = np.outer(delta, self.a)",
        "forward(x_test)\nforward(x)\ndW = np.outer(delta, self.a)",
        worked=Worked(
            "def forward(x):\n    self.a = sigmoid(W @ x)\n\n\n"
            "W, delta = np.array([[0.5, -1.0], [1.0, 0.0]]), np.array([0.3])\n"
            "x, x_test = np.array([1.0, 2.0]), np.array([0.0, 1.0])",
            "dW",
        ),
    ),
    Entry(
        "numeric-check-int",
        "A numerical gradient at whole numbers",
        "Adding a small step to an integer array changes nothing, or is cut off.",
        "Use floats: [3.0, 3.0].",
        "x = np.array([3, 3])\nx[0] += h",
        "x = np.array([3.0, 3.0])\nx[0] += h",
        unseen="it is in a program that checks gradients, not in the gradients",
        worked=Worked("h = 1e-5  # the slope of x² at 3 is 6", "(x[0] ** 2 - 3**2) / h"),
        trained="a check of gradients changes no weight",
    ),
    Entry(
        "numeric-check-step",
        "A numerical gradient with a bad step",
        "With a one-sided difference or a large step the slope is that of a chord; with a tiny one, rounding is left.",
        "Use (C(w + h) − C(w − h)) / 2h with h of about 1e-5, in float64.",
        "slope = (cost(w + 0.1) - cost(w)) / 0.1",
        "slope = (cost(w + 1e-5) - cost(w - 1e-5)) / 2e-5",
        worked=Worked("def cost(w):\n    return w**3\n\n\nw = 1.0  # the slope is 3", "slope"),
        trained="a check of gradients changes no weight",
    ),
    Entry(
        "numeric-check-noise",
        "The numbers change from call to call",
        "The same inputs give other numbers each time, because something in the program is random; no check "
        "can be exact.",
        "Switch dropout off and fix the seed and the batch before checking.",
        "mask = np.random.rand(*a.shape) > 0.5  # in every call",
        "mask = np.ones_like(a)  # while checking",
        worked=Worked("np.random.seed(0)\na = np.array([0.2, 0.7, 0.4, 0.9])", "a * mask", calls=2),
        trained="a check of gradients changes no weight",
    ),
)
