"""The command that fits coefficients to field patterns, and says which patterns are missed all the same."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.common import as_json, changes, table

if TYPE_CHECKING:
    from sim.calibration.fitting import Fitted
    from sim.calibration.plan import Plan


@click.command()
@click.option(
    "--firms", type=click.IntRange(2), help="Firms of the prior in the first stage; later ones in proportion."
)
@click.option("--candidates", type=click.IntRange(1), help="Settings of the coefficients: a power of two.")
@click.option("--seed", type=click.IntRange(1), help="Of the sample of candidates and the firms' luck.")
@click.option(
    "--workers", type=click.IntRange(0), help="Processes; one a core unless given, 0 for none but this."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Results; results/calibration unless given.",
)
@click.option(
    "--from", "source", type=click.Path(path_type=Path), metavar="FOLDER",
    help="A prior and patterns of your own in place of those shipped.",
)  # fmt: skip
@click.option("--report", is_flag=True, help="Live nothing: tell again what --out holds.")
@click.option(
    "--write", type=click.Path(path_type=Path), metavar="PAGE", help="Also put what was found into a page."
)
@click.option("--quiet", is_flag=True, help="No progress.")
@changes
@as_json
def calibrate(
    firms: int | None, candidates: int | None, seed: int | None, workers: int | None, out: Path | None, source: Path | None,
    report: bool, write: Path | None, quiet: bool, changes: dict[str, Any], as_json: bool,
) -> None:  # fmt: skip
    """Fit coefficients to field patterns over a prior of firms, and report all patterns, misses included.

    What is fitted, what is held out and how is in patterns.toml, the firms are in prior.toml. Finished runs are stored at
    once, and the same command goes on where it stopped. Writes found.json, fitted.toml (a scenario) and a figure into FOLDER.
    """
    from sim.calibration import telling
    from sim.calibration.fitting import Fitted
    from sim.calibration.living import NAME
    from sim.calibration.plan import folder, load_plan
    from sim.cli.sweeping import resumable
    from sim.sweeps.results import FOLDER

    if report and (firms or candidates or seed):
        raise click.UsageError("--report tells what is there; leave out --firms, --candidates and --seed.")
    if write:
        telling.MARKS.around(write)
    plan, place = load_plan(source or folder(), changes), out or FOLDER / NAME
    if report:
        _tell(plan, Fitted.load(place), place, write, as_json)
        return
    with resumable():
        found = _fit(plan, plan.patterns.fit.scaled(firms, candidates, seed), place, workers, quiet)
    found.save(place)
    _tell(plan, found, place, write, as_json)
    if found.failed:
        sys.exit(1)


def _fit(plan: Plan, fit: Any, place: Path, workers: int | None, quiet: bool) -> Fitted:
    from sim.calibration.fitting import calibrate
    from sim.cli.previewing import counting
    from sim.cli.sweeping import shown

    @contextmanager
    def stage(words: str) -> Iterator[Any]:
        if not quiet:
            click.echo(words, err=True)
        with shown(quiet) as show:
            yield show

    def again(done: int, total: int) -> None:
        if not quiet and total and (done % 500 == 0 or done == total):
            click.echo(f"asked who knows the policy in {done:,} of {total:,} firms", err=True)

    return calibrate(plan, fit, place, workers, stage, counting(quiet), again)


def _tell(plan: Plan, found: Fitted, place: Path, write: Path | None, as_json: bool) -> None:
    from sim.calibration import telling
    from sim.figures.calibration import draw
    from sim.figures.look import look, save

    with look():
        save(draw(plan, found), place / "figures" / "calibration")
    (place / telling.SCENARIO).write_text(telling.scenario(plan, found), "utf-8")
    said = telling.sentence(plan, found)
    if as_json:
        told = {name: asdict(one) for name, one in found.after.items()}
        click.echo(json.dumps({"found": told, "finding": said}, indent=2))
    else:
        table(telling.HEADERS, telling.table(plan, found), "lllllll")
        table(telling.MOVES, telling.moves(plan, found), "lkrrrr")
        click.echo(telling.RULE)
        click.secho(said, bold=True)
    if write:
        telling.MARKS.write(write, telling.markdown(plan, found))
        click.echo(f"Wrote {write}", err=True)
