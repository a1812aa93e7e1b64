# Programs as learners write them, each with something wrong: loops, columns, float32, layers in a loop, in place.
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def loops_without_the_weight(weights, biases, x, y):
    h = [sigmoid(sum(weights[0][j][k] * x[k] for k in range(len(x))) + biases[0][j]) for j in range(len(biases[0]))]
    o = [sigmoid(sum(weights[1][j][k] * h[k] for k in range(len(h))) + biases[1][j]) for j in range(len(biases[1]))]
    do = [(o[j] - y[j]) * o[j] * (1 - o[j]) for j in range(len(o))]
    dh = []
    for k in range(len(h)):
        s = 0
        for j in range(len(o)):
            s += do[j]
        dh.append(s * h[k] * (1 - h[k]))
    return (
        [
            [[dh[j] * x[k] for k in range(len(x))] for j in range(len(h))],
            [[do[j] * h[k] for k in range(len(h))] for j in range(len(o))],
        ],
        [dh, do],
    )


def target_minus_output(weights, biases, x, y):
    z1 = x @ weights[0].T + biases[0]
    a1 = sigmoid(z1)
    p = softmax(a1 @ weights[1].T + biases[1])
    d2 = y - p
    d1 = d2 @ weights[1] * a1 * (1 - a1)
    return [d1.T @ x, d2.T @ a1], [d1.sum(0), d2.sum(0)]


def gate_that_is_always_open(weights, biases, x, y):
    A = [x]
    for W, b in zip(weights[:-1], biases[:-1]):
        A.append(np.maximum(0, A[-1] @ W.T + b))
    p = softmax(A[-1] @ weights[-1].T + biases[-1])
    d = (p - y) / len(x)
    gw, gb = [], []
    for l in reversed(range(len(weights))):
        gw.insert(0, d.T @ A[l])
        gb.insert(0, d.sum(0))
        if l:
            d = (d @ weights[l]) * (A[l] >= 0)
    return gw, gb


def slope_of_tanh_with_z(weights, biases, x, y):
    W1, W2 = [np.asarray(w, np.float32) for w in weights]
    b1, b2 = [np.asarray(b, np.float32) for b in biases]
    x = np.asarray(x, np.float32)
    z1 = W1 @ x + b1
    a1 = np.tanh(z1)
    a2 = sigmoid(W2 @ a1 + b2)
    d2 = a2 - y
    d1 = W2.T @ d2 * (1 - z1**2)
    return [np.outer(d1, x), np.outer(d2, a1)], [d1, d2]


def biases_of_columns_to_one_number(weights, biases, X, Y):
    m = X.shape[1]
    b = [c.reshape(-1, 1) for c in biases]
    Z1 = weights[0] @ X + b[0]
    A1 = np.maximum(Z1, 0)
    Z2 = weights[1] @ A1 + b[1]
    A2 = np.maximum(Z2, 0)
    A3 = softmax(weights[2] @ A2 + b[2], axis=0)
    D3 = (A3 - Y) / m
    D2 = weights[2].T @ D3 * (Z2 > 0)
    D1 = weights[1].T @ D2 * (Z1 > 0)
    return [D1 @ X.T, D2 @ A1.T, D3 @ A2.T], [D1.sum(1), D2.sum(), D3.sum(1)]


def two_in_one_layer(weights, biases, x, y):
    a1 = sigmoid(x @ weights[0].T + biases[0])
    o = sigmoid(a1 @ weights[1].T + biases[1])
    n = len(x)
    e = o - y
    d2 = e * o * (1 - o)
    d1 = e @ weights[1] * a1 * (1 - a1)
    return [d1.T @ x / n, d2.T @ a1 / n], [d1.sum(0), d2.mean(0)]


def output_layer_first(weights, biases, x, y, learning_rate):
    z1 = x @ weights[0].T + biases[0]
    a1 = sigmoid(z1)
    p = softmax(a1 @ weights[1].T + biases[1])
    d2 = (p - y) / len(x)
    weights[1] = weights[1] - learning_rate * d2.T @ a1
    biases[1] = biases[1] - learning_rate * d2.sum(0)
    d1 = d2 @ weights[1] * a1 * (1 - a1)
    weights[0] = weights[0] - learning_rate * d1.T @ x
    biases[0] = biases[0] - learning_rate * d1.sum(0)
    return weights, biases


