"""The catalogue: every mistake that has a name, told to someone with little calculus."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A mistake: what went wrong, why that matters, what to write instead, and how both look as code."""

    id: str
    title: str
    sentence: str
    fix: str
    wrong: str
    right: str
    unseen: str = ""
    """Why numbers that come out of a function cannot show it; empty where they can."""


ENTRIES: tuple[Entry, ...] = (
    # gradient: slope of the activation
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
        "Multiply by f′(z) of the hidden layer.",
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
        "a = sigmoid(z, out=z)",
        "a = sigmoid(z)",
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
    # gradient: softmax
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
        "The error belongs to another cost",
        "δ = a − y is the error of the cost that matches the output activation. The cost named here is another one.",
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
    # gradient: passing the error down
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
    # gradient: weights
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
    # gradient: biases
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
    # gradient: cost, scale, regularisation, tools
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
        "predict(x_test)\nbackward(y)",
        "forward(x)\nbackward(y)",
    ),
    Entry(
        "numeric-check-int",
        "A numerical gradient at whole numbers",
        "Adding a small step to an integer array changes nothing, or is cut off.",
        "Use floats: [3.0, 3.0].",
        "x = np.array([3, 3])",
        "x = np.array([3.0, 3.0])",
        unseen="it is in a program that checks gradients, not in the gradients",
    ),
    Entry(
        "numeric-check-step",
        "A numerical gradient with a bad step",
        "With a one-sided difference or a large step the slope is that of a chord; with a tiny one, rounding is left.",
        "Use (C(w + h) − C(w − h)) / 2h with h of about 1e-5, in float64.",
        "slope = (cost(w + 0.1) - cost(w)) / 0.1",
        "slope = (cost(w + 1e-5) - cost(w - 1e-5)) / 2e-5",
    ),
    Entry(
        "numeric-check-noise",
        "The numbers change from call to call",
        "The same inputs give other numbers each time, because something in the program is random; no check "
        "can be exact.",
        "Switch dropout off and fix the seed and the batch before checking.",
        "mask = np.random.rand(*a.shape) > 0.5  # in every call",
        "mask = np.ones_like(a)  # while checking",
    ),
    # forward pass and cost
    Entry(
        "softmax-axis",
        "Softmax adds up over the wrong axis",
        "The shares of each example must add up to 1; here the sum runs over other examples too.",
        "One sum for each example.",
        "a = np.exp(z) / np.sum(np.exp(z))",
        "a = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)  # one row an example",
    ),
    Entry(
        "softmax-overflow",
        "Softmax overflows for large z",
        "e to the power of 1000 is more than a computer's number can hold, and infinity divided by infinity "
        "is no number.",
        "Subtract the largest z first: the shares stay the same.",
        "e = np.exp(z)",
        "e = np.exp(z - z.max(axis=1, keepdims=True))",
    ),
    Entry(
        "log-zero",
        "The logarithm of 0",
        "Where an output is exactly 0 or 1, 0 · ln 0 is no number although the cost there is finite.",
        "Keep outputs away from 0 before taking the logarithm, or compute the cost from z.",
        "cost = -np.sum(y * np.log(a))",
        "cost = -np.sum(y * np.log(np.clip(a, 1e-12, 1)))",
    ),
    Entry(
        "activation-formula",
        "The activation has a wrong formula",
        "What comes out is not the activation that was named.",
        "Write it as it is: sigmoid 1/(1 + e⁻ᶻ), tanh, ReLU max(0, z), leaky ReLU z for z > 0 and αz below.",
        "a = 1 / (1 + np.exp(z))",
        "a = 1 / (1 + np.exp(-z))",
    ),
    Entry(
        "cost-formula",
        "The cost has a wrong sign or a wrong bracket",
        "What comes out is not the cost that was named.",
        "Write it as it is: −Σ y ln a, or −Σ[y ln a + (1 − y) ln(1 − a)].",
        "cost = -np.sum(y * np.log(a) + (y - 1) * np.log(1 - a))",
        "cost = -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))",
    ),
    Entry(
        "cost-scale-mismatch",
        "The cost has a factor of its own",
        "It is the named cost times a constant. That changes no minimum, but a gradient check against it "
        "shows the factor.",
        "Use the same factor in the cost and in its gradient.",
        "cost = np.mean((a - y) ** 2)  # divides by the outputs too",
        "cost = np.sum((a - y) ** 2) / len(y)",
    ),
    Entry(
        "cost-sum-wrong",
        "The cost is not added up over everything",
        "Only a part of the terms is in it, or those of earlier calls as well.",
        "Start at 0, and add up over outputs and examples.",
        "for i in range(m):\n    cost = c(a[i], y[i])",
        "cost = sum(c(a[i], y[i]) for i in range(m)) / m",
    ),
    Entry(
        "cost-is-delta",
        "a − y is taken for the cost",
        "a − y is the slope of a cost. As a cost itself it could fall without end.",
        "Write the cost that belongs to it, such as ½Σ(a − y)² or −Σ y ln a.",
        "cost = np.sum(a - y)",
        "cost = np.sum((a - y) ** 2) / 2",
    ),
    Entry(
        "stale-state",
        "Something is left over from the call before",
        "The same inputs give other numbers at the second call, because a sum goes on from its old value.",
        "Set every sum back to 0 at the start.",
        "self.z += W @ x",
        "self.z = W @ x + b",
    ),
    Entry(
        "shape-broadcast",
        "Two shapes are stretched to a table",
        "A column of m numbers minus a row of m numbers is a table of m × m differences.",
        "Give both the same shape.",
        "np.mean((a - y) ** 2)  # a is (m, 1), y is (m,)",
        "np.mean((a - y.reshape(a.shape)) ** 2)",
    ),
    Entry(
        "label-shape-broadcast",
        "Targets and outputs have different shapes",
        "Outputs of shape (m, 1) minus targets of shape (m,) is a table of m × m differences.",
        "y.reshape(a.shape).",
        "np.mean((a - y) ** 2)  # a is (m, 1), y is (m,)",
        "np.mean((a - y.reshape(a.shape)) ** 2)",
    ),
    Entry(
        "bias-per-sample",
        "A bias for each example",
        "A bias belongs to a neuron; with one for each example the network cannot be used on other examples.",
        "One bias for each neuron.",
        "b = np.zeros((m, n))",
        "b = np.zeros(n)",
    ),
    Entry(
        "dropout-mask-distribution",
        "The dropout mask is drawn from the wrong numbers",
        "randn gives numbers around 0, so the share that is below p is not p.",
        "Use rand.",
        "mask = np.random.randn(*a.shape) < p",
        "mask = np.random.rand(*a.shape) < p",
        unseen="dropout draws random numbers inside the program; switch it off for a check",
    ),
    Entry(
        "eval-wrong",
        "The accuracy is counted wrongly",
        "The largest output must be found for each example, and an index compared with an index.",
        "np.argmax(a, axis=1) == labels.",
        "np.argmax(a) == y",
        "np.argmax(a, axis=1) == np.argmax(y, axis=1)",
        unseen="it is in counting, which the check does not call",
    ),
    Entry(
        "layer-skipped",
        "A layer is left out",
        "The loop ends too early, so that what comes out is not the output layer's.",
        "Go through all layers of weights.",
        "for l in range(len(weights) - 1):\n    a = f(W[l] @ a + b[l])",
        "for l in range(len(weights)):\n    a = f(W[l] @ a + b[l])",
    ),
    Entry(
        "activation-forgotten",
        "An activation is left out",
        "Without it a layer only adds and multiplies, and two such layers are no more than one.",
        "a = f(z).",
        "a1 = W1 @ x + b1",
        "a1 = sigmoid(W1 @ x + b1)",
    ),
    Entry(
        "missing-bias",
        "The biases are not added",
        "Every neuron then has to go through 0, whatever it learns.",
        "z = Wa + b.",
        "z = W @ a",
        "z = W @ a + b",
    ),
    Entry(
        "integer-division",
        "Whole numbers are divided",
        "In Python 2, C or Java 1/2 is 0.",
        "Write 1.0 / 2.",
        "1 / 2",
        "1.0 / 2",
        unseen="in Python 3 a division of whole numbers is not cut off",
    ),
    # update
    Entry(
        "sign-ascent",
        "The sign is that of climbing",
        "Everything points the other way: with W −= η·gradient the cost rises. (It is right where the update adds.)",
        "Use a − y with W −= …, or y − a with W += ….",
        "W += eta * dW  # with delta = a - y",
        "W -= eta * dW",
    ),
    Entry(
        "stale-weights",
        "Weights are changed before they are used to go back",
        "The error must go down through the weights that it came up through; here they have been updated already.",
        "Compute all δ first, then update all layers.",
        "W2 -= eta * dW2\ndelta1 = (W2.T @ delta2) * slope1",
        "delta1 = (W2.T @ delta2) * slope1\nW2 -= eta * dW2",
    ),
    Entry(
        "assign-not-increment",
        "The parameter is set to its change",
        "The new value must be the old one plus the change; here the old one is thrown away.",
        "W = W − η·gradient.",
        "W = -eta * dW",
        "W = W - eta * dW",
    ),
    Entry(
        "update-wrong-variable",
        "The result is stored in the wrong variable",
        "The new value is computed but the parameter keeps its old one, or gradient and parameter are swapped.",
        "b = b − η·db.",
        "db = b - eta * db",
        "b = b - eta * db",
    ),
    Entry(
        "bias-not-updated",
        "A parameter never moves",
        "Its gradient is 0, or its update is missing, so that it keeps its first value.",
        "Update weights and biases of every layer.",
        "W -= eta * dW",
        "W -= eta * dW\nb -= eta * db",
    ),
    Entry(
        "aliasing",
        "Arrays of the caller are changed",
        "The function writes into the weights that it was given, so that they are others afterwards.",
        "Copy what you change: W = W.copy().",
        "W = params.reshape(3, 2)\nW[:, 0] = 0",
        "W = params.reshape(3, 2).copy()\nW[:, 0] = 0",
    ),
    Entry(
        "accumulator-not-reset",
        "Gradients of earlier calls are added",
        "The sums are not set back to 0, so that each call gives all gradients so far.",
        "Set the sums to 0 at the start of each batch.",
        "self.dW += delta.T @ a",
        "self.dW = delta.T @ a",
    ),
    Entry(
        "adam-bias-correction",
        "Adam's correction lacks its power",
        "In step t the running means must be divided by 1 − βᵗ.",
        "m / (1 − β₁ᵗ).",
        "m_hat = m / (1 - beta1)",
        "m_hat = m / (1 - beta1**t)",
        unseen="only plain descent is checked: W − η·gradient",
    ),
    Entry(
        "lr-undefined",
        "The learning rate is missing or applied twice",
        "The step is not η times the gradient.",
        "W −= η·gradient, with η once.",
        "W -= dW",
        "W -= eta * dW",
    ),
    Entry(
        "optimizer-state",
        "The optimizer does not remember",
        "What it needs from step to step is not stored.",
        "Store it.",
        "velocity = velocity",
        "self.velocity = velocity",
        unseen="only plain descent is checked: W − η·gradient",
    ),
    Entry(
        "last-sample-only",
        "Only one example is in the gradient",
        "The loop over examples overwrites the gradient, or returns too early, so that the others do not count.",
        "Add up with += over all examples, and return after the loop.",
        "for i in range(m):\n    dW = np.outer(delta[i], a[i])",
        "for i in range(m):\n    dW += np.outer(delta[i], a[i])",
    ),
    Entry(
        "shared-rows",
        "All rows are one and the same list",
        "[[0] * n] * m makes m names for one row: what is written into one stands in all.",
        "[[0] * n for _ in range(m)].",
        "dW = [[0] * n] * m",
        "dW = [[0] * n for _ in range(m)]",
    ),
    Entry(
        "integer-parameters",
        "Parameters are whole numbers",
        "An integer array cuts every step off to a whole number.",
        "Use floats.",
        "W = np.zeros((m, n), dtype=int)",
        "W = np.zeros((m, n))",
    ),
)

CATALOGUE = {entry.id: entry for entry in ENTRIES}
"""Every entry by its id."""

SAME_NUMBERS: dict[str, tuple[str, ...]] = {
    "act-deriv-double": ("inplace-overwrites-z",),
    "db-not-reduced": ("bias-per-sample",),
    "bias-not-updated": ("update-wrong-variable",),
    "accumulator-not-reset": ("stale-state",),
    "shape-broadcast": ("label-shape-broadcast",),
    "batch-scale": ("cost-scale-mismatch",),
    "softmax-ce-delta-with-mse": ("act-deriv-missing-output",),
}
"""Mistakes that leave the same numbers, so that only the code can tell which it is."""
