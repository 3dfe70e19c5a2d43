"""Start-up: how long a command takes until it has something to show, with kernels and byte code cached as once installed."""

from __future__ import annotations

import os
import subprocess
import sys
from time import perf_counter

from benchmarks.measure import Figure
from sim.cli.common import table

COMMANDS: dict[str, tuple[list[str], float]] = {
    "unsilo --help": (["--help"], 0.4),
    "unsilo run baseline, to the first week": (["run", "baseline", "--set", "weeks=1"], 1.5),
    "unsilo run everything, to the first week": (["run", "everything", "--set", "weeks=1"], 1.5),
}


def starts(times: int = 5) -> list[Figure]:
    """The best of some starts, each a process of its own."""
    figures = []
    installed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for label, (words, bar) in COMMANDS.items():
        took = []
        for _ in range(times + 1):  # the first fills the caches
            start = perf_counter()
            subprocess.run(
                [sys.executable, "-m", "sim", *words], capture_output=True, check=True, env=installed
            )
            took.append(perf_counter() - start)
        best = min(took[1:])
        figures.append(Figure(label, f"{best:.2f} s", f"< {bar} s", best < bar))
    print("start-up")
    table(["command", "s (best)"], [[one.what, one.found] for one in figures], " r")
    return figures
