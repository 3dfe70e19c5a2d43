"""Scenarios: one organisation or what-if a TOML file, whose tables are the mechanisms that are on.

A file may overlay another (`extends`); it is checked whole, and every fault in it is reported at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import SerializeAsAny, model_validator

from sim import shipped
from sim.company import FILES, People, Practice, Returns
from sim.cuts import Cuts
from sim.errors import Fault, InputError, nearest_name
from sim.mechanisms import Mechanism, placed, schedule
from sim.network import Network
from sim.parameters import Section, parameter
from sim.reading import checked, nested, overlay, read_toml, under, with_lines
from sim.roster import digest


class Scenario(Section):
    """One organisation under one set of conditions: everything that a run needs but its seed."""

    title: str = parameter("", "a name for people")
    about: str = parameter("", "what it stands for, and why its numbers")
    weeks: int = parameter(312, "length of a run", unit="weeks", ge=1, le=5200)
    organisation: People
    network: Network = Network()
    practices: dict[str, Practice]
    outcome: Cuts = Cuts()
    returns: Returns = Returns()
    mechanisms: tuple[SerializeAsAny[Mechanism], ...] = ()

    @model_validator(mode="after")
    def _possible(self) -> Scenario:
        governance, departments = self["governance"], self.organisation.names()
        if (
            governance
            and departments
            and governance.form == "multiple_hubs"
            and governance.hubs > len(self.organisation.departments)
        ):
            raise ValueError(
                f"governance.hubs is {governance.hubs}, but there are {len(self.organisation.departments)} departments to group"
            )
        if self["events"]:
            wrong = self["events"].too_early(self["sponsorship"])
            if departments:
                wrong += self["events"].strangers(departments, tuple(self.practices), self.organisation.firms)
            if wrong:
                raise InputError(wrong)
        return self

    def __getitem__(self, name: str) -> Any:
        """The mechanism of that name, or None if it is off."""
        for one in self.mechanisms:
            if one.name == name:
                return one
        return None

    @cached_property
    def in_force(self) -> tuple[Mechanism, ...]:
        """The mechanisms with the paces that the desks' duties give them."""
        duties = self["duties"]
        return duties.applied(self.mechanisms) if duties else self.mechanisms

    def tables(self) -> dict[str, Any]:
        """The scenario as a file would hold it, with every value spelled out; `parse` takes it back."""
        whole = self.model_dump(mode="json", exclude_none=True, exclude={"mechanisms"})
        return whole | {one.name: one.model_dump(mode="json", exclude_none=True) for one in self.mechanisms}

    def parts(self) -> dict[str, Any]:
        """What stands under each top-level key: mechanisms by their names, other sections and values by their fields'."""
        fields = (name for name in type(self).model_fields if name != "mechanisms")
        return {name: getattr(self, name) for name in fields} | {one.name: one for one in self.mechanisms}

    def identity(self, known: Mapping[int, str] | None = None) -> str:
        """A text that is the same for scenarios that run the same: values, not titles; files' content, not paths.

        Keys may come in any order but those of departments and practices, whose rows stand and draw in theirs.

        Args:
            known: `texts` of a scenario at hand, so that what this one shares with it is not put into words again.
        """
        parts = {name: part for name, part in self.parts().items() if name not in ("title", "about")}
        orders = [list(self.organisation.departments), list(self.practices)]
        return f"{_text(parts, known or {})} {json.dumps(orders)}"

    def texts(self) -> dict[int, str]:
        """JSON of each section, by the id of the object, which has to outlive the use of this."""
        parts = [*self.parts().values(), *self.practices.values()]
        return {id(part): _text(part, {}) for part in parts if isinstance(part, Section)}

    def hash(self, known: Mapping[int, str] | None = None) -> str:
        """A short digest of `identity`, with its argument."""
        return hashlib.blake2b(self.identity(known).encode(), digest_size=16).hexdigest()

    def replaced(self, changes: Mapping[str, Any]) -> Scenario:
        """This scenario with other values under dotted keys, e.g. `{"funding.level": 0.3}`; `False` drops a table.

        Tables that no key touches are shared and not checked again, so that a sweep may do this for each of its points.

        Raises:
            InputError: a key is unknown or a value not allowed.
        """
        tables = self.parts()
        for name in {key.partition(".")[0] for key in changes} & tables.keys():
            tables[name] = _dumped(tables[name])
        tables = _changed(tables, changes, "set")
        own = [type(one) for one in self.mechanisms if type(one) not in schedule()]
        return parse(tables, "set", known=own)

    def with_mechanism(self, mechanism: Mechanism) -> Scenario:
        """This scenario with one more mechanism, or another one under the same name."""
        kept = {one.name: one for one in self.mechanisms}
        if mechanism.name in kept:
            kept[mechanism.name] = mechanism
            return self.model_copy(update={"mechanisms": tuple(kept.values())})
        order = list(self.mechanisms)
        names = [one.name for one in order]
        at = names.index(mechanism.after) + 1 if mechanism.after in names else len(order)
        order.insert(at, mechanism)
        return self.model_copy(update={"mechanisms": tuple(order)})

    def without(self, *names: str) -> Scenario:
        """This scenario with mechanisms dropped."""
        kept = tuple(one for one in self.mechanisms if one.name not in names)
        return self.model_copy(update={"mechanisms": kept})


