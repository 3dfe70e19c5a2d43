"""Governance: a form is a structure of desks - who is served, gated and advised, by whom, with how many people.

Reach, coherence and delay are not written here; they are what the structure gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.kernels import kernel
from sim.mechanisms.base import Mechanism
from sim.mechanisms.hubs import differ, join_or_leave, resent, staff_desks
from sim.parameters import parameter, rate, share, weight
from sim.tables import NOBODY

if TYPE_CHECKING:
    from sim.organisation import Organisation

SOURCE = "assumed: a trial's starting value"
FORMS = ("none", "decentralised", "centralised", "hub_and_spoke", "multiple_hubs", "holistic")
HUBS = ("hub_and_spoke", "multiple_hubs")
DESKLESS = ("none", "holistic")
DECENTRALISED, SEVERAL, HOLISTIC = (
    FORMS.index(one) for one in ("decentralised", "multiple_hubs", "holistic")
)


class Governance(Mechanism):
    """None, or one of the five forms of the field: which departments a desk serves, gates and advises.

    A centralised desk serves everybody the strategy is open to; decentralised desks serve the department that pays
    for one; hubs serve the departments that have joined, through liaisons; the holistic form has a policy, no gate
    and no desk, and teaches through its practitioners (claims 16, 30, 31, 33).
    """

    form: Literal["none", "decentralised", "centralised", "hub_and_spoke", "multiple_hubs", "holistic"] = (
        parameter("hub_and_spoke", "structure of governance", source="claim 33")
    )
    founded: int = parameter(
        52,
        "week in which it starts; beyond the run: only if an event says so",
        unit="week",
        source=SOURCE,
        ge=1,
    )
    mandate: float = share(0.3, "0 advises .. 1 mandates: pressure to join and to take the desk's way")
    locus: float = share(
        0.0,
        "who chooses the way: 0 the desk .. 1 the department, for which the desk then speaks",
        source="claim 46",
    )
    resentment: float = rate(0.01, "belief lost under a full mandate", source=SOURCE)
    person_cost: float = parameter(
        25.0,
        "yearly cost of a desk person: a quarter of a full budget pays one per 100 staff",
        unit="units/year",
        source=SOURCE,
        gt=0,
    )
    hiring_weeks: float = parameter(
        26.0, "weeks until a desk has all its people", unit="weeks", source=SOURCE, ge=1
    )
    paying_engagement: float = share(
        0.35, "decentralised: engagement at which a head pays for a desk", source=SOURCE
    )
    hubs: int = parameter(
        2, "multiple hubs: how many, each for a group of departments", unit="hubs", ge=2, le=50
    )
    tied: bool = parameter(True, "multiple hubs: hubs settle on the better's way in time", source=SOURCE)
    tie_after: int = parameter(
        26, "tied hubs: weeks before they may settle", unit="weeks", source=SOURCE, ge=0
    )
    tie_rate: float = rate(0.04, "tied hubs: chance that the poorer takes the better's way", source=SOURCE)
    join_rate: float = rate(
        0.04, "hubs: hazard at which a department joins, times what follows", source=SOURCE
    )
    join_engagement: float = share(
        0.1, "what joining owes to nobody's engagement; the head's is added", source=SOURCE
    )
    join_base: float = share(0.2, "joining without example or mandate", source=SOURCE)
    join_worth: float = weight(
        2.0, "joining from the worth seen in departments that have joined", source=SOURCE
    )
    leave_rate: float = rate(
        0.004, "hubs: hazard at which a disengaged head leaves, without a mandate", source=SOURCE
    )
    staff_per_liaison: float = parameter(
        100.0, "hubs: members for each liaison", unit="people", source=SOURCE, gt=0
    )
    liaison_time: float = share(
        0.5, "a liaison's part of a full post, as far as hub and department can pay it", source=SOURCE
    )
    liaison_hub_part: float = share(0.1, "posts that the hub pays for each liaison", source=SOURCE)
    liaison_department_part: float = share(
        0.4, "posts that the department pays for each liaison", source=SOURCE
    )
    liaison_most: float = share(0.5, "most of its team that a hub pays for liaisons", source=SOURCE)

    derived = {
        "structure": (int, lambda self: FORMS.index(self.form)),
        "has_hubs": (bool, lambda self: self.form in HUBS),
        "desks": (bool, lambda self: self.form not in DESKLESS),
    }

    def desk_count(self, departments: int) -> int:
        """How many desks of a firm (or of allied firms that share them) have a way that no department had before."""
        return {"centralised": 1, "hub_and_spoke": 1, "multiple_hubs": min(self.hubs, departments)}.get(
            self.form, 0
        )

    def build(self, org: Organisation) -> None:
        """Group each territory's departments, neighbours in the list together, and give a centralised desk its home."""
        org.founded = self.founded
        d, desks = org.departments, org.desks
        territory = org.firms.territory[d.firm]
        each = desks.rows // (territory.max() + 1)
        desks.way[:] = np.arange(desks.rows)
        for here in np.unique(territory) if each else ():
            own = np.flatnonzero(territory == here)
            desks.territory[here * each : (here + 1) * each] = here
            desks.circle[here * each : (here + 1) * each] = org.firms.circle[d.firm[own[0]]]
            d.group[own] = here * each + np.arange(own.size) * each // own.size
            if self.form == "centralised":
                desks.home[here] = own[np.argmax(d.owner[own])]

    def attend(self, org: Organisation) -> None:
        """Arrange anew what departments are served or which way is recommended, and live the week with it."""
        if differ(org.state) or self.settle(org):
            self.arrange(org)
        pay(org.rules, org.week, org.state)

    def settle(self, org: Organisation) -> bool:
        """With some luck, the tied hub with a territory's poorest way takes the best one's; whether one did."""
        if not may_settle(org.rules, org.week, org.state):
            return False
        desks, settled = org.desks, False
        quality = desks.quality[desks.way].sum(axis=1)
        for here in np.unique(desks.territory):
            own = np.flatnonzero(desks.territory == here)
            best, poorest = desks.way[own[np.argmax(quality[own])]], own[np.argmin(quality[own])]
            luck = org.luck.uniform("tied hubs", np.uint64(poorest), org.week)
            if desks.way[poorest] != best and luck < self.tie_rate:
                desks.way[poorest], settled = best, True
        return settled

    def arrange(self, org: Organisation) -> None:
        """Where a desk serves, the gate goes up, liaisons start, and its way is recommended; elsewhere not."""
        d, desks = org.departments, org.desks
        d.gated_since[d.guided & ~d.gated] = org.week
        d.gated[:] = d.guided
        d.mandate[:] = np.where(d.guided, self.mandate, 0.0)
        d.locus[:] = np.where(d.guided, self.locus, 0.0)
        d.pays_desk[:] = d.open if desks.rows else d.guided
        if desks.rows:
            d.served[:] = np.where(d.guided, d.group, NOBODY)
        if self.form in HUBS:
            d.liaisons[:] = np.where(d.joined, np.maximum(1, d.size // self.staff_per_liaison), 0)
            d.local[:] = 0.0  # until they are paid
        if org.ways > 1:
            recommended = d.rows + desks.way[d.group] if desks.rows else np.arange(d.rows)
            d.advice[:] = np.where(d.guided, recommended, -1)

    def follow(self, org: Organisation) -> None:
        """Let service and liaisons follow departments that have changed firm or size."""
        if org.week > org.founded and self.form not in DESKLESS:
            self.arrange(org)

    def close(self, org: Organisation) -> None:
        """End all service; requests that wait are withdrawn, and the ways that were recommended live on where they are liked."""
        if org.week < org.founded:
            return
        d, desks = org.departments, org.desks
        org.founded = org.plan.weeks + 1
        d.joined[:] = d.guided[:] = False
        self.arrange(org)
        d.pays_desk[:] = False
        d.local[:] = d.time[:] = d.credit[:] = 0.0
        desks.people[:] = desks.time[:] = 0.0


@Governance.weekly
@kernel
def govern(rules, week, luck, org):
    """Found, join or leave, pay the desks, and take the mandate's cost; Python arranges anew where that is due."""
    c, d, founded = rules.governance[0], org.departments, org.whole.now[0].founded
    if week < founded or c.structure == 0:
        return False
    if c.has_hubs:
        join_or_leave(rules, luck, org)
        for here in range(len(d.size)):
            d.joined[here] |= week == founded and d.owner[here]
            d.guided[here] = d.joined[here]
    else:
        for here in range(len(d.size)):
            pays = org.executives.engagement[here] >= c.paying_engagement
            d.guided[here] = d.open[here] and (pays or c.structure != DECENTRALISED)
    if c.structure == HOLISTIC:
        return False
    if differ(org) or may_settle(rules, week, org):
        return True
    pay(rules, week, org)
    return False


@kernel
def may_settle(rules, week, org):
    """Whether a hub may take another's way this week: several hubs, tied, and for long enough."""
    c = rules.governance[0]
    return c.structure == SEVERAL and c.tied and week >= org.whole.now[0].founded + c.tie_after


@kernel
def pay(rules, week, org):
    """Pay desk people and liaisons, charged to the departments' ledgers; then whoever is told resents it."""
    c, d = rules.governance[0], org.departments
    if len(org.desks.people) == 0:
        for here in range(len(d.size)):
            grown = min(1.0, (week - d.gated_since[here] + 1) / c.hiring_weeks)
            d.local[here] = d.purse[here] / c.person_cost * grown if d.gated[here] else 0.0
    staff_desks(rules, week, org)
    if c.mandate > 0.0:
        resent(c.resentment, org)
