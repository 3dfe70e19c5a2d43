"""The process of a worker: it lives what comes through its pipe, and sends each run back as it ends."""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing import current_process
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue

from numba.core import event

from sim.sweeps.living import attempt, warm
from sim.sweeps.stopping import take
from sim.sweeps.work import Ended, Parcel, Unlike

_IDLE = 60.0  # seconds without work after which a process ends; the next work starts another

_Item = tuple[Parcel, int | None]  # scenario and seed of a run; without a seed it is only to warm


def serve(pipe: Connection, words: Connection, memory: int | None, mute: bool) -> None:
    """Be a worker: live what comes through the pipe until it closes."""
    take(signal.SIGINT, _heed_not)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    current_process().daemon = False  # which may not start processes
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=pipe.close)  # what a run forks has nothing to say
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        if not mute:
            os.dup2(2, 1)  # what mechanisms print goes beside the output proper of whoever sweeps
    except OSError:
        mute = True
    if mute:  # whoever sweeps, a service say, has no standard error; what has its number is something else
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    _end_with_reader(words)
    faulthandler.enable(words.fileno(), all_threads=False)
    if hasattr(signal, "SIGUSR1"):
        faulthandler.register(signal.SIGUSR1, words.fileno(), all_threads=False)
    if memory:
        _hold_to(memory)
    items: SimpleQueue[_Item | None] = SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, items), daemon=True).start()
    event.register("numba:compile", _Compiling(pipe))
    with suppress(BrokenPipeError, ConnectionResetError):  # nobody is left to hear it
        pipe.send("up")
        _work(pipe, items)


def _work(pipe: Connection, items: SimpleQueue[_Item | None]) -> None:
    """Live what has come in, until nothing has for a while."""
    ready = False
    while True:
        try:
            item = items.get(timeout=_IDLE)
        except Empty:
            pipe.send("idle")
            for stream in filter(None, (sys.stdout, sys.stderr)):
                stream.flush()
            os._exit(0)  # threads that a mechanism has left would keep it for ever
        if item is None:
            pipe.send("halted")
            continue
        take(signal.SIGTERM, _heed_not)
        parcel, seed = item
        said: str | Ended | Unlike
        try:
            if seed is None or not ready:
                warm(parcel)
                gc.freeze()  # what is loaded by now stays; without it, Python would let the waste of many runs pile up
                pipe.send("ready")
                ready = True
            said = "warm" if seed is None else attempt(parcel, seed, parcel.code)
        except Unlike as error:
            said = error
        pipe.send(said)


def _heed_not(number: int, frame: object) -> None:
    """A signal that asks the sweep to stop is for the sweep; one that is ignored would be so by programs that a run starts."""


class _Compiling(event.Listener):
    """Tells when kernels begin to be compiled, and when they are."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._depth = pipe, 0

    def on_start(self, event: event.Event) -> None:
        """A kernel, or one that it calls."""
        self._depth += 1
        if self._depth == 1 and not self._pipe.closed:
            self._pipe.send("compiling")

    def on_end(self, event: event.Event) -> None:
        """The same is through."""
        self._depth -= 1
        if self._depth == 0 and not self._pipe.closed:
            self._pipe.send("compiled")


def _listen(pipe: Connection, items: SimpleQueue[_Item | None]) -> None:
    """Take in what is sent, and end the process when nobody is left to send anything."""
    while True:
        try:
            said = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)
        if said == "halt":
            with suppress(Empty):
                while True:
                    items.get_nowait()
            items.put(None)
        else:
            for item in said:
                items.put(item)


def _end_with_reader(words: Connection) -> None:
    """Have the system end this process when the other end of a pipe closes, even out of a kernel that never returns."""
    try:
        import fcntl
    except ImportError:
        return  # Windows: `_listen` ends it, as it does elsewhere unless Python's lock is held for good
    fcntl.fcntl(words.fileno(), fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(words.fileno(), fcntl.F_SETFL, fcntl.fcntl(words.fileno(), fcntl.F_GETFL) | os.O_ASYNC)


def _hold_to(memory: int) -> None:
    """Let the process grow to so many bytes: what it has mapped and does not use is not counted."""
    import resource

    with open("/proc/self/statm") as file:
        mapped, used, *_ = (int(pages) * resource.getpagesize() for pages in file.read().split())
    resource.setrlimit(resource.RLIMIT_AS, (mapped - used + memory,) * 2)
