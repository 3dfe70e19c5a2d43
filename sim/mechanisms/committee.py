"""Committee: one executive of every department, who meet, pull goals together, move money and know each other."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import kernel
from sim.mechanisms.base import Mechanism
from sim.mechanisms.funding import grant
from sim.mechanisms.strategy import align
from sim.parameters import parameter, share

if TYPE_CHECKING:
    from sim.organisation import Organisation


class Committee(Mechanism):
    """The steering committee (claims 25, 45): goals by averaging (DeGroot), money towards aligned use, ties between heads.

    Goals move towards the members' mean, not towards the organisation's: a committee of people who all misunderstand the
    strategy agrees on a misunderstanding.
    """

    founded: int | None = parameter(
        None, "week in which it first meets; left out: when an event says so", unit="week", ge=1
    )
    interval: int = parameter(13, "between meetings", unit="weeks", source="assumed: quarterly", ge=1)
    pull: float = share(0.2, "way from a department's goals to the members' mean gone at a meeting")
    strength: int = parameter(3, "weight of the ties between members", unit="weight", ge=1, le=1000)
    reallocation: float = share(
        0.0, "part of the budget that goes by alignment instead of by head; the sum stays the same"
    )
    joining: float = share(
        0.3, "added to what makes departments join a hub", source="assumed: a trial's starting value"
    )

    derived = {"begins": (int, lambda self: -1 if self.founded is None else self.founded)}

    def attend(self, org: Organisation) -> None:
        """Found it, and let it meet for the first time."""
        self.found(org)
        meet(org.rules, org.state)

    def found(self, org: Organisation) -> None:
        """Tie a firm's heads to each other; the first meeting is this week's."""
        org.steered, org.steered_since = True, org.week
        x = org.executives
        members = [np.unique(x.person[x.firm == firm]) for firm in np.unique(x.firm)]
        pairs = [pair for one in members for pair in combinations(one, 2)]
        ends = np.array(pairs, np.int32).reshape(-1, 2)
        org.tie(ends[:, 0], ends[:, 1], self.strength)


@Committee.weekly
@kernel
def sit(rules, week, luck, org):
    """Meet every so many weeks; whether the committee is founded this week, which Python does."""
    c, now = rules.committee[0], org.whole.now[0]
    if now.steered and (week - now.steered_since) % c.interval == 0:
        meet(rules, org)
    return week == c.begins and not now.steered


@kernel
def meet(rules, org):
    """Move the departments' goals towards their firm's mean; then money follows alignment."""
    c, d = rules.committee[0], org.departments
    for firm in range(len(org.firms.staff)):
        members = max(1, np.count_nonzero(d.firm == firm))
        for n in range(d.goals.shape[1]):
            mean = 0.0
            for here in range(len(d.firm)):
                if d.firm[here] == firm:
                    mean += d.goals[here, n] / members
            for here in range(len(d.firm)):
                if d.firm[here] == firm:
                    d.goals[here, n] += c.pull * (mean - d.goals[here, n])
    align(org)
    if c.reallocation > 0.0 and rules.funding[0].on:
        reallocate(c.reallocation, org)


@kernel
def reallocate(part, org):
    """Let a part of each firm's money follow alignment, among the departments that the strategy opens."""
    d = org.departments
    merit = np.where(d.open, np.maximum(0.0, d.alignment), 0.0)
    for firm in range(len(org.firms.staff)):
        total, open_staff = 0.0, 0
        for here in range(len(merit)):
            if d.firm[here] == firm:
                total += merit[here] * d.size[here]
                open_staff += d.size[here] * d.open[here]
        if total > 0.0:
            for here in range(len(merit)):
                if d.firm[here] == firm:
                    d.favour[here] = 1.0 - part + part * merit[here] * open_staff / total
    grant(org)
