"""One example through all layers, and plain descent by it in all but the first: what `one_row` makes of a step, with
each layer's W read and written once on the way back."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from clearprop.arrays import Array
from clearprop.engines.cpu.compiling import inner, kernel, table, vector
from clearprop.engines.cpu.own_examples import activate, output_delta, pull_back
from clearprop.engines.cpu.vectors import add_up, everywhere, multiply_add, still_missing, vector_at

STRIP = 32
"""Bytes of a row of W that are passed at once."""


@inner
def descend_later_layers(
    like: Array, task: Any, layers: Array, share: Any, row: Array, top: int, step: int, rates: Array
) -> None:
    """One example, which stands in row `top` of the tables, forward from its products with W⁽¹⁾ to the cost and back to
    δ of every layer; all biases, and the weights of all layers but the first, by its gradient."""
    one, bottom = like.dtype.type(1), top + 1
    a = table(like, layers[0].a, layers[0].n_out, top, bottom)[0]
    scale(one, table(like, share.products, layers[0].n_out, top, bottom)[0], a)
    activate(like, task, layers, share, 0, top, bottom, 0, step)
    for index in range(1, len(layers)):
        layer, before = layers[index], table(like, layers[index - 1].a, layers[index].n_in, top, bottom)[0]
        W, z = table(like, layer.W, layer.n_out, 0, layer.n_in), table(like, layer.a, layer.n_out, top, bottom)[0]
        weigh_inputs(before, W, z)
        activate(like, task, layers, share, index, top, bottom, 0, step)
    output_delta(like, task, layers[len(layers) - 1], share, row, top, bottom)
    for index in range(len(layers) - 1, -1, -1):
        layer = layers[index]
        delta, move = (
            table(like, layer.delta, layer.n_out, top, bottom)[0],
            vector(like, layer.b_gradient, 0, layer.n_out),
        )
        scale(-rates[1].eta, delta, move)
        if index > 0:
            before = layers[index - 1]
            a = table(like, before.a, before.n_out, top, bottom)[0]
            g = table(like, before.delta, before.n_out, top, bottom)[0]
            W = table(like, layer.W, layer.n_out, 0, layer.n_in)
            pass_back(a, W, delta, move, one - rates[0].eta * rates[0].l2, g)
            pull_back(like, task, layers, index - 1, top, bottom, 0, step)
        add(move, vector(like, layer.b, 0, layer.n_out))


@kernel
def weigh_inputs(a: Array, W: Array, z: Array) -> None:
    """z = a W of one example."""
    fours = W.shape[0] // 4 * 4
    for j in range(z.shape[0]):
        z[j] = 0
    for k in range(0, fours, 4):  # z is read and written once for four inputs
        first, second, third, fourth = a[k], a[k + 1], a[k + 2], a[k + 3]
        for j in range(z.shape[0]):
            z[j] += first * W[k, j] + second * W[k + 1, j] + third * W[k + 2, j] + fourth * W[k + 3, j]
    for k in range(fours, W.shape[0]):
        for j in range(z.shape[0]):
            z[j] += a[k] * W[k, j]


@kernel
def pass_back(a: Array, W: Array, delta: Array, move: Array, keep: float, g: Array) -> None:
    """One example's ∂C/∂a = δ Wᵀ (BP2), and after it W = keep W + aᵀ move (BP4), where move = -η δ."""
    if W.shape[1] * W.itemsize >= STRIP:
        for k in range(W.shape[0]):
            g[k] = _pass_row(W, k, a[k], delta, move, keep)
        return
    for k in range(W.shape[0]):
        total, factor = W.dtype.type(0), a[k]
        for j in range(W.shape[1]):
            total += W[k, j] * delta[j]
            W[k, j] = keep * W[k, j] + factor * move[j]
        g[k] = total


@kernel
def scale(factor: float, values: Array, into: Array) -> None:
    for j in range(values.shape[0]):
        into[j] = factor * values[j]


@kernel
def add(values: Array, to: Array) -> None:
    for j in range(values.shape[0]):
        to[j] += values[j]


@intrinsic
def _pass_row(typing: Any, W: Any, k: Any, a: Any, delta: Any, move: Any, keep: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """The same for row k of W, which has at least a STRIP; its ∂C/∂a. What cannot be told of arrays elsewhere, that
    they do not overlap, is known here: nothing is read again."""
    size = W.dtype.bitwidth // 8
    width = STRIP // size

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        _, row, factor, _, _, kept = given
        w, d, m = (context.make_array(signature.args[n])(context, builder, given[n]) for n in (0, 3, 4))
        index, strip = row.type, ir.VectorType(context.get_data_type(W.dtype), width)
        zeros = ir.Constant(strip, [0.0] * width)
        total = cgutils.alloca_once_value(builder, zeros)
        factors, keeps = everywhere(builder, factor, width), everywhere(builder, kept, width)

        def load(array: Any, place: Any) -> Any:
            return builder.load(builder.bitcast(builder.gep(array.data, [place]), strip.as_pointer()), align=size)

        def pass_strip(before: Any, place: Any, slopes: Any) -> None:
            builder.store(multiply_add(builder, before, slopes, builder.load(total), size), total)
            after = multiply_add(builder, factors, load(m, place), builder.fmul(keeps, before), size)
            builder.store(after, vector_at(builder, w, row, place, strip), align=size)

        def strip_of_row(place: Any) -> Any:
            return builder.load(vector_at(builder, w, row, place, strip), align=size)

        # the last strip may begin within the one before it: it is read before that one is written
        last = builder.sub(cgutils.unpack_tuple(builder, w.shape)[1], index(width))
        last_strip = strip_of_row(last)
        with cgutils.for_range_slice(builder, index(0), last, index(width), index) as (place, _):
            pass_strip(strip_of_row(place), place, load(d, place))
        before_last = builder.and_(builder.add(last, index(width - 1)), index(-width))
        missing = still_missing(builder, builder.sub(before_last, last), width)
        pass_strip(last_strip, last, builder.select(missing, load(d, last), zeros))
        return add_up(builder, builder.load(total), size)

    return W.dtype(W, k, a, delta, move, keep), generate
