"""Kernels: loops compiled by numba and cached under a digest of the engine's source.

Numba's own cache looks at a kernel's file alone, so after an edit of a kernel that others call, they would go on running
its old code. Here any edit of the engine starts a cache of its own.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from sim.errors import Fault, InputError
from sim.source import PACKAGE, engine_digest

_TO_READ, _TO_KEEP, _DATA = 0, 3, 1  # what LLVM's prefetch asks about an address
_ALIGNED = 8  # bytes
_KEPT_DAYS = 30.0  # unused caches of other versions go after that


def kernel(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Compile a function at its first call and cache it: `@kernel`, or `@kernel(inline="always")`."""
    if function is None:
        return lambda one: kernel(one, **options)
    with _cached():
        return numba.njit(cache=True, **options)(function)


@contextmanager
def _cached() -> Iterator[None]:
    """Numba asks where to cache when it decorates."""
    config: Any = numba.config
    before, config.CACHE_DIR = config.CACHE_DIR, str(_folder())
    try:
        yield
    finally:
        config.CACHE_DIR = before


@cache
def _folder() -> Path:
    """The cache of this version of the engine: beside the package, or where one may write."""
    asked = os.environ.get("NUMBA_CACHE_DIR")
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "unsilo"
    for home in (
        (Path(asked),) if asked else (PACKAGE / "__pycache__", user, Path(tempfile.gettempdir()) / "unsilo")
    ):
        folder = home / f"kernels-{engine_digest()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            os.utime(folder)
        except OSError:
            continue
        _prune(home, folder)
        return folder
    found = f"found {asked!r}" if asked else "no folder for compiled kernels can be written"
    raise InputError([Fault("NUMBA_CACHE_DIR", found, "a folder that can be written")])


def _prune(home: Path, present: Path) -> None:
    for other in home.glob("kernels-*"):
        if other != present and time.time() - other.stat().st_mtime > 86_400.0 * _KEPT_DAYS:
            shutil.rmtree(other, ignore_errors=True)


def _place(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Where array[at] lies, of the arguments (array, at, ...)."""
    kind = signature.args[0]
    view = context.make_array(kind)(context, builder, arguments[0])
    index = [context.cast(builder, arguments[1], signature.args[1], types.intp)]
    return cgutils.get_item_pointer(context, builder, kind, view, index)


def _fetch(typing: Any, array: Any, at: Any) -> Any:
    """Have the machine bring array[at] nearer while it does something else; a place beyond the array does no harm."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature, arguments)
        byte, whole = ir.IntType(8).as_pointer(), ir.IntType(32)
        form = ir.FunctionType(ir.VoidType(), [byte, whole, whole, whole])
        call = builder.module.declare_intrinsic("llvm.prefetch", (byte,), form)
        builder.call(call, [builder.bitcast(place, byte), whole(_TO_READ), whole(_TO_KEEP), whole(_DATA)])
        return context.get_dummy_value()

    return types.void(array, at), generate


def _look(typing: Any, array: Any, at: Any) -> Any:
    """Read array[at], int64, that another thread may be writing, and see all that it wrote before."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_place(context, builder, signature, arguments), "acquire", _ALIGNED)

    return types.int64(array, at), generate


def _publish(typing: Any, array: Any, at: Any, value: Any) -> Any:
    """Write array[at], int64, for other threads to `look` at, after all that was written before."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value = context.cast(builder, arguments[2], signature.args[2], types.int64)
        builder.store_atomic(value, _place(context, builder, signature, arguments), "release", _ALIGNED)
        return context.get_dummy_value()

    return types.void(array, at, value), generate


fetch: Any = intrinsic(_fetch)
"""`_fetch` in kernels."""
look: Any = intrinsic(_look)
"""`_look` in kernels."""
publish: Any = intrinsic(_publish)
"""`_publish` in kernels."""

if sys.platform == "win32":

    @kernel
    def give_way():
        """Go on: Windows knows no `sched_yield`."""

else:
    give_way: Any = types.ExternalFunction("sched_yield", types.int32())
    """Let somebody else have the core for a moment."""
