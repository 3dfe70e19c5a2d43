"""The runner: lives what an experiment asks for and the store does not hold yet, and stores each run as it finishes.

Whatever stops it - Ctrl-C, a kill, a power cut - the same call goes on from what is stored.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sim.errors import Fault, InputError
from sim.outcome import Outcome
from sim.scenario import Scenario
from sim.sweeps.broken import Broken
from sim.sweeps.design import Point, points
from sim.sweeps.executors import Executor, start
from sim.sweeps.experiment import Experiment
from sim.sweeps.key import code_digest, key_of_run
from sim.sweeps.provenance import provenance
from sim.sweeps.results import FOLDER, Results, load_results
from sim.sweeps.stopping import interruptible
from sim.sweeps.store import Store
from sim.sweeps.work import Ended, Finished, Job
from sim.sweeps.worker import NO_LIMITS, Limits

_WARMED = 32  # runs lived small beforehand: enough to meet every kernel, few enough to take no time
_GLANCE = 0.2  # seconds between looks at whether Ctrl-C was pressed
_MOST = 200  # runs in a lot
_RECENT = 50  # runs from whose seconds the size of a lot is reckoned


class Task(NamedTuple):
    """A run that is asked for, and the key under which it is stored."""

    point: Point
    seed: int
    key: str


Rounds = Generator[Sequence[Task], Path, None]
"""Where runs come from: a round of tasks at a time. When each run of a round has ended, and is stored but for those that
broke, the generator is sent the folder of the results so far, and yields the next round or returns."""


@dataclass(frozen=True)
class Standing:
    """How far a sweep has come.

    Attributes:
        total: runs to be had in the end, each once.
        stored: of these, how many are in the store.
        failed: how many have been set aside since this start.
        fresh: how many have been stored since this start.
        seconds: since this start.
    """

    total: int
    stored: int
    failed: int = 0
    fresh: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Runs a second since this start, those that raised included."""
        return (self.fresh + self.failed) / self.seconds if self.seconds > 0.0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds to go, or None while nothing can be said."""
        return (self.total - self.stored - self.failed) / self.rate if self.rate > 0.0 else None


def sweep(
    experiment: Experiment,
    folder: str | Path | None = None,
    workers: int | None = None,
    progress: Callable[[Standing], None] | None = None,
    plans: Mapping[str, Scenario] | None = None,
    limits: Limits = NO_LIMITS,
    dask: str | None = None,
) -> Results:
    """Live every run of an experiment that is not stored yet.

    Args:
        experiment: what to sweep.
        folder: where results go and may already be; `results/NAME` unless given.
        workers: processes, one a usable core unless given; 0 lives the runs in this process, for debugging.
        progress: called at the start, and whenever runs have been stored or set aside.
        plans: scenarios at hand (with mechanisms of one's own, say), by the name the experiment has for them.
        limits: what one run may take; one that takes more is set aside.
        dask: address of a Dask scheduler whose workers live the runs, as `tcp://host:8786`; `local` starts one here.

    Returns:
        The results; runs that did not finish are in their `failures`, and missing.

    Raises:
        InputError: the experiment is wrong, or the folder is another's or in use.
        KeyboardInterrupt: Ctrl-C was pressed, or the sweep asked to terminate; what had finished is stored.
        Unwritable: the disk is full, say; what had been stored stays.
        BrokenExecutor: the workers could not be started, or nobody is left to live the runs.
    """
    design = points(experiment, plans)
    if folder is None and not experiment.name:
        raise InputError([Fault("name", "the experiment has none", "a name, or a folder for its results")])
    place = FOLDER / experiment.name if folder is None else Path(folder)
    rounds = replicated(experiment, design)
    first = next(rounds)
    with interruptible() as stopped, start(workers, limits, dask) as executor:
        executor.check(point.plan for point in design)
        with Store(place, experiment, provenance()) as store:
            run = _Sweep(store, design, executor, stopped, progress or (lambda standing: None))
            run.live(first)
            while not stopped():
                try:
                    run.live(rounds.send(place))
                except StopIteration:
                    break
        if stopped():
            raise KeyboardInterrupt
    return load_results(place)


def replicated(experiment: Experiment, design: Sequence[Point]) -> Rounds:
    """All runs in one round, one seed after the other, so that a part of a sweep is a whole one of fewer replicates."""
    digests = [code_digest(point.plan) for point in design]
    yield [
        Task(point, seed, key_of_run(point.hash, digest, seed))
        for seed in experiment.seeds
        for point, digest in zip(design, digests, strict=True)
    ]


class _Sweep:
    """One start of a sweep: lives rounds of tasks, and keeps the account of how far it has come."""

    def __init__(
        self, store: Store, design: Sequence[Point], executor: Executor, stopped: Callable[[], bool],
        tell: Callable[[Standing], None],
    ) -> None:  # fmt: skip
        self._store, self._design, self._executor = store, design, executor
        self._stopped, self._tell = stopped, tell
        self._asked: dict[str, Task] = {}  # by key, of all rounds: points that mean the same share their runs
        self._there: set[str] | None = None  # keys of the runs that were stored before this start
        self._before = self._fresh = self._failed = 0  # stored before this start, stored and set aside since
        self._seconds = 0.0
        self._warm = False

    def live(self, tasks: Sequence[Task]) -> None:
        """Live what is not stored of a round, and store or set aside each run as it ends."""
        rows = [(task.point.index, task.seed, task.key) for task in tasks]
        if self._there is None:
            self._there = self._store.plan(self._design, rows)
        else:
            self._store.ask(rows)
        once = {task.key: task for task in reversed(tasks) if task.key not in self._asked}
        self._asked |= once
        left = [task for key, task in reversed(once.items()) if key not in self._there]
        self._before += len(once) - len(left)
        self._report()
        if not left:
            return
        jobs = [Job(n, task.point.hash, task.point.plan, task.seed) for n, task in enumerate(left)]
        if not self._warm:
            self._executor.warm(_one_a_level(left, jobs), self._stopped)
            self._warm = True
        began, before = time.monotonic(), self._seconds
        for ended in completed(self._executor, jobs, self._stopped):
            self._keep([(left[job.number], end) for job, end in ended])
            self._seconds = before + time.monotonic() - began
            self._report()

    def _report(self) -> None:
        stored = self._before + self._fresh
        self._tell(Standing(len(self._asked), stored, self._failed, self._fresh, self._seconds))

    def _keep(self, ended: Sequence[tuple[Task, Ended]]) -> None:
        finished = [
            (task.key, task.point.hash, task.seed, end) for task, end in ended if isinstance(end, Finished)
        ]
        self._store.add_all(finished)
        self._fresh += len(finished)
        for task, end in ended:
            if isinstance(end, Broken):
                self._store.set_aside(task.key, task.point.hash, task.seed, end)
                self._failed += 1


def completed(
    executor: Executor, jobs: Iterable[Job], stopped: Callable[[], bool]
) -> Iterator[list[tuple[Job, Ended]]]:
    """The runs that have ended, some at a time, in whatever order; once `stopped`, no new one is begun.

    Short runs are handed over several at a time, by what the last ones took, and before they can be begun.
    """
    left, seconds, halted = deque(jobs), deque[float](maxlen=_RECENT), False
    while left or executor.in_hand:
        if stopped() and not halted:
            halted = True
            left.clear()
            executor.halt()
        mean = sum(seconds) / len(seconds) if seconds else executor.span
        size = max(1, min(_MOST, int(executor.span / mean))) if mean > 0.0 else 1
        for _ in range(executor.room(ahead=size > 1) if left else 0):
            fair = -(-len(left) // (2 * executor.workers))
            executor.submit([left.popleft() for _ in range(min(size, fair))])
            if not left:
                break
        ended = executor.ended(_GLANCE)
        seconds.extend(end.seconds for _, end in ended if isinstance(end, Finished))
        if ended:
            yield ended


def _one_a_level(tasks: Sequence[Task], jobs: Sequence[Job]) -> list[Job]:
    """The first run with each level of each factor, as many as are worth living small."""
    first: dict[tuple[str, str], Job] = {}
    for task, job in zip(tasks, jobs, strict=True):
        for label, level in (task.point.factors or {"": ""}).items():
            first.setdefault((label, str(level)), job)
    return list({job.number: job for job in first.values()}.values())[:_WARMED]


def outcomes_of(runs: Sequence[tuple[Scenario, int]], workers: int | None = None) -> list[Outcome]:
    """What becomes of runs that are lived now and not stored, in their order.

    Args:
        runs: scenario and seed of each.
        workers: as for `sweep`.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed.
        RuntimeError: a run did not come to its end; the others are given up.
    """
    outcomes: dict[int, Outcome] = {}
    jobs = [Job(number, "", plan, seed) for number, (plan, seed) in enumerate(runs)]
    kinds = {id(job.plan): job for job in reversed(jobs)}
    with interruptible() as stopped, start(workers) as executor:
        executor.warm(list(kinds.values())[:_WARMED], stopped)
        for ended in completed(executor, jobs, stopped):
            for job, end in ended:
                if isinstance(end, Broken):
                    raise RuntimeError(f"seed {job.seed}: {end.error}\n{end.traceback}")
                outcomes[job.number] = end.outcome
        if stopped():
            raise KeyboardInterrupt
    return [outcomes[number] for number in range(len(runs))]
