"""What can be scripted to happen: one small table a kind of event."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from sim.luck import combine, key_of
from sim.mechanisms.strategy import align
from sim.parameters import Section, parameter, share
from sim.regrouping import shuffled
from sim.tables import AWARE, LAPSED, TRYING, UNAWARE

if TYPE_CHECKING:
    from sim.organisation import Organisation


class Event(Section):
    """Something that happens once, at the start of its week."""

    week: int = parameter(..., "week in which it happens", unit="week", ge=1)

    def step(self, org: Organisation, name: str) -> None:
        """Let it happen if it is due; `name` is what the scenario calls it."""
        if org.week == self.week:
            own = combine(org.employees.key, np.uint64(key_of(f"events/{name}")))
            self.happen(org, org.luck.uniform("events", own, org.week))

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Change the organisation; `luck` is one uniform number for each employee, this event's own."""


class SponsorNamed(Event):
    """An executive is named sponsor (claim 47)."""

    what: Literal["sponsor_named"]

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """The most engaged executive becomes it, as the sponsorship's own week would have it."""
        if org.plan["sponsorship"]:
            org.plan["sponsorship"].name_sponsor(org)


class SponsorLeaves(Event):
    """The sponsor leaves the firm; whether the successor goes on is up to the support left behind (claim 47)."""

    what: Literal["sponsor_leaves"]

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """A newcomer takes the sponsor's seat; nothing happens where nobody is named."""
        org.replace(org.executives.person[org.executives.sponsor])


class ChampionsLeave(Event):
    """The practitioners to whom most people listen leave the firm (claims 35, 75)."""

    what: Literal["champions_leave"]
    people: int = parameter(1, "how many", unit="people", ge=1)

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Those of whoever practises anything, executives apart, whose contacts heed them most in all."""
        e, ties = org.employees, org.ties
        heard = np.add.reduceat(np.append(ties.weights, 0).astype(np.int64), ties.indptr[:-1]) * np.diff(
            ties.indptr
        ).astype(bool)
        rank = heard * e.influence * (e.breadth > 0)
        rank[org.executives.person] = 0
        order = np.lexsort((luck, -rank))[: self.people]
        org.replace(order[rank[order] > 0])


class BudgetCut(Event):
    """Money goes down to a share of what would be granted, and comes back over a ramp (claim 17)."""

    what: Literal["budget_cut"]
    to: float = parameter(
        ..., "what is left, of what would be granted; above 1 for a rise", unit="share", ge=0, le=10
    )
    lasts: int | None = parameter(
        None, "weeks until it begins to come back; left out: for good", unit="weeks", ge=0
    )
    ramp: int = parameter(1, "weeks in which it comes back", unit="weeks", ge=1)

    def step(self, org: Organisation, name: str) -> None:
        """Take this cut's part of what is granted this week."""
        if org.week >= self.week:
            since = org.week - self.week
            back = 0.0 if self.lasts is None else min(1.0, max(0.0, (since - self.lasts) / self.ramp))
            org.granted *= self.to + (1.0 - self.to) * back


class DeskFounded(Event):
    """The scenario's form of governance begins, whatever week it names itself (claims 24, 30)."""

    what: Literal["desk_founded"]

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Governance begins this week."""
        org.founded = self.week


class DeskClosed(Event):
    """Desks, hubs and policy end, gate and recommendation with them (claims 24, 61)."""

    what: Literal["desk_closed"]

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Governance ends."""
        if org.plan["governance"]:
            org.plan["governance"].close(org)


class Pilot(Event):
    """Part of a department's staff try a practice on a known problem (claim 74)."""

    what: Literal["pilot"]
    department: str = parameter(..., "where")
    practice: str = parameter(..., "which practice")
    staff: float = share(0.2, "part of the staff who try it")

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Those who do not practise yet begin, in their department's habit."""
        k, rows = org.practice(self.practice), org.rows_of(org.department(self.department))
        begin = (
            np.flatnonzero((luck[rows] < self.staff) & (org.employees.practising[k, rows] == 0)) + rows.start
        )
        habit = org.departments.habit[org.employees.department[begin], k]
        org.move(begin, np.full(len(begin), k), TRYING, habit)


class ListeningPhase(Event):
    """Listening, research and focus groups bring the departments' goals nearer to the organisation's (claim 20)."""

    what: Literal["listening_phase"]
    lasts: int = parameter(26, "length", unit="weeks", ge=1)
    scale: float = parameter(
        26.0, "weeks in which two thirds of the way to full agreement are gone", unit="weeks", gt=0
    )

    def step(self, org: Organisation, name: str) -> None:
        """Goals go part of their way in each week of the phase: after it, 1 - exp(-lasts / scale) of it."""
        if self.week <= org.week < self.week + self.lasts:
            goals = org.departments.goals
            goals += (org.goals - goals) * (1.0 - np.exp(-1.0 / self.scale))
            align(org)


class ReverseMentoring(Event):
    """Executives are made users first (claim 50)."""

    what: Literal["reverse_mentoring"]
    practice: str = parameter(..., "which practice they try")
    executives: float = share(1.0, "part of the executives who take part")

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Executives who do not practise begin, in their department's habit."""
        k, people = org.practice(self.practice), np.unique(org.executives.person)
        begin = people[(luck[people] < self.executives) & (org.employees.practising[k, people] == 0)]
        habit = org.departments.habit[org.employees.department[begin], k]
        org.move(begin, np.full(len(begin), k), TRYING, habit)


class GuidelinePublished(Event):
    """A guideline reaches part of the staff, who know the policy from then on (claims 39, 79)."""

    what: Literal["guideline_published"]
    reach: float = share(0.3, "part of the staff who read it")

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Those who read it know it."""
        org.employees.knows |= luck < self.reach


class Announced(Event):
    """A practice is made known to part of the staff, who may then try it (claim 13)."""

    what: Literal["announcement"]
    practice: str = parameter(..., "which practice")
    reach: float = share(0.5, "part of the staff who hear of it")

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Who is unaware and hears of it is aware."""
        k = org.practice(self.practice)
        hear = np.flatnonzero((luck < self.reach) & np.isin(org.employees.rung[k], (UNAWARE, LAPSED)))
        org.move(hear, np.full(len(hear), k), AWARE)


class Reorganisation(Event):
    """Part of the staff change places across departments, with all they know, do and whom they know (claims 7, 62)."""

    what: Literal["reorganisation"]
    staff: float = share(0.3, "part of the staff who change places; executives stay")

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Who moves takes, by lot, a seat that somebody leaves; departments keep their sizes."""
        lot = org.luck.uniform("seats", org.employees.key, org.week)
        org.regroup(shuffled(org, luck < self.staff, lot))


class CommitteeFounded(Event):
    """The steering committee meets from this week on (claims 25, 45)."""

    what: Literal["committee_founded"]

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Found it, if the scenario has one."""
        if org.plan["committee"]:
            org.plan["committee"].found(org)


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


AnyEvent = Annotated[
    SponsorNamed | SponsorLeaves | ChampionsLeave | BudgetCut | DeskFounded | DeskClosed | Pilot | ListeningPhase
    | Reorganisation | ReverseMentoring | GuidelinePublished | Announced | CommitteeFounded | CrossFunctionalGroup,
    Field(discriminator="what"),
]  # fmt: skip
"""One event of a scenario; its `what` says which."""
