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
