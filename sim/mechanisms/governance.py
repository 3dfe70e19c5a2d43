"""Governance: a form is a structure of desks - who is served, gated and advised, by whom, with how many people.

Reach, coherence and delay are not written here; they are what the structure gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.kernels import kernel
from sim.luck import branch, unit, word
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

    def follow(self, org: Organisation) -> None:
        """Let service and liaisons follow departments that have changed firm or size."""
        if org.week > org.founded and self.form not in DESKLESS:
            arrange(org.rules, org.week, org.state)

    def close(self, org: Organisation) -> None:
        """End all service; requests that wait are withdrawn, and the ways that were recommended live on where they are liked."""
        if org.week < org.founded:
            return
        d, desks = org.departments, org.desks
        org.founded = org.plan.weeks + 1
        d.joined[:] = d.guided[:] = False
        arrange(org.rules, org.week, org.state)
        d.pays_desk[:] = False
        d.local[:] = d.time[:] = d.credit[:] = 0.0
        desks.people[:] = desks.time[:] = 0.0


@Governance.weekly
@kernel
def govern(rules, week, luck, org):
    """Found, join or leave, pay the desks, and take the mandate's cost."""
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
    tied = settled(rules, week, luck, org)
    if tied or differ(org):
        arrange(rules, week, org)
    pay(rules, week, org)
    return False


@kernel
def settled(rules, week, luck, org):
    """With some luck, the tied hub with a territory's poorest way takes the best one's; whether one did."""
    c, desks, one_did = rules.governance[0], org.desks, False
    if c.structure != SEVERAL or not c.tied or week < org.whole.now[0].founded + c.tie_after:
        return False
    quality = np.zeros(len(desks.way))
    for desk in range(len(quality)):
        quality[desk] = desks.quality[desks.way[desk]].sum()
    for territory in range(desks.territory.max() + 1):
        best = poorest = -1
        for desk in range(len(quality)):
            if desks.territory[desk] == territory:
                best = desk if best < 0 or quality[desk] > quality[best] else best
                poorest = desk if poorest < 0 or quality[desk] < quality[poorest] else poorest
        lot = unit(word(branch(luck, 1), np.uint64(poorest)))
        if best >= 0 and desks.way[poorest] != desks.way[best] and lot < c.tie_rate:
            desks.way[poorest], one_did = desks.way[best], True
    return one_did


@kernel
def arrange(rules, week, org):
    """Where a desk serves, the gate goes up, liaisons start, and its way is recommended; elsewhere not."""
    c, d, desks = rules.governance[0], org.departments, org.desks
    for here in range(len(d.size)):
        guided = d.guided[here]
        if guided and not d.gated[here]:
            d.gated_since[here] = week
        d.gated[here] = guided
        d.mandate[here], d.locus[here] = c.mandate * guided, c.locus * guided
        d.pays_desk[here] = d.open[here] if len(desks.way) > 0 else guided
        if len(desks.way) > 0:
            d.served[here] = d.group[here] if guided else NOBODY
        if c.has_hubs:
            d.liaisons[here] = max(1, int(d.size[here] // c.staff_per_liaison)) if d.joined[here] else 0
            d.local[here] = 0.0  # until they are paid
        if d.tally.shape[2] > 1:
            recommended = len(d.size) + desks.way[d.group[here]] if len(desks.way) > 0 else here
            d.advice[here] = recommended if guided else -1


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
