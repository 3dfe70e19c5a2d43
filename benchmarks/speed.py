"""How fast the column engine is beside one plain Mesa object an employee, and whether both tell the same story.

Run it as `python -m benchmarks.speed`; both models run by turns in one process, so that a busy machine slows both.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from importlib.metadata import version
from time import perf_counter, process_time
from typing import Any
from unittest.mock import patch

import click
import numpy as np
from scipy import stats

from benchmarks import fused, plain
from benchmarks.offices import Department, Executive, Hub
from sim import organisation
from sim.cli.common import table
from sim.record import Record
from sim.scenario import Scenario, load

CURVE = {"organisation.employees": 300, "weeks": 260}
CURVE_RUNS = 40
CURVE_WEEKS = (52, 104, 156, 208, 260)
STARTS = {
    "python -m sim --help": ["--help"],
    "python -m sim run baseline, one week": ["run", "baseline", "--set", "weeks=1"],
}

Run = Callable[[Scenario, int], Any]
ENGINE, PLAIN, FUSED = "column engine", "one plain Mesa object an employee", "the same, tuned by hand"
MODELS: dict[str, Run] = {ENGINE: organisation.run, PLAIN: plain.run, FUSED: fused.run}

Part = tuple[str, Any, str]  # a label, and the class and the method whose time it is
RECORDING = "recording"
PLAIN_PARTS: tuple[Part, ...] = (
    ("building", plain.PlainOrganisation, "__init__"),
    ("executives", plain.PlainOrganisation, "back"),
    ("funding", plain.PlainOrganisation, "fund"),
    ("hub", Hub, "work"),
    ("learning, influence, adoption", plain.PlainOrganisation, "live"),
    ("moves and ways", plain.PlainOrganisation, "settle"),
    ("worth", plain.PlainOrganisation, "value"),
    ("measurement", Department, "measure"),
    ("measurement", Executive, "see"),
    (RECORDING, plain.PlainOrganisation, "record"),
)


def engine_parts(plan: Scenario) -> list[Part]:
    """What an engine run consists of."""
    steps = [(one.name, type(one), "step") for one in plan.mechanisms]
    return [("building", organisation.Organisation, "__init__"), *steps, (RECORDING, Record, "write")]


@contextmanager
def timed(parts: tuple[Part, ...] | list[Part]) -> Iterator[dict[str, float]]:
    """CPU seconds spent in each part; what one part spends inside another counts for the inner one alone."""
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


def seconds(run: Run, plan: Scenario, seed: int) -> float:
    """CPU seconds of one run, building and recording included."""
    start = process_time()
    run(plan, seed)
    return process_time() - start


def show_speeds(plan: Scenario, runs: int, plain_runs: int) -> None:
    """The table of speeds: runs of all models taken by turns, after one of each that does not count."""
    for run in MODELS.values():
        run(plan, 0)
    times = {name: runs if name == ENGINE else plain_runs for name in MODELS}
    took: dict[str, list[float]] = {name: [] for name in MODELS}
    for seed in range(1, max(times.values()) + 1):
        for name, run in MODELS.items():
            if seed <= times[name]:
                took[name].append(seconds(run, plan, seed))
    size = sum(size for _, _, size in plan.organisation.sizes())
    lived = size * plan.weeks * len(plan.practices)
    print(
        f"{size:,} employees x {plan.weeks} weeks x {len(plan.practices)} practices, building and recording included"
    )
    rows = []
    for name, all_took in took.items():
        middle, spread = statistics.median(all_took), f"{min(all_took):.3f}-{max(all_took):.3f}"
        ratio, pace = middle / statistics.median(took[ENGINE]), lived / middle / 1e6
        rows.append([name, f"{len(all_took)}", f"{middle:.3f}", spread, f"{ratio:.1f}", f"{pace:.2f}"])
    table(
        ["model", "runs", "CPU s (median)", "range", "ratio", "million employee-practice-weeks / s"],
        rows,
        " rrrrr",
    )


def show_whole(plan: Scenario, changes: dict[str, Any], runs: int) -> None:
    """The table of what every mechanism costs: runs of both scenarios by turns, after one of each that does not count."""
    plans = {"baseline": plan, "everything": load("everything", changes)}
    took: dict[str, list[float]] = {name: [] for name in plans}
    for seed in range(runs + 1):
        for name, one in plans.items():
            took[name].append(seconds(organisation.run, one, seed))
    middle = {name: statistics.median(all_took[1:]) for name, all_took in took.items()}
    rows = [
        [name, f"{len(plans[name].mechanisms)}", f"{one:.4f}", f"{one / middle['baseline']:.2f}"]
        for name, one in middle.items()
    ]
    print("what every mechanism costs the engine")
    table(["scenario", "mechanisms", "CPU s (median)", "ratio"], rows, " rrr")


def show_parts(title: str, parts: tuple[Part, ...] | list[Part], run: Run, plan: Scenario) -> None:
    """The table of where one model's time goes; each part is timed, so the whole takes a little longer than above."""
    with timed(parts) as spent:
        whole = seconds(run, plan, 1)
    spent["the rest"] = whole - sum(spent.values())
    rows = [[label, f"{1000 * took:.1f}", f"{100 * took / whole:.0f} %"] for label, took in spent.items()]
    print(title)
    table(["part", "CPU ms", "share"], rows, " rr")


