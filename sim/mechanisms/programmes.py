"""Programmes: money moves between a department's practices, by what is seen of each or of all of them in one."""

from __future__ import annotations

from typing import Literal

import numpy as np

from sim.kernels import kernel
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, share
from sim.tables import QUARTER


class Programmes(Mechanism):
    """Support that follows the signal of each practice: worth as measured, followers, or a mix of both (claims 69, 71).

    Each quarter part of a department's support goes to its meant practices in proportion to `focus` x measured worth +
    (1 - focus) x `followers` x share practising, with `measurement`'s focus and followers, or by the share practising alone
    without that mechanism. Support is only moved: its mean over a department's meant practices stays 1, and the other
    practices keep what they have. It multiplies what technology takes off the effort of trying, at most all of it, and the
    budget that keeps practitioners from lapsing; training serves all practices alike.
    """

    reporting: Literal["programme", "pooled"] = parameter(
        "programme", "a signal for each practice, or the department's mean for all of them", source="claim 71"
    )
    pace: float = share(0.25, "part of the support that moves each quarter")
    even: float = share(0.2, "part of the support that all practices share alike, whatever they bring")
    derived = {"pooled": (bool, lambda self: self.reporting == "pooled")}


@Programmes.weekly
@kernel
def steer(rules, week, luck, org):
    """Each quarter, move departments' support towards practices' parts of the signal; nothing where there is no signal."""
    if week % QUARTER != 0:
        return False
    c, d, seen = rules.programmes[0], org.departments, rules.measurement[0]
    focus, followers = (seen.focus, seen.followers) if seen.on else (0.0, 1.0)
    departments, practices = d.backing.shape
    signal = np.zeros(practices)
    for here in range(departments):
        meant, total = 0, 0.0
        for k in range(practices):
            if d.meant[here, k]:
                practising = d.practised[here, k] / d.size[here]
                signal[k] = focus * max(0.0, d.measured[here, k]) + (1.0 - focus) * followers * practising
                total += signal[k]
                meant += 1
        if total <= 0.0:
            continue
        for k in range(practices):
            if d.meant[here, k]:
                part = 1.0 / meant if c.pooled else signal[k] / total
                due = c.even + (1.0 - c.even) * meant * part
                d.backing[here, k] += c.pace * (due - d.backing[here, k])
    return False
