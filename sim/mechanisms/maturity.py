"""Maturity: the stage of the organisation, read off its state by numeric rules and never set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.cuts import converged_now
from sim.kernels import kernel
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, share
from sim.tally import measure

if TYPE_CHECKING:
    from sim.organisation import Organisation

STAGES = ("planning", "presence", "engagement", "formalized", "strategic", "converged")
stage_6 = kernel(converged_now)

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


@Maturity.weekly
@kernel
def read_off(rules, week, luck, org):
    """The highest stage whose rule holds this week; 1 where none does."""
    measure(org)
    c, A, C, V = rules.maturity[0], org.whole.measures[0], org.whole.measures[2], org.whole.measures[3]
    active, guided, engaging, publishing, engagement, alignment, sponsored = signs(rules, org)
    stage = 2 if publishing >= c.presence else 1
    if engaging >= min(c.engaged_departments, len(org.departments.size)):
        stage = 3
    if sponsored and active >= c.formal_departments and guided >= c.policy_reach:
        stage = 4
    if active >= c.strategic_departments and c.dominant <= C and engagement >= c.executives:
        stage = 5
    if stage_6(A, C, V, alignment, rules.outcome[0]):
        stage = 6
    org.whole.now[0].stage = stage
    return False


@kernel
def signs(rules, org):
    """What the rules of stages 2 to 6 look at, beside the measures.

    Returns:
        Share of departments that are active; share of staff served; most departments in which one practice of
        engagement has `engaged` of the staff; greatest share of an owner department that practises one of presence, -1 without
        such a department or practice;
        mean engagement of executives; mean alignment of departments' goals, by staff; whether every firm has a sponsor.
    """
    c, d, p = rules.maturity[0], org.departments, org.practices
    practised, size = d.practised, d.size
    departments, practices = practised.shape
    lively, served, most, publishing, aligned = 0, 0, 0, -1.0, 0.0
    for here in range(departments):
        lively += d.activity[here] >= c.active * size[here]
        served += size[here] * d.guided[here]
        aligned += size[here] * d.alignment[here]
    for k in range(practices):
        engaging = 0
        for here in range(departments):
            if p.engages[k]:
                engaging += practised[here, k] >= c.engagement * size[here]
            if p.presents[k] and d.owner[here]:
                publishing = max(publishing, practised[here, k] / size[here])
        most = max(most, engaging)
    staff, firms = size.sum(), org.firms
    sponsored = True
    for firm in range(len(firms.staff)):
        sponsored &= firms.sponsored[firm] | (firms.staff[firm] == 0)
    return (
        lively / departments,
        served / staff,
        most,
        publishing,
        org.executives.engagement.mean(),
        aligned / staff,
        sponsored,
    )
