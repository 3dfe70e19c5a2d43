"""How times are taken: by the clock, models by turns, and in CPU seconds where inside a run they go."""

from __future__ import annotations

import gc
import math
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import wraps
from multiprocessing import get_context
from time import perf_counter, process_time
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from scipy import stats

from sim.scenario import Scenario, load

Run = Callable[[Scenario, int], Any]
Part = tuple[str, Any, str]  # a label, and the class and the method whose time it is


class Figure(NamedTuple):
    """One line of the closing table: what was measured, what it came to, and what it should come to."""

    what: str
    found: str
    bar: str = ""
    met: bool | None = None


def scenario(name: str, employees: int, weeks: int = 260) -> Scenario:
    """A shipped scenario of another size and length."""
    return load(name, {"organisation.employees": employees, "weeks": weeks})


def lived(plan: Scenario) -> int:
    """Employees times practices times weeks; who is hired later does not count."""
    return sum(size for _, _, size in plan.organisation.sizes()) * plan.weeks * len(plan.practices)


def seconds(run: Run, plan: Scenario, seed: int) -> float:
    """Seconds that one run takes, building and recording included; what others have left behind is collected before."""
    gc.collect()
    start = perf_counter()
    run(plan, seed)
    return perf_counter() - start


def by_turns(runs: Mapping[str, tuple[Run, Scenario, int]]) -> dict[str, list[float]]:
    """Seconds of so many runs of each, spread evenly over the time that all take, so that a busy machine slows all alike.

    Each lives in a process of its own, so that none finds memory in the state in which another has left it, and does a
    run of a few people first, which compiles and does not count.
    """
    with ExitStack() as stack:
        homes = {name: stack.enter_context(ProcessPoolExecutor(1, get_context("spawn"))) for name in runs}
        for name, (run, plan, _) in runs.items():
            homes[name].submit(seconds, run, plan.replaced({"organisation.employees": 120}), 0).result()
        took: dict[str, list[float]] = {name: [] for name in runs}
        turns = [(name, turn) for name, (_, _, times) in runs.items() for turn in range(times)]
        for name, turn in sorted(turns, key=lambda one: (one[1] + 0.5) / runs[one[0]][2]):
            run, plan, _ = runs[name]
            took[name].append(homes[name].submit(seconds, run, plan, turn + 1).result())
    return took


def times_as_long(theirs: list[float], ours: list[float]) -> tuple[float, str]:
    """How many times as long as ours others take, and between what that lies in 95 of 100, if there are three or more of theirs.

    Each of theirs is held against the median of ours around it, so that a slow minute slows both; the ratios' geometric mean
    and Student's interval of their logarithms.
    """
    around = [statistics.median(lot) for lot in np.array_split(ours, len(theirs))]
    logs = np.log(theirs) - np.log(around)
    ratio = math.exp(logs.mean())
    if logs.size < 3:
        return ratio, ""
    low, high = np.exp(stats.ttest_1samp(logs, 0.0).confidence_interval(0.95))
    return ratio, f"{low:.0f}-{high:.0f}"


def middle_and_range(took: list[float]) -> tuple[str, str]:
    """The median and the range of some times."""
    return f"{statistics.median(took):.3f}", f"{min(took):.3f}-{max(took):.3f}"


@contextmanager
def timed(parts: Iterable[Part]) -> Iterator[dict[str, float]]:
    """CPU seconds spent in each part; what one part spends inside another counts for the inner one alone."""
    parts = list(parts)
    spent = dict.fromkeys((label for label, _, _ in parts), 0.0)
    inner = [0.0]

    def watched(label: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def call(*args: Any) -> Any:
            inner.append(0.0)
            start = process_time()
            try:
                return method(*args)
            finally:
                took = process_time() - start
                spent[label] += took - inner.pop()
                inner[-1] += took

        return call

    with ExitStack() as stack:
        for label, owner, name in parts:
            stack.enter_context(patch.object(owner, name, watched(label, getattr(owner, name))))
        yield spent
