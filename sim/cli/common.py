"""What commands share: options, and the ways in which numbers and tables are printed."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.text import Text as Styled

    from sim.parameters import Section
    from sim.scenario import Scenario

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def as_json(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="For machines.")(command)


def printing(for_machines: bool) -> AbstractContextManager[Any]:
    """While runs are lived here: for machines, what their mechanisms print goes beside the output proper."""
    return redirect_stdout(sys.stderr) if for_machines else nullcontext()


def changes(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option `--set key=value`, any number of times, as a mapping."""
    return click.option(
        "--set", "changes", multiple=True, metavar="KEY=VALUE", callback=_changes,
        help="Another value for a dotted key, e.g. funding.level=0.3; false drops a table.",
    )(command)  # fmt: skip


def roster(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options `--roster`, `--ties` and `--reports`."""
    for name, text in (
        ("reports", "CSV of reporting lines: source reports to target."),
        ("ties", "CSV of ties: source, target[, weight]."),
        ("roster", "CSV of people: id, department[, manager, level, function]."),
    ):
        command = click.option(f"--{name}", metavar="FILE", help=text)(command)
    return command


def _changes(ctx: click.Context, option: click.Parameter, pairs: tuple[str, ...]) -> dict[str, Any]:
    values = {}
    for pair in pairs:
        key, sign, text = pair.partition("=")
        if not sign or not key.strip():
            raise click.BadParameter(f"{pair!r} is not KEY=VALUE")
        values[key.strip()] = value_of(text.strip())
    return values


def value_of(text: str) -> Any:
    """A value as TOML would read it; bare words are text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def plan_of(
    scenario: str, changes: dict[str, Any], roster: str | None = None, ties: str | None = None, reports: str | None = None
) -> Scenario:  # fmt: skip
    """The scenario that a command's arguments mean."""
    from pathlib import Path

    from sim.scenario import load

    files = {"roster": roster, "ties": ties, "reports": reports}
    given = {f"organisation.{name}": str(Path(file).resolve()) for name, file in files.items() if file}
    return load(scenario, {**changes, **given})


def facts(section: type[Section] | Section, prefix: str = "") -> list[list[str]]:
    """Key, value (or default), unit, range, meaning and source of every parameter of a section, as people read them."""
    from pydantic_core import PydanticUndefined

    from sim.scenario import parameters

    return [
        [key, "needed" if value is PydanticUndefined else number(value) or "-", *rest]
        for key, value, *rest in parameters(section, prefix)
    ]


def table(headers: list[str], rows: Sequence[Sequence[str | Styled]], right: str = "") -> None:
    """Print a table: in colour on a terminal, plain when piped.

    `right` has a letter a column: 'r' aligns it right, 'k' keeps its words whole, for names that people copy.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for n, header in enumerate(headers):
        how = right[n : n + 1]
        grid.add_column(
            Text(header), justify="right" if how == "r" else "left", overflow="fold", no_wrap=how == "k"
        )
    for row in rows:
        grid.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))  # no [word] is markup
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    console.print(grid)


def number(value: Any) -> str:
    """A value, short: three significant digits where it is not whole."""
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {number(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(number(one) for one in value) or "-"
    return (
        "-" if value is None or value == "" else str(value).lower() if isinstance(value, bool) else str(value)
    )


def duration(seconds: float) -> str:
    """A time in words, to the unit that matters."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
