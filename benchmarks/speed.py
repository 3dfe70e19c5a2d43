"""How fast the engine is, measured against the project's bar: `python -m benchmarks.speed [PART ...]`.

Figures are ratios of times taken by turns, for absolute times differ between machines and hours.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from importlib.metadata import version

import click

from benchmarks import floor, large, parts, starts, versus
from benchmarks.measure import Figure

Found = Iterator[list[Figure]]


def part_mesa(full: bool, quick: bool) -> Found:
    """The engine against one plain Mesa object an employee."""
    for name in ("everything", "baseline"):
        yield versus.speeds(name, 1_000, 4 if quick else 150, 1 if quick else 15)
    if full:
        yield versus.speeds("everything", 20_000, 15, 3)


def part_curves(full: bool, quick: bool) -> Found:
    """Whether both tell the same story."""
    for name in ("everything", "baseline"):
        yield versus.agreement(name, 10 if quick else 40)


def part_profile(full: bool, quick: bool) -> Found:
    """What every mechanism costs, and where the time goes."""
    yield parts.whole(1_000, 5 if quick else 15)
    yield parts.engine((1_000, 20_000) if quick else (1_000, 20_000, 100_000), 1 if quick else 3)
    if not quick:
        yield parts.plain_model(1_000)


def part_floor(full: bool, quick: bool) -> Found:
    """The engine's pace against a bare loop."""
    yield floor.pace(100_000, 1 if quick else 3)


def part_million(full: bool, quick: bool) -> Found:
    """A million employees."""
    yield large.million()


def part_starts(full: bool, quick: bool) -> Found:
    """Start-up times."""
    yield starts.starts(2 if quick else 5)


PARTS: dict[str, Callable[[bool, bool], Found]] = {
    "mesa": part_mesa,
    "curves": part_curves,
    "profile": part_profile,
    "floor": part_floor,
    "starts": part_starts,
    "million": part_million,
}
SLOW = ("million",)


def closing(figures: list[Figure]) -> str:
    """All figures as a table in Markdown, to be pasted into docs/performance.md."""
    rows = ["| what | measured | bar | |", "|---|---|---|---|"]
    verdicts = {None: "", True: "met", False: "**missed**"}
    rows += [f"| {one.what} | {one.found} | {one.bar} | {verdicts[one.met]} |" for one in figures]
    return "\n".join(rows)


@click.command()
@click.argument("chosen", metavar="[PART ...]", nargs=-1, type=click.Choice(list(PARTS)))
@click.option("--quick", is_flag=True, help="Few runs of everything: a minute, and rough.")
@click.option(
    "--full",
    is_flag=True,
    help="20,000 employees against the plain model, and a million: twenty-five minutes.",
)
def main(chosen: tuple[str, ...], quick: bool, full: bool) -> None:
    """Measure some parts, or all; without --full those that take minutes are left out unless they are named."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("mesa", "numpy", "numba"))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}; Python {platform.python_version()}, {packages}"
    print(machine, "\n")
    figures: list[Figure] = []
    for name in chosen or [one for one in PARTS if full or one not in SLOW]:
        for found in PARTS[name](full, quick):
            figures += found
    print(f"Measured on {machine}.\n\n{closing(figures)}")


if __name__ == "__main__":
    main()