def only_the_last_layer(weights, biases, x, y, learning_rate):
    a1 = sigmoid(x @ weights[0].T + biases[0])
    p = softmax(a1 @ weights[1].T + biases[1])
    d2 = (p - y) / len(x)
    weights[1] = weights[1] - learning_rate * d2.T @ a1
    biases[1] = biases[1] - learning_rate * d2.sum(0)
    return weights, biases


def shares_of_columns(weights, biases, X):
    A = sigmoid(weights[0] @ X + biases[0][:, None])
    Z = weights[1] @ A + biases[1][:, None]
    return np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)


def relu_upside_down(weights, biases, x):
    a = x
    for W, b in zip(weights[:-1], biases[:-1]):
        z = a @ W.T + b
        a = z * (z < 0)
    return softmax(a @ weights[-1].T + biases[-1])


def absolute_differences(output, y):
    return np.abs(output - y).sum(axis=-1).mean() / 2


def a_norm(output, y):
    return np.linalg.norm(output - y)


def bias_column_first(weights, biases, x, y):
    T1 = np.hstack([biases[0][:, None], weights[0]])
    T2 = np.hstack([biases[1][:, None], weights[1]])
    n = len(x)
    one = np.ones((n, 1))
    A0 = np.hstack([one, x])
    A1 = sigmoid(A0 @ T1.T)
    A1b = np.hstack([one, A1])
    o = sigmoid(A1b @ T2.T)
    d2 = (o - y) * o * (1 - o)
    d1 = (d2 @ T2)[:, :-1] * A1 * (1 - A1)
    G1, G2 = d1.T @ A0 / n, d2.T @ A1b / n
    return [G1[:, 1:], G2[:, 1:]], [G1[:, 0], G2[:, 0]]


def last_layer_first(weights, biases, x, y):
    A = [x]
    for W, b in zip(weights[:-1], biases[:-1]):
        A.append(np.maximum(0, A[-1] @ W.T + b))
    d = (softmax(A[-1] @ weights[-1].T + biases[-1]) - y) / len(x)
    gw, gb = [], []
    for l in reversed(range(len(weights))):
        gw.append(d.T @ A[l])
        gb.append(d.sum(0))
        if l:
            d = (d @ weights[l]) * (A[l] > 0)
    return gw, gb


def returns_in_the_loop(weights, biases, x, y):
    for i in range(len(x)):
        a1 = sigmoid(weights[0] @ x[i] + biases[0])
        o = sigmoid(weights[1] @ a1 + biases[1])
        d2 = (o - y[i]) * o * (1 - o)
        d1 = weights[1].T @ d2 * a1 * (1 - a1)
        gw = [np.outer(d1, x[i]), np.outer(d2, a1)]
        gb = [d1, d2]
        return gw, gb


def sigmoid_for_softmax(weights, biases, x):
    return sigmoid(sigmoid(x @ weights[0].T + biases[0]) @ weights[1].T + biases[1])


def relu_for_sigmoid(weights, biases, x):
    return softmax(np.maximum(0, x @ weights[0].T + biases[0]) @ weights[1].T + biases[1])


def half_of_the_cost(output, y):
    return -np.mean(y * np.log(output))


def relu_slope_that_leaves_the_rest(weights, biases, X, Y):
    Z1 = X @ weights[0] + biases[0]
    A1 = np.maximum(0, Z1)
    Z2 = A1 @ weights[1] + biases[1]
    A2 = np.maximum(0, Z2)
    d3 = softmax(A2 @ weights[2] + biases[2]) - Y
    g2 = (Z2 > 0) * 1.0
    d2 = d3 @ weights[2].T * g2
    g1 = Z1.copy()
    g1[g1 > 0] = 1
    d1 = d2 @ weights[1].T * g1
    return [X.T @ d1, A1.T @ d2, A2.T @ d3], [d1.sum(0), d2.sum(0), d3.sum(0)]


def one_sum_for_all_biases(weights, biases, X, Y):
    W1, W2, W3 = weights
    b1, b2, b3 = biases
    m = X.shape[1]
    A1 = np.maximum(W1.dot(X) + b1, 0)
    A2 = np.maximum(W2.dot(A1) + b2, 0)
    A3 = softmax(W3.dot(A2) + b3, axis=0)
    dZ3 = A3 - Y
    dZ2 = W3.T.dot(dZ3) * (A2 > 0)
    dZ1 = W2.T.dot(dZ2) * (A1 > 0)
    db3 = 1 / m * np.sum(dZ3)
    db2 = 1 / m * np.sum(dZ2)
    db1 = 1 / m * np.sum(dZ1)
    return [dZ1.dot(X.T) / m, dZ2.dot(A1.T) / m, dZ3.dot(A2.T) / m], [db1, db2, db3]


