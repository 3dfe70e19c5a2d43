"""A million employees: peak memory, and cost per employee beside that of ten thousand; each in a process of its own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from statistics import mean
from typing import Any

from benchmarks.measure import Figure, scenario, seconds
from sim.cli.common import table

GIGABYTES, COST = 6.0, 2.0
SMALL = 40  # small runs before and after: together they take about half as long as the large one
UNIT = 1 if sys.platform == "darwin" else 1024  # of `ru_maxrss`, in bytes


def measured(employees: int, runs: int = 1) -> dict[str, Any]:
    """Mean seconds of a run, and peak memory of a process that does nothing else."""
    words = [sys.executable, "-m", "benchmarks.large", str(employees), str(runs)]
    return json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout)


def million(employees: int = 1_000_000) -> list[Figure]:
    """Peak memory and cost of a large run, beside small ones before and after it: a machine has fast and slow minutes."""
    before, large, after = measured(10_000, SMALL), measured(employees), measured(10_000, SMALL)
    small = {name: (before[name] + after[name]) / 2.0 for name in before}
    rows = [
        [
            f"{size:,}",
            f"{one['seconds']:.2f}",
            f"{1e6 * one['seconds'] / size:.1f}",
            f"{one['bytes'] / 1e9:.2f}",
        ]
        for size, one in ((10_000, small), (employees, large))
    ]
    print("every mechanism on, 260 weeks, five practices")
    table(["employees", "s", "µs an employee", "peak memory, GB"], rows, "rrrr")
    ratio, peak = large["seconds"] / employees / (small["seconds"] / 10_000), large["bytes"] / 1e9
    return [
        Figure(
            f"{employees:,} employees: peak memory",
            f"{peak:.1f} GB",
            f"< {GIGABYTES:.0f} GB",
            peak < GIGABYTES,
        ),
        Figure(
            f"{employees:,} employees: cost of one, to that at 10,000",
            f"{ratio:.2f} x",
            f"≤ {COST:.0f} x",
            ratio <= COST,
        ),
    ]


def main(employees: int, runs: int) -> None:
    """Run and say what it took."""
    from sim.organisation import run

    run(scenario("everything", 200, 2), 0)
    plan = scenario("everything", employees)
    took = mean(seconds(run, plan, seed) for seed in range(1, runs + 1))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT
    print(json.dumps({"seconds": took, "bytes": peak}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
