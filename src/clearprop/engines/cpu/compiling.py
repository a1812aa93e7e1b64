"""How a function becomes machine code, and how machine code calls other machine code by its address.

A kernel is a function of arrays that Numba compiles when it is first needed, and keeps in a cache on disk. The loop
over the steps calls kernels by address: so it is compiled once, whatever the activations, the cost and the optimizer
are.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Timer
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.caching import FunctionCache
from numba.extending import intrinsic

from clearprop import equations

F = TypeVar("F", bound=Callable[..., Any])

logger = logging.getLogger("clearprop")

LINE = 64
"""Bytes in a cache line: buffers begin at one, and so do the rows of W⁽¹⁾ that are a worker's own."""
REORDERED = {"contract", "reassoc", "nsz"}
"""Sums in any order, so that they vectorise; NaN and infinity stay what they are."""
SOURCES = hashlib.sha256(
    b"".join(
        path.read_bytes()
        for module in (__file__, equations.__file__)
        for path in sorted(Path(module).parent.glob("*.py"))
    )
).hexdigest()
"""All that a kernel may be made of: these modules, and those of the equations, whose constants it knows. Numba's cache
looks only at the file in which a function stands, not at what it calls."""


class Cache(FunctionCache):  # type: ignore[misc] # Numba tells mypy nothing of it
    """Machine code on disk, for exactly these sources."""

    def _index_key(self, signature: Any, library: Any) -> tuple[Any, ...]:
        return (*super()._index_key(signature, library), SOURCES)

    def holds(self, signature: Any, library: Any) -> bool:
        return self._index_key(signature, library) in self._cache_file._load_index()


def compiled(function: F, **options: Any) -> F:
    """Compile on first call; without the lock of Python's interpreter; cached on disk where there is a place for it:
    in the package's folder, or in the user's cache folder. No references to arrays are counted: their memory is kept
    elsewhere, and none are made."""
    options = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False, **options}
    dispatcher: Any = numba.njit(**options)(function)
    try:
        dispatcher._cache = Cache(function)
    except RuntimeError:
        logger.debug("no folder to keep the machine code of %s in", function.__name__)
    return cast(F, dispatcher)


def inner(function: F) -> F:
    """Compile for other compiled code alone: without what Python would call it by, which takes time to compile."""
    return compiled(function, no_cpython_wrapper=True)


def allocating(function: F) -> F:
    """Compile a function that makes arrays, or calls one that does."""
    return compiled(function, _nrt=True)


def kernel(function: F) -> F:
    """A compiled loop over numbers, whose sums may be reordered."""
    return compiled(function, fastmath=REORDERED)


def exact_kernel(function: F) -> F:
    """A compiled loop in which every sum stays as written: z - m - ln Σ is not z - (m + ln Σ) where m is large."""
    return compiled(function, fastmath={"contract"})


def is_kept(function: Any, arguments: tuple[Any, ...]) -> bool:
    """Whether a function that Python calls is compiled for arguments like these, here or on disk; True where there is
    no place for it on disk."""
    signature = tuple(map(numba.typeof, arguments))
    if signature in function.overloads or not isinstance(function._cache, Cache):
        return True
    return function._cache.holds(signature, function.targetctx.codegen())


PATIENCE = 1.0
"""Seconds that compiling may take before a sentence says what is going on."""


@contextmanager
def announced() -> Iterator[None]:
    """Say so, once, if compiling takes its time."""
    began = time.perf_counter()
    timer = Timer(PATIENCE, _say_once)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    logger.debug("compiled in %.1f s", time.perf_counter() - began)


@cache
def _say_once() -> None:
    logger.warning("Compiling for this machine; the next training starts at once.")


NUMBER = types.int64
ROWS = types.int64[::1]
VECTOR = {precision: getattr(types, precision)[::1] for precision in ("float32", "float64")}
TABLE = {precision: getattr(types, precision)[:, ::1] for precision in ("float32", "float64")}
CHOSEN = (NUMBER, ROWS, NUMBER, NUMBER)
"""How kernels are told which columns of which rows they read: the address of an array, the rows, how many columns the
array has, and the first one."""