def _dumped(part: Any) -> Any:
    """A part of a scenario as a file would hold it."""
    if isinstance(part, Section):
        return part.model_dump(mode="json", exclude_none=True)
    return {name: _dumped(one) for name, one in part.items()} if isinstance(part, dict) else part


_sorted = json.JSONEncoder(sort_keys=True).encode
_quoted = cache(json.dumps)


def _text(part: Any, known: Mapping[int, str]) -> str:
    """A part of a scenario as JSON with sorted keys; `known` has that of sections, by id."""
    if isinstance(part, dict):
        texts = [
            f"{_quoted(name)}: {known.get(id(one)) or _text(one, known)}"
            for name, one in sorted(part.items())
        ]
        return "{" + ", ".join(texts) + "}"
    table = _dumped(part)
    if isinstance(part, People):
        files = [Path(table.pop(name)) for name in FILES if table.get(name)]
        if files:
            table["files"] = digest(files)
    return _sorted(table)


def load(name: str | Path, changes: Mapping[str, Any] | None = None) -> Scenario:
    """The scenario of a file or of a shipped name, with other values under dotted keys.

    Raises:
        InputError: with every fault found.
    """
    data, file = _gather(str(name))
    data = _changed(data, changes or {})
    try:
        return parse(data, str(file), beside=file.parent)
    except InputError as error:
        raise InputError(with_lines(error.faults, file)) from None


def _changed(tables: dict[str, Any], changes: Mapping[str, Any], file: str = "") -> dict[str, Any]:
    """Tables with other values under dotted keys.

    Raises:
        InputError: a key lies in one that is given a value, which would be lost.
    """
    plain: dict[str, Any] = {}
    for key, value in changes.items():
        one = _spelled(nested(key, value))
        if value is not False and not isinstance(under(one, key), Mapping):
            plain[key] = value
        tables = overlay(tables, one)
    faults = [
        Fault(key, f"lies in {above!r}, which is {value!r}", "one of these two keys", file)
        for key in changes
        for above, value in plain.items()
        if key.startswith(f"{above}.")
    ]
    if faults:
        raise InputError(faults)
    return tables


def _gather(
    name: str, beside: Path | None = None, above: tuple[Path, ...] = ()
) -> tuple[dict[str, Any], Path]:
    """A file's content laid over that of the file it extends."""
    file = shipped.find("scenarios", name, beside)
    if file is None:
        known = shipped.names("scenarios")
        where = str(above[-1]) if above else ""
        allowed = f"a .toml file, or one of {', '.join(known)}"
        raise InputError(
            [
                Fault(
                    "extends" if above else "scenario",
                    f"found {name!r}",
                    allowed,
                    where,
                    nearest_name(name, known),
                )
            ]
        )
    file = file.resolve()
    if file in above:
        chain = " -> ".join(path.stem for path in (*above, file))
        raise InputError(
            [Fault("extends", f"goes round in a circle: {chain}", "a chain that ends", str(file))]
        )
    data = read_toml(file)
    parent = data.pop("extends", None)
    if parent is None:
        return _spelled(data), file
    if not isinstance(parent, str):
        raise InputError(
            [Fault("extends", f"found {parent!r}", "the name of a scenario, or a path", str(file))]
        )
    base, _ = _gather(parent, file.parent, (*above, file))
    for word in ("title", "about"):
        base.pop(word, None)
    return overlay(base, _spelled(data)), file


