"""Levers: which parameters the page shows, in which groups; unit, range and help are the parameters' own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import floor, log10
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from sim.mechanisms import schedule
from sim.parameters import Section
from sim.scenario import Scenario, limits

GROUPS = {
    "Strategy and goals": {"strategy": "kind clarity noise"},
    "Sponsorship": {"sponsorship": "engagement sponsor_week sponsor_engagement disappointment style"},
    "Money and measurement": {
        "funding": "mode level",
        "measurement": "focus noise delay",
        "programmes": "reporting pace even",
    },
    "Governance and desks": {
        "governance": "form founded mandate locus hubs tied",
        "approval": "requests risk",
        "teaching": "pupils colleagues",
        "guidance": "policy by_policy",
        "best_practice": "learning start_quality",
    },
    "Duties": {
        "duties": "governance best_practice content training technology leadership insight conversation conflict"
    },
    "Team and committee": {
        "team": "per_hundred drawn chosen ties land practising",
        "committee": "founded interval pull reallocation joining",
    },
    "People": {
        "turnover": "base executives sensitivity attraction",
        "learning": "by_training by_practice forgetting",
        "influence": "reports peers manager executives by_exposure by_experience by_lead",
        "adoption": "rule threshold attempt push blocking",
        "ways": "review habit_weight quality_weight",
    },
    "Voices": {
        "incidents": "base shaping process",
        "rumours": "spread fading crowd official",
        "voice": "harm enough",
    },
    "Turbulence": {"turbulence": "chance forgotten"},
    "Network layers": {
        "network": "mean_degree odds_ratio transitivity",
        "digital": "chance near strength most",
        "outside": "contacts start ceiling growth",
        "organisation": "firms",
        "alliance": "desk pool showcase acquainted",
    },
}
"""The main levers of each table, group by group: one line a mechanism. One that no group names is shown in the last
group, `OTHERS`, with its first parameters; `HIDDEN` ones have nothing to tweak."""

STANDING = ("network", "organisation")  # tables that every scenario has
OTHERS, EVENTS, HIDDEN = "Other mechanisms", "Events", {"events", "worth", "maturity"}
FIRST = 4  # levers of a mechanism that no group names


@dataclass(frozen=True)
class Lever:
    """One parameter of a table: `key` is its dotted name in a scenario, `field` what was declared of it."""

    key: str
    field: FieldInfo
    value: Any
    weeks: int

    @property
    def unit(self) -> str:
        """Its unit; nothing for a choice or a switch."""
        extra = self.field.json_schema_extra
        return str(extra.get("unit", "")) if isinstance(extra, dict) else ""

    @property
    def label(self) -> str:
        """Its name, with its unit."""
        name = self.key.rsplit(".", 1)[1].replace("_", " ")
        unit = "0 for never" if self.unit == "week" and self.optional else self.unit
        return f"{name}, {unit}" if unit and unit != name else name

    @property
    def help(self) -> str:
        """What it means, what may be set, and where its default comes from."""
        extra = self.field.json_schema_extra
        source = str(extra.get("source", "")) if isinstance(extra, dict) else ""
        allowed = "" if self.options or self.kind is bool else limits(self.field)
        return " · ".join(
            part for part in (self.field.description or "", allowed, source and f"source: {source}") if part
        )

    @property
    def options(self) -> list[str]:
        """What there is to choose from, if it is a choice."""
        return list(get_args(self.field.annotation)) if get_origin(self.field.annotation) is Literal else []

    @property
    def kind(self) -> type:
        """The type of its values, `str` for a choice."""
        among = (self.field.annotation, *get_args(self.field.annotation))
        return next((kind for kind in (bool, int, float) if kind in among), str)

    @property
    def optional(self) -> bool:
        """Whether it may be left out."""
        return self.field.default is None

    @cached_property
    def scale(self) -> tuple[float, float, float] | None:
        """Least, most and step of a slider; none where no upper end is known.

        A slider ends at some five times the scenario's value, so that small rates can be set with care.
        """
        if self.unit == "week":
            return 0 if self.optional else 1, max(self.weeks, self.value or 0), 1  # 0 for never
        if self.kind not in (int, float) or self.value is None:
            return None
        least, most = _ends(self.field)
        if self.value:
            near = 5.0 * abs(self.value)
            digit = 10.0 ** floor(log10(near))
            near = next(n * digit for n in (1.0, 2.0, 5.0, 10.0) if n * digit > near * 0.999)
            most = near if most is None else min(most, near)
        if not most:
            return None
        if self.kind is int:
            return int(least), int(most), 1
        step = 10.0 ** (floor(log10(most)) - 2)
        while step > most / 1e5 and abs(round(self.value / step) * step - self.value) > 1e-9:
            step /= 10.0
        return least or (step if any(hasattr(one, "gt") for one in self.field.metadata) else 0.0), most, step


def _ends(field: FieldInfo) -> tuple[float, float | None]:
    """Least and most that may be set, most None where nothing says it."""
    found = {
        sign: getattr(one, sign) for one in field.metadata for sign in ("ge", "le") if hasattr(one, sign)
    }
    return found.get("ge", 0), found.get("le")


@dataclass(frozen=True)
class Part:
    """A table of the scenario as the page shows it: a mechanism, one that every scenario has, or one scripted event."""

    name: str
    about: str
    on: bool
    droppable: bool
    levers: tuple[Lever, ...]


def parts_of(plan: Scenario) -> dict[str, list[Part]]:
    """The page's groups: every mechanism there is, on or off, and the scenario's events."""
    kinds: dict[str, type[Section]] = {kind.name: kind for kind in schedule()}
    kinds |= {one.name: type(one) for one in plan.mechanisms}
    kinds |= {name: type(getattr(plan, name)) for name in STANDING}
    named = {table for tables in GROUPS.values() for table in tables}
    rest = {
        table: " ".join(list(kind.model_fields)[:FIRST])
        for table, kind in kinds.items()
        if table not in named | HIDDEN
    }
    groups = {}
    for title, tables in {**GROUPS, OTHERS: rest}.items():
        there = [_part(plan, table, kinds[table], keys) for table, keys in tables.items() if table in kinds]
        if there:
            groups[title] = there
    if plan["events"]:
        groups[EVENTS] = [
            Part(f"events.{name}", _first_line(type(one)), True, True, tuple(_levers(plan, f"events.{name}", one, "week")))
            for name, one in plan["events"].scripted.items()
        ]  # fmt: skip
    return groups


def _part(plan: Scenario, table: str, kind: type[Section], keys: str) -> Part:
    present = getattr(plan, table) if table in STANDING else plan[table]
    levers = tuple(_levers(plan, table, present or kind, keys))
    return Part(table, _first_line(kind), present is not None, table not in STANDING, levers)


def _levers(plan: Scenario, table: str, of: Section | type[Section], keys: str) -> Iterator[Lever]:
    fields = (of if isinstance(of, type) else type(of)).model_fields
    for key in keys.split():
        if key in fields:
            value = fields[key].get_default() if isinstance(of, type) else getattr(of, key)
            yield Lever(f"{table}.{key}", fields[key], value, plan.weeks)


def _first_line(kind: type[Section]) -> str:
    return (kind.__doc__ or "").split("\n")[0]


def adjusted(plan: Scenario, moved: Mapping[str, Any]) -> Scenario:
    """The scenario with levers moved: values under dotted keys, and under tables' names whether they are on.

    Raises:
        InputError: a value is not allowed, or two do not go together.
    """
    off = {key for key, value in moved.items() if value is False and key in _tables(plan)}
    on: dict[str, Any] = {key: {} for key, value in moved.items() if value is True and key in _tables(plan)}
    values = {
        key: False if value is None else value
        for key, value in moved.items()
        if key not in _tables(plan) and key.rsplit(".", 1)[0] not in off
    }
    return plan.replaced({**on, **values, **dict.fromkeys(off, False)}) if moved else plan


def _tables(plan: Scenario) -> set[str]:
    return {part.name for parts in parts_of(plan).values() for part in parts}
