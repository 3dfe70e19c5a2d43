"""The runner: lives what an experiment asks for and the store does not hold yet, and stores each run as it finishes.

Whatever stops it - Ctrl-C, a kill, a power cut - the same call goes on from what is stored.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from sim.errors import Fault, InputError
from sim.outcome import Outcome
from sim.scenario import Scenario
from sim.sweeps import replication
from sim.sweeps.broken import Broken
from sim.sweeps.design import points
from sim.sweeps.executors import Executor, start
from sim.sweeps.experiment import Experiment
from sim.sweeps.forking import begin
from sim.sweeps.likeness import code
from sim.sweeps.point import Point
from sim.sweeps.processes import GLANCE
from sim.sweeps.provenance import provenance
from sim.sweeps.results import FOLDER, Results, load_results
from sim.sweeps.standing import Account, Standing
from sim.sweeps.stopping import interruptible
from sim.sweeps.store import Store
from sim.sweeps.work import Ended, Finished, Job, Parcel
from sim.sweeps.worker import NO_LIMITS, Limits

_WARMED = 32  # runs lived small beforehand: enough to meet every kernel, few enough to take no time
_TELL = 1.0  # seconds between words on how far it has come, where nothing ends
_SLOW = 60.0  # seconds from which on a run may be called slow
_MOST = 200  # runs in a lot
_RECENT = 50  # runs from whose seconds the size of a lot is reckoned


class Task(NamedTuple):
    """A run that is asked for, and the key under which it is stored."""

    point: Point
    seed: int
    key: str

    def __str__(self) -> str:
        levels = [f"{label} = {level}" for label, level in self.point.factors.items()]
        return ", ".join([*levels, f"seed {self.seed}"])


Rounds = Generator[Sequence[Task], Path, None]
"""Where runs come from: a round of tasks at a time. When each run of a round has ended, and is stored but for those that
broke, the generator is sent the folder of the results so far, and yields the next round or returns."""


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
    if workers != 0 and dask is None:
        begin()
    design = points(experiment, plans)
    if folder is None and not experiment.name:
        allowed = "a name, or a folder for its results"
        raise InputError([Fault("name", "the experiment has none", allowed, str(experiment.file or ""))])
    place = FOLDER / experiment.name if folder is None else Path(folder)
    rounds = replicated(experiment, design)
    first = next(rounds)
    with interruptible() as stopped, start(workers, limits, dask) as executor:
        executor.check(_one_a_code(design), stopped)
        with Store(place, experiment, provenance()) as store:
            run = _Sweep(store, design, executor, stopped, progress or (lambda standing: None))
            run.live(first)
            while not stopped():
                try:
                    run.live(rounds.send(place))
                except StopIteration:
                    store.end()
                    break
        if stopped():
            raise KeyboardInterrupt
    return load_results(place)


def replicated(experiment: Experiment, design: Sequence[Point]) -> Rounds:
    """All runs, one seed after the other, so that a part of a sweep is a whole one of fewer replicates.

    One round, or with a precision as many as it takes.
    """
    rounds, found = replication.Rounds(experiment, design), dict[str, Any]()
    precision = experiment.precision

    def value(point: Point, seed: int) -> float | None:
        assert precision is not None
        return precision.value(found[key]) if (key := point.key(seed)) in found else None

    while asked := rounds.next_round(value):
        place = yield [Task(point, seed, point.key(seed)) for point, seed in asked]
        if precision:
            with closing(load_results(place)) as results:
                ended = results.sql(f'SELECT key, "{precision.column}" AS found FROM runs')
            found = dict(zip(ended["key"], ended["found"], strict=True))


class _Sweep:
    """One start of a sweep: lives rounds of tasks, and keeps the account of how far it has come."""

    def __init__(
        self, store: Store, design: Sequence[Point], executor: Executor, stopped: Callable[[], bool],
        tell: Callable[[Standing], None],
    ) -> None:  # fmt: skip
        self._store, self._design, self._executor = store, design, executor
        self._stopped, self._tell = stopped, tell
        self._asked: set[str] = set()  # keys of all rounds: points that mean the same share their runs
        self._there: set[str] | None = None  # keys of the runs that were stored before this start
        self._account, self._told, self._warm = Account(), 0.0, False

    def live(self, tasks: Sequence[Task]) -> None:
        """Live what is not stored of a round, and store or set aside each run as it ends."""
        rows = [(task.point.index, task.seed, task.key) for task in tasks]
        if self._there is None:
            self._there = self._store.plan(self._design, rows)
        else:
            self._store.ask(rows)
        left = [task for task in self._new(tasks) if task.key not in self._there]
        self._account.total = len(self._asked)
        self._account.before = self._account.total - len(left) - self._account.fresh - self._account.failed
        self._account.states = Counter(self._store.states())
        self._report()
        if not left:
            return
        jobs = [_job(number, task.point, task.seed) for number, task in enumerate(left)]
        if not self._warm:
            self._executor.warm(_one_a_level(left, jobs), self._stopped)
            self._warm = True
        self._account.begin()
        for ended in completed(self._executor, jobs, self._stopped):
            if ended:
                self._keep([(left[job.number], end) for job, end in ended])
            if ended or time.monotonic() - self._told > _TELL:
                self._report(left)

    def _new(self, tasks: Iterable[Task]) -> Iterator[Task]:
        for task in tasks:
            if task.key not in self._asked:
                self._asked.add(task.key)
                yield task

    def _report(self, tasks: Sequence[Task] = ()) -> None:
        self._told = time.monotonic()
        in_hand = self._executor.in_hand if self._stopped() else None
        self._tell(self._account.standing(in_hand, self._slow(tasks), self._executor.workers))

    def _slow(self, tasks: Sequence[Task]) -> tuple[str, float] | None:
        """Which run takes far longer than any before it: perhaps it will never end."""
        job, seconds = self._executor.slowest() or (None, 0.0)
        if job is None or seconds < max(_SLOW, 10.0 * self._account.longest):
            return None
        return str(tasks[job.number]), seconds

    def _keep(self, ended: Sequence[tuple[Task, Ended]]) -> None:
        account = self._account
        finished = [(task, end) for task, end in ended if isinstance(end, Finished)]
        self._store.add((task.key, task.point.hash, task.seed, end) for task, end in finished)
        account.fresh += len(finished)
        for _, end in finished:
            account.states[end.outcome.state] += 1
            account.longest = max(account.longest, end.seconds)
        for task, broken in ended:
            if isinstance(broken, Broken):
                self._store.set_aside(task.key, task.point.hash, task.seed, broken)
                account.failed += 1


def completed(
    executor: Executor, jobs: Iterable[Job], stopped: Callable[[], bool]
) -> Iterator[list[tuple[Job, Ended]]]:
    """The runs that have ended since the last look, in whatever order; once `stopped`, no new one is begun.

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
            fair = -(-len(left) // (2 * max(1, executor.workers)))
            executor.submit([left.popleft() for _ in range(min(size, fair))])
            if not left:
                break
        ended = executor.ended(GLANCE)
        seconds.extend(end.seconds for _, end in ended if isinstance(end, Finished))
        yield ended


def _job(number: int, point: Point, seed: int) -> Job:
    return Job(number, point.hash, partial(_plan, point), seed, code(point.code, point.people))


def _plan(point: Point) -> Scenario:
    return point.plan


def _one_a_code(design: Sequence[Point]) -> list[Scenario]:
    """A scenario with each lot of mechanisms that there is: what others have to have to live the runs."""
    return [point.plan for point in {point.code: point for point in design}.values()]


def _one_a_level(tasks: Sequence[Task], jobs: Sequence[Job]) -> list[Job]:
    """The first run with each level of each factor, as many as are worth living small."""
    first: dict[tuple[str, str], Job] = {}
    for task, job in zip(tasks, jobs, strict=True):
        for label, level in (task.point.factors or {"": ""}).items():
            first.setdefault((label, str(level)), job)
    return list({job.number: job for job in first.values()}.values())[:_WARMED]


def _same(plan: Scenario) -> Scenario:
    return plan


def answers(
    runs: Sequence[tuple[Scenario, int, tuple[str, str]]], workers: int | None = None
) -> Iterator[tuple[int, Any]]:
    """What records of runs say that are lived now and not stored: the run's place, and its answer, as they end.

    Args:
        runs: scenario and seed of each, and what is asked of its record, see `work.Parcel`.
        workers: as for `sweep`.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed.
        RuntimeError: a run did not come to its end; the others are given up.
    """
    jobs = [
        Job(number, f"{id(plan)} {asks}", partial(_asking, plan, asks), seed)
        for number, (plan, seed, asks) in enumerate(runs)
    ]
    for job, end in _lived(jobs, workers):
        yield job.number, end.told


def _asking(plan: Scenario, asks: tuple[str, str]) -> Parcel:
    return replace(Parcel.of(plan), asks=asks)


def outcomes_of(runs: Sequence[tuple[Scenario, int]], workers: int | None = None) -> list[Outcome]:
    """What becomes of runs that are lived now and not stored, in their order.

    Args:
        runs: scenario and seed of each.
        workers: as for `sweep`.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed.
        RuntimeError: a run did not come to its end; the others are given up.
    """
    jobs = [
        Job(number, str(id(plan)), partial(_same, plan), seed) for number, (plan, seed) in enumerate(runs)
    ]
    outcomes = {job.number: end.outcome for job, end in _lived(jobs, workers)}
    return [outcomes[number] for number in range(len(runs))]


def _lived(jobs: Sequence[Job], workers: int | None) -> Iterator[tuple[Job, Finished]]:
    kinds = {job.scenario: job for job in reversed(jobs)}
    with interruptible() as stopped, start(workers) as executor:
        plans = (job.plan() for job in kinds.values())
        executor.check((plan for plan in plans if isinstance(plan, Scenario)), stopped)
        executor.warm(list(kinds.values())[:_WARMED], stopped)
        for ended in completed(executor, jobs, stopped):
            for job, end in ended:
                if isinstance(end, Broken):
                    raise RuntimeError(f"seed {job.seed}: {end.error}\n{end.traceback}")
                yield job, end
        if stopped():
            raise KeyboardInterrupt
