# Examples as columns, weights (out, in), biases (n, 1), dictionaries: as courses have it. 3-5-4-1 or any last width.
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def relu(z):
    return np.maximum(0, z)


def initialize(weights, biases):
    parameters = {}
    for l in range(len(weights)):
        parameters["W" + str(l + 1)] = weights[l]
        parameters["b" + str(l + 1)] = biases[l]
    return parameters


def forward_propagation(X, parameters):
    W1, b1 = parameters["W1"], parameters["b1"]
    W2, b2 = parameters["W2"], parameters["b2"]
    W3, b3 = parameters["W3"], parameters["b3"]
    Z1 = np.dot(W1, X) + b1
    A1 = relu(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = np.tanh(Z2)
    Z3 = np.dot(W3, A2) + b3
    A3 = sigmoid(Z3)
    return A3, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2, "Z3": Z3, "A3": A3}


def compute_cost(A3, Y):
    m = Y.shape[1]
    logprobs = Y * np.log(A3) + (1 - Y) * np.log(1 - A3)
    return -np.sum(logprobs) / m


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    A1, A2, A3 = cache["A1"], cache["A2"], cache["A3"]
    Z1, Z2 = cache["Z1"], cache["Z2"]
    W2, W3 = parameters["W2"], parameters["W3"]
    dZ3 = A3 - Y
    dW3 = np.dot(dZ3, A2.T) / m
    db3 = np.sum(dZ3, axis=1, keepdims=True) / m
    dA2 = np.dot(W3.T, dZ3)
    dZ2 = dA2 * (1 - A2**2)
    dW2 = np.dot(dZ2, A1.T) / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dA1 = np.dot(W2.T, dZ2)
    dZ1 = dA1 * (Z1 > 0)
    dW1 = np.dot(dZ1, X.T) / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2, "dW3": dW3, "db3": db3}


def update_parameters(parameters, grads, learning_rate):
    for name in ("W1", "b1", "W2", "b2", "W3", "b3"):
        parameters[name] = parameters[name] - learning_rate * grads["d" + name]
    return parameters


def backprop(weights, biases, x, y):
    parameters = initialize(weights, biases)
    A3, cache = forward_propagation(x, parameters)
    return backward_propagation(parameters, cache, x, y)


def forward(weights, biases, x):
    return forward_propagation(x, initialize(weights, biases))[0]


def cost(output, y):
    return compute_cost(output, y)


def step(weights, biases, x, y, learning_rate):
    parameters = initialize(weights, biases)
    A3, cache = forward_propagation(x, parameters)
    parameters = update_parameters(parameters, backward_propagation(parameters, cache, x, y), learning_rate)
    return [parameters["W1"], parameters["W2"], parameters["W3"]], [
        parameters["b1"],
        parameters["b2"],
        parameters["b3"],
    ]
