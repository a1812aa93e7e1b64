"""Programs with one line changed: each makes one mistake of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).parent / "programs"

DESCRIBED: dict[str, dict[str, Any]] = {
    "columns": {"layers": [3, 5, 4, 1], "activations": ["relu", "tanh", "sigmoid"], "cost": "binary_cross_entropy"},
    "rows": {"layers": [3, 5, 4, 2], "activations": ["sigmoid", "sigmoid", "softmax"], "cost": "cross_entropy"},
    "lists": {"layers": [3, 5, 4, 2], "activations": ["sigmoid"] * 3, "cost": "squared_error"},
    "nielsen": {"layers": [3, 5, 4, 2], "activations": ["sigmoid"] * 3, "cost": "half_squared_error"},
}
"""What each program is about."""

KINDS = {
    "columns": ("backprop", "forward", "cost", "step"),
    "rows": ("backprop", "forward", "cost", "step"),
    "lists": ("backprop", "forward", "cost", "step"),
    "nielsen": ("backprop", "forward", "step"),
}


@dataclass(frozen=True)
class Mutant:
    """A program with `old` replaced by `new`, and the name that the check must find."""

    id: str
    program: str
    old: str
    new: str
    kind: str = "backprop"
    described: dict[str, Any] = field(default_factory=dict)
    line: bool = True
    """Whether the line that was changed is the line that must be shown."""
    severity: str = "wrong"
    besides: tuple[tuple[str, str], ...] = ()
    """Other lines that change with it."""

    @property
    def source(self) -> str:
        healthy = (PROGRAMS / f"{self.program}.py").read_text()
        assert healthy.count(self.old) == 1, (self.id, self.program, self.old, healthy.count(self.old))
        for old, new in (*self.besides, (self.old, self.new)):
            healthy = healthy.replace(old, new)
        return healthy

    @property
    def number(self) -> int:
        """The number of the changed line."""
        healthy = (PROGRAMS / f"{self.program}.py").read_text()
        return healthy[: healthy.index(self.old)].count("\n") + 1

    @property
    def description(self) -> dict[str, Any]:
        return {**DESCRIBED[self.program], "kind": self.kind, **self.described}


SQUARED = {"cost": "half_squared_error"}
HERE = "columns", "rows", "lists", "nielsen"
COLUMNS, ROWS, LISTS, NIELSEN = HERE
D3 = "delta3 = a3 - y"

MUTANTS = [
    # slope of the activation
    Mutant("act-deriv-double", ROWS, "delta2 = error2 * sigmoid_prime(z2)", "delta2 = error2 * sigmoid_prime(a2)"),
    Mutant("act-deriv-double", COLUMNS, "dZ2 = dA2 * (1 - A2**2)", "dZ2 = dA2 * (1 - np.tanh(A2) ** 2)"),
    Mutant("act-deriv-wrong-formula", COLUMNS, "dZ2 = dA2 * (1 - A2**2)", "dZ2 = dA2 * A2"),
    Mutant(
        "act-deriv-wrong-formula",
        LISTS,
        "below.append(error * activations[l][k] * (1 - activations[l][k]))",
        "below.append(error * (1 - activations[l][k]))",
    ),
    Mutant(
        "act-deriv-missing-output",
        NIELSEN,
        "delta = self.cost_derivative(activations[-1], y) * sigmoid_prime(zs[-1])",
        "delta = self.cost_derivative(activations[-1], y)",
    ),
    Mutant("act-deriv-missing-hidden", COLUMNS, "dZ1 = dA1 * (Z1 > 0)", "dZ1 = dA1 * 1.0"),
    Mutant("act-deriv-extra-ce", COLUMNS, "dZ3 = A3 - Y", "dZ3 = (A3 - Y) * A3 * (1 - A3)"),
    Mutant("act-deriv-extra-ce", ROWS, D3, "delta3 = (a3 - y) * a3 * (1 - a3)"),
    Mutant("step-activation", COLUMNS, "return np.maximum(0, z)", "return (z > 0) * 1.0", kind="forward"),
    Mutant("inplace-overwrites-z", ROWS, "a1 = sigmoid(z1)", "a1 = sigmoid(z1); z1[:] = a1", line=False),
    Mutant("relu-gate-from-gradient", COLUMNS, "dZ1 = dA1 * (Z1 > 0)", "dZ1 = dA1 * (dA1 > 0)"),
    Mutant(
        "softmax-in-hidden-layer",
        ROWS,
        "delta2 = error2 * sigmoid_prime(z2)",
        "delta2 = error2 * a2 * (1 - a2)",
        described={"activations": ["sigmoid", "softmax", "softmax"]},
        besides=(("a2 = sigmoid(z2)", "a2 = softmax(z2)"),),
    ),
    # softmax
    Mutant(
        "softmax-diag-jacobian",
        ROWS,
        D3,
        "delta3 = 2 * (a3 - y) * a3 * (1 - a3)",
        described={"cost": "squared_error"},
    ),
    Mutant("softmax-diag-jacobian", ROWS, D3, "delta3 = -y / a3 * a3 * (1 - a3)"),
    Mutant("softmax-jacobian-not-contracted", ROWS, D3, "delta3 = a3 * (1 - a3)"),
    Mutant("softmax-loss-pair-mismatch", ROWS, D3, "delta3 = (a3 - y)", described={"cost": "binary_cross_entropy"}),
    Mutant("softmax-ce-delta-with-mse", ROWS, D3, "delta3 = (a3 - y)", described=SQUARED),
    Mutant("softmax-twice", ROWS, D3, "delta3 = softmax(a3) - y"),
    Mutant("softmax-twice", ROWS, "np.log(output)", "np.log(softmax(output))", kind="cost"),
    # passing the error down
    Mutant("raw-error-backprop", ROWS, "error1 = delta2 @ w2.T", "error1 = error2 @ w2.T"),
    Mutant(
        "raw-error-backprop",
        NIELSEN,
        "delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp",
        "error = np.dot(self.weights[-l + 1].transpose(), error if l > 2 else activations[-1] - y); delta = error * sp",
    ),
    Mutant("delta-wrong-source", COLUMNS, "dA1 = np.dot(W2.T, dZ2)", "dA1 = np.dot(W2.T, A2)"),
    Mutant("delta-wrong-source", ROWS, "error1 = delta2 @ w2.T", "error1 = np.ones_like(a2) @ w2.T"),
    Mutant(
        "backprop-wrong-layer-index",
        ROWS,
        "error1 = delta2 @ w2.T",
        "error1 = (delta2 * sigmoid_prime(z2)) @ w2.T",
    ),
    Mutant(
        "bias-column-index",
        COLUMNS,
        "dA1 = np.dot(W2.T, dZ2)",
        "dA1 = np.dot(np.hstack([parameters['b2'], W2]).T, dZ2)[:-1]",
    ),
    Mutant(
        "backprop-untransposed",
        NIELSEN,
        "delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp",
        "delta = np.dot(self.weights[-l + 1], delta) * sp",
        described={"layers": [4, 4, 4, 4]},
    ),
    # weights
    Mutant("dW-own-activation", ROWS, "dw2 = a1.T @ delta2 / n", "dw2 = np.ones_like(a1).T @ (a2 * delta2) / n"),
    Mutant(
        "dW-weight-instead-of-input",
        LISTS,
        "gradient[j][k] = delta[j] * activations[l][k]",
        "gradient[j][k] = delta[j] * weights[l][j][k]",
        line=False,
    ),
    Mutant(
        "dW-missing-input",
        LISTS,
        "gradient[j][k] = delta[j] * activations[l][k]",
        "gradient[j][k] = delta[j]",
        line=False,
    ),
    Mutant("dW-product-type", ROWS, "dw1 = x.T @ delta1 / n", "dw1 = np.outer(x.mean(axis=0), delta1.mean(axis=0))"),
    Mutant(
        "hadamard-as-matmul",
        NIELSEN,
        "delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp",
        "delta = np.dot(np.dot(self.weights[-l + 1].transpose(), delta).T, sp) * np.ones_like(z)",
        line=False,
    ),
    Mutant(
        "dW-transposed",
        NIELSEN,
        "nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())",
        "nabla_w[-l] = np.dot(activations[-l - 1], delta.transpose())",
        described={"layers": [4, 4, 4, 4]},
    ),
    Mutant("dW-unactivated-input", COLUMNS, "dW2 = np.dot(dZ2, A1.T) / m", "dW2 = np.dot(dZ2, Z1.T) / m"),
    Mutant(
        "dW-output-error",
        NIELSEN,
        "nabla_w[-1] = np.dot(delta, activations[-2].transpose())",
        "nabla_w[-1] = np.dot(activations[-1] - y, activations[-2].transpose())",
    ),
    # biases
    Mutant(
        "db-wrong-axis", COLUMNS, "db2 = np.sum(dZ2, axis=1, keepdims=True) / m", "db2 = np.sum(dZ2) / m", line=False
    ),
    Mutant("db-wrong-axis", ROWS, "db2 = delta2.mean(axis=0)", "db2 = delta2.mean(axis=1)"),
    Mutant("db-multiplied-by-input", ROWS, "db1 = delta1.mean(axis=0)", "db1 = (x.T @ delta1 / n).sum(axis=0)"),
    Mutant("db-not-reduced", ROWS, "db1 = delta1.mean(axis=0)", "db1 = delta1", line=False),
    Mutant("bias-per-sample", COLUMNS, "db1 = np.sum(dZ1, axis=1, keepdims=True) / m", "db1 = dZ1 / m"),
    Mutant("db-sign", ROWS, "db2 = delta2.mean(axis=0)", "db2 = -delta2.mean(axis=0)"),
    Mutant("db-sign", NIELSEN, "z = np.dot(w, activation) + b", "z = np.dot(w, activation) - b"),
    Mutant("db-missing-mean", ROWS, "db3 = delta3.mean(axis=0)", "db3 = delta3.sum(axis=0)"),
    # cost, scale, regularisation, tools
    Mutant("batch-scale", ROWS, D3, "delta3 = (a3 - y) / len(x)", severity="harmless"),
    Mutant("reg-gradient", COLUMNS, "dW2 = np.dot(dZ2, A1.T) / m", "dW2 = np.dot(dZ2, A1.T) / m - 0.1 * W2"),
    Mutant(
        "grad-overwritten",
        LISTS,
        "error += weights[l][j][k] * delta[j]",
        "error = weights[l][j][k] * delta[j]",
        line=False,
    ),
    Mutant(
        "stale-cache",
        ROWS,
        "return z1, a1, z2, a2, z3, a3",
        "return (z1, *globals().setdefault('kept', (a1, z2, a2))[:1], z2, globals()['kept'][2], z3, a3)",
        line=False,
    ),
    Mutant(
        "numeric-check-step",
        ROWS,
        "    return [dw1, dw2, dw3], [db1, db2, db3]",
        "    def slopes(p):\n"
        "        slope = np.zeros(p.shape)\n"
        "        for i in np.ndindex(p.shape):\n"
        "            before = cost(run(weights, biases, x)[-1], y)\n"
        "            p[i] += 0.01\n"
        "            slope[i] = (cost(run(weights, biases, x)[-1], y) - before) / 0.01\n"
        "            p[i] -= 0.01\n"
        "        return slope\n"
        "    return [slopes(w) for w in weights], [slopes(b) for b in biases]",
        line=False,
    ),
    Mutant(
        "numeric-check-noise",
        COLUMNS,
        "A1 = relu(Z1)",
        "A1 = relu(Z1) * np.random.normal(1, 0.5, Z1.shape)",  # a mask of 0 and 1 may be the same twice
        line=False,
    ),
    # forward and cost
    Mutant("softmax-axis", ROWS, "return e / e.sum(axis=1, keepdims=True)", "return e / e.sum()", kind="forward"),
    Mutant("softmax-axis", ROWS, "return e / e.sum(axis=1, keepdims=True)", "return e / e.sum(axis=0)"),
    Mutant(
        "softmax-overflow",
        ROWS,
        "np.exp(z - z.max(axis=1, keepdims=True))",
        "np.exp(z)",
        line=False,
        severity="harmless",
    ),
    Mutant("log-zero", ROWS, "np.log(output)", "np.log(output + 0.0)", kind="cost", line=False, severity="harmless"),
    Mutant(
        "activation-formula", LISTS, "return 1 / (1 + math.exp(-z))", "return 1 / (1 + math.exp(z))", kind="forward"
    ),
    Mutant("activation-formula", NIELSEN, "return 1.0 / (1.0 + np.exp(-z))", "return 1.0 / (1.0 - np.exp(-z))"),
    Mutant(
        "cost-formula",
        COLUMNS,
        "logprobs = Y * np.log(A3) + (1 - Y) * np.log(1 - A3)",
        "logprobs = Y * np.log(A3) + (Y - 1) * np.log(1 - A3)",
        kind="cost",
        line=False,
    ),
    Mutant("cost-formula", ROWS, "return -np.mean", "return np.mean", kind="cost"),
    Mutant(
        "cost-scale-mismatch",
        ROWS,
        "np.sum(y * np.log(output), axis=1)",
        "y * np.log(output)",
        kind="cost",
        severity="harmless",
    ),
    Mutant("cost-sum-wrong", LISTS, "total += (output[j] - y[j]) ** 2", "total = (output[j] - y[j]) ** 2", kind="cost"),
    Mutant("cost-is-delta", LISTS, "total += (output[j] - y[j]) ** 2", "total += output[j] - y[j]", kind="cost"),
    Mutant(
        "stale-state",
        LISTS,
        "            layer.append(sigmoid(z))",
        "            kept = globals().setdefault('kept', {})\n"
        "            z += kept.get((l, j), 0.0)\n"
        "            kept[l, j] = z\n"
        "            layer.append(sigmoid(z))",
        kind="forward",
        line=False,
    ),
    Mutant(
        "shape-broadcast",
        COLUMNS,
        "    return -np.sum(logprobs) / m\n",
        "    return np.mean((A3.T - Y) ** 2)\n",
        kind="cost",
        described={"cost": "squared_error"},
    ),
    Mutant(
        "label-shape-broadcast",
        COLUMNS,
        "    return -np.sum(logprobs) / m\n",
        "    return np.mean((A3 - Y.reshape(-1, 1)) ** 2)\n",
        kind="cost",
        described={"cost": "squared_error", "examples": "columns"},
    ),
    Mutant(
        "layer-skipped",
        NIELSEN,
        "for b, w in zip(self.biases, self.weights):\n            a",
        "for b, w in zip(self.biases[:-1], self.weights):\n            a",
        kind="forward",
        line=False,
    ),
    Mutant("activation-forgotten", ROWS, "a2 = sigmoid(z2)", "a2 = z2", kind="forward"),
    Mutant("activation-forgotten", COLUMNS, "A1 = relu(Z1)", "A1 = Z1", line=False),
    Mutant("missing-bias", LISTS, "z = biases[l][j]", "z = 0.0", kind="forward", line=False),
    Mutant("missing-bias", ROWS, "z2 = a1 @ w2 + b2", "z2 = a1 @ w2"),
    # update
    Mutant("sign-ascent", ROWS, "w -= learning_rate * dw", "w += learning_rate * dw", kind="step", line=False),
    Mutant("sign-ascent", COLUMNS, "dZ3 = A3 - Y", "dZ3 = Y - A3", line=False),
    Mutant(
        "assign-not-increment",
        COLUMNS,
        'parameters[name] = parameters[name] - learning_rate * grads["d" + name]',
        'parameters[name] = -learning_rate * grads["d" + name]',
        kind="step",
    ),
    Mutant(
        "update-wrong-variable", ROWS, "b -= learning_rate * db", "db = b - learning_rate * db", kind="step", line=False
    ),
    Mutant(
        "bias-not-updated",
        LISTS,
        "biases[l][j] -= learning_rate * bias_gradients[l][j]",
        "pass",
        kind="step",
        line=False,
    ),
    Mutant(
        "aliasing",
        ROWS,
        "w1, w2, w3 = weights\n    b1, b2, b3",
        "w1, w2, w3 = weights; w1[:, 0] = 0\n    b1, b2, b3",
        line=False,
    ),
    Mutant(
        "accumulator-not-reset",
        NIELSEN,
        "        return (nabla_b, nabla_w)",
        "        kept = globals().setdefault('sums', [[0] * 9, [0] * 9])\n"
        "        kept[0] = [a + b for a, b in zip(kept[0], nabla_b)]; kept[1] = [a + b for a, b in "
        "zip(kept[1], nabla_w)]\n"
        "        return (kept[0], kept[1])",
        line=False,
    ),
    Mutant("lr-undefined", ROWS, "w -= learning_rate * dw", "w -= dw", kind="step", line=False),
    Mutant(
        "last-sample-only",
        NIELSEN,
        "nabla_w = [nw + dnw for nw, dnw in zip(nabla_w, delta_nabla_w)]",
        "nabla_w = delta_nabla_w",
        kind="step",
        described={},
        line=False,
    ),
    Mutant(
        "shared-rows",
        LISTS,
        "[[0.0] * len(activations[l]) for _ in delta]",
        "[[0.0] * len(activations[l])] * len(delta)",
        line=False,
    ),
    Mutant(
        "integer-parameters",
        COLUMNS,
        "parameters[name] = parameters[name] - learning_rate",
        "parameters[name] = parameters[name].astype(int) - learning_rate",
        kind="step",
    ),
    Mutant(
        "stale-weights",
        ROWS,
        "    delta2 = error2 * sigmoid_prime(z2)\n    error1 = delta2 @ w2.T",
        "    delta2 = error2 * sigmoid_prime(z2)\n    error1 = delta2 @ (w2 - 0.5 * a1.T @ delta2 / n).T",
        kind="step",
        line=False,
    ),
]
