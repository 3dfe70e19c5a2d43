"""Committee: one executive of every department, who meet, pull goals together, move money and know each other."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import kernel
from sim.mechanisms.base import Mechanism
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
        """Found it when it is due; every `interval` weeks it meets."""
        if org.week == self.founded and not org.steered:
            self.found(org)
        if org.steered and (org.week - org.steered_since) % self.interval == 0:
            self.meet(org)

    def found(self, org: Organisation) -> None:
        """Tie a firm's heads to each other; the first meeting is this week's."""
        org.steered, org.steered_since = True, org.week
        x = org.executives
        members = [np.unique(x.person[x.firm == firm]) for firm in np.unique(x.firm)]
        pairs = [pair for one in members for pair in combinations(one, 2)]
        ends = np.array(pairs, np.int32).reshape(-1, 2)
        org.tie(ends[:, 0], ends[:, 1], self.strength)

    def meet(self, org: Organisation) -> None:
        """Move the departments' goals towards their firm's mean."""
        d = org.departments
        for firm in np.unique(d.firm):
            goals = d.goals[d.firm == firm]
            d.goals[d.firm == firm] = goals + self.pull * (goals.mean(axis=0) - goals)
        align(org)
        if self.reallocation > 0.0 and org.plan["funding"]:
            self.reallocate(org)

    def reallocate(self, org: Organisation) -> None:
        """Let part of a firm's money follow alignment, among the departments that the strategy opens."""
        d = org.departments
        merit = np.where(d.open, np.maximum(0.0, d.alignment), 0.0)
        for firm in np.unique(d.firm):
            own = d.firm == firm
            total = (merit * d.size)[own].sum()
            if total > 0.0:
                by_merit = merit[own] * (d.size * d.open)[own].sum() / total
                d.favour[own] = 1.0 - self.reallocation + self.reallocation * by_merit
        org.plan["funding"].grant(org)


@Committee.weekly
@kernel
def sit(rules, week, luck, org):
    """Whether the committee is founded or meets this week."""
    c, now = rules.committee[0], org.whole.now[0]
    return week == c.begins or (now.steered and (week - now.steered_since) % c.interval == 0)
