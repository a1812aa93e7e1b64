"""PyTorch: a module with autograd and a fused optimizer, the same by hand without autograd, and compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from peers.protocol import (
    BETA_1,
    BETA_2,
    EPSILON,
    Digits,
    Floats,
    Ints,
    Options,
    Parameters,
    Variant,
    Work,
    said,
    tiles,
)

TOGETHER = 10
"""Steps in one call of a compiled function; every span is a multiple of it."""


def training_variants(work: Work) -> dict[str, Variant]:
    forms: dict[str, Options] = {
        "module, fused optimizer": {"form": "module"},
        "addmm_ by hand": {"form": "by hand"},
        "compiled module": {"form": "compiled module"},
        "compiled by hand": {"form": "compiled by hand", "together": 1},
        f"compiled by hand, {TOGETHER} steps a call": {"form": "compiled by hand", "together": TOGETHER},
    }
    return {
        f"{name}, {said(threads)}": Variant({**form, "threads": threads})
        for name, form in forms.items()
        for threads in work.threads
    }


def labelling_variants(_: Parameters) -> dict[str, Variant]:
    return {
        f"{f'tiles of {tile:,}' if tile else 'all rows'}, {said(threads)}": Variant({"tile": tile, "threads": threads})
        for tile in (None, 1_000, 6_000)
        for threads in (1, 2)
    }


class Trainer:
    def __init__(self, work: Work, digits: Digits, options: Options) -> None:
        torch.set_num_threads(options["threads"])
        torch.set_flush_denormal(True)  # as ours and JAX do it: what Adam remembers may become subnormal
        self.work = work
        self.x, self.y = torch.from_numpy(digits.x), torch.from_numpy(digits.y)
        self.steps = FORMS[options["form"]](work, self.x, self.y, options)

    def restart(self, start: Parameters) -> None:
        self.steps.restart(start)
        self.step = 0

    def run(self, order: Ints) -> None:
        batches = torch.from_numpy(order).view(-1, self.work.batch)
        self.steps.run(batches, self.work.rates(self.step, len(batches)))
        self.step += len(batches)

    def parameters(self) -> Parameters:
        weights, biases = self.steps.layers()
        return Parameters([W.detach().numpy().copy() for W in weights], [b.detach().numpy().copy() for b in biases])

    @torch.inference_mode()
    def classes(self, x: Floats) -> Ints:
        weights, biases = self.steps.layers()
        found: Ints = classes(list(weights), list(biases), torch.from_numpy(x)).numpy()
        return found


def classes(weights: list[Tensor], biases: list[Tensor], a: Tensor) -> Tensor:
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        a = torch.addmm(b, a, W.T).relu_()
    return torch.addmm(biases[-1], a, weights[-1].T).argmax(dim=1)


class Module:
    """What a tutorial writes: a Sequential, autograd, a fused optimizer."""

    def __init__(self, work: Work, x: Tensor, y: Tensor, options: Options) -> None:
        self.work, self.x, self.y = work, x, y
        layers: list[nn.Module] = []
        for n_in, n_out in zip(work.sizes, work.sizes[1:], strict=False):
            layers += [nn.Linear(n_in, n_out), nn.ReLU()]
        self.module = nn.Sequential(*layers[:-1])
        self.linear = [layer for layer in layers if isinstance(layer, nn.Linear)]

        def cost(x: Tensor, y: Tensor) -> Tensor:
            return nn.functional.cross_entropy(self.module(x), y)

        self.cost = torch.compile(cost, dynamic=False) if options["form"].startswith("compiled") else cost

    def restart(self, start: Parameters) -> None:
        with torch.no_grad():
            for layer, W, b in zip(self.linear, start.weights, start.biases, strict=True):
                layer.weight.copy_(torch.from_numpy(W))
                layer.bias.copy_(torch.from_numpy(b))
        parameters, rate = self.module.parameters(), self.work.learning_rate
        self.optimizer: torch.optim.Optimizer = (
            torch.optim.SGD(parameters, rate, fused=True)
            if self.work.optimizer == "sgd"
            else torch.optim.Adam(parameters, rate, betas=(BETA_1, BETA_2), eps=EPSILON, fused=True)
        )

    def run(self, batches: Tensor, rates: Floats) -> None:
        group = self.optimizer.param_groups[0]
        for rows, rate in zip(batches, rates.tolist(), strict=True):
            group["lr"] = rate
            self.optimizer.zero_grad()
            self.cost(self.x[rows], self.y[rows]).backward()
            self.optimizer.step()

    def layers(self) -> tuple[list[Tensor], list[Tensor]]:
        return [layer.weight for layer in self.linear], [layer.bias for layer in self.linear]


class Flat:
    """All parameters, W as (n_in, n_out), in one vector, so that Adam is one fused call."""

    def __init__(self, work: Work, x: Tensor, y: Tensor, options: Options) -> None:
        self.work, self.x, self.options = work, x, options
        self.targets = nn.functional.one_hot(y, work.sizes[-1]).float()
        count = sum(work.weights) + sum(work.sizes[1:])
        self.all, self.gradient, self.m, self.s = (torch.zeros(count) for _ in range(4))
        self.t = torch.zeros(())
        self.W, self.b = self._views(self.all)
        self.dW, self.db = self._views(self.gradient)

    def restart(self, start: Parameters) -> None:
        for W, b, given_W, given_b in zip(self.W, self.b, start.weights, start.biases, strict=True):
            W.copy_(torch.from_numpy(given_W.T.copy()))
            b.copy_(torch.from_numpy(given_b))
        for memory in (self.m, self.s, self.t):
            memory.zero_()

    def layers(self) -> tuple[list[Tensor], list[Tensor]]:
        return [W.T for W in self.W], self.b

    def _views(self, flat: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        weights, biases, first = [], [], 0
        for n_in, n_out in zip(self.work.sizes, self.work.sizes[1:], strict=False):
            weights.append(flat[first : first + n_in * n_out].view(n_in, n_out))
            biases.append(flat[first + n_in * n_out : first + n_in * n_out + n_out])
            first += n_in * n_out + n_out
        return weights, biases


class ByHand(Flat):
    """Products into buffers that are kept; plain descent is part of the product."""

    def __init__(self, work: Work, x: Tensor, y: Tensor, options: Options) -> None:
        super().__init__(work, x, y, options)
        self.a = [torch.empty(work.batch, size) for size in work.sizes]
        self.delta = [torch.empty(work.batch, size) for size in work.sizes]
        self.y = torch.empty(work.batch, work.sizes[-1])

    @torch.inference_mode()
    def run(self, batches: Tensor, rates: Floats) -> None:
        update = self._descend if self.work.optimizer == "sgd" else self._adam
        for rows, rate in zip(batches, rates.tolist(), strict=True):
            torch.index_select(self.x, 0, rows, out=self.a[0])
            torch.index_select(self.targets, 0, rows, out=self.y)
            self._forward()
            update(rate)

    def _forward(self) -> None:
        """Leaves the output delta, not yet divided by the batch size."""
        a, last = self.a, len(self.W) - 1
        for number, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            torch.addmm(b, a[number], W, out=a[number + 1])
            if number < last:
                a[number + 1].relu_()
        torch.softmax(a[-1], 1, out=self.delta[-1])
        self.delta[-1].sub_(self.y)

    def _below(self, number: int) -> None:
        """The delta of layer `number` from that of the layer above."""
        delta, a = self.delta[number], self.a[number]
        torch.mm(self.delta[number + 1], self.W[number].T, out=delta)
        torch.ops.aten.threshold_backward.grad_input(delta, a, 0, grad_input=delta)

    def _descend(self, rate: float) -> None:
        share = -rate / self.work.batch
        for number in range(len(self.W) - 1, -1, -1):
            if number:
                self._below(number)
            self.W[number].addmm_(self.a[number].T, self.delta[number + 1], alpha=share)
            self.b[number].add_(self.delta[number + 1].sum(0), alpha=share)

    def _adam(self, rate: float) -> None:
        self.delta[-1].div_(self.work.batch)
        for number in range(len(self.W) - 1, -1, -1):
            if number:
                self._below(number)
            torch.mm(self.a[number].T, self.delta[number + 1], out=self.dW[number])
            torch.sum(self.delta[number + 1], 0, out=self.db[number])
        self.t += 1
        fused_adam(self.all, self.gradient, self.m, self.s, self.t, rate)


def fused_adam(theta: Tensor, gradient: Tensor, m: Tensor, s: Tensor, t: Tensor, rate: float) -> None:
    """What torch.optim.Adam(fused=True) calls, without what it does around it; t has been counted up."""
    torch._fused_adam_(
        [theta], [gradient], [m], [s], [], [t],
        lr=rate, beta1=BETA_1, beta2=BETA_2, weight_decay=0.0, eps=EPSILON, amsgrad=False, maximize=False,
    )  # fmt: skip


class CompiledByHand(Flat):
    """The same equations in a compiled function of one or of several steps."""

    def __init__(self, work: Work, x: Tensor, y: Tensor, options: Options) -> None:
        super().__init__(work, x, y, options)
        self.together = options["together"]
        self.steps = torch.compile(self._steps, dynamic=False, fullgraph=True)

    @torch.no_grad()
    def run(self, batches: Tensor, rates: Floats) -> None:
        together, batch = self.together, self.work.batch
        for rows, rate in zip(
            batches.view(-1, together * batch), torch.from_numpy(rates).view(-1, together), strict=True
        ):
            x, y = self.x[rows].view(together, batch, -1), self.targets[rows].view(together, batch, -1)
            self.steps(x, y, rate, self.W, self.b, self.m, self.s, self.t)

    def _steps(
        self, x: Tensor, y: Tensor, rates: Tensor, W: list[Tensor], b: list[Tensor], m: Tensor, s: Tensor, t: Tensor
    ) -> None:
        for number in range(self.together):
            dW, db = self._gradient(x[number], y[number], W, b)
            if self.work.optimizer == "sgd":
                for theta, g in zip((*W, *b), (*dW, *db), strict=True):
                    theta.sub_(rates[number] * g)
            else:
                self._adam(rates[number], W, b, dW, db, m, s, t)

    def _gradient(self, x: Tensor, y: Tensor, W: list[Tensor], b: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        a = [x]
        for number in range(len(W) - 1):
            a.append(torch.addmm(b[number], a[-1], W[number]).relu())
        delta = (torch.addmm(b[-1], a[-1], W[-1]).softmax(1) - y) / len(x)
        dW, db = [], []
        for number in range(len(W) - 1, -1, -1):
            dW.insert(0, a[number].T @ delta)
            db.insert(0, delta.sum(0))
            if number:
                delta = torch.where(a[number] > 0, delta @ W[number].T, 0)
        return dW, db

    def _adam(
        self,
        rate: Tensor,
        W: list[Tensor],
        b: list[Tensor],
        dW: list[Tensor],
        db: list[Tensor],
        m: Tensor,
        s: Tensor,
        t: Tensor,
    ) -> None:
        t.add_(1)
        share_m, share_s = 1 - BETA_1**t, 1 - BETA_2**t
        (m_W, m_b), (s_W, s_b) = self._views(m), self._views(s)
        for theta, g, first, second in zip((*W, *b), (*dW, *db), (*m_W, *m_b), (*s_W, *s_b), strict=True):
            first.mul_(BETA_1).add_((1 - BETA_1) * g)
            second.mul_(BETA_2).add_((1 - BETA_2) * g * g)
            theta.sub_(rate * (first / share_m) / ((second / share_s).sqrt() + EPSILON))


FORMS: dict[str, Any] = {
    "module": Module,
    "compiled module": Module,
    "by hand": ByHand,
    "compiled by hand": CompiledByHand,
}


class Labeller:
    def __init__(self, parameters: Parameters, options: Options) -> None:
        torch.set_num_threads(options["threads"])
        self.tile = options.get("tile")
        self.weights = [torch.from_numpy(W) for W in parameters.weights]
        self.biases = [torch.from_numpy(b) for b in parameters.biases]

    def placed(self, x: Floats) -> Floats:
        return x

    @torch.inference_mode()
    def many(self, x: Floats) -> Ints:
        rows = torch.from_numpy(x)
        pieces = [rows[piece] for piece in tiles(len(x), self.tile)] if self.tile else [rows]
        found: Ints = np.concatenate([classes(self.weights, self.biases, piece).numpy() for piece in pieces])
        return found

    @torch.inference_mode()
    def one(self, row: Floats) -> int:
        a = torch.from_numpy(row)
        for W, b in zip(self.weights[:-1], self.biases[:-1], strict=True):
            a = torch.addmv(b, W, a).relu_()
        return int(torch.addmv(self.biases[-1], self.weights[-1], a).argmax())
