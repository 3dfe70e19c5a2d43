"""An executor of worker processes of this machine; on a cluster, each worker of Dask has one of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from sim.sweeps.work import Ended, Job, Parcel
from sim.sweeps.worker import NO_LIMITS, Limits, Worker

if TYPE_CHECKING:
    from sim.scenario import Scenario

GLANCE = 0.2  # seconds between looks at whether anybody still wants what is done


class Processes:
    """Lives runs on worker processes of this machine."""

    span = 0.2

    def __init__(self, workers: int, limits: Limits = NO_LIMITS) -> None:
        self.limits = limits
        self._crew = [Worker(limits) for _ in range(workers)]

    @property
    def workers(self) -> int:
        """Worker processes."""
        return len(self._crew)

    @property
    def in_hand(self) -> int:
        """Runs given and not ended."""
        return sum(len(worker.hand) for worker in self._crew)

    def check(self, plans: Iterable[Scenario], stopped: Callable[[], bool]) -> None:
        """See that one's own mechanisms can be built anew; what they are is the same at each point of a sweep."""
        for plan in plans:
            Parcel.of(plan)

    def warm(self, jobs: Sequence[Job], stopped: Callable[[], bool]) -> None:
        """One worker compiles what the first run takes while others start, and then each its share of the rest."""
        for worker, _ in zip(self._crew, jobs, strict=False):
            worker.warm([])
        for lots in ([jobs[:1]], [jobs[1 + n :: self.workers] for n in range(self.workers)]):
            for worker, lot in zip(self._crew, lots, strict=False):
                worker.warm(lot)
            while any(worker.busy for worker in self._crew) and not stopped():
                self.ended(GLANCE)

    def room(self, ahead: bool) -> int:
        """How many workers have nothing to do, or with `ahead` soon will."""
        return 0 if self._wrong else sum(worker.wants(ahead) for worker in self._crew)

    def submit(self, jobs: Sequence[Job]) -> None:
        """Give them to the worker with the least in hand."""
        min(self._crew, key=lambda worker: len(worker.hand)).give(jobs)

    def ended(self, seconds: float) -> list[tuple[Job, Ended]]:
        """What the workers have sent.

        Raises, once all that has ended is told:
            BrokenExecutor: worker processes cannot be started.
            Unlike: a worker has other code or files than its runs are to be lived with.
        """
        handles = [handle for worker in self._crew for handle in worker.handles]
        ready = set(wait(handles, 0.0 if self._wrong else seconds)) if handles else set()
        ended = [end for worker in self._crew for end in worker.collect(ready)]
        if self._wrong and not ended:
            raise self._wrong
        return ended

    @property
    def _wrong(self) -> Exception | None:
        return next((worker.wrong for worker in self._crew if worker.wrong), None)

    def slowest(self) -> tuple[Job, float] | None:
        """The one whose worker has not been heard of for longest."""
        lived = [(worker.hand[0], worker.heard.seconds) for worker in self._crew if worker.hand]
        return max(lived, key=lambda one: one[1], default=None)

    def halt(self) -> None:
        """Workers finish the run that they are living."""
        for worker in self._crew:
            worker.halt()

    def stop(self) -> None:
        """End the workers, whatever they are doing."""
        for worker in self._crew:
            worker.stop()
