"""Approval: requests that wait for somebody with the time to clear them, and what that friction costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import kernel
from sim.luck import branch, chosen, unit, word
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, rate, share, weight
from sim.tables import AWARE, NOBODY, NOT_ASKED, staff_of

if TYPE_CHECKING:
    from sim.organisation import Organisation

SOURCE = "assumed: a trial's starting value"
_TICKET = np.uint64(24)  # leaves 40 bits of luck, above which stands the week
_WEEK = np.uint64(40)


class Approval(Mechanism):
    """The gate before a risky try, and its queue: oldest first, then by lot (claims 31, 36, 53)."""

    requests: float = parameter(
        8.0, "requests cleared in a person-week", unit="requests", source=SOURCE, gt=0
    )
    special_cost: float = weight(
        1.0, "extra cost of another department's request, times how special it is", source=SOURCE
    )
    risk: float = share(0.25, "risk from which a practice needs approval", source=SOURCE)
    holds: int = parameter(52, "weeks that an approval holds", unit="weeks", source=SOURCE, ge=1, le=5200)
    give_up: float = rate(0.02, "chance that somebody who waits gives up", source=SOURCE)

    def build(self, org: Organisation) -> None:
        """Say which practices need approval."""
        org.practices.gated[:] = org.practices.risk >= self.risk


@Approval.weekly
@kernel
def work_queue(rules, week, luck, org):
    """A week of the queue: requests age, are withdrawn, renewed and cleared in the time that desks and liaisons have."""
    c, e, d, p, desks, requests = (
        rules.approval[0], org.employees, org.departments, org.practices, org.desks, org.requests,
    )  # fmt: skip
    key, contact, today = e.key, e.contact, week % d.cleared.shape[1]
    practices, n = e.rung.shape
    first, size, gates, was_gated, needs_approval = d.first, d.size, d.gated, d.was_gated, p.gated
    department, served, specificity, local, waiting = e.department, d.served, d.specificity, d.time, d.waiting
    cleared, home, room = d.cleared, desks.home, desks.time
    cleared[:, today] = 0
    if not gates.any() and not was_gated.any():
        return False
    cells, age = (
        np.empty(practices * n, np.int64),
        np.empty(practices * n, np.uint64),
    )  # filled as far as needed
    busy, rows, count = np.empty(n + 8, np.uint8), np.empty(n, np.int64), 0
    waiting[:] = 0
    for k in range(practices):
        if not needs_approval[k]:
            continue
        rung, practising, asked, approved = e.rung[k], e.practising[k], e.asked[k], e.approved[k]
        patience, lot, expiry = branch(luck, 3 * k), branch(luck, 3 * k + 1), branch(luck, 3 * k + 2)
        for here in range(len(size)):
            founded, concerned = not was_gated[here], gates[here] or was_gated[here]
            for i in staff_of(first, size, here):
                due = (practising[i] == 1) & ((approved[i] < week) | founded)
                busy[i] = ((asked[i] >= 0) | due) & concerned
        for i in rows[: chosen(busy, 0, n, rows)]:
            gated, founded = gates[department[i]], not was_gated[department[i]]
            if not gated:
                if asked[i] >= 0:
                    asked[i] = NOT_ASKED
                    requests[4] += 1
                continue
            if founded and practising[i]:  # approvals of those who practise already expire bit by bit
                approved[i] = max(approved[i], week + int(c.holds * unit(word(expiry, key[i]))))
            if asked[i] < 0:
                if practising[i] and approved[i] < week:
                    asked[i] = week
                    requests[0] += 1
                continue
            if rung[i] == AWARE:
                if unit(word(patience, key[i])) < c.give_up:
                    asked[i] = NOT_ASKED
                    requests[3] += 1
                    continue
            elif not practising[i]:
                asked[i] = NOT_ASKED
                requests[4] += 1
                continue
            cells[count] = k * n + i
            age[count] = (np.uint64(asked[i]) << _WEEK) | (word(lot, key[i]) >> _TICKET)
            count += 1
    was_gated[:] = gates
    stuck = np.zeros(len(room), np.bool_)
    for at in np.argsort(age[:count]):
        k, i = cells[at] // n, cells[at] % n
        here = department[i]
        desk = served[here]
        cost = 1.0 if desk != NOBODY and home[desk] == here else 1.0 + c.special_cost * specificity[here]
        if c.requests * local[here] >= 1.0:
            local[here] -= 1.0 / c.requests
        elif desk != NOBODY and not stuck[desk] and c.requests * room[desk] >= cost:
            room[desk] -= cost / c.requests
        else:
            if desk != NOBODY:
                stuck[desk] = True
            waiting[here] += 1
            continue
        requests[1] += 1
        requests[2] += week - e.asked[k, i]
        cleared[here, today] += 1
        e.approved[k, i] = week + c.holds - 1
        contact[i] = week
        e.asked[k, i], e.cleared[k, i] = NOT_ASKED, e.rung[k, i] == AWARE
    return False
