"""Commands on results: how far a sweep has come, one run of it again, and its tables in files."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.common import as_json, duration, table

if TYPE_CHECKING:
    from sim.record import Record
    from sim.sweeps import Results
    from sim.sweeps.replaying import Entry

_EVERY = 5.0  # seconds between lines where there is no terminal
_OFTEN = 1.0  # seconds between looks where there is one
_SHOWN = 10  # failures that are listed


@click.command()
@click.argument("results")
@click.option(
    "--watch",
    is_flag=True,
    help="Until the sweep ends: in place on a terminal, else a line every few seconds.",
)
@as_json
def status(results: str, watch: bool, as_json: bool) -> None:
    """What of RESULTS, a folder or the name of an experiment, has finished, failed, and is missing.

    Exits with 1 when runs have failed.
    """
    from sim.sweeps import load_results

    if watch:
        try:
            _watch(results, as_json)
        except KeyboardInterrupt:
            click.echo("\nNo longer watching; a sweep goes on by itself.", err=True)
            sys.exit(130)
    found = load_results(results)
    standing = _standing(found)
    if as_json:
        failures = found.failures.drop(columns="traceback").to_dict("records")
        whole = {"experiment": found.experiment.name, "folder": str(found.folder), **standing}
        if not watch:
            click.echo(json.dumps({**whole, "failures": failures, "sessions": found.sessions}, indent=2))
    else:
        _tell_standing(found, standing)
    if standing["failed"]:
        sys.exit(1)


def _standing(found: Results) -> dict[str, Any]:
    from sim.sweeps.place import in_use

    return {"sweeping": in_use(found.folder), **found.standing}


def _tell_standing(found: Results, standing: dict[str, Any]) -> None:
    first, last = found.sessions[0], found.sessions[-1]
    command = last.get("command", "")
    versions = ("python", "unsilo", "mesa", "numpy", "scipy", "numba", "pandas")
    made = ", ".join(f"{name} {last[name]}" for name in versions if last.get(name))
    commit = (
        f"{last['commit']}{', with changes' * bool(last.get('dirty'))}"
        if last.get("commit")
        else "outside of git"
    )
    rows = [
        ["experiment", found.experiment.title or found.experiment.name],
        ["finished", f"{standing['finished']:,} of {standing['runs']:,} runs{_listed(standing['states'])}"],
        ["failed", f"{sum(standing['failed'].values()):,}{_listed(standing['failed'])}"],
        ["missing", f"{standing['missing']:,}"],
        [
            "kept besides",
            f"{standing['besides']:,} of an earlier design or source" if standing["besides"] else "",
        ],
        ["now", "a sweep is writing here" if standing["sweeping"] else "no sweep is writing here"],
        ["first started", first["started"]],
        ["last started", f"{last['started']}, start {len(found.sessions)}"],
        ["by", command],
        ["made with", made],
        ["on", ", ".join(filter(None, (last.get("platform"), last.get("cpu"))))],
        ["commit", commit],
    ]
    table(["results", str(found.folder)], [row for row in rows if row[1]])
    if standing["failed"]:
        _tell_failures(found)
    if standing["sweeping"]:
        return
    what = "the command that started it" if command.startswith("unsilo ") else "what started it"
    if standing["missing"]:
        click.echo(f"{standing['missing']:,} runs are missing. To go on, {what}: {command}")
    elif not standing["complete"]:
        click.echo(f"It was stopped before it came to its end. To go on, {what}: {command}")
    elif standing["failed"]:
        click.echo(f"All others have finished. To try those that failed again, {what}: {command}")
    else:
        click.echo("Everything that the experiment asks for has finished.")


def _tell_failures(found: Results) -> None:
    failures = found.failures
    name = found.folder.name if (Path("results") / found.folder.name) == found.folder else found.folder
    rows = [
        [
            f"{one['point']}:{one['seed']}",
            ", ".join(f"{label} = {one[label]}" for label in found.factors),
            one["kind"],
            one["error"],
        ]
        for one in failures.head(_SHOWN).to_dict("records")
    ]
    table(["failed run", "at", "how", "error"], rows)
    if len(failures) > _SHOWN:
        click.echo(f"and {len(failures) - _SHOWN:,} more (all of them: unsilo export {name} --to csv)")
    click.echo(f"To see one fail again: unsilo replay {name} {rows[0][0]} [--pdb]")


def _listed(counts: dict[str, int]) -> str:
    return f": {', '.join(f'{count:,} {name}' for name, count in counts.items())}" if counts else ""


def _watch(results: str, as_json: bool) -> None:
    """Show how far it has come, again and again, until nobody sweeps any more.

    The store is let go of in between, or the sweep could not leave a plain file at its end.
    """
    from sim.sweeps import load_results
    from sim.sweeps.standing import Pace

    before, pace = None, Pace()
    with _shown(as_json) as (show, every):
        while True:
            looked = time.monotonic()
            with closing(load_results(results)) as found:
                standing = _standing(found)
            done = standing["finished"] + sum(standing["failed"].values())
            if before in (None, done):  # until the first ends, workers may be starting
                before, pace = done, Pace(done)
            show(standing, pace.rate(done))
            if not standing["sweeping"]:
                return
            time.sleep(max(every, 4.0 * (time.monotonic() - looked)))  # looking takes time from the sweep


@contextmanager
def _shown(as_json: bool) -> Iterator[tuple[Callable[[dict[str, Any], float], None], float]]:
    """How a watch is shown, and how often."""
    from rich.console import Console

    console = Console()
    if as_json:
        yield lambda standing, rate: click.echo(json.dumps({**standing, "rate": rate})), _EVERY
    elif not console.is_terminal:
        yield lambda standing, rate: click.echo(_line(standing, rate)), _EVERY
    else:
        from rich.live import Live

        with Live(console=console, transient=True, auto_refresh=False) as live:
            yield lambda standing, rate: live.update(_line(standing, rate), refresh=True), _OFTEN


def _line(standing: dict[str, Any], rate: float) -> str:
    failed = sum(standing["failed"].values())
    words = [f"{standing['finished']:,} of {standing['runs']:,} runs finished{_listed(standing['states'])}"]
    if failed:
        words.append(f"{failed:,} failed{_listed(standing['failed'])}")
    if rate > 0.0:
        words.append(f"{rate:.3g} a second")
        if standing["missing"]:
            words.append(f"{duration(standing['missing'] / rate)} to go")
    return "; ".join(words)


@click.command()
@click.argument("results")
@click.argument("run")
@click.option("--pdb", "debug", is_flag=True, help="Open the debugger where it fails.")
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write its whole record into this .npz.",
)
def replay(results: str, run: str, debug: bool, to: Path | None) -> None:
    """Live a RUN of RESULTS again, exactly: a key, the beginning of one, or point:seed.

    Prints what `unsilo run` prints, and whether it equals what is stored. A run that failed fails again, with its traceback
    and exit code 1.
    """
    from sim.organisation import run as live
    from sim.sweeps import load_results
    from sim.sweeps.replaying import changes, differences, find

    if to is not None and to.suffix != ".npz":
        raise click.BadParameter(f"{str(to)!r} does not end in .npz", param_hint="--to")
    if to is not None and not to.parent.is_dir():
        raise click.BadParameter(f"{str(to.parent)!r} is no folder", param_hint="--to")
    found = load_results(results)
    entry = find(found, run)
    plan = found.scenario(entry.scenario)
    for change in changes(entry, plan):
        click.echo(f"note: {change}", err=True)
    if entry.broken:
        click.echo(f"note: {_SWEPT[entry.broken.kind]} ({entry.broken.error})", err=True)
    try:
        record = live(plan, entry.seed)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        _tell_error(error, debug)
        sys.exit(1)
    _tell_replay(record, entry, differences(found, entry, record), to)


_SWEPT = {
    "raised": "when it was swept, it raised",
    "timeout": "when it was swept, it took longer than allowed; here it may take as long as it takes, and Ctrl-C stops it",
    "memory": "when it was swept, it took more memory than allowed; here it may take what there is",
    "died": "when it was swept, its process died; if it dies again, it takes this one with it",
}


def _tell_error(error: BaseException, debug: bool) -> None:
    """The traceback from the run on, and the debugger at its end."""
    import pdb
    import traceback

    where = error.__traceback__ and error.__traceback__.tb_next
    traceback.print_exception(type(error), error, where)
    if debug:
        pdb.post_mortem(where)


def _tell_replay(record: Record, entry: Entry, differ: list[str], to: Path | None) -> None:
    from sim.cli.running import tell
    from sim.sweeps.replaying import save

    tell(record)
    if differ:
        click.echo("It does not equal the stored run:", err=True)
        for line in differ:
            click.echo(f"  {line}", err=True)
        sys.exit(1)
    if entry.outcome:
        click.echo(f"It equals the stored run {entry.key}: every outcome, and every week of every series.")
    else:
        click.echo(
            "It finished this time."
            if entry.broken
            else "It is not stored yet, so there is nothing to compare."
        )
    if to is not None:
        save(record, to)
        click.echo(f"Wrote {to}")


@click.command()
@click.argument("results")
@click.option(
    "--to", required=True, type=click.Choice(["csv", "parquet"]), help="The format; Parquet takes pyarrow."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder, new or of an earlier export; RESULTS/FORMAT unless given.",
)
def export(results: str, to: str, out: Path | None) -> None:
    """Write the tables of RESULTS into files: runs, timelines, scenarios, failures and sessions; print their paths."""
    from rich.console import Console
    from rich.progress import Progress

    from sim.sweeps import load_results
    from sim.sweeps.exporting import export as write

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("weekly series of runs", total=None)
        paths = write(
            load_results(results), to, out, lambda done, total: bar.update(task, completed=done, total=total)
        )
    for path in paths:
        click.echo(path)
