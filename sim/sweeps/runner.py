"""The runner: lives what an experiment asks for and the store does not hold yet, and stores each run as it finishes.

Whatever stops it - Ctrl-C, a kill, a power cut - the same call goes on from what is stored.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sim.errors import Fault, InputError
from sim.outcome import Outcome
from sim.scenario import Scenario
from sim.sweeps.design import Point, points
from sim.sweeps.executors import Executor, start
from sim.sweeps.experiment import Experiment
from sim.sweeps.provenance import provenance
from sim.sweeps.results import FOLDER, Failure, Results, load_results
from sim.sweeps.store import Store
from sim.sweeps.work import Finished, live, warm

_WARMED = 32  # scenarios lived small beforehand: enough to meet every kernel, few enough to take no time
_GLANCE = 0.2  # seconds between looks at whether Ctrl-C was pressed


class Task(NamedTuple):
    """A run to be lived, and the key under which it is stored."""

    point: Point
    seed: int
    key: str


@dataclass(frozen=True)
class Standing:
    """How far a sweep has come.

    Attributes:
        total: runs to be had in the end, each once.
        stored: of these, how many are in the store.
        failed: how many have raised since this start.
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
) -> Results:
    """Live every run of an experiment that is not stored yet.

    Args:
        experiment: what to sweep.
        folder: where results go and may already be; `results/NAME` unless given.
        workers: processes, one a usable core unless given; 0 lives the runs in this process, for debugging.
        progress: called at the start, and whenever a run has been stored or has raised.
        plans: scenarios at hand (with mechanisms of one's own, say), by the name the experiment has for them.

    Returns:
        The results; runs that raised are in their `failures`, and missing.

    Raises:
        InputError: the experiment is wrong, or the folder is another's or in use.
        KeyboardInterrupt: Ctrl-C was pressed; what had finished is stored.
        BrokenExecutor: the workers could not be started, or have all died.
    """
    design = points(experiment, plans)
    if folder is None and not experiment.name:
        raise InputError([Fault("name", "the experiment has none", "a name, or a folder for its results")])
    place = FOLDER / experiment.name if folder is None else Path(folder)
    asked = _asked(experiment, design)
    failures: list[Failure] = []
    with Store(place, experiment, provenance()) as store:
        there = store.plan(design, [(task.point.index, task.seed, task.key) for task in asked])
        once: dict[str, Task] = {}
        for task in asked:
            once.setdefault(task.key, task)
        tasks = [task for task in once.values() if task.key not in there]
        tell = progress or (lambda standing: None)
        tell(Standing(len(once), len(once) - len(tasks)))
        if tasks:
            _live_and_store(store, tasks, workers, len(once), failures, tell)
    results = load_results(place)
    results.failures = tuple(sorted(failures, key=lambda one: (one.point, one.seed)))
    return results


def _asked(experiment: Experiment, design: list[Point]) -> list[Task]:
    """All runs, one seed after the other, so that a part of a sweep is a whole one of fewer replicates."""
    return [Task(point, seed, point.key(seed)) for seed in experiment.seeds for point in design]


def _live_and_store(
    store: Store, tasks: list[Task], workers: int | None, total: int, failures: list[Failure],
    tell: Callable[[Standing], None],
) -> None:  # fmt: skip
    """Live the tasks, and store or add to `failures` each as it ends."""
    before, fresh = total - len(tasks), 0
    with start(workers) as executor, interruptible() as stopped:
        _compile_first(executor, _one_a_level(tasks), stopped)
        began = time.monotonic()
        for number, future in completed(executor, [(task.point.plan, task.seed) for task in tasks], stopped):
            task, error = tasks[number], future.exception()
            if isinstance(error, BrokenExecutor):
                raise error
            if error is None:
                store.add(task.key, task.point.hash, task.seed, future.result())
                fresh += 1
            else:
                text = f"{type(error).__name__}: {error}"
                failures.append(Failure(task.point.index, task.point.factors, task.seed, text))
            tell(Standing(total, before + fresh, len(failures), fresh, time.monotonic() - began))
        if stopped():
            raise KeyboardInterrupt


def completed(
    executor: Executor, runs: Sequence[tuple[Scenario, int]], stopped: Callable[[], bool]
) -> Iterator[tuple[int, Future[Finished]]]:
    """The runs' numbers and results as they finish, in whatever order; once `stopped`, no new one is begun."""
    left = iter(enumerate(runs))
    waiting: dict[Future[Finished], int] = {}
    while True:
        while len(waiting) < executor.window and not stopped() and (following := next(left, None)):
            number, (plan, seed) = following
            waiting[executor.submit(live, plan, seed)] = number
        if not waiting:
            return
        done, _ = wait(waiting, 0.0 if stopped() else _GLANCE, FIRST_COMPLETED)
        for future in done:
            yield waiting.pop(future), future
        if stopped():
            return


def _one_a_level(tasks: Iterable[Task]) -> list[Scenario]:
    """The first scenario with each level of each factor."""
    first: dict[tuple[str, str], Point] = {}
    for task in tasks:
        for label, level in (task.point.factors or {"": ""}).items():
            first.setdefault((label, str(level)), task.point)
    return [point.plan for point in {point.index: point for point in first.values()}.values()]


def _compile_first(executor: Executor, plans: Sequence[Scenario], stopped: Callable[[], bool]) -> None:
    """Have one worker compile and cache the kernels before any other needs them, or each would compile them."""
    future = executor.submit(warm, plans[:_WARMED])
    while not future.done() and not stopped():
        wait([future], _GLANCE)
    if future.done() and isinstance(error := future.exception(), BrokenExecutor):
        raise error


def outcomes_of(runs: Sequence[tuple[Scenario, int]], workers: int | None = None) -> list[Outcome]:
    """What becomes of runs that are lived now and not stored, in their order.

    Args:
        runs: scenario and seed of each.
        workers: as for `sweep`.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed.
        Exception: what a run has raised; the others are given up.
    """
    outcomes: dict[int, Outcome] = {}
    with start(workers) as executor, interruptible() as stopped:
        _compile_first(executor, list({id(plan): plan for plan, _ in runs}.values()), stopped)
        for number, future in completed(executor, runs, stopped):
            outcomes[number] = future.result().outcome
        if stopped():
            raise KeyboardInterrupt
    return [outcomes[number] for number in range(len(runs))]


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Ctrl-C is noted instead of raised, so that it never falls into a transaction; a second one is raised."""
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: object) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
