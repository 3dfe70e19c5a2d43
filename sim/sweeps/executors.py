"""Executors: where runs are lived - on processes of this machine, on a Dask cluster, or in this process for debugging.

All take runs in lots and give them back one by one as they end, in whatever order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from sim.errors import Fault, InputError
from sim.sweeps.forking import refuse_workers
from sim.sweeps.processes import Processes
from sim.sweeps.stopping import surely
from sim.sweeps.work import Ended, Job, Unlike
from sim.sweeps.worker import NO_LIMITS, Limits

if TYPE_CHECKING:
    from sim.scenario import Scenario


_MOST = 1024  # processes that one machine is asked for


class Executor(Protocol):
    """What a sweep asks of an executor.

    Attributes:
        workers: how many runs it lives at a time, as far as it knows; 0 while there is nobody.
        span: seconds that a lot of runs should take, so that handing it over costs little beside it.
        in_hand: how many runs it has been given that have not ended.
    """

    span: float

    @property
    def workers(self) -> int: ...  # noqa: D102

    @property
    def in_hand(self) -> int: ...  # noqa: D102

    def check(self, plans: Iterable[Scenario], stopped: Callable[[], bool]) -> None:
        """See, unless `stopped`, that scenarios would be lived elsewhere as they would be here.

        Raises:
            InputError: they would not.
        """

    def warm(self, jobs: Sequence[Job], stopped: Callable[[], bool]) -> None:
        """Have kernels compiled and cached by living runs small, before all workers need them at once."""

    def room(self, ahead: bool) -> int:
        """How many lots it can begin at once; with `ahead`, those count that it can take before it begins them."""

    def submit(self, jobs: Sequence[Job]) -> None:
        """Have a lot of runs lived."""

    def ended(self, seconds: float) -> list[tuple[Job, Ended]]:
        """Runs that have ended, each once; waits so long for the first.

        Raises, once all that has ended is told:
            BrokenExecutor: there is nobody left to live them.
            Unlike: they are lived with other code or files than they were asked for.
        """

    def slowest(self) -> tuple[Job, float] | None:
        """The run that has been lived for longest, and for how many seconds, as far as that is known."""

    def halt(self) -> None:
        """Give up runs that have not begun, as far as that is possible."""


class InProcess:
    """Lives runs here, one whenever it is asked for those that have ended."""

    span = 0.0
    workers = 1

    def __init__(self) -> None:
        self._hand: deque[Job] = deque()

    @property
    def in_hand(self) -> int:
        """At most one."""
        return len(self._hand)

    def check(self, plans: Iterable[Scenario], stopped: Callable[[], bool]) -> None:
        """They are lived here."""

    def warm(self, jobs: Sequence[Job], stopped: Callable[[], bool]) -> None:
        """Nobody else needs them."""

    def room(self, ahead: bool) -> int:
        """One, if there is none."""
        return 1 - len(self._hand)

    def submit(self, jobs: Sequence[Job]) -> None:
        """Keep them for later."""
        self._hand.extend(jobs)

    def ended(self, seconds: float) -> list[tuple[Job, Ended]]:
        """The next run, lived now."""
        from sim.sweeps.living import attempt

        if not self._hand:
            return []
        job = self._hand.popleft()
        return [(job, attempt(job.plan(), job.seed, job.code))]

    def slowest(self) -> None:
        """None is lived when anybody can ask."""

    def halt(self) -> None:
        """What has not begun is given up."""
        self._hand.clear()


def see_number_of(workers: int | None) -> None:
    """See that so many worker processes can be asked for.

    Raises:
        InputError: they cannot.
    """
    if workers is not None and not 0 <= workers <= _MOST:
        raise InputError([Fault("workers", f"found {workers:,}", f"0 to {_MOST:,}; one a core is best")])


@contextmanager
def start(
    workers: int | None = None, limits: Limits = NO_LIMITS, dask: str | None = None
) -> Iterator[Executor]:
    """An executor; leaving it stops its workers, whatever they are doing.

    Args:
        workers: processes, one a usable core unless given; 0 lives runs in this process.
        limits: what one run may take.
        dask: address of a Dask scheduler, whose workers live the runs, or `local` for one of one's own.

    Raises:
        InputError: limits are asked of runs that nobody can stop, there is no such scheduler, or files have been edited
            since runs were asked for.
    """
    from sim.wings import cores

    refuse_workers()
    see_number_of(workers)
    if dask is not None:
        if workers == 0:
            raise InputError([Fault("workers", "0, and Dask", "1 or more: 0 lives runs in this process")])
        from sim.sweeps.cluster import connect

        with connect(dask, workers, limits) as cluster:
            yield cluster
        return
    if workers == 0:
        if limits != NO_LIMITS:
            raise InputError(
                [Fault("workers", "0, and a limit of time or memory", "1 or more: limits take a process")]
            )
        with _alike():
            yield InProcess()
        return
    pool = Processes(workers or cores(), limits)
    try:
        with _alike():
            yield pool
    finally:
        surely(pool.stop)


@contextmanager
def _alike() -> Iterator[None]:
    """Say in the user's terms that what runs hang on is not what it was."""
    try:
        yield
    except Unlike as error:
        found = f"something was edited while it ran: a process {'; '.join(error.differences)}"
        allowed = (
            "what was there when it began; the same command, or a new session of Python, "
            "goes on with what is there now"
        )
        raise InputError([Fault("files", found, allowed)]) from None
