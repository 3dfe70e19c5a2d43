"""The engine's pace beside that of a bare loop, which no engine with a draw and a logistic a cell can beat."""

from __future__ import annotations

import statistics
from time import perf_counter

import numpy as np

from benchmarks.measure import Figure, by_turns, lived, scenario
from sim import organisation
from sim.cli.common import table
from sim.kernels import kernel
from sim.luck import logistic, mix, unit

BAR = 6.0


@kernel
def bare(stream, read, write):
    """One SplitMix64 draw, one logistic, one column read and one written, for every cell."""
    for cell in range(len(read)):
        u = unit(mix(stream + np.uint64(cell)))
        write[cell] = u < logistic(read[cell])


def bare_pace(cells: int, rounds: int) -> float:
    """Cells a second of that loop on one core."""
    read, write = np.linspace(-4.0, 4.0, cells), np.zeros(cells, np.bool_)
    bare(np.uint64(0), read, write)
    start = perf_counter()
    for n in range(rounds):
        bare(np.uint64(n), read, write)
    return cells * rounds / (perf_counter() - start)


def pace(employees: int, runs: int) -> list[Figure]:
    """Employee-practice-weeks a second of the engine with every mechanism on, and of the bare loop over as many."""
    plan = scenario("everything", employees)
    cells = employees * len(plan.practices)
    floors = [bare_pace(cells, 50) for _ in range(3)]
    took = by_turns({"engine": (organisation.run, plan, runs)})["engine"]
    floors += [bare_pace(cells, 50) for _ in range(3)]
    floor, engine = statistics.median(floors), lived(plan) / statistics.median(took)
    print(f"{employees:,} employees x {len(plan.practices)} practices, one core")
    table(
        ["loop", "million employee-practice-weeks / s", "ratio"],
        [
            ["bare: a draw, a logistic, a column read, one written", f"{floor / 1e6:.1f}", "1"],
            ["engine, every mechanism on, building and recording included", f"{engine / 1e6:.1f}", f"{floor / engine:.1f}"],
        ],
        " rr",
    )  # fmt: skip
    what = f"{employees:,} employees, every mechanism on: the bare loop is faster by"
    found = f"{floor / engine:.1f} x ({floor / 1e6:.0f} : {engine / 1e6:.1f} million cells/s)"
    return [Figure(what, found, f"≤ {BAR:.0f} x", floor / engine <= BAR)]
