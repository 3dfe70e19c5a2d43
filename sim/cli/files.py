"""Commands on files: what ships, what a scenario holds, a new one, and whether files are right."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from sim.cli.common import as_json, changes, facts, plan_of, table


@click.command()
@as_json
def scenarios(as_json: bool) -> None:
    """What ships, one line each: scenarios under the library's headings, then experiments."""
    from rich.text import Text

    from sim import shipped
    from sim.reading import read_toml

    found = {
        kind: {name: read_toml(shipped.folder(kind) / f"{name}.toml") for name in shipped.names(kind)}
        for kind in ("scenarios", "experiments")
    }
    if as_json:
        lines = {
            k: {n: {w: d.get(w, "") for w in ("title", "about")} for n, d in v.items()}
            for k, v in found.items()
        }
        click.echo(json.dumps(lines, indent=2))
        return
    rows: list[list[Any]] = []
    for heading, names in _grouped(list(found["scenarios"])).items():
        rows += [[Text(heading, "bold"), ""], *_lines(names, found["scenarios"])]
    table(["scenario", "what it is"], rows, "k")
    table(["experiment", "what it is"], _lines(found["experiments"], found["experiments"]), "k")


def _grouped(names: list[str]) -> dict[str, list[str]]:
    """Scenarios under the library's headings; those that stand under none come last."""
    from sim.library import SECTIONS

    groups = {heading: [name for name in some if name in names] for heading, some in SECTIONS.items()}
    grouped = {name for some in groups.values() for name in some}
    groups["Others"] = [name for name in names if name not in grouped]
    return {heading: some for heading, some in groups.items() if some}


def _lines(names: Iterable[str], files: dict[str, dict[str, str]]) -> list[list[str]]:
    return [[f"  {name}", files[name].get("about", "")] for name in names]


@click.command()
@click.argument("scenario", default="baseline")
@click.option("--all", "whole", is_flag=True, help="Also mechanisms that are off, and kinds of events.")
@changes
@as_json
def show(scenario: str, whole: bool, changes: dict[str, object], as_json: bool) -> None:
    """Every parameter of SCENARIO: value, unit, range, meaning, and where it comes from."""
    from sim.mechanisms import schedule

    plan = plan_of(scenario, changes)
    if as_json:
        click.echo(json.dumps(plan.tables(), indent=2))
        return
    click.echo(f"{plan.title}: {plan.about}")
    for label, text in _comment(scenario).items():
        click.echo(f"{label}: {text}")
    groups: dict[str, list[list[str]]] = {}
    for row in facts(plan):
        if row[0] not in ("title", "about"):
            groups.setdefault(row[0].split(".")[0] if "." in row[0] else "run", []).append(row)
    about = {one.name: _first_line(type(one)) for one in plan.mechanisms}
    off = [kind for kind in schedule() if plan[kind.name] is None]
    if whole:
        for kind in off:
            about[kind.name] = f"off. {_first_line(kind)}"
            groups[kind.name] = facts(kind, f"{kind.name}.")
    for head, rows in groups.items():
        click.secho(f"[{head}] {about.get(head, '')}".rstrip(), bold=True)
        if rows:
            table(["key", "value", "unit", "allowed", "meaning", "source"], rows, "kr")
    if whole:
        _events()
    if off and not whole:
        names = ", ".join(kind.name for kind in off)
        click.echo(f"Off: {names} (their parameters: unsilo show {scenario} --all)")


def _comment(scenario: str) -> dict[str, str]:
    """What the scenario's file says of it before its keys, part by part."""
    from sim import shipped
    from sim.library import comment

    file = shipped.find("scenarios", scenario)
    return comment(file) if file else {}


def _events() -> None:
    """What can be scripted, kind by kind, with what each kind needs."""
    from sim.mechanisms.events import Events

    click.secho(
        '[events.NAME] with what = "KIND", week, and the keys of its kind',
        bold=True,
    )
    for name, kind in Events.kinds.items():
        click.echo(f"{name}: {_first_line(kind)}")
        rows = [row for row in facts(kind) if row[0] not in ("what", "week")]
        if rows:
            table(["key", "default", "unit", "allowed", "meaning", "source"], rows, "kr")


def _first_line(kind: type) -> str:
    """What a mechanism is about, in its own words."""
    return (kind.__doc__ or "").split("\n")[0]


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--extends", default="baseline", show_default=True, help="The scenario to start from.")
def new(file: Path, extends: str) -> None:
    """Write FILE, a scenario that extends another, with every key there to be uncommented."""
    from sim.errors import Fault, InputError
    from sim.scenario import load

    if file.suffix != ".toml":
        raise InputError([Fault("file", f"found {str(file)!r}", "a name that ends in .toml")])
    text = _starting_point(load(extends), extends)
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise InputError(
            [Fault("file", str(error.strerror), "a new file in a folder that exists", str(file))]
        ) from None
    click.echo(f"Wrote {file}. Uncomment what you change, then: unsilo check {file} && unsilo run {file}")


def _starting_point(plan: object, extends: str) -> str:
    from sim.scenario import Scenario, parameters

    assert isinstance(plan, Scenario)
    lines = [f"extends = {json.dumps(extends)}", 'title = "My scenario"', 'about = "What it stands for."', ""]
    groups: dict[str, list[str]] = {"": []}
    for key, value, unit, allowed, meaning, source in parameters(plan):
        table, _, name = key.rpartition(".")
        if key not in ("title", "about"):
            facts = "; ".join(part for part in (unit, allowed, source) if part)
            groups.setdefault(table, []).append(f"# {name} = {_toml(value)}  # {meaning} [{facts}]")
    for table, keys in groups.items():
        lines += [*([f"[{table}]"] if table else []), *keys, ""]
    return "\n".join(lines)


def _toml(value: object) -> str:
    """A value in TOML's words."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return "false" if value is None else json.dumps(value)


@click.command()
@click.argument("files", nargs=-1, required=True)
def check(files: tuple[str, ...]) -> None:
    """Check FILES, scenarios or experiments, without running them; every fault is listed."""
    from sim.errors import InputError

    wrong = 0
    for file in files:
        try:
            kind = _check(file)
        except InputError as error:
            wrong += len(error.faults)
            for fault in error.faults:
                click.echo(f"unsilo: {fault}", err=True)
        else:
            click.echo(f"{file}: {kind} is right")
    if wrong:
        click.echo(f"{wrong} fault{'s' * (wrong > 1)} found", err=True)
        sys.exit(2)


_OF_EXPERIMENTS = {
    "scenario",
    "scenarios",
    "factors",
    "design",
    "replicates",
}  # no scenario has any of these keys


def _check(file: str) -> str:
    from sim import shipped
    from sim.reading import read_toml
    from sim.scenario import load
    from sim.sweeps import load_experiment

    found = shipped.find("scenarios", file) or shipped.find("experiments", file)
    if found is not None and not _OF_EXPERIMENTS.isdisjoint(read_toml(found)):
        load_experiment(file)
        return "the experiment"
    load(file)
    return "the scenario"
