# Examples as rows, weights (in, out), a softmax output. 3-5-4-2 or any last width.
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def run(weights, biases, x):
    w1, w2, w3 = weights
    b1, b2, b3 = biases
    z1 = x @ w1 + b1
    a1 = sigmoid(z1)
    z2 = a1 @ w2 + b2
    a2 = sigmoid(z2)
    z3 = a2 @ w3 + b3
    a3 = softmax(z3)
    return z1, a1, z2, a2, z3, a3


def forward(weights, biases, x):
    z1, a1, z2, a2, z3, a3 = run(weights, biases, x)
    return [a1, a2, a3]


def cost(output, y):
    return -np.mean(np.sum(y * np.log(output), axis=1))


def backprop(weights, biases, x, y):
    z1, a1, z2, a2, z3, a3 = run(weights, biases, x)
    w1, w2, w3 = weights
    n = len(x)
    delta3 = a3 - y
    error2 = delta3 @ w3.T
    delta2 = error2 * sigmoid_prime(z2)
    error1 = delta2 @ w2.T
    delta1 = error1 * sigmoid_prime(z1)
    dw3 = a2.T @ delta3 / n
    dw2 = a1.T @ delta2 / n
    dw1 = x.T @ delta1 / n
    db3 = delta3.mean(axis=0)
    db2 = delta2.mean(axis=0)
    db1 = delta1.mean(axis=0)
    return [dw1, dw2, dw3], [db1, db2, db3]


def step(weights, biases, x, y, learning_rate):
    gradients = backprop(weights, biases, x, y)
    for w, dw in zip(weights, gradients[0]):
        w -= learning_rate * dw
    for b, db in zip(biases, gradients[1]):
        b -= learning_rate * db
