"""Events of direction: sponsors, money, desks and committees."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from sim.happenings.base import Event
from sim.luck import combine
from sim.mechanisms.sponsorship import name_sponsor
from sim.mechanisms.strategy import align
from sim.parameters import parameter, weight
from sim.tables import OBJECTIVES

if TYPE_CHECKING:
    from sim.organisation import Organisation


class SponsorNamed(Event):
    """An executive is named sponsor, in the place of one who is it already (claim 47)."""

    needs: ClassVar[str] = "sponsorship"

    what: Literal["sponsor_named"]

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """The most engaged executive becomes it, as the sponsorship's own week would have it."""
        if org.plan["sponsorship"]:
            name_sponsor(org.rules, org.state)


class SponsorLeaves(Event):
    """The sponsor leaves the firm; whether the successor goes on is up to the support left behind (claim 47)."""

    needs: ClassVar[str] = "sponsorship"

    what: Literal["sponsor_leaves"]

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """A newcomer takes the sponsor's seat; nothing happens where nobody is named."""
        org.replace(org.executives.person[org.executives.sponsor])


class BudgetCut(Event):
    """Money goes down to a share of what would be granted, and comes back over a ramp (claim 17)."""

    needs: ClassVar[str] = "funding"

    what: Literal["budget_cut"]
    to: float = parameter(
        ..., "what is left, of what would be granted; above 1 for a rise", unit="share", ge=0, le=10
    )
    lasts: int | None = parameter(
        None, "weeks until it begins to come back; left out: for good", unit="weeks", ge=0
    )
    ramp: int = parameter(1, "weeks in which it comes back", unit="weeks", ge=1)

    @property
    def until(self) -> float:
        """The week in which nothing is missing any more."""
        return math.inf if self.lasts is None else self.week + self.lasts + self.ramp

    def acts(self, week: int) -> bool:
        """It does as it begins, and while money comes back."""
        return week == self.week or (self.lasts is not None and week > self.week + self.lasts)

    def left(self, week: int) -> float:
        """All but what is cut, and of that what has come back."""
        since = week - self.week
        back = 0.0 if self.lasts is None else min(1.0, max(0.0, (since - self.lasts) / self.ramp))
        return self.to + (1.0 - self.to) * back


class GoalsDrift(Event):
    """Departments' goals drift apart: new heads of business, other pressures (claims 11, 27)."""

    needs: ClassVar[str] = "strategy"

    what: Literal["goals_drift"]
    amount: float = weight(0.5, "length of the drift, the organisation's goals being 1")

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Each department goes its own way by this much."""
        d = org.departments
        which = np.arange(len(OBJECTIVES), dtype=np.uint64)
        drift = org.luck.normal("goals drift", combine(d.key[:, None], which[None, :]), org.week)
        d.goals += self.amount * drift / np.sqrt((drift**2).sum(axis=1, keepdims=True))
        align(org.state)


class DeskFounded(Event):
    """The scenario's form of governance begins, where it has not begun or has ended (claims 24, 30)."""

    needs: ClassVar[str] = "governance"

    what: Literal["desk_founded"]

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Governance begins this week; where it is at work already, nothing happens."""
        if org.plan["governance"] and org.week < org.founded:
            org.founded = org.week


class DeskClosed(Event):
    """Desks, hubs and policy end, gate and recommendation with them (claims 24, 61)."""

    needs: ClassVar[str] = "governance"

    what: Literal["desk_closed"]

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Governance ends."""
        if org.plan["governance"]:
            org.plan["governance"].close(org)


class CommitteeFounded(Event):
    """The steering committee meets from this week on (claims 25, 45)."""

    needs: ClassVar[str] = "committee"

    what: Literal["committee_founded"]

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Found it, if the scenario has one and it does not meet yet."""
        if org.plan["committee"] and not org.steered:
            org.plan["committee"].found(org)