@cache
def address_of(function: Any, *arguments: Any) -> int:
    """The address of a kernel that takes arguments of these types and returns nothing; compiled now if need be."""
    found = function.get_compile_result(types.none(*arguments))
    return int(found.library.get_pointer_to_function(found.fndesc.llvm_func_name))


@intrinsic
def call(typing: Any, address: Any, arguments: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """Call the kernel at `address` with a tuple of arguments, whose types must be those that it was compiled for."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        kinds = tuple(signature.args[1])
        pointer = builder.inttoptr(given[0], context.call_conv.get_function_type(types.none, kinds).as_pointer())
        passed = cgutils.unpack_tuple(builder, given[1])
        status, _ = context.call_conv.call_function(builder, pointer, types.none, kinds, passed)
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return context.get_dummy_value()

    return types.none(address, arguments), generate


@intrinsic
def table(typing: Any, kind: Any, address: Any, columns: Any, first: Any, last: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """Rows first, …, last - 1 of the table at `address`, which has so many columns, as an array; its number type is
    `kind`, or that of the array `kind`."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        _, where, width, top, bottom = given
        return _array_at(context, builder, signature.return_type, where, top, [builder.sub(bottom, top), width])

    return types.Array(_number_of(kind), 2, "C")(kind, *[types.int64] * 4), generate


@intrinsic
def vector(typing: Any, kind: Any, address: Any, first: Any, last: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """The numbers first, …, last - 1 of those at `address`, as an array."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        _, where, start, stop = given
        return _array_at(context, builder, signature.return_type, where, start, [builder.sub(stop, start)])

    return types.Array(_number_of(kind), 1, "C")(kind, *[types.int64] * 3), generate


@intrinsic
def flat(typing: Any, rows: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """A table as one long row: where rows are short, only a loop over all of them fills a processor's vectors."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        kind = signature.args[0]
        array = context.make_array(kind)(context, builder, given[0])
        where = builder.ptrtoint(array.data, context.get_value_type(types.intp))
        nothing = context.get_constant(types.intp, 0)
        return _array_at(context, builder, signature.return_type, where, nothing, [array.nitems])

    return types.Array(rows.dtype, 1, "C")(rows), generate


@intrinsic
def prefetch(typing: Any, address: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
    """Have the cache line at an address brought from memory, without waiting for it."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ARG001 - the form that Numba asks for
        ask_for(builder, builder.inttoptr(given[0], ir.IntType(8).as_pointer()))
        return context.get_dummy_value()

    return types.none(address), generate


def ask_for(builder: Any, place: Any) -> None:
    """The same, where machine code is written."""
    pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
    kinds = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
    function = cgutils.get_or_insert_function(builder.module, kinds, "llvm.prefetch.p0")
    # to read, into the nearest cache, and not code
    builder.call(function, [builder.bitcast(place, pointer), number(0), number(3), number(1)])


def _number_of(kind: Any) -> Any:
    return kind.dtype if isinstance(kind, types.Array) else kind.instance_type


def _array_at(context: Any, builder: Any, kind: Any, where: Any, skipped: Any, shape: list[Any]) -> Any:
    """The array of that shape at an address, after so many rows."""
    size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
    strides = [size]
    for extent in reversed(shape[1:]):
        strides.insert(0, builder.mul(extent, strides[0]))
    array = context.make_array(kind)(context, builder)
    context.populate_array(
        array,
        data=builder.inttoptr(builder.add(where, builder.mul(skipped, strides[0])), array.data.type),
        shape=cgutils.pack_array(builder, shape),
        strides=cgutils.pack_array(builder, strides),
        itemsize=size,
        meminfo=None,
    )
    return array._getvalue()
