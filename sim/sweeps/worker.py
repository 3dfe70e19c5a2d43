"""A worker: a process that lives one run after another, and a new one in its place when it dies, overstays or eats too much.

Each has pipes of its own and shares no lock with anybody, so that whatever becomes of it, at whatever moment, costs the
run that it was living and nothing else. What it has finished is sent at once.
"""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Collection, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from queue import SimpleQueue
from typing import Any

from sim.errors import Fault, InputError
from sim.sweeps.broken import Broken
from sim.sweeps.forking import start_process, unstartable
from sim.sweeps.since import Since
from sim.sweeps.work import Ended, Job, Packer, Unlike

TRIES = 2  # runs are tried again when their worker has died: it may have been killed by somebody else
_STARTS = 5  # workers may be killed as they start, but not for ever
_WORDS = 1.0  # seconds within which a process that is asked where it is begins to say so
_TOLD = 0.1  # and within which it has then said all
_GONE = 10.0  # seconds within which a process that has been killed, or is closing its pipe, is gone
_LET_GO = 1.0  # seconds within which nothing is sent any more to a process that has ended
_LEAST, _MOST = 256 * 2**20, 10**18

_UNKNOWN = 255  # multiprocessing's code for a process whose end nobody saw


@dataclass(frozen=True)
class Limits:
    """What one run may take before it is set aside; None is no limit.

    Attributes:
        seconds: by the clock, while it is watched: a machine or sweep that is suspended takes no time.
        memory: bytes of its process, Python and the engine among them.
    """

    seconds: float | None = None
    memory: int | None = None

    def __post_init__(self) -> None:
        if self.seconds is not None and not 0.0 < self.seconds < math.inf:
            raise InputError(
                [Fault("timeout", f"found {self.seconds:g}", "more than 0 seconds, or no limit")]
            )
        if self.memory is not None and not _LEAST <= self.memory <= _MOST:
            raise InputError(
                [Fault("memory", f"found {self.memory:,} bytes", "256 MB or more, to a million TB")]
            )
        if self.memory is not None and not sys.platform.startswith("linux"):
            raise InputError([Fault("memory", "a limit", "none: only Linux can hold a process to one")])


NO_LIMITS = Limits()


