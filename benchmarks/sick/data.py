"""Small data sets, all of scikit-learn's or drawn here: nothing is downloaded."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from sklearn import datasets

Arrays = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


@cache
def digits(rows: int = 600) -> Arrays:
    x, y = datasets.load_digits(return_X_y=True)
    return x[:rows] / 16, y[:rows]


def raw(name: str) -> Arrays:
    """wine, breast_cancer or iris as they are published, in an order of our own."""
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    return x[order], y[order]


@cache
def scaled(name: str) -> Arrays:
    x, y = raw(name)
    return (x - x.mean(axis=0)) / x.std(axis=0), y


@cache
def moons(rows: int = 400) -> Arrays:
    return datasets.make_moons(rows, noise=0.12, random_state=0)


@cache
def circles(rows: int = 300) -> Arrays:
    return datasets.make_circles(rows, noise=0.05, factor=0.4, random_state=0)


@cache
def blobs(rows: int = 500) -> Arrays:
    """Five clouds in eight dimensions that hardly overlap."""
    return datasets.make_blobs(rows, 8, centers=5, cluster_std=1.0, center_box=(-2, 2), random_state=1)


@cache
def clouds(rows: int, share: float, width: int) -> Arrays:
    """Two clouds that overlap; `share` of the rows belong to the second one."""
    rng = np.random.default_rng(0)
    y = (np.arange(rows) < round(share * rows)).astype(int)[rng.permutation(rows)]
    return rng.standard_normal((rows, width)) + 1.6 / np.sqrt(width) * y[:, None] * 1.2, y


@cache
def rare_moon(rows: int = 1500) -> Arrays:
    """Two moons that overlap, the second with one row in fifteen."""
    return datasets.make_moons((rows * 14 // 15, rows // 15), noise=0.4, random_state=0)


@cache
def rare_ring(rows: int = 1500) -> Arrays:
    """A cloud in space; those far from its middle are a class of one row in twelve, with doubtful ones."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows, 3))
    distance = np.linalg.norm(x, axis=1) + 0.4 * rng.standard_normal(rows)
    return x, (distance > np.quantile(distance, 11 / 12)).astype(int)


@cache
def quadrants(rows: int = 400) -> Arrays:
    """XOR of the signs of two real numbers."""
    x = np.random.default_rng(0).uniform(-1, 1, (rows, 2))
    return x, (x[:, 0] * x[:, 1] > 0).astype(int)


@cache
def rings(rows: int = 500) -> Arrays:
    """Three classes by the distance from the middle of a cloud in the plane."""
    return datasets.make_gaussian_quantiles(n_samples=rows, n_features=2, n_classes=3, random_state=0)


@cache
def xor() -> Arrays:
    return np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])


@cache
def two_pictures() -> Arrays:
    """Two pictures of 784 grey values, labelled [1, 0] and [0, 1]."""
    return np.random.default_rng(0).uniform(0, 1, (2, 784)), np.eye(2)


@cache
def sine(rows: int = 300) -> Arrays:
    x = np.random.default_rng(0).uniform(-2, 2, (rows, 1))
    return x, np.sin(2 * x)


@cache
def friedman(rows: int = 400) -> Arrays:
    """Ten inputs, five of which matter; targets with mean 0 and spread 1."""
    x, y = datasets.make_friedman1(rows, noise=0.3, random_state=0)
    return 2 * x - 1, ((y - y.mean()) / y.std())[:, None]


@cache
def bowl(rows: int = 400) -> Arrays:
    """Six inputs; a plane and a bowl added up."""
    x = np.random.default_rng(0).uniform(-1, 1, (rows, 6))
    y = x @ np.linspace(-1, 1, 6) + x[:, 0] ** 2 - x[:, 1] * x[:, 2]
    return x, ((y - y.mean()) / y.std())[:, None]
