"""The tables of docs/model.md, made from what the code declares: `python -m sim.cli.reference docs/model.md` writes them anew.

A table stands between `<!-- generated: KIND NAME -->` and `<!-- end -->`; all other text is written by hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np

from sim.cli.common import facts
from sim.mechanisms import SCHEDULE
from sim.mechanisms.events import Events
from sim.parameters import Section
from sim.regrouping import OF_THE_SEAT
from sim.scenario import Scenario, load
from sim.seats import PERSONAL
from sim.tables import (
    Departments,
    Desks,
    Employees,
    Executives,
    Firms,
    Practices,
    Table,
)

HEADERS = ("key", "default", "unit", "range", "meaning", "source")
TABLES: dict[str, type[Table]] = {
    "employees": Employees, "departments": Departments, "executives": Executives, "firms": Firms, "desks": Desks,
    "practices": Practices,
}  # fmt: skip
_BLOCK = re.compile(r"<!-- generated: ([\w ]+) -->\n.*?<!-- end -->", re.S)


def rows_of(kind: type[Section], prefix: str = "") -> dict[str, list[str]]:
    """Key, default, unit, range, meaning and source of every parameter of a kind of section, and of those nested in it.

    `NAME` stands for a name of one's own, `[]` for each member of a list.
    """
    rows = {row[0]: row for row in facts(kind, prefix) if row[4]}  # what has no meaning of its own is a table
    for name, field in kind.model_fields.items():
        for nested, mark in _sections(field.annotation):
            for key, row in rows_of(nested, f"{prefix}{name}{mark}.").items():
                rows.setdefault(key, row)
    return rows


def _sections(annotation: Any, mark: str = "") -> Iterator[tuple[type[Section], str]]:
    """The sections in a field's type, and how their place in a key is written."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation, mark
    deeper = {dict: ".NAME", list: "[]"}.get(getattr(annotation, "__origin__", None), mark)  # type: ignore[arg-type]
    for one in get_args(annotation):
        yield from _sections(one, deeper)


def defaults() -> dict[str, dict[str, list[str]]]:
    """Those rows for each table of a scenario: "run" for keys that stand in none, and every shipped mechanism."""
    groups: dict[str, dict[str, list[str]]] = {}
    rows = {key: row for key, row in rows_of(Scenario).items() if not key.startswith("mechanisms")}
    for kind in SCHEDULE:
        if kind is not Events:
            rows |= rows_of(kind, f"{kind.name}.")
    for key, row in rows.items():
        groups.setdefault(key.split(".")[0] if "." in key else "run", {})[key] = row
    return groups


def parameter_table(name: str) -> str:
    """The parameters of a table of the scenario; those of a table named by nested keys stand with it."""
    return _markdown(HEADERS, [[f"`{key}`", *rest] for key, *rest in defaults()[name].values()])


def event_table(_: str) -> str:
    """What can be scripted, a line a kind, and below it the keys of the kind beside `what` and `week`."""
    rows = []
    for name, kind in Events.kinds.items():
        needs = f"needs [{kind.needs}]" if kind.needs else ""
        rows.append([f"**{name}**", "", "", "", (kind.__doc__ or "").split("\n")[0], needs])
        rows += [[f"`{key}`", *rest] for key, *rest in facts(kind) if key not in ("what", "week")]
    return _markdown(HEADERS, rows)


def baseline_table(_: str) -> str:
    """What the baseline sets to anything but its default."""
    plan = load("baseline")
    usual = {key: row[1] for group in defaults().values() for key, row in group.items()}
    rows = [
        [f"`{key}`", value]
        for key, value, *_ in facts(plan)
        if value not in ("-", usual.get(key)) and key.partition(".")[0] not in ("title", "about", "returns")
    ]
    return _markdown(
        ("key", "value"), [["mechanisms", ", ".join(one.name for one in plan.mechanisms)], *rows]
    )


def column_table(name: str) -> str:
    """The columns of a table of state."""
    across = TABLES[name].across
    rows = []
    for column, (kind, start, unit, meaning, each) in TABLES[name].declared.items():
        axes = [f"each {one}" for one in each.split()]
        shape = ", ".join(axes[::-1] if across else axes)
        rows.append([f"`{column}`", np.dtype(kind).name, shape, str(start), unit, meaning])
        if name == "employees":
            rows[-1].append("seat" if column in OF_THE_SEAT else "person" if column in PERSONAL else "both")
    headers = ("column", "type", "one value for", "start", "unit", "meaning", "stays with")
    return _markdown(headers if name == "employees" else headers[:-1], rows)


def week_table(_: str) -> str:
    """The mechanisms in the order of the week, as their classes describe them."""
    rows = [
        [str(place), f"`{kind.name}`", (kind.__doc__ or "").split("\n")[0]]
        for place, kind in enumerate(SCHEDULE, 1)
    ]
    return _markdown(("", "mechanism", "what it is"), rows)


MAKERS: dict[str, Callable[[str], str]] = {
    "parameters": parameter_table, "columns": column_table, "events": event_table, "baseline": baseline_table,
    "week": week_table,
}  # fmt: skip


def _markdown(headers: tuple[str, ...], rows: list[list[str]]) -> str:
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [list(headers), ["---"] * len(headers), *cells])


def blocks(text: str) -> list[str]:
    """What the marked places of a text ask for, "parameters adoption" for instance."""
    return [match[1] for match in _BLOCK.finditer(text)]


def written(text: str) -> str:
    """The text with every marked table made anew."""

    def made(match: re.Match[str]) -> str:
        kind, _, name = match[1].partition(" ")
        return f"<!-- generated: {match[1]} -->\n\n{MAKERS[kind](name)}\n\n<!-- end -->"

    return _BLOCK.sub(made, text)


if __name__ == "__main__":
    for file in map(Path, sys.argv[1:]):
        file.write_text(written(file.read_text(encoding="utf-8")), encoding="utf-8")
