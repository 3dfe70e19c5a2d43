"""Building an organisation: from a scenario and its luck to tables of people, departments, executives and ties."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim import network, staff
from sim.errors import Fault, InputError, nearest_name
from sim.luck import LOTS, key_of
from sim.measures import MEASURES
from sim.roster import digest, read_roster
from sim.tables import (
    NO_WEEKS,
    NOW,
    OBJECTIVES,
    QUARTER,
    SOURCES,
    USES,
    Departments,
    Desks,
    Employees,
    Executives,
    Firms,
    Practices,
    State,
    Whole,
)
from sim.tally import Changes
from sim.ties import Ties
from sim.wings import Wings, threads_for

if TYPE_CHECKING:
    from sim.organisation import Organisation
    from sim.scenario import Scenario

UNKNOWN = 0.5  # fit and specificity of a function that the scenario does not know
MEANT = 0.5  # a practice is meant for departments that it fits at least so well


def people_and_ties(plan: Scenario, org: Organisation) -> tuple[staff.Staff, network.Ties]:
    """Who sits where and who knows whom: read from files, or generated."""
    people = plan.organisation
    if people.roster and people.ties:
        content = digest(people.files)
        found = _read(people.files, content)
        if found[0].files != content:  # they were edited in between, and are not to be found under that
            _read.cache_clear()
        return found
    firms = [_seated(tuple(sizes), people.span) for sizes in people.firm_sizes()]
    ties = [network.generate(plan.network, one, org.luck) for one in firms]
    return (firms[0], ties[0]) if len(firms) == 1 else (staff.together(firms), Ties.together(ties))


@lru_cache(maxsize=2)
def _read(files: tuple[Path, ...], content: str) -> tuple[staff.Staff, network.Ties]:
    """A sweep reads its roster once a worker, and anew where its `content` is another."""
    return read_roster(*files)


@lru_cache(maxsize=8)
def _seated(sizes: tuple[tuple[str, str, int], ...], span: int) -> staff.Staff:
    """A sweep seats a firm's staff once a worker, for luck has no part in it."""
    return staff.generate(sizes, span)


def _without(ties: Ties, who: staff.Staff, plan: Scenario) -> Ties:
    """The ties that are left where some departments are disconnected."""
    people = plan.organisation
    if not people.disconnected:
        return ties
    rows = {name: number for number, name in enumerate(who.departments)}
    apart = np.zeros((len(rows), len(rows)), np.bool_)
    for firm in range(len(who.tops)):
        for names in people.disconnected:
            pair = [people.name(name, firm) for name in names]
            for name in pair:
                if name not in rows:
                    near = nearest_name(name, who.departments)
                    allowed = f"one of {', '.join(who.departments)}"
                    raise InputError(
                        [Fault("organisation.disconnected", f"found {name!r}", allowed, "", near)]
                    )
            one, other = (rows[name] for name in pair)
            apart[one, other] = apart[other, one] = True
    source, target, weight = ties.edges()
    kept = ~apart[who.department[source], who.department[target]]
    return Ties.from_edges(ties.n, source[kept], target[kept], weight[kept])


