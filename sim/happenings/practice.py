"""Events of practice: what people learn of it, begin with it, or see go wrong."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from sim.happenings.base import Event
from sim.mechanisms.strategy import agree
from sim.parameters import parameter, share
from sim.tables import AWARE, LAPSED, TRYING, UNAWARE

if TYPE_CHECKING:
    from sim.organisation import Organisation


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

    needs: ClassVar[str] = "strategy"

    what: Literal["listening_phase"]
    lasts: int = parameter(26, "length", unit="weeks", ge=1)
    scale: float = parameter(
        26.0, "weeks in which two thirds of the way to full agreement are gone", unit="weeks", gt=0
    )

    @property
    def until(self) -> float:
        """The last week of the phase."""
        return self.week + self.lasts - 1

    def step(self, org: Organisation, name: str) -> None:
        """Goals go part of their way in each week of the phase: after it, 1 - exp(-lasts / scale) of it."""
        if self.week <= org.week < self.week + self.lasts:
            agree(1.0 - math.exp(-1.0 / self.scale), org.state)


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
    """A practice is made known to part of the staff, or brought back to mind, who may then try it (claim 13)."""

    what: Literal["announcement"]
    practice: str = parameter(..., "which practice")
    reach: float = share(0.5, "part of the staff who hear of it")

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Who is unaware, or has lapsed, and hears of it is aware."""
        k = org.practice(self.practice)
        hear = np.flatnonzero((luck < self.reach) & np.isin(org.employees.rung[k], (UNAWARE, LAPSED)))
        org.move(hear, np.full(len(hear), k), AWARE)


class Incident(Event):
    """Something goes wrong in public (claims 22, 65-67)."""

    needs: ClassVar[str] = "incidents"

    what: Literal["incident"]
    department: str = parameter(..., "where")
    practice: str = parameter(..., "in which practice")
    severity: float = share(0.8, "how bad, before a desk or a risk process lessens it")

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """It strikes as one that chance brings."""
        if org.plan["incidents"]:
            where, which = org.department(self.department), org.practice(self.practice)
            org.plan["incidents"].strike(org, where, which, self.severity)