def mean_taken_twice_below(weights, biases, X, Y):
    m = len(X)
    a1 = sigmoid(X @ weights[0] + biases[0])
    d2 = (softmax(a1 @ weights[1] + biases[1]) - Y) / m
    dW2 = a1.T @ d2
    d1 = d2 @ weights[1].T * a1 * (1 - a1)
    dW1 = X.T @ d1 / m
    return [dW1, dW2], [d1.sum(0) / m, d2.sum(0)]


def slope_of(a):
    return a * (1 - a)


def a_slope_called_with_z(weights, biases, x, y):
    z1 = x @ weights[0] + biases[0]
    a1 = sigmoid(z1)
    a2 = sigmoid(a1 @ weights[1] + biases[1])
    d2 = (a2 - y) * slope_of(a2)
    d1 = d2.dot(weights[1].T) * slope_of(z1)
    return [x.T @ d1, a1.T @ d2], [d1.sum(0), d2.sum(0)]


def loops_over_outputs_instead_of_errors(weights, biases, x, y):
    h = [sigmoid(sum(w * i for w, i in zip(row, x)) + b) for row, b in zip(weights[0], biases[0])]
    o = [sigmoid(sum(w * i for w, i in zip(row, h)) + b) for row, b in zip(weights[1], biases[1])]
    do = [(o[j] - y[j]) * o[j] * (1 - o[j]) for j in range(len(o))]
    dh = []
    for j in range(len(h)):
        error = 0.0
        for k in range(len(o)):
            error += weights[1][k][j] * o[k]
        dh.append(error * h[j] * (1 - h[j]))
    return [[[d * i for i in x] for d in dh], [[d * i for i in h] for d in do]], [dh, do]


def slope_of_the_layer_above(weights, biases, x, y):
    a = [x]
    for W, b in zip(weights, biases):
        a.append(sigmoid(W @ a[-1] + b))
    d = [None] * len(a)
    d[-1] = (a[-1] - y) * a[-1] * (1 - a[-1])
    for l in range(len(weights) - 1, 0, -1):
        d[l] = weights[l].T @ d[l + 1] * a[l + 1] * (1 - a[l + 1])
    return [np.outer(d[l], a[l - 1]) for l in range(1, len(a))], d[1:]


def hidden_layer_without_its_activation(weights, biases, x):
    z1 = x @ weights[0] + biases[0]
    return softmax(z1 @ weights[1] + biases[1])


def zs_and_activations(weights, biases, x):
    zs, activations = [], [x]
    for W, b in zip(weights, biases):
        zs.append(activations[-1] @ W + b)
        activations.append(sigmoid(zs[-1]))
    return zs, activations


def output_and_cache(weights, biases, X):
    cache = {"Z1": weights[0] @ X + biases[0]}
    cache["A1"] = sigmoid(cache["Z1"])
    cache["Z2"] = weights[1] @ cache["A1"] + biases[1]
    cache["A2"] = sigmoid(cache["Z2"])
    return cache["A2"], cache


def all_in_a_dictionary(weights, biases, X):
    return output_and_cache(weights, biases, X)[1]


def everything_in_one_tuple(weights, biases, x):
    z1 = x @ weights[0] + biases[0]
    z2 = sigmoid(z1) @ weights[1] + biases[1]
    return z1, sigmoid(z1), z2, sigmoid(z2)


def gradients_that_are_still_to_come(weights, biases, x, y):
    a1 = sigmoid(x @ weights[0] + biases[0])
    d2 = sigmoid(a1 @ weights[1] + biases[1]) - y
    d1 = d2 @ weights[1].T * a1 * (1 - a1)
    return map(np.transpose, [d1.T @ x, d2.T @ a1]), (d.sum(0) for d in (d1, d2))


def half_precision(weights, biases, x, y):
    gw, gb = gradients_that_are_still_to_come(weights, biases, x, y)
    return [g.astype(np.float16) for g in gw], [g.astype(np.float16) for g in gb]


def biases_for_one_row_only(weights, biases, x, y):
    a1 = sigmoid(x @ weights[0] + biases[0])
    d2 = sigmoid(a1 @ weights[1] + biases[1]) - y
    d1 = d2 @ weights[1].T * a1 * (1 - a1)
    return [x.T @ d1, a1.T @ d2], [d1, d2]
