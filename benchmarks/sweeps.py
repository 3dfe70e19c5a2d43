"""What a sweep costs beside its runs: on two processes of this machine, and on a Dask scheduler with two workers.

Run it as `python -m benchmarks.sweeps`. Both sweep the same runs into stores of their own, by turns, and the stores' contents
must be the same bytes.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sim.sweeps import Experiment

# What follows imports little, as workers import the module that is run, and the command line's imports as little.

WORKERS = 2
BARS = {"processes": 1.15, "Dask, local": 1.3}


def experiment(scenario: str, runs: int, employees: int, weeks: int) -> Experiment:
    """A grid of four points, and as many seeds as make up the runs."""
    from sim.sweeps import Experiment, Factor

    factors = [
        Factor(key="governance.form", values=["none", "hub_and_spoke"], label="governance"),
        Factor(key="funding.level", values=[0.2, 0.8], label="funding"),
    ]
    held = {"organisation.employees": employees, "weeks": weeks}
    return Experiment(name="overhead", scenario=scenario, set=held, factors=factors, replicates=-(-runs // 4))


@click.command(help=__doc__)
@click.option("--scenario", default="baseline", show_default=True)
@click.option("--runs", default=2000, show_default=True)
@click.option("--employees", default=1000, show_default=True)
@click.option("--weeks", default=260, show_default=True)
@click.option("--times", default=3, show_default=True, help="How often each is measured.")
@click.option("--no-dask", is_flag=True)
def main(scenario: str, runs: int, employees: int, weeks: int, times: int, no_dask: bool) -> None:
    from benchmarks.contents import content
    from sim.cli.common import table
    from sim.sweeps import load_results, sweep

    asked = experiment(scenario, runs, employees, weeks)
    wheres: dict[str, str | None] = {"processes": None} | ({} if no_dask else {"Dask, local": "local"})
    walls: dict[str, list[float]] = {name: [] for name in wheres}
    lived: dict[str, list[float]] = {name: [] for name in wheres}
    contents: set[str] = set()
    for _ in range(times):
        for name, dask in wheres.items():
            with tempfile.TemporaryDirectory() as folder:
                began = perf_counter()
                sweep(asked, folder, workers=WORKERS, dask=dask)
                walls[name].append(perf_counter() - began)
                lived[name].append(load_results(folder).sql("SELECT SUM(seconds) AS s FROM runs")["s"][0])
                contents.add(content(Path(folder)))
    rows = []
    for name in wheres:
        ratios = [wall / (own / WORKERS) for wall, own in zip(walls[name], lived[name], strict=True)]
        beside = [wall / pool for wall, pool in zip(walls[name], walls["processes"], strict=True)]
        ratio = ratios if name == "processes" else beside
        rows.append(
            [
                name, f"{statistics.median(walls[name]):.1f} s", f"{statistics.median(lived[name]) / WORKERS:.1f} s",
                " ".join(f"{one:.3f}" for one in ratios), " ".join(f"{one:.3f}" for one in beside),
                f"{statistics.median(ratio):.3f}", f"<= {BARS[name]}",
            ]
        )  # fmt: skip
    table(
        ["sweep", "took", "runs alone / 2", "took / (runs / 2)", "took / processes", "median", "bar"],
        rows,
        "lrrrrrr",
    )
    click.echo(
        f"{asked.size:,} runs of {employees:,} employees and {weeks} weeks, {WORKERS} workers, {times} times each"
    )
    click.echo("Contents: the same bytes." if len(contents) == 1 else "Contents DIFFER.")
    sys.exit(len(contents) != 1)


if __name__ == "__main__":
    main()
