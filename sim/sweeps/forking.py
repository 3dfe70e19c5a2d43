"""How worker processes come to be: forked from a server that has imported everything, loaded kernels, and has one thread.

This imports nothing itself, so that the command line can have the server begin before it imports what it needs.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from multiprocessing import current_process, get_all_start_methods, get_context
from typing import Any

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_IMPORTS = ("PYTHONSAFEPATH", "PYTHONPATH")
_HOME = os.path.dirname(os.__file__)
_LIBRARY = (_HOME, os.path.join(_HOME, "lib-dynload"))  # Python's own
_LONGEST = 70  # bytes of the folder for temporary files, beside which a socket's name has room for 108
_STARTS = 5  # times that a process is tried to be started
_SERVER = "sim.sweeps.serving"
_one_at_a_time = threading.Lock()
"""Held where a process is started: threads of one process share its environment, and whether it is a daemon."""


def refuse_workers() -> None:
    """See that this is no worker, which has imported a script that starts runs whenever it is imported.

    Raises:
        RuntimeError: it is.
    """
    if getattr(current_process(), "_inheriting", False):
        raise RuntimeError("workers import your script: start runs under `if __name__ == '__main__':`")


def begin() -> None:
    """Have the server import while this process does other things; where there is no server, workers do when they start."""
    refuse_workers()
    if "forkserver" in get_all_start_methods():
        from multiprocessing import forkserver

        unsaid = suppress(OSError)  # until one is to start
        with _one_at_a_time, _environment(), signals_held(), unsaid:
            if _context().get_start_method() == "forkserver":
                forkserver.ensure_running()


def start_process(target: Callable[..., None], *args: Any) -> Any:
    """A process that runs a function; it ends with this one.

    Raises:
        BrokenExecutor: none can be started.
    """
    context = _context()
    for tried in range(_STARTS):  # the server may have been killed, and is started anew then
        try:
            with _one_at_a_time, _no_daemon(), _environment() as own, signals_held():
                process = context.Process(target=_begun, args=(own, target, *args), daemon=True)
                process.start()
            return process
        except (ConnectionError, EOFError) as error:
            reason = error
            time.sleep(0.1 * tried)
        except OSError as error:
            raise unstartable(error) from error
    raise unstartable(reason) from reason


def unstartable(reason: Exception) -> BrokenExecutor:
    """What is said where the system lets no process start."""
    return BrokenExecutor(f"worker processes cannot be started: {reason}")


def _context() -> Any:
    """Processes are forked from a server, where there is such a thing and its socket can have a name."""
    from tempfile import gettempdir

    if "forkserver" not in get_all_start_methods() or len(os.fsencode(gettempdir())) > _LONGEST:
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload([_SERVER])
    return context


@contextmanager
def _no_daemon() -> Iterator[None]:
    """Dask's workers are daemons, which may have no children unless they say that they are none; ours end by themselves."""
    me = current_process()
    me.daemon, before = False, me.daemon
    try:
        yield
    finally:
        me.daemon = before


def _begun(environment: Mapping[str, str | None], target: Callable[..., None], *args: Any) -> None:
    """In the process: programs that runs start import as those that the command starts."""
    _set(environment)
    target(*args)


@contextmanager
def _environment() -> Iterator[dict[str, str | None]]:
    """What processes started meanwhile have otherwise than this one, to which it gives back what decides imports.

    They have one thread each, as the runs are what is parallel; and import from where this process does, not from the working
    folder, as Python does that is started for a command. Python's own library comes first until they have begun: what a
    script has beside it under such a name, a command that has imported the library's does not import either.
    """
    whence = [os.path.abspath(place) for place in sys.path if isinstance(place, str) and _named(place)]
    whence.sort(key=lambda place: place not in _LIBRARY)
    ours = {**dict.fromkeys(_THREADS, "1"), "PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(whence)}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield {name: before[name] for name in _IMPORTS}
    finally:
        _set(before)


def _named(place: str) -> bool:
    """Whether a folder can be named in a path of folders."""
    return os.pathsep not in place and os.path.exists(place or ".")


def _set(environment: Mapping[str, str | None]) -> None:
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextmanager
def signals_held() -> Iterator[None]:
    """Let processes started meanwhile hold back what asks the sweep to stop: a terminal asks them all, and it is for us."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # it would let the signals through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
