"""Digital: ties that open online between people who both collaborate there, and close when one of them stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import fetch, kernel
from sim.luck import branch, chosen, drawn, greatest_lot, lots_of, recast, unit, word
from sim.mechanisms.base import Mechanism
from sim.mechanisms.influence import reweigh, share_out
from sim.parameters import parameter, rate, share
from sim.tables import MEETINGS
from sim.ties import AHEAD, fetch_row, tied
from sim.wings import ALONE

if TYPE_CHECKING:
    from sim.organisation import Organisation


class Digital(Mechanism):
    """The digital layer of the contact network, beside the ties of corridor and team (claim 56).

    Whoever collaborates, be it in trying or in routine, for both are seen online, comes across a colleague by lot now and then.
    If that colleague collaborates too, is neither tied to them already nor their manager or report, and both have room, the
    two are tied from then on. Most such ties cross departments, which face-to-face ties seldom do. The tie ends when one
    of them stops collaborating or leaves: the account is the person's, whereas contacts in the corridor come with the seat.
    How much the two layers count for each other is `strength` beside the network's own weights.
    """

    chance: float = rate(0.05, "chance that somebody who collaborates comes across a colleague online")
    near: float = share(
        0.35,
        "chance that it is one of the own department; otherwise one of any other of the firm",
        source="share of e-mail ties inside departments: .34 in email-Eu-core, .36 in a manufacturer; .73 face to face",
    )
    strength: int = parameter(
        1,
        "weight of a digital tie",
        unit="weight",
        source="assumed: a tie between departments",
        ge=1,
        le=1000,
    )
    most: int = parameter(6, "digital ties that one keeps at once", unit="ties", ge=1, le=50)

    def build(self, org: Organisation) -> None:
        """Give everybody's contacts room for digital ties, of which there are none yet."""
        none = np.zeros(0, np.int32)
        org.room, org.ties = self.most, org.ties.with_room(self.most, none, none, none)


@Digital.welcoming
@kernel
def end_ties(rules, luck, rows, org):
    """Newcomers have no digital ties: those of the leavers end."""
    e, whole = org.employees, org.whole
    recast(luck, whole.now[0].week, whole.cast[MEETINGS], e.key, rows, e.meetings[:, None, :])
    if log_off(rules, rows, org):
        share_out(rules, org)


@Digital.weekly
@kernel
def meet(rules, week, luck, org):
    """End the ties of who has stopped collaborating, then open new ones; exposure counts them next week.

    Where places are short, who comes first counts: the round begins with somebody by lot.
    """
    c, e, p = rules.digital[0], org.employees, org.practices
    key, online, used, department, manager = e.key, e.online, e.digital, e.department, e.manager
    first, size = org.departments.first, org.departments.size
    indptr, indices, weights = org.ties
    n, room = len(key), c.most
    now, may = np.zeros(n, np.uint8), np.empty(n + 8, np.uint8)
    for k in range(len(p.key)):
        if p.collaborates[k]:
            now |= e.practising[k]
    firm = org.departments.firm
    lows, highs = np.full(len(org.firms.staff), n), np.zeros(len(org.firms.staff), np.int64)
    for here in range(len(size)):
        lows[firm[here]] = min(lows[firm[here]], first[here])
        highs[firm[here]] = max(highs[firm[here]], first[here] + size[here])
    again, stop = False, 0
    for i in range(n):
        stop += online[i] > now[i]
    if stop > 0:
        again = log_off(rules, np.flatnonzero(online > now), org)
    online[:] = now

    low, mine, who, some = greatest_lot(c.chance), branch(luck, 0), np.empty(n, np.int64), 0
    lots = lots_of(luck, week, MEETINGS, e.meetings[:, None, :], org, ALONE)[0]
    for i in range(n):
        may[i] = now[i] & (lots[i] <= low)
    might = chosen(may, 0, n, who)
    for at in range(might):
        if at + AHEAD < might:
            fetch(key, who[at + AHEAD])
        i = who[at]
        if drawn(lots[i], word(mine, key[i])) < c.chance:
            who[some] = i
            some += 1
    whom, lot = branch(luck, 1), int(unit(branch(luck, 2)) * some)
    partners = np.empty(some, np.int64)
    for at in range(some):
        if at + AHEAD < some:
            fetch(key, who[at + AHEAD])
            fetch(department, who[at + AHEAD])
        i = who[at]
        u, own = unit(word(whom, key[i])), department[i]
        partners[at] = i
        if u < c.near:
            partners[at] = first[own] + min(size[own] - 1, int(u / c.near * size[own]))
        elif size[own] < org.firms.staff[firm[own]]:
            low = lows[firm[own]]
            others = highs[firm[own]] - low - size[own]
            j = low + min(others - 1, int((u - c.near) / (1.0 - c.near) * others))
            partners[at] = j + size[own] * (j >= first[own])
    for turn in range(lot, lot + some):
        at = turn if turn < some else turn - some
        fetch_row(org.ties, who, at, some)
        if at + AHEAD < some:
            soon = partners[at + AHEAD]
            fetch(now, soon)
            fetch(used, soon)
            fetch(department, soon)
            fetch(manager, soon)
        i, j = who[at], partners[at]
        if (
            i == j
            or not now[j]
            or used[i] == room
            or used[j] == room
            or firm[department[i]] != firm[department[j]]
        ):
            continue
        if manager[i] == j or manager[j] == i:
            continue
        if not tied(indptr, indices, i, j):
            here, there = indptr[i + 1] - room + used[i], indptr[j + 1] - room + used[j]
            indices[here], weights[here] = j, c.strength
            indices[there], weights[there] = i, c.strength
            used[i] += 1
            used[j] += 1
            again |= count_pair(i, j, c.strength, org)
    if again:
        share_out(rules, org)
    return False


@kernel
def log_off(rules, rows, org):
    """End all digital ties of the people in these rows, int[n]; returns what `reweigh` returns."""
    indptr, indices, weights = org.ties
    used, room = org.employees.digital, rules.digital[0].most
    again = False
    for i in rows:
        org.employees.online[i] = 0
        while used[i] > 0:
            used[i] -= 1
            at = indptr[i + 1] - room + used[i]
            j = indices[at]
            again |= count_pair(i, j, -weights[at], org)
            indices[at], weights[at] = i, 0
            used[j] -= 1
            back = indptr[j + 1] - room
            last = back + used[j]
            while indices[back] != i:
                back += 1
            indices[back], weights[back] = indices[last], weights[last]
            indices[last], weights[last] = j, 0
    return again


@kernel
def count_pair(i, j, weight, org):
    """Let two people's tie weigh `weight` more in what they see of each other; returns what `reweigh` returns."""
    e = org.employees
    peers, practising = e.peers, e.practising
    for_one, for_other = weight * e.influence[j], weight * e.influence[i]
    for k in range(len(peers)):
        peers[k, i] += practising[k, j] * for_one
        peers[k, j] += practising[k, i] * for_other
    one, other = reweigh(i, for_one, org), reweigh(j, for_other, org)
    return one or other