def _spelled(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data with `department = size` spelled out."""
    people = data.get("organisation")
    if not isinstance(people, Mapping) or not isinstance(people.get("departments"), Mapping):
        return dict(data)
    departments = {
        name: {"size": one} if isinstance(one, int) and not isinstance(one, bool) else one
        for name, one in people["departments"].items()
    }
    return {**data, "organisation": {**people, "departments": departments}}


def parse(
    data: Mapping[str, Any], file: str = "", beside: Path | None = None, known: Iterable[type[Mechanism]] = ()
) -> Scenario:
    """The scenario that tables describe, or mechanisms and sections that are checked already.

    Args:
        data: what stands under each top-level key.
        file: what messages call the source.
        beside: the folder from which paths are seen.
        known: kinds of mechanism of one's own that may occur in it.

    Raises:
        InputError: with every fault found.
    """
    data = dict(data)
    faults: list[Fault] = []
    order = list(schedule())
    for own in known:
        order = placed(order, own)
    mechanisms = []
    for kind in order:
        table = data.pop(kind.name, False)
        if table is False:
            continue
        if isinstance(table, kind):
            mechanisms.append(table)
            continue
        mechanism, wrong = checked(kind, table, kind.name, file)
        faults += wrong
        if mechanism is not None:
            mechanisms.append(mechanism)
    if isinstance(data.get("organisation"), Mapping):
        data["organisation"] = _placed(data["organisation"], beside)
    tables = [kind.name for kind in order]
    if "mechanisms" in data:
        allowed = "a table for each mechanism, under its own name"
        faults.append(Fault("mechanisms", "unknown table or key", allowed, file))
    scenario, wrong = checked(Scenario, {**data, "mechanisms": tuple(mechanisms)}, "", file)
    for fault in wrong:
        if fault.found == "unknown key" and "." not in fault.where:
            names = [*tables, *(name for name in Scenario.model_fields if name != "mechanisms")]
            near = nearest_name(fault.where, names)
            fault = Fault(fault.where, "unknown table or key", f"known here: {', '.join(names)}", file, near)
        faults.append(fault)
    if faults or scenario is None:
        raise InputError(faults)
    return scenario


def _placed(people: Mapping[str, Any], beside: Path | None) -> dict[str, Any]:
    """The organisation's table with its files' paths made absolute, as seen from the scenario's folder."""
    return {
        key: str(((beside or Path()) / value).resolve()) if key in FILES and isinstance(value, str) else value
        for key, value in people.items()
    }


def parameters(
    section: type[Section] | Section, prefix: str = ""
) -> Iterator[tuple[str, Any, str, str, str, str]]:
    """Every parameter of a section: dotted key, value (or default), unit, range, meaning and source."""
    kind = section if isinstance(section, type) else type(section)
    named = {} if isinstance(section, type) else section.model_extra or {}
    for name, one in named.items():
        yield from parameters(one, f"{prefix}{name}.")
    for name, field in kind.model_fields.items():
        value = field.get_default() if isinstance(section, type) else getattr(section, name)
        if name == "mechanisms":
            for mechanism in value:
                yield from parameters(mechanism, f"{mechanism.name}.")
        elif isinstance(value, Section):
            yield from parameters(value, f"{prefix}{name}.")
        elif isinstance(value, dict) and value and all(isinstance(one, Section) for one in value.values()):
            for key, one in value.items():
                yield from parameters(one, f"{prefix}{name}.{key}.")
        else:
            extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
            yield (
                prefix + name, value, str(extra.get("unit", "")), limits(field),
                field.description or "", str(extra.get("source", "")),
            )  # fmt: skip


def limits(field: Any) -> str:
    """The allowed values of a field, in words."""
    options = getattr(field.annotation, "__args__", None)
    if getattr(field.annotation, "__origin__", None) is Literal:
        return " | ".join(map(str, options or ()))
    if field.annotation is bool:
        return "true | false"
    low = high = ""
    for one in field.metadata:
        for sign, mark in (("ge", "≥"), ("gt", ">")):
            if getattr(one, sign, None) is not None:
                low = f"{mark} {getattr(one, sign):g}"
        for sign, mark in (("le", "≤"), ("lt", "<")):
            if getattr(one, sign, None) is not None:
                high = f"{mark} {getattr(one, sign):g}"
    if low.startswith("≥") and high.startswith("≤"):
        return f"{low[2:]}..{high[2:]}"
    return ", ".join(part for part in (low, high) if part)
