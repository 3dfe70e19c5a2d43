"""Funding: what departments may spend, on what, and the ledger in which every unit stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import model_validator

from sim.kernels import kernel
from sim.mechanisms.base import Mechanism
from sim.parameters import Section, parameter, share, weight
from sim.tables import QUARTER

if TYPE_CHECKING:
    from sim.organisation import Organisation

TRIAL = "assumed: a trial's starting value"
WEEKS_A_YEAR = 52.0


class Split(Section):
    """Weights, of whatever sum, by which the budget is split; without a desk to pay, its part buys courses."""

    training: float = weight(0.25, "outside courses", source="assumed: a trial's starting value")
    desk: float = weight(0.25, "people of the desk", source="assumed: a trial's starting value")
    technology: float = weight(0.3, "tools")
    measurement: float = weight(0.2, "measurement of worth")

    @model_validator(mode="after")
    def _something(self) -> Split:
        if self.training + self.desk + self.technology + self.measurement <= 0.0:
            raise ValueError("weights sum to nothing; give at least one of them a value above 0")
        return self

    def shares(self) -> tuple[float, float, float, float]:
        """Shares of training, desk, technology and measurement; they sum to 1."""
        weights = (self.training, self.desk, self.technology, self.measurement)
        return tuple(w / sum(weights) for w in weights)  # type: ignore[return-value]


class Change(Section):
    """A new level from a week on."""

    week: int = parameter(..., "first week of the new level", unit="week", ge=0)
    level: float = parameter(..., "the new level", unit="units/head/year", ge=0.0, le=2.0)


class Funding(Mechanism):
    """Budgets, fixed by a schedule or earned by evidence, and what money buys (claims 4, 17, 51, 52)."""

    mode: Literal["fixed", "earned"] = parameter(
        "earned", "by schedule, or each quarter by evidence", source=TRIAL
    )
    level: float = parameter(
        0.5, "base budget; 1 pays one desk person per 100 staff", unit="units/head/year", ge=0.0, le=2.0
    )
    schedule: list[Change] = parameter([], "fixed funding: later levels", unit="week, level")
    split: Split = parameter(Split(), "what the budget is spent on")
    earned_pace: float = share(0.25, "way to the earned budget gone each quarter", source=TRIAL)
    earned_floor: float = weight(0.4, "share of the base that disengaged executives grant", source=TRIAL)
    earned_engaged: float = weight(0.9, "further share at full engagement", source=TRIAL)
    earned_evidence: float = weight(
        0.5, "gain or loss from evidence above or below the expected", source=TRIAL
    )
    earned_scale: float = parameter(
        0.4,
        "surplus of evidence, per unit of base budget, that counts in full",
        unit="1/(units/head/year)",
        source=TRIAL,
        gt=0,
    )
    earned_loss: float = share(0.6, "most that a shortfall counts", source=TRIAL)
    least: float = weight(0.05, "earned budget's lower bound, of the base", source=TRIAL)
    most: float = weight(1.5, "earned budget's upper bound, of the base", source=TRIAL)
    course_yield: float = weight(
        1.0,
        "training per unit spent on courses per head, at full lead",
        source="assumed: a trial's starting value",
    )
    technology_yield: float = weight(1.5, "share of effort taken away per unit spent on tools per head")
    measurement_yield: float = weight(4.0, "share of noise taken away per unit spent on measurement per head")

    derived = {
        "fixed": (bool, lambda self: self.mode == "fixed"),
        "taught": (float, lambda self: self.split.shares()[0]),
        "desks": (float, lambda self: self.split.shares()[1]),
        "tools": (float, lambda self: self.split.shares()[2]),
        "measuring": (float, lambda self: self.split.shares()[3]),
    }

    def build(self, org: Organisation) -> None:
        """Grant the base budget to the departments that the strategy opens."""
        org.firms.level[:] = self.level_in(0)
        self.grant(org)
        spend(org.rules, 0, org.state)
        org.ledger[0] = 0.0

    def attend(self, org: Organisation) -> None:
        """Set budgets, by the schedule or, each quarter, as they are earned; then spend a week's part of them."""
        if self.mode == "fixed":
            org.firms.level[:] = self.level_in(org.week)
            self.grant(org)
        else:
            self.earn(org)
        spend(org.rules, org.week, org.state)

    def level_in(self, week: int) -> float:
        """The scheduled base level of a week."""
        past = [change for change in self.schedule if change.week <= week]
        return max(past, key=lambda change: change.week).level if past else self.level

    def grant(self, org: Organisation) -> None:
        """Give open departments their firm's level per head, less what an event cuts, shared out as a committee has it."""
        d = org.departments
        d.budget[:] = np.where(d.open, org.firms.level[d.firm] * org.granted * d.favour, 0.0)

    def earn(self, org: Organisation) -> None:
        """In each firm, a quarter of the way to what engagement and evidence deserve; then pools share what they have."""
        x, f = org.executives, org.firms
        for firm in np.unique(x.firm):
            top, engagement = f.seat[firm], x.engagement[x.firm == firm]
            surplus = (x.evidence[top] - x.expected[top]) / (self.earned_scale * self.level)
            deserved = self.level * (
                self.earned_floor + self.earned_engaged * engagement.sum() / engagement.size
            )
            deserved *= 1.0 + self.earned_evidence * min(1.0, max(-self.earned_loss, surplus))
            budget = f.level[firm] + self.earned_pace * (deserved - f.level[firm])
            f.level[firm] = min(max(budget, self.least * self.level), self.most * self.level)
        for pool in np.unique(f.pool):
            sharing = (f.pool == pool) & (f.staff > 0)
            if sharing.sum() > 1:
                f.level[sharing] = np.average(f.level[sharing], weights=f.staff[sharing])
        self.grant(org)


@Funding.weekly
@kernel
def fund(rules, week, luck, org):
    """Spend a week's part of the budgets; in weeks that change them, that comes first."""
    c = rules.funding[0]
    changes = c.fixed or (week % QUARTER == 0 and c.level > 0.0)
    if not changes:
        spend(rules, week, org)
    return changes


@kernel
def spend(rules, week, org):
    """What each department's budget buys; the week's page of the ledger takes the units."""
    c, d, ledger = rules.funding[0], org.departments, org.ledger[week]
    for here in range(len(d.size)):
        desks = c.desks if d.pays_desk[here] else 0.0
        taught, budget = c.taught + c.desks - desks, d.budget[here]
        d.purse[here] = c.desks * budget * d.size[here]
        d.courses[here] = min(1.0, c.course_yield * taught * budget * d.lead[here])
        d.technology[here] = min(1.0, c.technology_yield * c.tools * budget)
        d.insight[here] = min(1.0, c.measurement_yield * c.measuring * budget)
        weekly = budget * d.size[here] / WEEKS_A_YEAR
        for use, part in enumerate((taught, desks, c.tools, c.measuring)):  # in the order of `USES`
            ledger[here, use] = part * weekly
