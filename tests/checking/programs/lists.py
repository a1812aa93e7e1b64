# Lists and loops, one example at a time, nothing imported but math. Any widths.
import math


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def forward(weights, biases, x):
    activations = [x]
    for l in range(len(weights)):
        layer = []
        for j in range(len(biases[l])):
            z = biases[l][j]
            for k in range(len(activations[l])):
                z += weights[l][j][k] * activations[l][k]
            layer.append(sigmoid(z))
        activations.append(layer)
    return activations


def cost(output, y):
    total = 0.0
    for j in range(len(y)):
        total += (output[j] - y[j]) ** 2
    return total


def backprop(weights, biases, x, y):
    activations = forward(weights, biases, x)
    output = activations[-1]
    delta = [2 * (output[j] - y[j]) * output[j] * (1 - output[j]) for j in range(len(y))]
    weight_gradients, bias_gradients = [], []
    for l in range(len(weights) - 1, -1, -1):
        gradient = [[0.0] * len(activations[l]) for _ in delta]
        for j in range(len(delta)):
            for k in range(len(activations[l])):
                gradient[j][k] = delta[j] * activations[l][k]
        weight_gradients.insert(0, gradient)
        bias_gradients.insert(0, list(delta))
        if l > 0:
            below = []
            for k in range(len(activations[l])):
                error = 0.0
                for j in range(len(delta)):
                    error += weights[l][j][k] * delta[j]
                below.append(error * activations[l][k] * (1 - activations[l][k]))
            delta = below
    return weight_gradients, bias_gradients


def step(weights, biases, x, y, learning_rate):
    weight_gradients, bias_gradients = backprop(weights, biases, x, y)
    for l in range(len(weights)):
        for j in range(len(biases[l])):
            for k in range(len(weights[l][j])):
                weights[l][j][k] -= learning_rate * weight_gradients[l][j][k]
            biases[l][j] -= learning_rate * bias_gradients[l][j]
