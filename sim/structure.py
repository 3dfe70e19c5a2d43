"""Structure: departments that come under another's head, firms that become part of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.mechanisms.funding import grant
from sim.mechanisms.influence import weigh
from sim.mechanisms.strategy import align
from sim.staff import HEAD, MANAGER
from sim.tables import NOBODY
from sim.tally import recount

if TYPE_CHECKING:
    from sim.organisation import Organisation


def merge(org: Organisation, here: int, there: int) -> None:
    """Put department `here` under the head of `there`; all whom that head then leads share one set of goals, their mean by staff.

    Its old head, with all departments that they led, comes under the new one as a manager; sponsorship that went with the seat
    goes on in it. All stay departments to the measures: whether their practices become one is what a merger is judged by.
    """
    e, d, x = org.employees, org.departments, org.executives
    old, new = int(d.head[here]), int(d.head[there])
    if old == new:
        return
    moved, both = np.flatnonzero(d.head == old), np.flatnonzero((d.head == old) | (d.head == new))
    d.goals[both] = np.average(d.goals[both], axis=0, weights=d.size[both])
    align(org.state)
    d.joined[moved] = d.joined[there] & d.open[moved]
    for name in ("person", "understanding", "engagement", "style"):
        column = getattr(x, name)
        column[moved] = column[there]
    x.appointed[moved], d.head[moved] = org.week, new
    if old not in org.firms.top:
        if _below(e.manager, new, old):
            e.manager[new] = e.manager[old]
        e.manager[old], e.level[old] = new, MANAGER
    _relined(org)


def take_over(org: Organisation, taken: int, by: int) -> None:
    """Make the departments of one firm another's: its top executive, money, sponsor and desks are theirs from now on.

    The old top executive stays an executive, under the new one. Departments that had joined a hub must join the other.
    """
    e, d, x, f = org.employees, org.departments, org.executives, org.firms
    moved, stayed = np.flatnonzero(d.firm == taken), np.flatnonzero(d.firm == by)
    f.level[by] = np.average(f.level[[by, taken]], weights=f.staff[[by, taken]])
    f.pull[by] = f.pull[[by, taken]].max()
    f.sponsored[by] |= f.sponsored[taken]
    f.sponsored[taken], f.pull[taken] = False, 0.0
    e.manager[f.top[taken]], e.level[f.top[taken]] = f.top[by], HEAD
    d.firm[moved], x.firm[x.firm == taken] = by, by
    d.guided[moved] &= ~d.joined[moved]
    d.joined[moved] = False
    d.group[moved] = d.group[stayed[np.arange(moved.size) % stayed.size]]
    org.scopes()
    _relined(org)
    if org.plan["governance"]:
        org.plan["governance"].follow(org)
    if org.plan["funding"]:
        grant(org.state)


def _below(manager: np.ndarray, who: int, head: int) -> bool:
    """Whether somebody reports to a head, directly or through others."""
    while who not in (NOBODY, head):
        who = int(manager[who])
    return who == head


def _relined(org: Organisation) -> None:
    """Let everything follow the reporting lines as they are now."""
    org.reline()
    weigh(org)
    recount(org.state)
