"""The loops of `governance`: who joins a hub, who is paid, the time that they have, and what a mandate costs."""

import numpy as np

from sim.kernels import kernel
from sim.luck import unit, word
from sim.mechanisms.funding import WEEKS_A_YEAR
from sim.tables import USES, staff_of

LIAISON = USES.index("liaison")


@kernel
def join_or_leave(rules, luck, org):
    """Whether each department is in the hub this week; worth is seen where departments of the circle have joined before."""
    steering = rules.committee[0].joining if org.whole.now[0].steered else 0.0
    c, d, x, circle = rules.governance[0], org.departments, org.executives, org.firms.circle
    members, seen = np.zeros(len(circle), np.int64), np.zeros(len(circle))
    for here in range(len(d.joined)):
        near = circle[d.firm[here]]
        if d.joined[here] and d.fit[here].sum() > 0.0:
            seen[near] += d.measured[here].sum() / d.fit[here].sum()
        members[near] += d.joined[here]
    for here in range(len(d.joined)):
        near = circle[d.firm[here]]
        example = max(0.0, seen[near] / members[near]) if members[near] else 0.0
        pull = c.join_base + c.join_worth * example + c.mandate + steering
        u, g = unit(word(luck, d.key[here])), x.engagement[here]
        if d.joined[here]:
            d.joined[here] = u >= c.leave_rate * (1.0 - g) * (1.0 - c.mandate)
        else:
            d.joined[here] = d.open[here] and u < c.join_rate * (c.join_engagement + g) * pull


@kernel
def staff_desks(rules, week, org):
    """Desk people, by what is set aside for them less what liaisons cost, and the week's time of all who serve.

    A liaison works for the part of the post that is paid: the hub's part out of its team, the department's beside the split of
    its budget and up to as much again, charged to its ledger. Time left from last week is kept where a queue waits.
    """
    age, ledger = week - org.whole.now[0].founded, org.ledger[week]
    c, d, desks, territory = rules.governance[0], org.departments, org.desks, org.firms.territory
    posts = c.liaison_hub_part + c.liaison_department_part
    by_hub = np.zeros(len(desks.people))  # paid part of what hubs owe their liaisons
    for desk in range(len(desks.people)):
        staff, owed, queue, everybody, purse = 0, 0.0, 0, 0, 0.0
        for here in range(len(d.group)):
            if territory[d.firm[here]] == desks.territory[desk]:
                everybody += d.size[here]
                purse += d.purse[here]
            if d.group[here] == desk:
                staff += d.size[here]
                owed += c.liaison_hub_part * d.liaisons[here]
            if d.served[here] == desk:
                queue += d.waiting[here]
        team = min(1.0, (age + 1) / c.hiring_weeks) / c.person_cost * purse * staff / max(1, everybody)
        paid = min(owed, c.liaison_most * team)
        by_hub[desk] = paid / owed if owed > 0.0 else 0.0
        desks.people[desk] = team - paid
        desks.time[desk] = desks.people[desk] + (desks.time[desk] if queue > 0 else 0.0)
    for here in range(len(ledger)):
        if d.liaisons[here] > 0:
            owed = c.liaison_department_part * c.person_cost * d.liaisons[here]
            paid = min(owed, d.budget[here] * d.size[here])
            filled = c.liaison_hub_part * by_hub[d.group[here]]
            filled += c.liaison_department_part * paid / owed if owed > 0.0 else 0.0
            d.local[here] = c.liaison_time * d.liaisons[here] * (filled / posts if posts > 0.0 else 1.0)
            ledger[here, LIAISON] = paid / WEEKS_A_YEAR
        d.time[here] = d.local[here] + (d.time[here] if d.waiting[here] > 0 else 0.0)


@kernel
def differ(org):
    """Whether somewhere the gate does not stand as it should."""
    return (org.departments.guided != org.departments.gated).any()


@kernel
def resent(resentment, org):
    """Being told costs belief, wherever a desk has a mandate."""
    d, belief = org.departments, org.employees.belief
    first, size, mandate = d.first, d.size, d.mandate
    for k in range(len(belief)):
        for here in range(len(size)):
            if mandate[here] > 0.0:
                left = 1.0 - resentment * mandate[here]
                for i in staff_of(first, size, here):
                    belief[k, i] *= left
