"""Events of people: who comes, leaves, moves, and whom they get to know."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.happenings.base import Event
from sim.luck import combine, foremost
from sim.parameters import parameter, share
from sim.regrouping import shuffled
from sim.structure import merge, take_over

if TYPE_CHECKING:
    from sim.organisation import Organisation


class ChampionsLeave(Event):
    """The practitioners to whom most people listen leave the firm (claims 35, 75)."""

    what: Literal["champions_leave"]
    people: int = parameter(1, "how many", unit="people", ge=1)

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Those of whoever practises anything, executives apart, whose contacts heed them most in all."""
        e = org.employees
        rank = org.ties.strengths() * e.influence * (e.breadth > 0)
        rank[org.executives.person] = 0
        order = foremost(-rank, luck, self.people)
        org.replace(order[rank[order] > 0])


class Reorganisation(Event):
    """Part of the staff change places across departments, with all they know, do and whom they know (claims 7, 62)."""

    what: Literal["reorganisation"]
    staff: float = share(0.3, "part of the staff who change places; executives stay")

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Who moves takes, by lot, a seat that somebody leaves; departments keep their sizes."""
        lot = org.luck.uniform("seats", org.employees.key, org.week)
        org.regroup(shuffled(org, luck < self.staff, lot))


class CrossFunctionalGroup(Event):
    """People from every department of a firm work together, and know each other from then on (claim 55)."""

    what: Literal["cross_functional_group"]
    members: int = parameter(2, "from each department, by lot", unit="people", ge=1)
    strength: int = parameter(3, "weight of the ties between all members", unit="weight", ge=1, le=1000)

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Tie all members with each other."""
        d = org.departments
        chosen = [
            (d.firm[here], one.start + np.argsort(luck[one])[: self.members])
            for here, one in ((here, org.rows_of(here)) for here in range(d.rows))
        ]
        groups = [np.concatenate([rows for of, rows in chosen if of == firm]) for firm in np.unique(d.firm)]
        ends = np.array([pair for group in groups for pair in combinations(group, 2)], np.int32).reshape(
            -1, 2
        )
        org.tie(ends[:, 0], ends[:, 1], self.strength)


class HiringWave(Event):
    """New people in new seats, who know nothing of the practices but bring their own minds (claims 57, 58)."""

    what: Literal["hiring_wave"]
    people: int = parameter(..., "how many", unit="people", ge=1, le=1_000_000)
    department: str | None = parameter(None, "where; left out: everywhere, by size")
    contacts: int = parameter(
        6, "colleagues in the department whom each gets to know at once, by lot", unit="people", ge=0, le=1000
    )
    strength: int = parameter(2, "weight of these ties", unit="weight", ge=1, le=1000)

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """They take new seats; whoever is in the department reports on as before."""
        d = org.departments
        if self.department is not None:
            rooms = np.full(self.people, org.department(self.department))
        else:
            upto = np.rint(self.people * np.cumsum(d.size) / d.size.sum()).astype(np.int64)
            rooms = np.repeat(np.arange(d.rows), np.diff(upto, prepend=0))
        org.hire(rooms, self.contacts, self.strength)


class Merger(Event):
    """A department comes under another's head and goals; whether the two become one, measures of both will tell (claim 7)."""

    what: Literal["merger"]
    department: str = parameter(..., "which comes under the other")
    into: str = parameter(..., "whose head heads both from then on")
    staff: float = share(0.2, "part of both staffs who change places with each other")
    contacts: int = parameter(
        1,
        "people of the other whom each of the department gets to know, by lot",
        unit="people",
        ge=0,
        le=1000,
    )
    strength: int = parameter(2, "weight of these ties", unit="weight", ge=1, le=1000)

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Merge them; a hub that the other has joined is joined by both."""
        here, there = org.department(self.department), org.department(self.into)
        if here != there:
            merge(org, here, there)
            lot = org.luck.uniform("seats", org.employees.key, org.week)
            of = org.employees.department
            org.regroup(shuffled(org, ((of == here) | (of == there)) & (luck < self.staff), lot))
            acquaint(org, here, there, self.contacts, self.strength)


class Takeover(Event):
    """A firm becomes part of another: two cultures under one top executive, budget and desk (claims 3, 7, 77)."""

    what: Literal["takeover"]
    firm: int = parameter(..., "number of the firm that is taken over", unit="firm", ge=1)
    by: int = parameter(..., "number of the firm that takes it over", unit="firm", ge=1)
    contacts: int = parameter(
        1, "people of the like department whom each of its staff gets to know, by lot", unit="people", ge=0, le=1000
    )  # fmt: skip
    strength: int = parameter(1, "weight of these ties", unit="weight", ge=1, le=1000)

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Its departments change firm, leave their hub and may join the other's."""
        d = org.departments
        taken, by = self.firm - 1, self.by - 1
        moved, stayed = np.flatnonzero(d.firm == taken), np.flatnonzero(d.firm == by)
        if taken != by and moved.size and stayed.size:
            take_over(org, taken, by)
            for number, here in enumerate(moved):
                acquaint(org, int(here), int(stayed[number % stayed.size]), self.contacts, self.strength)


def acquaint(org: Organisation, here: int, there: int, contacts: int, strength: int) -> None:
    """Tie everybody of a department to so many people of another, by lot."""
    rows, others = org.rows_of(here), org.rows_of(there)
    each = np.repeat(np.arange(rows.start, rows.stop), contacts)
    which = np.tile(np.arange(contacts, dtype=np.uint64), rows.stop - rows.start)
    lot = org.luck.uniform("acquaintance", combine(org.employees.key[each], which), org.week)
    org.tie(each, others.start + (lot * (others.stop - others.start)).astype(np.int64), strength)
