"""Funding: what departments may spend, on what, and the ledger in which every unit stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

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
        "scheduled": (bool, lambda self: self.mode == "fixed" and bool(self.schedule)),
        "taught": (float, lambda self: self.split.shares()[0]),
        "desks": (float, lambda self: self.split.shares()[1]),
        "tools": (float, lambda self: self.split.shares()[2]),
        "measuring": (float, lambda self: self.split.shares()[3]),
    }

    def build(self, org: Organisation) -> None:
        """Grant the base budget to the departments that the strategy opens."""
        org.firms.level[:] = self.level_in(0)
        grant(org.state)
        spend(org.rules, 0, org.state)
        org.ledger[0] = 0.0

    def attend(self, org: Organisation) -> None:
        """Set the week's scheduled level, grant it and spend a week's part."""
        org.firms.level[:] = self.level_in(org.week)
        grant(org.state)
        spend(org.rules, org.week, org.state)

    def level_in(self, week: int) -> float:
        """The scheduled base level of a week."""
        past = [change for change in self.schedule if change.week <= week]
        return max(past, key=lambda change: change.week).level if past else self.level


@Funding.weekly
@kernel
def fund(rules, week, luck, org):
    """Spend a week's part of the budgets, granted anew before that where they are fixed or, each quarter, earned."""
    c = rules.funding[0]
    if c.scheduled:
        return True
    if c.fixed:
        org.firms.level[:] = c.level
        grant(org)
    elif week % QUARTER == 0 and c.level > 0.0:
        earn(rules, org)
        grant(org)
    spend(rules, week, org)
    return False


@kernel
def grant(org):
    """Give open departments their firm's level per head, less what an event cuts, shared out as a committee has it."""
    d, level, granted = org.departments, org.firms.level, org.whole.now[0].granted
    for here in range(len(d.budget)):
        d.budget[here] = level[d.firm[here]] * granted * d.favour[here] if d.open[here] else 0.0


@kernel
def earn(rules, org):
    """In each firm, a quarter of the way to what engagement and evidence deserve; then pools share what they have."""
    c, x, f = rules.funding[0], org.executives, org.firms
    firms = len(f.staff)
    for firm in range(firms):
        engagement, executives = 0.0, 0
        for seat in range(len(x.firm)):
            if x.firm[seat] == firm:
                engagement += x.engagement[seat]
                executives += 1
        if executives == 0:  # it is another's by now
            continue
        top = f.seat[firm]
        surplus = (x.evidence[top] - x.expected[top]) / (c.earned_scale * c.level)
        deserved = c.level * (c.earned_floor + c.earned_engaged * engagement / executives)
        deserved *= 1.0 + c.earned_evidence * min(1.0, max(-c.earned_loss, surplus))
        budget = f.level[firm] + c.earned_pace * (deserved - f.level[firm])
        f.level[firm] = min(max(budget, c.least * c.level), c.most * c.level)
    for pool in range(firms):
        money, staff, sharing = 0.0, 0, 0
        for firm in range(firms):
            if f.pool[firm] == pool and f.staff[firm] > 0:
                money += f.level[firm] * f.staff[firm]
                staff += f.staff[firm]
                sharing += 1
        if sharing > 1:
            for firm in range(firms):
                if f.pool[firm] == pool and f.staff[firm] > 0:
                    f.level[firm] = money / staff


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
