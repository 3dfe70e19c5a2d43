"""Maturity: the stage of the organisation, read off its state by numeric rules and never set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.kernels import kernel
from sim.mechanisms.base import Mechanism
from sim.outcome import converged_now
from sim.parameters import parameter, share

if TYPE_CHECKING:
    from sim.organisation import Organisation

STAGES = ("planning", "presence", "engagement", "formalized", "strategic", "converged")
SOURCE = "stages: Li & Solis 2013; the cut assumed"


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
        d, x, cuts = org.departments, org.executives, org.plan.outcome
        A, _, C, V, *_ = org.measured.tolist()
        if converged_now(A, C, V, org.mean_alignment, cuts):
            return 6
        active, guided, engaging, publishing = shares(
            self.active, self.engagement, org.of_engagement, org.of_presence, d.size, d.activity, d.guided, d.owner,
            d.practised,
        )  # fmt: skip
        if (
            active >= self.strategic_departments
            and self.dominant <= C
            and x.engagement.mean() >= self.executives
        ):
            return 5
        if org.sponsored and active >= self.formal_departments and guided >= self.policy_reach:
            return 4
        if engaging >= min(self.engaged_departments, d.rows):
            return 3
        return 2 if publishing >= self.presence else 1


@kernel
def shares(active, engaged, of_engagement, of_presence, size, activity, guided, owner, practised):
    """What the rules of stages 2 to 5 look at.

    Returns:
        Share of departments that are active; share of staff served; most departments in which one practice of
        engagement has `engaged` of the staff; greatest share of an owner department that practises one of presence.
    """
    departments, practices = practised.shape
    lively, served, most, publishing = 0, 0, 0, 0.0
    for d in range(departments):
        lively += activity[d] >= active * size[d]
        served += size[d] * guided[d]
    for k in range(practices):
        engaging = 0
        for d in range(departments):
            if of_engagement[k]:
                engaging += practised[d, k] >= engaged * size[d]
            if of_presence[k] and owner[d]:
                publishing = max(publishing, practised[d, k] / size[d])
        most = max(most, engaging)
    return lively / departments, served / size.sum(), most, publishing
