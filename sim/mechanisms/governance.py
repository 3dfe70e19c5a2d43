"""Governance: a form is a structure of desks - who is served, gated and advised, by whom, with how many people.

Reach, coherence and delay are not written here; they are what the structure gives (governance.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.luck import combine, key_of
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, rate, share, weight
from sim.tables import NOBODY, USES

if TYPE_CHECKING:
    from sim.organisation import Organisation

SOURCE = "governance.md; starting value from a trial"
WEEKS_A_YEAR = 52.0
HUBS = ("hub_and_spoke", "multiple_hubs")


class Governance(Mechanism):
    """None, or one of the five forms of the field: which departments a desk serves, gates and advises.

    A centralised desk serves everybody the strategy is open to; decentralised desks serve the department that pays
    for one; hubs serve the departments that have joined, through liaisons; the holistic form has a policy, no gate
    and no desk, and teaches through its practitioners (claims 16, 30, 31, 33).
    """

    form: Literal["none", "decentralised", "centralised", "hub_and_spoke", "multiple_hubs", "holistic"] = (
        parameter("hub_and_spoke", "structure of governance", source="claim 33")
    )
    founded: int = parameter(52, "week in which it starts", unit="week", source="model.md, trial", ge=1)
    mandate: float = share(0.3, "0 advises .. 1 mandates: pressure to join and to take the desk's way")
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
    liaison_time: float = share(0.5, "a liaison's part of a full post", source=SOURCE)
    liaison_hub_part: float = share(0.1, "posts that the hub pays for each liaison", source=SOURCE)
    liaison_department_part: float = share(
        0.4, "posts that the department pays for each liaison", source=SOURCE
    )
    liaison_most: float = share(0.5, "most of its team that a hub pays for liaisons", source=SOURCE)

    def desk_count(self, departments: int) -> int:
        """How many desks have a way of their own that no department had before."""
        return {"centralised": 1, "hub_and_spoke": 1, "multiple_hubs": min(self.hubs, departments)}.get(
            self.form, 0
        )

    def build(self, org: Organisation) -> None:
        """Give each desk its home: the owner department's desk has one, hubs have none."""
        org.desks.way[:] = np.arange(org.desks.rows)
        if self.form == "centralised":
            org.desks.home[:] = int(np.flatnonzero(org.departments.owner)[0])

    def step(self, org: Organisation) -> None:
        """Found, join or leave, staff the desks, and take the mandate's cost."""
        if org.week < self.founded or self.form == "none":
            return
        d = org.departments
        if self.form in HUBS:
            self.join(org)
            d.guided[:] = d.joined
        elif self.form == "decentralised":
            d.guided[:] = d.open & (org.executives.engagement[:-1] >= self.paying_engagement)
        else:
            d.guided[:] = d.open
        if self.form == "holistic":
            return
        org.desk_paid[:] = d.open if org.desks.rows else d.guided
        self.gate(org)
        self.staff(org)
        self.advise(org)
        if self.mandate > 0.0:
            d.mandate[:] = np.where(d.guided, self.mandate, 0.0)
            for department in np.flatnonzero(d.guided).tolist():
                org.employees.belief[org.rows_of(department)] *= 1.0 - self.resentment * self.mandate

    def join(self, org: Organisation) -> None:
        """Departments join and leave hubs; those that own the activity join at the founding."""
        d, heads = org.departments, org.executives.engagement[:-1]
        seen = 0.0
        if d.joined.any():
            seen = float(org.worth_share()[d.joined].sum() / d.joined.sum())
        hazard = self.join_rate * (self.join_engagement + heads)
        hazard *= self.join_base + self.join_worth * seen + self.mandate
        leaving = self.leave_rate * (1.0 - heads) * (1.0 - self.mandate)
        u = org.luck.uniform("governance", d.key, org.week)
        d.joined[:] = d.open & np.where(d.joined, u >= leaving, u < hazard)
        if org.week == self.founded:
            d.joined |= d.owner

    def gate(self, org: Organisation) -> None:
        """The gate goes up the week a department is served, and down when it is not."""
        d = org.departments
        d.gated_since[d.guided & ~d.gated] = org.week
        d.gated[:] = d.guided

    def staff(self, org: Organisation) -> None:
        """Pay desk people and liaisons; what a department pays for its liaisons is charged to its ledger."""
        d, desks = org.departments, org.desks
        posts = d.purse / self.person_cost
        if not desks.rows:
            grown = (org.week - d.gated_since + 1) / self.hiring_weeks
            d.local[:] = np.where(d.gated, posts * np.minimum(1.0, grown), 0.0)
            return
        grown = min(1.0, (org.week - self.founded + 1) / self.hiring_weeks)
        group = self.group_of(org)
        d.served[:] = np.where(d.guided, group, NOBODY)
        liaisons = np.zeros(d.rows)
        if self.form in HUBS:
            liaisons = np.where(d.joined, np.maximum(1.0, np.floor(d.size / self.staff_per_liaison)), 0.0)
        d.liaison[:] = liaisons > 0.0
        d.local[:] = self.liaison_time * liaisons
        for desk in range(desks.rows):
            mine = group == desk
            team = grown * posts.sum() * d.size[mine].sum() / org.employees.rows
            paid = self.liaison_hub_part * liaisons[mine].sum()
            desks.people[desk] = team - min(paid, self.liaison_most * team)
        cost = self.liaison_department_part * self.person_cost / WEEKS_A_YEAR
        org.ledger[org.week, :, USES.index("liaison")] = cost * liaisons

    def group_of(self, org: Organisation) -> np.ndarray:
        """The desk that would serve each department: neighbours in the list share one."""
        return np.arange(org.departments.rows) * org.desks.rows // org.departments.rows

    def advise(self, org: Organisation) -> None:
        """Set the way recommended in each department: a desk's, or with no desk above it its own."""
        d, desks = org.departments, org.desks
        if org.ways == 1:
            return
        if not desks.rows:
            d.advice[:] = np.where(d.guided, np.arange(d.rows), -1)
            return
        if self.form == "multiple_hubs" and self.tied and org.week >= self.founded + self.tie_after:
            self.settle(org)
        d.advice[:] = np.where(d.guided, d.rows + desks.way[self.group_of(org)], -1)

    def settle(self, org: Organisation) -> None:
        """With some luck, the hub with the poorest way takes the best one's."""
        desks = org.desks
        quality = desks.quality[desks.way].sum(axis=1)
        best, poorest = int(np.argmax(quality)), int(np.argmin(quality))
        if desks.way[best] != desks.way[poorest]:
            lucky = org.luck.uniform(
                "governance", combine(np.uint64(key_of("tied hubs")), np.uint64(0)), org.week
            )
            if lucky < self.tie_rate:
                desks.way[poorest] = desks.way[best]
