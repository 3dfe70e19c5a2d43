"""Hubs and their people, the loops of `governance`: who joins, who is paid, and the time that they have."""

import numpy as np

from sim.kernels import kernel
from sim.luck import unit, word
from sim.mechanisms.funding import WEEKS_A_YEAR
from sim.tables import USES

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

    Departments' ledgers take what they pay for liaisons. Time left from last week is kept where a queue waits.
    """
    age, ledger = week - org.whole.now[0].founded, org.ledger[week]
    c, d, desks, territory = rules.governance[0], org.departments, org.desks, org.firms.territory
    for desk in range(len(desks.people)):
        staff, paid, queue, everybody, purse = 0, 0.0, 0, 0, 0.0
        for here in range(len(d.group)):
            if territory[d.firm[here]] == desks.territory[desk]:
                everybody += d.size[here]
                purse += d.purse[here]
            if d.group[here] == desk:
                staff += d.size[here]
                paid += c.liaison_hub_part * d.liaisons[here]
            if d.served[here] == desk:
                queue += d.waiting[here]
        posts = min(1.0, (age + 1) / c.hiring_weeks) / c.person_cost * purse
        team = posts * staff / max(1, everybody)
        desks.people[desk] = team - min(paid, c.liaison_most * team)
        desks.time[desk] = desks.people[desk] + (desks.time[desk] if queue > 0 else 0.0)
    for here in range(len(ledger)):
        ledger[here, LIAISON] = c.liaison_department_part * c.person_cost / WEEKS_A_YEAR * d.liaisons[here]
        d.time[here] = d.local[here] + (d.time[here] if d.waiting[here] > 0 else 0.0)
