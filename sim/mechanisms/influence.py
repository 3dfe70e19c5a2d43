"""Influence: what people see others do, and how that, worth and lead move their belief."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import model_validator

from sim.kernels import kernel
from sim.luck import combine, exponential
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, rate, weight

if TYPE_CHECKING:
    from sim.organisation import Organisation

TRIAL = "assumed: a trial's starting value"
FIELD = "assumed, after Wang, Meister & Gray 2013: strong bottom-up, limited peer, no top-down influence"
UNIT = 16  # an influence of 1, in the integer units in which exposure is summed


class Influence(Mechanism):
    """Exposure as a mean over four separately weighted sources, and belief that follows it (claims 41, 48, 56)."""

    reports: float = weight(0.5, "weight of one's direct reports", source=FIELD)
    peers: float = weight(
        0.3, "weight of one's contacts, by tie and by how much they are heeded", source=FIELD
    )
    manager: float = weight(0.1, "weight of one's manager", source=FIELD)
    executives: float = weight(
        0.1, "weight of the executives one sees: the department's head and the top", source=FIELD
    )
    spread: float = weight(
        0.5,
        "log standard deviation of how much people are heeded",
        source="assumed: a trial's starting value",
    )
    heeded_least: float = parameter(
        0.2,
        "least that anybody is heeded; 1 is the median",
        source="assumed: a trial's starting value",
        gt=0,
        le=1,
    )
    heeded_most: float = parameter(
        5.0, "most that anybody is heeded", source="assumed: a trial's starting value", ge=1, le=100
    )
    belief_least: float = parameter(
        0.15,
        "lowest belief at the start",
        unit="0..1",
        source="assumed: a trial's starting value",
        ge=0,
        le=1,
    )
    belief_most: float = parameter(
        0.45,
        "highest belief at the start",
        unit="0..1",
        source="assumed: a trial's starting value",
        ge=0,
        le=1,
    )
    by_exposure: float = rate(0.015, "way from belief to exposure gone in a week", source=TRIAL)
    by_experience: float = rate(0.05, "way from belief to experienced worth, for who practises", source=TRIAL)
    by_lead: float = rate(0.01, "way from belief to the lead felt", source=TRIAL)

    @model_validator(mode="after")
    def _ordered(self) -> Influence:
        if self.belief_least > self.belief_most:
            raise ValueError(f"belief_least {self.belief_least} is above belief_most {self.belief_most}")
        return self

    def build(self, org: Organisation) -> None:
        """Draw who is heeded and who believes what, and share out the sources' weights."""
        e, d, ties = org.employees, org.departments, org.ties
        heeded = exponential(self.spread * org.luck.normal("influence", e.key))
        e.influence[:] = np.rint(UNIT * np.clip(heeded, self.heeded_least, self.heeded_most))
        luck = org.luck.uniform("belief", combine(e.key[:, None], org.practices.key[None, :]))
        e.belief[:] = self.belief_least + (self.belief_most - self.belief_least) * luck
        seen = np.full(e.rows, 2) - (d.head[e.department] == org.top)
        seen -= (d.head[e.department] == np.arange(e.rows)).astype(int)
        seen[org.top] -= d.head[e.department[org.top]] != org.top
        heard = heeded_contacts(ties.indptr, ties.indices, ties.weights, e.influence)
        e.add("sources", np.float64, 0.0, "weight/unit", "weight of one unit of each source", "source")
        counts = np.column_stack([e.reports, heard, e.manager >= 0, seen]).astype(float)
        weights = np.array([self.reports, self.peers, self.manager, self.executives])
        present = (counts > 0) * weights
        total = present.sum(axis=1, keepdims=True)
        np.divide(present, total * counts, out=e.sources, where=(counts > 0) & (total > 0))

    def step(self, org: Organisation) -> None:
        """Read exposure from last week's practitioners and move belief."""
        e, d = org.employees, org.departments
        see_and_believe(
            self.by_exposure, self.by_experience, self.by_lead, e.sources, d.head, org.top, d.lead, org.experienced,
            e.department, e.manager, e.practising, e.way, e.followers, e.peers, e.exposure, e.belief,
        )  # fmt: skip


@kernel
def heeded_contacts(indptr, indices, weights, influence):
    """Each one's summed tie times influence of all contacts: what `peers` would be if all of them practised."""
    total = np.zeros(len(indptr) - 1, np.int64)
    for i in range(len(total)):
        for edge in range(indptr[i], indptr[i + 1]):
            total[i] += weights[edge] * influence[indices[edge]]
    return total


@kernel
def see_and_believe(
    by_exposure, by_experience, by_lead, sources, head, top, lead, worth,
    department, manager, practising, way, followers, peers, exposure, belief,
):  # fmt: skip
    """Exposure and belief of everybody for every practice, one week on."""
    n, practices = belief.shape
    for i in range(n):
        d = department[i]
        boss, chief = manager[i], head[d]
        of_reports, of_peers, of_manager, of_executives = (
            sources[i, 0], sources[i, 1], sources[i, 2], sources[i, 3],
        )  # fmt: skip
        for k in range(practices):
            seen = of_reports * followers[i, k] + of_peers * peers[i, k]
            if boss >= 0:
                seen += of_manager * practising[boss, k]
            shown = 0
            if chief != i:
                shown += practising[chief, k]
            if top != i and top != chief:
                shown += practising[top, k]
            seen += of_executives * shown
            b = belief[i, k]
            change = by_exposure * (seen - b) + by_lead * (lead[d] - b)
            change += practising[i, k] * by_experience * (worth[d, k, way[i, k]] - b)
            belief[i, k] = b + change
            exposure[i, k] = seen
