"""Maturity: the stage of the organisation, read off its state by numeric rules and never set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.mechanisms.base import Mechanism
from sim.outcome import converged_now
from sim.parameters import parameter, share

if TYPE_CHECKING:
    from sim.organisation import Organisation

STAGES = ("planning", "presence", "engagement", "formalized", "strategic", "converged")
SOURCE = "claims.md, section C"


class Maturity(Mechanism):
    """The highest of the six stages whose own rule holds this week, so stages can be skipped and lost (claims 19-26)."""

    presence: float = share(0.10, "2: share of an owner department that publishes", source=SOURCE)
    engagement: float = share(0.25, "3: share of a department that engages", source=SOURCE)
    engaged_departments: int = parameter(
        2, "3: in how many departments", unit="departments", source=SOURCE, ge=1
    )
    active: float = share(0.10, "share of its staff practising anything that makes a department active")
    policy_reach: float = share(0.5, "4: share of staff whom a desk or policy serves", source=SOURCE)
    formal_departments: float = share(0.5, "4: share of departments that are active", source=SOURCE)
    executives: float = share(0.75, "5: mean engagement of the executives", source=SOURCE)
    strategic_departments: float = share(0.75, "5: share of departments that are active", source=SOURCE)
    dominant: float = share(0.5, "5: share of staff in the commonest way", source=SOURCE)

    def build(self, org: Organisation) -> None:
        """Read the stage of week 0."""
        self.step(org)

    def step(self, org: Organisation) -> None:
        """Read the stage of this week, 1 to 6."""
        org.stage = self.stage(org)

    def stage(self, org: Organisation) -> int:
        """The highest stage whose rule holds; 1 where none does."""
        d = org.departments
        measures = org.measures
        if converged_now(measures["A"], measures["C"], measures["V"], org.mean_alignment, org.plan.outcome):
            return 6
        active = (d.activity >= self.active * d.size).sum() / d.rows
        engaged = org.executives.engagement.sum() / org.executives.rows
        if (
            active >= self.strategic_departments
            and engaged >= self.executives
            and measures["C"] >= self.dominant
        ):
            return 5
        guided = d.size[d.guided].sum()
        if (
            org.sponsored
            and active >= self.formal_departments
            and guided >= self.policy_reach * org.employees.rows
        ):
            return 4
        practised = d.practised / d.size[:, None]
        engaging = (practised[:, org.kinds == "engagement"] >= self.engagement).sum(axis=0)
        if engaging.size and engaging.max() >= min(self.engaged_departments, d.rows):
            return 3
        publishing = practised[d.owner][:, org.kinds == "presence"]
        return 2 if publishing.size and publishing.max() >= self.presence else 1