def show_curves() -> None:
    """The tables of adoption A in the engine and in a plain model, with the interval of the difference.

    Intervals are Welch's, 95 % each; the verdict asks that all weeks' differences stay within intervals that hold
    together (Bonferroni).
    """
    plan, weeks = load("baseline", CURVE), list(CURVE_WEEKS)
    found = {
        name: np.array([run(plan, seed)["A"][weeks] for seed in range(CURVE_RUNS)])
        for name, run in MODELS.items()
    }
    for name in (PLAIN, FUSED):
        rows, agree = [], True
        for week, a, b in zip(weeks, found[ENGINE].T, found[name].T, strict=True):
            test = stats.ttest_ind(b, a, equal_var=False)
            each, together = test.confidence_interval(0.95), test.confidence_interval(1 - 0.05 / len(weeks))
            agree &= bool(together.low <= 0.0 <= together.high)
            interval, change = f"{each.low:+.3f} to {each.high:+.3f}", b.mean() - a.mean()
            rows.append([f"{week}", f"{a.mean():.3f}", f"{b.mean():.3f}", f"{change:+.3f}", interval])
        print(f"mean adoption A of {plan.organisation.employees} employees, {CURVE_RUNS} runs; model: {name}")
        table(["week", "engine", "model", "difference", "95 % interval"], rows, "rrrrr")
        print(
            f"Its adoption curve {'agrees with the engine within' if agree else 'DIFFERS BY MORE THAN'} sampling error.\n"
        )


def show_starts() -> None:
    """The table of start-up times: wall clock, best of five, each in a process of its own."""
    rows = []
    for label, words in STARTS.items():
        took = []
        for _ in range(5):
            start = perf_counter()
            done = subprocess.run([sys.executable, "-m", "sim", *words], capture_output=True, check=False)
            took.append(perf_counter() - start)
        rows.append([label, f"{min(took):.2f}" if done.returncode == 0 else "fails"])
    print("start-up")
    table(["command", "s (best of 5)"], rows, " r")


@click.command()
@click.option("--employees", default=1000, show_default=True, help="Staff in all.")
@click.option("--weeks", default=260, show_default=True, help="Length of a run.")
@click.option("--runs", default=5, show_default=True, help="Timed runs of the engine.")
@click.option("--plain-runs", default=3, show_default=True, help="Timed runs of each plain model.")
def main(employees: int, weeks: int, runs: int, plain_runs: int) -> None:
    """Compare the column engine with one plain Mesa object an employee."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("mesa", "numpy", "numba"))
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}; Python {platform.python_version()}, {packages}\n"
    )
    changes = {"organisation.employees": employees, "weeks": weeks}
    plan = load("baseline", changes)
    show_speeds(plan, runs, plain_runs)
    show_whole(plan, changes, 3 * runs)
    show_parts("where the engine's time goes", engine_parts(plan), organisation.run, plan)
    show_parts("where the plain model's time goes", PLAIN_PARTS, plain.run, plan)
    show_curves()
    show_starts()


if __name__ == "__main__":
    main()
