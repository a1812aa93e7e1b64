"""Code that computes with PyTorch: the real one where it is installed, else a stand-in with as much of it as the check
itself touches."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pytest

import clearprop as cp

SHARES: dict[str, Any] = {"layers": [4, 5, 3], "activations": ["relu", "softmax"], "cost": "cross_entropy"}


class Tensor(np.ndarray):
    """An array that is read as a tensor is: without the account of its gradient, and on the CPU."""

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> np.ndarray:
        return np.asarray(self)

    def t(self) -> Tensor:
        return self.T

    def clamp(self, *, min: float) -> Tensor:  # noqa: A002 - as PyTorch calls it
        return np.maximum(self, min).view(Tensor)


@pytest.fixture(autouse=True)
def torch(monkeypatch: pytest.MonkeyPatch) -> Any:
    try:
        import torch
    except ImportError:
        torch = types.SimpleNamespace(
            tensor=lambda value: np.array(value).view(Tensor), exp=np.exp, set_num_threads=lambda number: None
        )
        monkeypatch.setitem(sys.modules, "torch", torch)
    return torch


def backprop(weights: Any, biases: Any, x: Any, y: Any) -> Any:
    z1 = x @ weights[0] + biases[0]
    a1 = z1.clamp(min=0)
    e = sys.modules["torch"].exp(a1 @ weights[1] + biases[1])
    delta2 = e / e.sum(1)[:, None] - y
    delta1 = delta2 @ weights[1].t() * (z1 > 0)
    return [x.t() @ delta1, a1.t() @ delta2], [delta1.sum(0), delta2.sum(0)]


def test_tensors_are_handed_over_and_read() -> None:
    report = cp.check(backprop, **SHARES)
    assert [mistake.id for mistake in report.mistakes] == ["softmax-overflow"]
    assert report.ok
    assert "PyTorch tensors" in report.conventions


def test_a_mistake_in_tensors_is_named_with_its_line() -> None:
    def without_the_gate(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        a1 = (x @ weights[0] + biases[0]).clamp(min=0)
        e = sys.modules["torch"].exp(a1 @ weights[1] + biases[1])
        delta2 = e / e.sum(1)[:, None] - y
        delta1 = delta2 @ weights[1].t()
        return [x.t() @ delta1, a1.t() @ delta2], [delta1.sum(0), delta2.sum(0)]

    (mistake,) = [each for each in cp.check(without_the_gate, **SHARES).mistakes if each.severity == "wrong"]
    assert (mistake.id, mistake.source) == ("act-deriv-missing-hidden", "delta1 = delta2 @ weights[1].t()")


def test_the_copy_of_the_process_waits_for_no_thread_that_it_does_not_have(torch: Any) -> None:
    """PyTorch's own threads stay behind in the process that had them."""

    def counting(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        assert seen[-1:] == [1]
        return backprop(weights, biases, x, y)

    seen: list[int] = []
    before = torch.set_num_threads
    torch.set_num_threads = lambda number: (seen.append(number), before(number))
    try:
        assert cp.check(counting, **SHARES).ok
    finally:
        torch.set_num_threads = before
    assert seen == []  # here they stay as they are


def test_gradients_that_pytorch_makes_have_no_line() -> None:
    """Where PyTorch keeps account of a tensor, the line that hands the gradients over is not the one that is wrong."""

    class Watched(Tensor):
        requires_grad = True

    def with_two_factors(weights: Any, biases: Any, x: Any, y: Any) -> Any:
        watched = np.zeros(1).view(Watched)
        weight_gradients, bias_gradients = backprop(weights, biases, x, y)
        return [2 * weight_gradients[0], weight_gradients[1]], [*bias_gradients[:1], bias_gradients[1] + watched]

    (mistake,) = [each for each in cp.check(with_two_factors, **SHARES).mistakes if each.severity == "wrong"]
    assert (mistake.id, mistake.line) == ("batch-scale", None)