class Worker:
    """A process that lives the runs it is given, in their order, and whoever has to take its place.

    Attributes:
        hand: the runs that it has been given and that have not ended; it is living the first.
        heard: when it was last heard of: so long it has lived the first.
        wrong: what keeps it from living any more; its runs stay in its hand.
    """

    def __init__(self, limits: Limits = NO_LIMITS) -> None:
        self.hand: deque[Job] = deque()
        self.heard = Since()
        self.wrong: BrokenExecutor | Unlike | None = None
        self._limits = limits
        self._process: Any = None
        self._pipe: Connection
        self._trace: Connection
        self._out: SimpleQueue[Any]  # what it is to hear
        self._sender: threading.Thread
        self._up = False  # it has imported what it needs
        self._ready = False  # it has loaded the kernels
        self._compiling = False  # it compiles a kernel, in time that no run has to answer for
        self._warming = 0  # scenarios that it still has to live small
        self._full = False  # it has run out of memory, and may not have given all of it back
        self._leaving = False  # it ends because it had nothing to do
        self._halted = False  # what it has not begun is given up, and so is what dies with it
        self._stillborn = 0
        self._deaths: dict[int, int] = {}  # by the number of the run that it was living
        self._packed = Packer()
        self._batch = 1

    @property
    def handles(self) -> list[Any]:
        """What becomes ready when there is something to `collect`."""
        return [self._pipe, self._process.sentinel] if self._process else []

    @property
    def busy(self) -> bool:
        """Whether it has anything to do."""
        return bool(self.hand or self._warming)

    def wants(self, ahead: bool) -> bool:
        """Whether it can be given runs: when it has none, or `ahead` of that, when the last lot is half done."""
        return not self.hand or (ahead and len(self.hand) <= self._batch // 2)

    def warm(self, jobs: Sequence[Job]) -> None:
        """Have the scenarios of runs lived small, for the kernels."""
        items = [(self._packed(job), None) for job in jobs]
        self._start()
        self._send(items)
        self._warming += len(jobs)

    def give(self, jobs: Sequence[Job]) -> None:
        """Have runs lived."""
        items = [(self._packed(job), job.seed) for job in jobs]
        self._start()
        self._halted = False
        self._batch = len(jobs)
        if not self.hand:
            self.heard.now()
        self.hand.extend(jobs)
        self._send(items)

    def halt(self) -> None:
        """Leave runs that it has not begun."""
        self._halted = True
        if self._process:
            self._send("halt")

    def collect(self, ready: Collection[Any]) -> list[tuple[Job, Ended]]:
        """The runs that have ended, among them those that this process has just been killed for.

        Args:
            ready: those of its `handles` that are.
        """
        ended: list[tuple[Job, Ended]] = []
        if not self._process:
            return ended
        self.heard.look(counts=self._ready and not self._warming and not self._compiling)
        lost = self._process.sentinel in ready
        try:  # also what came since: runs that have ended are not late
            while not self._full and self._pipe.poll():
                self._hear(self._pipe.recv(), ended)
        except (EOFError, OSError):
            lost = True
        if self._full:
            self._restart()
        elif lost:
            self._bury(ended)
        elif self._overdue:
            said = self._last_words(ask=True)
            text = f"took longer than {self._limits.seconds:g} s"
            self._end(ended, Broken("timeout", text, said, 1, self.heard.seconds))
            self._restart()
        return ended

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self._warming = 0
        if process := self._process:  # until all is done: Ctrl-C may fall into it
            with suppress(ValueError):  # it is closed, or its server is suspended and cannot tell
                process.kill()
                process.join(_GONE)
                process.close()
            self._out.put(None)
            self._sender.join(_LET_GO)
            self._trace.close()
            self._process = None

    def _hear(self, said: Any, ended: list[tuple[Job, Ended]]) -> None:
        self.heard.now()
        if isinstance(said, Unlike):
            self.wrong = said
        elif said == "up":
            self._up, self._stillborn = True, 0
        elif said == "ready":
            self._ready = True
        elif said in ("compiling", "compiled"):
            self._compiling = said == "compiling"
        elif said == "warm":
            self._warming -= 1
        elif said == "halted":
            self.hand.clear()
        elif said == "idle":
            self._leaving = True
        elif self.hand and not self.wrong:
            self._end(ended, said)
            self._full = isinstance(said, Broken) and said.kind == "memory"

    def _end(self, ended: list[tuple[Job, Ended]], end: Ended) -> None:
        job = self.hand.popleft()
        self._deaths.pop(job.number, None)
        ended.append((job, end))

    @property
    def _overdue(self) -> bool:
        allowed = self._limits.seconds
        return bool(allowed and self.hand and self.heard.seconds > allowed)

    def _bury(self, ended: list[tuple[Job, Ended]]) -> None:
        """The process is gone: its run is tried once more, or set aside; the others go to a new process."""
        self._process.join(_GONE)
        code, said = self._process.exitcode, self._last_words()
        code = _UNKNOWN if code is None else code
        how = f"exit code {code}" if code >= 0 else f"killed by {_signal_name(-code)}"
        if not self._up:
            self._stillborn += 1
            if 0 < code < _UNKNOWN or self._stillborn >= _STARTS:
                self.wrong = BrokenExecutor(f"worker processes end as soon as they start: {how}")
        elif self.hand and not self._leaving and not self.wrong:
            number = self.hand[0].number
            deaths = self._deaths[number] = self._deaths.get(number, 0) + 1
            if deaths >= TRIES:
                text = f"its worker died, and a second one too: {how}"
                self._end(ended, Broken("died", text, said, deaths, self.heard.seconds))
        self._restart()

    def _restart(self) -> None:
        """Put a new process in the place of this one, with what was left to do unless that is given up."""
        self.stop()
        jobs = list(self.hand)
        self.hand.clear()
        if jobs and not self._halted:
            self.give(jobs)

    def _last_words(self, ask: bool = False) -> str:
        """Where the process is or was, as Python tells it of one that hangs or crashes."""
        if ask and hasattr(signal, "SIGUSR1"):
            with suppress(OSError):
                os.kill(self._process.pid, signal.SIGUSR1)
                if self._trace.poll(_WORDS):
                    time.sleep(_TOLD)  # Linux ends it as soon as anything is read, see `_end_with_reader`
        said = b""
        with suppress(OSError):
            while self._trace.poll() and (more := os.read(self._trace.fileno(), 2**16)):
                said += more
        return said.decode(errors="replace")

    def _send(self, what: Any) -> None:
        """A process that is gone hears nothing; what it had in hand is given to the next."""
        self._out.put(what)

    def _start(self) -> None:
        """Start a process unless there is one, or something is wrong."""
        if self._process or self.wrong:
            return
        self._up = self._ready = self._compiling = self._full = self._leaving = False
        self._out = SimpleQueue()
        self.heard.now()
        try:
            self._pipe, theirs = Pipe()
            self._trace, words = Pipe(duplex=False)
            with theirs, words:
                self._sender = threading.Thread(target=_deliver, args=(self._out, self._pipe), daemon=True)
                self._sender.start()
                self._process = start_process(_serve, theirs, words, self._limits.memory, _mute())
        except BaseException as error:
            self._out.put(None)  # which ends the thread
            if not isinstance(error, (OSError, RuntimeError)):  # no more processes, files or threads
                raise
            self.wrong = error if isinstance(error, BrokenExecutor) else unstartable(error)


def _deliver(out: SimpleQueue[Any], pipe: Connection) -> None:
    """Send what is to be heard, until that is nothing: who lives a run that hangs takes nothing in, and its pipe is soon full."""
    with pipe:
        while (what := out.get()) is not None:
            with suppress(OSError):
                pipe.send(what)


def _mute() -> bool:
    """Whether this process has no standard error that others could have too."""
    if sys.stderr is None:
        return True
    try:
        return os.name == "posix" and not os.get_inheritable(2)
    except OSError:
        return True


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _serve(*args: Any) -> None:
    """Be the process; only that imports what lives runs."""
    from sim.sweeps.working import serve

    serve(*args)
