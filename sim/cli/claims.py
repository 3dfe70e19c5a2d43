"""The command that asks the model about the sources' claims."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from sim.cli.common import as_json, changes, table


@click.command()
@click.argument("rows", nargs=-1)
@click.option(
    "--runs", default=40, show_default=True, type=click.IntRange(2, 100_000), help="Seeds of each arm."
)
@click.option(
    "--workers", type=click.IntRange(0), help="Processes; one a core unless given, 0 for none but this."
)
@click.option(
    "--into", type=click.Path(path_type=Path), metavar="FOLDER", help="Results; results/claims unless given."
)
@click.option(
    "--from", "source", type=click.Path(path_type=Path), metavar="FOLDER",
    help="Claims and experiments of your own in place of those shipped.",
)  # fmt: skip
@click.option(
    "--write", type=click.Path(path_type=Path), metavar="PAGE", help="Also put the table into a page."
)
@click.option("--quiet", is_flag=True, help="No progress.")
@changes
@as_json
def claims(
    rows: tuple[str, ...], runs: int, workers: int | None, into: Path | None, source: Path | None, write: Path | None,
    quiet: bool, changes: dict[str, Any], as_json: bool,
) -> None:  # fmt: skip
    """What the model says of the sources' claims ROWS, e.g. 17 30-35; of all unless given.

    Each is asked by a small experiment whose arms share their luck. Finished runs are stored at once, and the same command
    goes on where it stopped. Exits with 1 when runs failed, or a sign that is built in came out reversed.
    """
    from concurrent.futures import BrokenExecutor

    from sim.claims.experiment import load_trials
    from sim.claims.living import live
    from sim.claims.rows import folder, load_rows, numbers
    from sim.claims.telling import lines_of, markdown, sentence, table_of
    from sim.claims.telling import write as put
    from sim.claims.verdicts import RULE
    from sim.cli.sweeping import shown
    from sim.sweeps import Unwritable

    if write and rows:
        raise click.UsageError("--write puts down all claims; leave out ROWS.")
    place, asked = source or folder(), numbers(rows)
    known = {number: row for number, row in load_rows(place).items() if number in asked}
    trials = load_trials(place)
    try:
        with shown(quiet) as show:
            findings = live(trials, asked, runs, into, workers, show, None if quiet else _again(), changes)
    except KeyboardInterrupt:
        click.echo("Stopped: what has finished is stored; the same command goes on from there.", err=True)
        sys.exit(130)
    except (BrokenExecutor, Unwritable) as error:
        click.echo(f"unsilo: {error}. What is stored stays; the same command goes on.", err=True)
        sys.exit(1)
    lines = lines_of(known, findings)
    said = sentence(lines)
    if as_json:
        told = {
            number: {**row.model_dump(), "findings": [line.as_dict() for line in lines[number]]}
            for number, row in known.items()
        }
        click.echo(json.dumps({"runs": runs, "claims": told, "finding": said}, indent=2))
    else:
        headers = [
            "claim",
            "tag",
            "says; asked, and the means of the arms",
            "found (95 %)",
            "verdict",
            "outside",
        ]
        table(headers, table_of(known, lines), "llllll")
        click.echo(RULE)
        click.secho(said, bold=True)
    if write:
        put(write, markdown(known, lines, f"{runs} seeds of each arm, `unsilo claims --runs {runs}`."))
        click.echo(f"Wrote {write}", err=True)
    every = [line for some in lines.values() for line in some]
    for line in (one for one in every if one.reversed):
        click.echo(f"Claim {line.claim.row}: built in, yet reversed: {line.asked}: {line.size}", err=True)
    if any(line.reversed or line.finding.found is None or line.finding.found.pairs < runs for line in every):
        sys.exit(1)


def _again() -> Any:
    """How the second reading is told: a line now and then."""
    every = 500

    def show(done: int, total: int) -> None:
        if total and (done % every == 0 or done == total):
            click.echo(f"read off {done:,} of {total:,} runs lived again", err=True)

    return show
