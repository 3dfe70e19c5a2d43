"""The command that asks the model about the sources' claims."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.common import as_json, changes, table

if TYPE_CHECKING:
    from sim.claims.living import Told
    from sim.claims.telling import Line


@click.command()
@click.argument("rows", nargs=-1)
@click.option(
    "--runs", default=40, show_default=True, type=click.IntRange(2, 100_000), help="Seeds of each arm."
)
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0, 2**53), help="The first of them."
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
    "--write", type=click.Path(path_type=Path), metavar="PAGE",
    help="Also put the table into a page, with figures beside it.",
)  # fmt: skip
@click.option(
    "--figures", type=click.Path(path_type=Path), metavar="FOLDER",
    help="Also draw figures of ROWS that have one; with --write they go into a folder of the page's name unless given.",
)  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress.")
@changes
@as_json
def claims(
    rows: tuple[str, ...], runs: int, seed: int, workers: int | None, into: Path | None, source: Path | None,
    write: Path | None, figures: Path | None, quiet: bool, changes: dict[str, Any], as_json: bool,
) -> None:  # fmt: skip
    """What the model says of the sources' claims ROWS, e.g. 17 30-35; of all unless given.

    Each is asked by a small experiment whose arms share their luck. Finished runs are stored at once, and the same command
    goes on where it stopped. Exits with 1 when runs failed, or a sign that is built in came out reversed.
    """
    from sim.claims import page
    from sim.claims.experiment import load_trials
    from sim.claims.living import live
    from sim.claims.rows import folder, load_rows, numbers
    from sim.claims.telling import lines_of, sentence, stale, table_of
    from sim.claims.verdicts import RULE
    from sim.cli.sweeping import resumable, shown
    from sim.pages import address, make_folder

    if write and rows:
        raise click.UsageError("--write puts down all claims; leave out ROWS.")
    if write:
        page.MARKS.around(write)
    pictures = figures or (write.with_suffix("") if write else None)
    if pictures:
        make_folder(pictures)
    place, asked = source or folder(), numbers(rows)
    known = {number: row for number, row in load_rows(place).items() if number in asked}
    trials = load_trials(place)
    with resumable(), shown(quiet) as show:
        told = live(trials, asked, runs, into, workers, show, None if quiet else _again(), changes, seed)
    lines = lines_of(known, told.findings)
    every = [line for some in lines.values() for line in some]
    explained = [
        (one, [line for line in lines[one.row] if line.finding.trial is trial])
        for trial, one in told.explained
    ]
    said = sentence(lines)
    if as_json:
        found = {
            number: {
                **row.model_dump(),
                "findings": [line.as_dict() for line in lines[number]],
                "why": [one.why for one, some in explained if one.row == number and not stale(one, some)],
            }
            for number, row in known.items()
        }
        click.echo(json.dumps({"runs": runs, "seed": seed, "claims": found, "finding": said}, indent=2))
    else:
        headers = [
            "claim",
            "tag",
            "says; asked, and the means of the arms",
            "found (95 %)",
            "smallest",
            "verdict",
            "outside",
        ]
        table(headers, table_of(known, lines), "lllllll")
        for one, some in explained if rows else []:
            if not stale(one, some):
                click.echo(f"Claim {one.row}: {one.why}")
        click.echo(RULE)
        click.secho(said, bold=True)
    drawn = _drawn(told, lines, pictures)
    if write:
        addresses = {row: address(path, write) for row, path in drawn.items()}
        how = page.how_lived(runs, told.seeds, any(line.claim.chosen_after_a_look for line in every))
        page.MARKS.write(write, page.markdown(known, lines, how, explained, addresses))
        click.echo(f"Wrote {write}", err=True)
    for one, some in explained:
        if (wrong := stale(one, some)) and not changes:
            click.echo(f"note: why claim {one.row} comes out as it does: {wrong}", err=True)
    for line in (one for one in every if one.reversed):
        click.echo(f"Claim {line.claim.row}: built in, yet reversed: {line.asked}: {line.size}", err=True)
    if any(line.reversed or line.finding.found is None or line.finding.found.pairs < runs for line in every):
        sys.exit(1)


def _drawn(told: Told, lines: Mapping[int, Sequence[Line]], folder: Path | None) -> dict[int, Path]:
    """The figures of all explanations that have one, by the claim."""
    if folder is None or told.reading is None:
        return {}
    from sim.claims.telling import stale
    from sim.figures.claims import plot

    paths = {}
    for trial, one in told.explained:
        if one.panels:
            some = [line for line in lines[one.row] if line.finding.trial is trial]
            note = "The title was written for other verdicts." if stale(one, some) else ""
            paths[one.row] = plot(told.reading, trial, one, told.seeds, folder, note)
            click.echo(f"Drew {paths[one.row]}", err=True)
    return paths


def _again() -> Callable[[int, int], None]:
    """How the second reading is told: a line now and then."""
    every = 500

    def show(done: int, total: int) -> None:
        if total and (done % every == 0 or done == total):
            click.echo(f"read off {done:,} of {total:,} runs lived again", err=True)

    return show
