"""The command that sweeps: it runs an experiment, going on where it was interrupted."""

from __future__ import annotations

import json
import math
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from sim.cli.common import as_json, duration, printing, table

if TYPE_CHECKING:
    from sim.sweeps import Results, Standing

_EVERY = 5.0  # seconds between lines of progress where there is no terminal


@click.command()
@click.argument("experiment")
@click.option(
    "--workers", type=click.IntRange(0), help="Processes; one a core unless given, 0 for none but this."
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="A Dask scheduler whose workers run it, as tcp://host:8786; local starts one.",
)
@click.option("--timeout", type=float, metavar="SECONDS", help="Set a run aside that takes longer.")
@click.option("--memory", metavar="SIZE", help="Set a run aside whose process takes more, e.g. 2GB.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option(
    "--dry-run", is_flag=True, help="Say how many runs, how long, how much disk, and the first points."
)
@click.option("--yes", is_flag=True, help="Start even more than 100,000 runs.")
@as_json
def sweep(
    experiment: str, workers: int | None, dask: str | None, timeout: float | None, memory: str | None, quiet: bool,
    dry_run: bool, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Run EXPERIMENT, a file or a shipped name, into results/NAME.

    Every finished run is stored at once. Stop it with Ctrl-C, or however you like: the same command goes on, and no run
    is done twice.
    """
    from sim.sweeps.forking import begin

    if workers != 0 and dask is None and not dry_run:
        begin()  # the workers' server imports while this process does

    from sim.cli.previewing import counting, preview
    from sim.errors import Fault, InputError
    from sim.sweeps import Limits, load_experiment
    from sim.sweeps import sweep as run
    from sim.sweeps.design import MOST, runs_of

    asked = load_experiment(experiment, counting(quiet))
    if dry_run:
        preview(asked, workers, quiet, as_json)
        return
    if (size := runs_of(asked)) > MOST and not yes:
        found = f"{asked.replicates:,} at each of {size // asked.replicates:,} points: {size:,} runs"
        allowed = f"{MOST:,} runs or fewer, or --yes if you mean it"
        raise InputError([Fault("replicates", found, allowed, str(asked.file))])
    limits = Limits(timeout, _bytes(memory))
    last: list[Standing] = []

    def at() -> str:
        return f"{last[0].stored:,} of {last[0].total:,} runs are stored" if last else "nothing was begun"

    with resumable(at), shown(quiet) as show:

        def tell(standing: Standing) -> None:
            last[:] = [standing]
            show(standing)

        with printing(as_json):
            results = run(asked, workers=workers, progress=tell, limits=limits, dask=dask)
    _report(results, as_json)
    if len(results.failures):
        sys.exit(1)


def _bytes(size: str | None) -> int | None:
    """A size as people write it, 2GB or 512MB, in bytes."""
    if size is None:
        return None
    match = re.fullmatch(r"\s*([\d.]+)\s*([kMGT]?)(i?)B?\s*", size, re.IGNORECASE)
    try:
        number = float(match[1]) if match else 0.0
    except ValueError:
        number = 0.0
    number *= 2.0 ** (10 * " kmgt".index(match[2].lower() or " ")) if match else 0.0
    if not 0.0 < number < math.inf:
        raise click.UsageError(f"--memory: {size!r} is no size; write it as 2GB or 512MB.")
    return int(number)


@contextmanager
def resumable(at: Callable[[], str] = lambda: "what has finished is stored") -> Iterator[None]:
    """Work that the same command takes up again: asked to stop it ends with 130, unable to go on with 1, and says so.

    Args:
        at: how far it has come.
    """
    from concurrent.futures import BrokenExecutor

    from sim.sweeps import Unwritable

    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"Stopped: {at()}. The same command goes on from there.", err=True)
        sys.exit(130)
    except Unwritable as error:
        click.echo(f"unsilo: {error}", err=True)
        sys.exit(1)
    except BrokenExecutor as error:
        click.echo(f"unsilo: {error}. What is stored stays; the same command goes on.", err=True)
        sys.exit(1)


@contextmanager
def shown(quiet: bool) -> Iterator[Callable[[Standing], None]]:
    """How progress is shown: a bar on a terminal, else a line every few seconds; always beside the output proper."""
    from rich.console import Console

    console = Console(stderr=True)
    if quiet:
        yield lambda standing: None
        return
    if not console.is_terminal:
        yield _lines()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = [BarColumn(20), MofNCompleteColumn(), TextColumn("{task.fields[words]}"), TimeElapsedColumn()]
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("runs", total=None, words="starting")
        yield lambda standing: bar.update(
            task, total=standing.total, completed=standing.done, words=_pace(standing)
        )


def _lines() -> Callable[[Standing], None]:
    """A line every few seconds, later one for each hundredth of the time, so that a log of days can be read."""
    said, began = -_EVERY, time.monotonic()
    last = ""

    def show(standing: Standing) -> None:
        nonlocal said, last
        now = time.monotonic()
        ends = standing.done == standing.total or standing.in_hand == 0
        if now - said >= max(_EVERY, (now - began) / 100) or ends:
            line = f"{standing.done:,} of {standing.total:,} runs, {_pace(standing)}"
            if line != last:
                click.echo(line, err=True)
            said, last = now, line

    return show


def _pace(standing: Standing) -> str:
    """Failures, speed, time to go and outcomes so far, in words."""
    words = [f"{standing.failed:,} failed"] if standing.failed else []
    going, begun = standing.done < standing.total, standing.fresh + standing.failed > 0
    if standing.in_hand == 0:
        words.append("stopped")
    elif standing.in_hand:
        words.append(
            f"stopping when {standing.in_hand:,} that have begun are through; Ctrl-C again stops now"
        )
    elif not going and not begun:
        words.append("nothing left to do")
    elif going and not standing.workers:
        words.append("no workers: waiting for some")
    elif standing.left is None:
        words.append("waiting" if begun else "compiling and starting workers")
    else:
        words.append(f"{standing.rate:.3g} a second")
        if going:
            words.append(f"{duration(standing.left)} to go")
    tally = ", ".join(f"{count:,} {state}" for state, count in sorted(standing.states.items(), key=_most))
    slow = f"{standing.slow[0]}: {duration(standing.slow[1])} so far" if standing.slow else ""
    return "; ".join(filter(None, [", ".join(words), tally, slow]))


def _most(counted: tuple[str, int]) -> int:
    return -counted[1]


def _report(results: Results, as_json: bool) -> None:
    """The finding of a sweep, with the share of each state at each level, and the runs that raised."""
    from sim.outcome import STATES
    from sim.sweeps.summary import by_level, finding

    levels = by_level(results)
    if as_json:
        found: dict[str, Any] = {
            "experiment": results.experiment.name,
            "folder": str(results.folder),
            "runs": results.asked,
            "finished": sum(results.ended.get(state, 0) for state in STATES),
            "failures": results.failures.drop(columns="traceback").to_dict("records"),
            "states": {state: results.ended.get(state, 0) for state in STATES},
            "levels": [asdict(one) for one in levels],
            "finding": finding(results),
        }
        click.echo(json.dumps(found, indent=2))
        return
    for notice in results.notices:
        click.echo(f"note: {notice}", err=True)
    if besides := results.standing["besides"]:
        left = "stay in the results, and are left out of all that they say"
        click.echo(f"note: {besides:,} runs of an earlier design or source {left}", err=True)
    seen = [state for state in STATES if (results.runs["state"] == state).any()]
    rows, last = [], ""
    for one in levels:
        shares = [f"{one.states[state].share:.0%}" for state in seen]
        rows.append([one.factor if one.factor != last else "", str(one.level), f"{one.runs:,}", *shares])
        last = one.factor
    if rows:
        table(["factor", "level", "runs", *seen], rows, "llr" + "r" * len(seen))
    click.secho(finding(results), bold=True)
    click.echo(f"Results: {results.folder}")
    failures = results.failures
    if len(failures):
        click.echo(f"{len(failures):,} runs failed; the same command tries them again:", err=True)
        for failure in failures.to_dict("records"):
            levels_of = ", ".join(f"{label} = {failure[label]}" for label in results.factors)
            click.echo(
                f"  {levels_of or 'the scenario'}, seed {failure['seed']}: {failure['error']}", err=True
            )
