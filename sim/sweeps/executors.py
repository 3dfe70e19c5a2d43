"""Executors: where runs are lived - on processes of this machine, or in this process for debugging.

All have the shape of `concurrent.futures`, so that whatever has it can take their place.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from multiprocessing import current_process, get_all_start_methods, get_context
from typing import Any, Protocol

from pebble import ProcessPool

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class Executor(Protocol):
    """What a sweep asks of an executor.

    Attributes:
        window: how many tasks to have in hand, so that no worker waits for its next and little is lost on a stop.
    """

    window: int

    def submit(self, function: Callable[..., Any], /, *args: Any) -> Future[Any]:
        """Have a function called; its result, or what it raised, comes with the future.

        Raises:
            BrokenExecutor: there is nobody left to call it.
        """


class _InProcess:
    """Calls at once, here."""

    window = 1

    def submit(self, function: Callable[..., Any], /, *args: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class _Processes:
    """Calls on workers that live as long as the pool; one that dies takes only its own task with it."""

    def __init__(self, pool: ProcessPool, workers: int) -> None:
        self.window = 3 * workers
        self._pool = pool

    def submit(self, function: Callable[..., Any], /, *args: Any) -> Future[Any]:
        try:
            return self._pool.schedule(function, args=args)
        except RuntimeError as error:
            raise BrokenExecutor(str(error)) from None


@contextmanager
def start(workers: int | None = None) -> Iterator[Executor]:
    """An executor of so many worker processes: one a usable core unless said otherwise; 0 stays in this process.

    Leaving it stops the workers, whatever they are doing.
    """
    if workers == 0:
        yield _InProcess()
        return
    if getattr(current_process(), "_inheriting", False):
        raise RuntimeError("workers import your script: start runs under `if __name__ == '__main__':`")
    workers = workers or cores()
    forkserver = "forkserver" in get_all_start_methods()
    context = get_context("forkserver" if forkserver else "spawn")
    if forkserver:
        context.set_forkserver_preload(["sim.sweeps.work"])
    pool = ProcessPool(workers, context=context)
    try:
        with _single_threaded():
            pool.active  # noqa: B018  (starts the workers)
        yield _Processes(pool, workers)
    finally:
        pool.stop()
        pool.join()


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Let processes started meanwhile have one thread each: the runs are what is parallel."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