def build_tables(org: Organisation, threads: int | None) -> None:
    """Give the organisation its tables, with structure filled in and all state at its neutral start; `threads` live it."""
    plan = org.plan
    who, ties = people_and_ties(plan, org)
    org.ties = _without(ties, who, plan)
    names = tuple(plan.practices)
    governance = plan["governance"]
    alliance, firms = plan["alliance"], len(who.tops)
    territories = alliance.territories(firms) if alliance else firms
    desks = territories * governance.desk_count(len(who.departments) // territories) if governance else 0
    org.ways = len(who.departments) + desks if plan["ways"] else 1
    axes = {
        "practice": len(names),
        "way": org.ways,
        "objective": len(OBJECTIVES),
        "quarter": QUARTER,
        "delay": getattr(plan["measurement"], "delay", 0),
        "source": len(SOURCES),
        "lot": LOTS,
        "outsider": plan["outside"].most if plan["outside"] else 0,
    }
    org.practice_names, org.department_names = names, who.departments
    org.practices = Practices(len(names), axes)
    org.employees = Employees(who.n, axes)
    org.departments = Departments(len(who.departments), axes)
    org.firms = Firms(firms, axes)
    org.executives = Executives(len(who.departments) + firms, axes)
    org.desks = Desks(desks, axes)

    e, d, x, p, f = org.employees, org.departments, org.executives, org.practices, org.firms
    e.key[:], e.department[:], e.manager[:], e.level[:] = who.key, who.department, who.manager, who.level
    org.lines = staff.Lines.of(who.manager)
    e.reports[:] = np.diff(org.lines.indptr)
    d.first[:], d.size[:], d.head[:] = who.start[:-1], np.diff(who.start), who.head
    d.key[:] = [key_of(f"department/{name}") for name in who.departments]
    p.key[:] = [key_of(f"practice/{name}") for name in names]
    for name in ("effort", "risk", "coordination", "pioneers"):
        getattr(p, name)[:] = [getattr(one, name) for one in plan.practices.values()]
    p.listens[:] = [one.kind == "listening" for one in plan.practices.values()]
    p.presents[:] = [one.kind == "presence" for one in plan.practices.values()]
    p.collaborates[:] = [one.kind == "collaboration" for one in plan.practices.values()]
    p.engages[:] = [one.kind == "engagement" for one in plan.practices.values()]
    org.functions = who.functions
    functions = [what.casefold() for what in who.functions]
    special = _folded(plan.organisation.specificity)
    d.specificity[:] = [special.get(what, UNKNOWN) for what in functions]
    fits = [_folded(one.fit) for one in plan.practices.values()]
    d.fit[:] = [[fit.get(what, UNKNOWN) for fit in fits] for what in functions]
    d.meant[:] = d.fit >= MEANT
    d.firm[:], f.top[:] = who.firm, who.tops
    d.place[:] = np.arange(d.rows) - np.searchsorted(who.firm, who.firm)
    f.seat[:] = np.arange(d.rows, x.rows)
    x.firm[f.seat] = np.arange(f.rows)
    for name in ("pool", "circle", "territory"):
        getattr(f, name)[:] = np.arange(f.rows)
    x.person[:], x.scope[: d.rows] = (*who.head, *who.tops), np.arange(d.rows)
    org.scopes()
    if org.ways > 1:
        d.habit[:] = np.arange(d.rows)[:, None]  # every department starts on its own way
    org.requests = np.zeros(5, np.int64)
    org.ledger = np.zeros((plan.weeks + 1, d.rows, len(USES)))
    org.incidents = np.zeros((plan.weeks + 1, d.rows), np.int64)
    org.left, org.leaving = np.zeros(plan.weeks + 1, np.int64), np.zeros(0, np.int64)
    org.due = np.zeros(plan.weeks + 1, np.bool_)
    now = np.zeros(1, NOW)
    now["stage"], now["founded"] = 1, plan.weeks + 1
    now["granted"] = 1.0
    org.whole = Whole.of({
        "now": now, "cast": np.full(4, NO_WEEKS), "goals": np.full(len(OBJECTIVES), len(OBJECTIVES) ** -0.5),
        "measures": np.zeros(len(MEASURES)),
        "by_practice": np.zeros(p.rows), "adoption": np.zeros(d.rows),
    })  # fmt: skip
    org.threads = threads_for(who.n) if threads is None else threads
    org.wings = Wings.blank(org.threads, len(names), who.n)
    org.state = State.of({"changes": Changes.room(len(names), who.n), **shared(org)})
    org.files = who.files
    org.notices = (*who.notices, *_owners(org), *_strangers(functions, fits))


def shared(org: Organisation) -> dict[str, Any]:
    """What kernels see of an organisation beside the moves that are being decided."""
    return {name: getattr(org, name) for name in State.fields if name != "changes"}


def _owners(org: Organisation) -> list[str]:
    """Mark the departments that own the activity; on a roster without them, the largest owns it."""
    d, people = org.departments, org.plan.organisation
    owners = [people.name(owner, firm) for firm in range(org.firms.rows) for owner in people.owners]
    d.owner[:] = [name in owners for name in org.department_names]
    if d.owner.any():
        return []
    d.owner[np.argmax(d.size)] = True
    largest = org.department_names[int(np.argmax(d.size))]
    return [
        f"no department is called {' or '.join(people.owners)}: the largest, {largest}, owns the activity"
    ]


def _folded(table: dict[str, float]) -> dict[str, float]:
    """The table with its names in lower case: a roster's "Marketing" is the scenario's "marketing"."""
    return {name.casefold(): value for name, value in table.items()}


def _strangers(functions: list[str], fits: list[dict[str, float]]) -> list[str]:
    """A notice of functions that no practice knows."""
    known = {what for fit in fits for what in fit}
    strange = sorted({what or "(none)" for what in functions} - known)
    if not strange:
        return []
    named = ", ".join(strange[:6]) + (f" and {len(strange) - 6} more" if len(strange) > 6 else "")
    return [f"every practice fits {UNKNOWN:g} for functions it does not know: {named}"]
