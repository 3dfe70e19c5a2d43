"""What `unsilo sweep --dry-run` says: how many runs a sweep would take, how long and how much disk, and its first points."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from sim.cli.common import duration, number, table

if TYPE_CHECKING:
    from sim.sweeps import Experiment
    from sim.sweeps.estimate import Estimate

_SHOWN = 8  # points
_SOON, _EVERY = 1.0, 5.0  # seconds to the first word on points that are worked out, and from word to word


def counting(quiet: bool) -> Callable[[int, int], None]:
    """Says how far points have been worked out, if it takes long."""
    due = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal due
        if done == 0:
            due = time.monotonic() + _SOON
        elif not quiet and done < total and time.monotonic() > due:
            due = time.monotonic() + _EVERY
            click.echo(f"working out points: {done:,} of {total:,}", err=True)

    return tell


def preview(experiment: Experiment, workers: int | None, quiet: bool, as_json: bool) -> None:
    """Print what a sweep of an experiment would take; nothing is written."""
    from sim.sweeps import points
    from sim.sweeps.design import MOST
    from sim.sweeps.estimate import estimate, stored_of
    from sim.sweeps.executors import see_number_of
    from sim.wings import cores

    see_number_of(workers)
    enough = None if experiment.count <= MOST else _SHOWN
    design = points(experiment, tell=counting(quiet), most=enough)
    if not quiet:
        click.echo(
            "timing a few runs, unless enough are stored (the first time, kernels are compiled: minutes)",
            err=True,
        )
    found = estimate(experiment, design, stored_of(experiment))
    at_once = max(1, cores() if workers is None else workers)
    if as_json:
        first = [{"point": point.index, **point.factors} for point in design[:_SHOWN]]
        whole = {
            "experiment": experiment.name,
            "design": experiment.design.kind,
            **asdict(found),
            "workers": at_once,
        }
        click.echo(
            json.dumps(
                {**whole, "to_go": found.to_go(at_once), "bytes": found.bytes, "first": first}, indent=2
            )
        )
        return
    labels = list(experiment.axes)
    rows = [
        [str(point.index), *(number(point.factors[label]) for label in labels)] for point in design[:_SHOWN]
    ]
    table(["point", *labels], rows, "r")
    if found.points > _SHOWN:
        click.echo(f"and {found.points - _SHOWN:,} more points")
    for line in _said(experiment, found, at_once):
        click.echo(line)
    if found.runs > MOST:
        click.echo(f"More than {MOST:,} runs start with --yes only.")


def _said(experiment: Experiment, found: Estimate, workers: int) -> list[str]:
    """The estimate in sentences."""
    kind = experiment.design.kind.replace("_", " ")
    left_out = f", {found.left_out:,} of its settings left out by constraints" if found.left_out else ""
    if not found.whole:
        others = ": constraints may leave out others" * bool(experiment.constraints)
        left_out = f", of which the first were worked out{others}"
    least, most = found.to_go(workers)
    small, large = (_size(one) for one in found.bytes)
    if precision := experiment.precision:
        per, runs = f"{precision.least:,} to {experiment.replicates:,}", f"{found.least:,} to {found.runs:,}"
        spent, disk = f"{duration(least)} to {duration(most)}", f"{small} to {large}"
    else:
        per, runs, spent, disk = f"{experiment.replicates:,}", f"{found.runs:,}", duration(most), large
    how = f"{found.timed:,} runs {'timed now' if found.lived else 'that are stored'}, {found.seconds:.3g} s each"
    return [
        f"Design: {kind}, {found.points:,} points{left_out}",
        f"Runs:   {per} a point, {runs} in all, of which {found.stored:,} are stored",
        f"Time:   about {spent} on {workers} worker{'s' * (workers > 1)} for what is not stored, by {how}",
        f"Disk:   about {disk} in all",
    ]


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000.0:
            return f"{size:.3g} {unit}"
        size /= 1000.0
    return f"{size:,.3g} TB"
