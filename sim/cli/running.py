"""Commands that run: one organisation, and two scenarios under the same luck."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from sim.cli.common import as_json, changes, number, plan_of, printing, roster, table
from sim.starting import later, starting

if TYPE_CHECKING:
    from sim.analysis.returns import Return, Returns
    from sim.record import Record


@click.command()
@click.argument("scenario", default="baseline")
@click.option("--seed", default=1, show_default=True, help="The luck of the run.")
@changes
@roster
@click.option(
    "--close-hub",
    is_flag=True,
    help="Also ask whether convergence outlives the closing of the hub by a year.",
)
@click.option(
    "--returns",
    "with_returns",
    is_flag=True,
    help="Also show what money brought, by department and programme.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 8),
    help="Threads that live the run together, the same bytes; 2 from 10,000 employees on unless given.",
)
@as_json
def run(
    scenario: str, seed: int, changes: dict[str, Any], close_hub: bool, with_returns: bool, threads: int | None,
    as_json: bool, **files: str | None,
) -> None:  # fmt: skip
    """Run SCENARIO once: the stages it went through, its outcome, and what it means in one sentence."""
    from dataclasses import asdict

    with later(), starting():
        from sim.analysis.outliving import outlives_hub
        from sim.analysis.returns import returns
        from sim.organisation import run as live

    plan = plan_of(scenario, changes, **files)
    with printing(as_json):
        record = live(plan, seed, threads)
    if as_json:
        result = {
            "scenario": plan.title,
            "seed": seed,
            "weeks": plan.weeks,
            "outcome": asdict(record.outcome),
        }
        if close_hub:
            with printing(as_json):
                result["outlives_hub"] = outlives_hub(plan, seed)
        if with_returns:
            result["returns"] = returns(record).as_dict()
        click.echo(
            json.dumps({**result, "stages": _spells(record["stage"]), "notices": record.notices}, indent=2)
        )
        return
    for notice in record.notices:
        click.echo(f"note: {notice}", err=True)
    tell(record)
    if with_returns:
        _tell_returns(returns(record), record)
    if close_hub:
        click.echo(_OUTLIVES[outlives_hub(plan, seed)])


_OUTLIVES = {
    True: "Closed in the week after it first converged, the hub is not missed: a year later it is still converged.",
    False: "Closed in the week after it first converged, the hub is missed: a year later it is no longer converged.",
    None: "It never converged under a desk or policy, so there is nothing for convergence to outlive.",
}


def _spells(series: Any) -> list[tuple[int, int, int]]:
    """Runs of equal values: first week, last week, value."""
    spells: list[tuple[int, int, int]] = []
    for week, value in enumerate(series.astype(int).tolist()):
        if spells and spells[-1][2] == value:
            spells[-1] = (spells[-1][0], week, value)
        else:
            spells.append((week, week, value))
    return spells


def tell(record: Record) -> None:
    """Print the stages that a run went through, its outcome, and what it means."""
    from sim.mechanisms.maturity import STAGES
    from sim.outcome import STATES

    plan, outcome = record.plan, record.outcome
    click.echo(f"{plan.title or 'Scenario'}: {plan.about}")
    click.echo(f"{len(record.departments)} departments, {plan.weeks} weeks, seed {record.seed}")
    shown = []
    for first, last, stage in _spells(record["stage"]):
        if last - first >= 3 or first == 0:
            shown.append([f"{first}-{last}", f"{stage} {STAGES[stage - 1]}", f"{record['A'][last]:.0%}"])
    table(["weeks", "stage", "adoption at its end"], shown, "llr")
    spells = [f"{STATES[state]} {first}-{last}" for first, last, state in _spells(record.states)]
    click.echo("State by week: " + " · ".join(spells))
    rows = [
        [name, f"{adoption:.0%}", "yes" if served else "no", f"{engaged:.2f}"]
        for name, adoption, served, engaged in zip(
            record.departments, record.adoption[-1], record.served[-1], record.executives[-1], strict=False
        )
    ]
    table(["department", "adoption", "served by a desk", "head's engagement"], rows[:12], "lrlr")
    if len(rows) > 12:
        click.echo(f"and {len(rows) - 12} more departments")
    facts = [
        ("C (commonest way)", outcome.C), ("V (separation)", outcome.V), ("hollow adoption", outcome.hollow),
        ("stage", outcome.stage),
        ("relapses", outcome.relapses), ("skipped stages", outcome.skips), ("practitioner-weeks", outcome.practitioner_weeks),
        ("units spent", round(outcome.spent)), ("weeks waited for approval", outcome.delay),
    ]  # fmt: skip
    click.echo("; ".join(f"{name} {number(value)}" for name, value in facts))
    click.secho(record.sentence, bold=True)


def _tell_returns(found: Returns, record: Record) -> None:
    def rows(each: tuple[Return, ...]) -> list[list[str]]:
        return [
            [
                one.name,
                f"{one.spent:,.1f}",
                f"{one.worth:,.1f}",
                "n/a" if one.ratio is None else f"{one.ratio:.2f}",
            ]
            for one in each
        ]

    headers = ["units spent", "staff-years of full worth", "units back per unit"]
    table(["department", *headers], [*rows(found.departments[:12]), *rows((found.total,))], "lrrr")
    if len(found.departments) > 12:
        click.echo(f"and {len(found.departments) - 12} more departments, part of all")
    table(["programme", *headers], rows(found.programmes), "lrrr")
    by = {
        "support": "A department's money counts for its programmes by their support",
        "practitioners": "A department's money counts for its programmes by the staff who practise each in the week",
    }[found.split]
    click.echo(
        f"{by}; {found.unassigned:,.1f} units count for none. "
        f"Units brought in per staff-year of full worth: {number(record.plan.returns.value)} (returns.value)."
    )
    if found.gains:
        gains = [
            [one.department, one.outcome, one.unit, number(one.first), number(one.last)]
            for one in found.gains[:12]
        ]
        table(["department", "business outcome", "unit", "week 0", f"week {record.week}"], gains, "lllrr")


@click.command()
@click.argument("a")
@click.argument("b")
@click.option(
    "--runs", default=100, show_default=True, type=click.IntRange(2, 100_000), help="Seeds lived in both."
)
@click.option("--first-seed", default=1, show_default=True)
@click.option("--workers", default=None, type=click.IntRange(1), help="Processes; one a core unless given.")
@click.option(
    "--figure", type=click.Path(dir_okay=False), help="Also draw the paired difference into this PNG or SVG."
)
@changes
@as_json
def compare(
    a: str, b: str, runs: int, first_seed: int, workers: int | None, figure: str | None, changes: dict[str, Any],
    as_json: bool,
) -> None:  # fmt: skip
    """Live scenarios A and B under the same luck, and report what B changes, with 95 % intervals.

    `--set` holds in both.
    """
    from sim.analysis.comparison import compare as pair

    if figure and not figure.endswith((".png", ".svg")):
        raise click.BadParameter(f"{figure!r} ends neither in .png nor in .svg", param_hint="--figure")
    result = pair(plan_of(a, changes), plan_of(b, changes), runs=runs, first_seed=first_seed, workers=workers)
    if figure:
        from sim.figures import save_difference

        save_difference(result, figure)
    if as_json:
        click.echo(json.dumps(result.as_dict(), indent=2))
        return
    table(
        ["outcome", f"A: {result.a.title}", f"B: {result.b.title}", "B - A", "95 % interval"],
        result.rows(),
        "lrrrr",
    )
    flips = [f"{one} → {other} {count}" for (one, other), count in result.flips.items()]
    click.echo("Pairs by state under A → B: " + " · ".join(flips))
    click.secho(result.sentence, bold=True)
