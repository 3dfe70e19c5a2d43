"""Influence: what people see others do, and how that, worth and lead move their belief."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import model_validator

from sim.errors import Fault, InputError
from sim.kernels import kernel
from sim.luck import exponential, key_with, normal, unit, word
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, rate, weight
from sim.tables import staff_of

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
        """Draw who is heeded and who believes what."""
        streams = org.luck.stream("belief"), org.luck.stream("influence")
        introduce(self.coefficients, *streams, 0.0, np.arange(org.employees.rows), org.state)
        self.weigh(org)

    def weigh(self, org: Organisation) -> None:
        """Share out the sources' weights among the reports, contacts, manager and executives that everybody has.

        Raises:
            InputError: somebody's ties are too strong to be summed.
        """
        e, d = org.employees, org.departments
        head, top, self_ = d.head[e.department], org.firms.top[d.firm[e.department]], np.arange(e.rows)
        seen = np.full(e.rows, 2) - (head == top) - (head == self_) - ((top == self_) & (head != top))
        heard = heeded_contacts(org.ties, e.influence) + e.outsiders.sum(axis=0)
        if heard.max() > np.iinfo(e.peers.dtype).max:
            raise InputError([Fault("ties", f"summed strength {heard.max():.3g}", "weaker ties")])
        counts = np.stack([e.reports, heard, e.manager >= 0, seen]).astype(float)
        weights = np.array([self.reports, self.peers, self.manager, self.executives])
        present = (counts > 0) * weights[:, None]
        total = present.sum(axis=0)
        e.peers_most[:], e.attention[:], org.by_peers = heard, total, self.peers
        unit = np.divide(present, total * counts, out=np.zeros_like(counts), where=(counts > 0) & (total > 0))
        e.sources[:3] = unit[:3]
        e.sources[3] = unit[3] * (head != self_)
        e.sources[4] = unit[3] * ((head != top) & (self_ != top))

    def welcome(self, org: Organisation, rows: np.ndarray) -> None:
        """Draw what newcomers believe and how much they are heeded, which their contacts, who come with the seat, take in."""
        luck = org.luck
        streams = luck.stream("belief"), luck.stream("influence")
        if introduce(self.coefficients, *streams, org.by_peers, rows, org.state):
            self.weigh(org)

    def step(self, org: Organisation) -> None:
        """Read exposure from last week's practitioners and move belief."""
        see_and_believe(self.coefficients, org.state)


def weigh(org: Organisation) -> None:
    """Share out the sources' weights anew, if there are any."""
    if org.plan["influence"]:
        org.plan["influence"].weigh(org)


@kernel
def heeded_contacts(ties, influence):
    """Each one's summed tie times influence of all contacts: what `peers` would be if all of them practised."""
    total = np.zeros(len(ties.indptr) - 1, np.int64)
    for i in range(len(total)):
        for at in range(ties.indptr[i], ties.indptr[i + 1]):
            total[i] += ties.weights[at] * influence[ties.indices[at]]
    return total


@kernel
def introduce(coefficients, stream, heed, by_peers, rows, org):
    """What people in these rows, int64[n], believe before they have seen anything, and how much they are heeded.

    They practise nothing yet, so only the weights of what their contacts see change; returns what `reweigh` returns.
    """
    c, e = coefficients[0], org.employees
    least, most, key, belief, practice = c.belief_least, c.belief_most, e.key, e.belief, org.practices.key
    indptr, indices, weights = org.ties
    again = False
    for i in rows:
        before = e.influence[i]
        heeded = exponential(c.spread * normal(word(heed, key[i])))
        e.influence[i] = np.rint(UNIT * min(c.heeded_most, max(c.heeded_least, heeded)))
        for at in range(indptr[i], indptr[i + 1]):
            again |= reweigh(indices[at], weights[at] * (e.influence[i] - before), by_peers, org)
    for k in range(len(practice)):
        for i in rows:
            belief[k, i] = least + (most - least) * unit(word(stream, key_with(key[i], practice[k])))
    return again


@kernel
def reweigh(i, change, by_peers, org):
    """Note that somebody's contacts weigh `change` more; whether `Influence.weigh` must run, as they had none or have none.

    Otherwise this leaves the same bits as `weigh`; `by_peers` is the weight of peers as a source.
    """
    e = org.employees
    before = e.peers_most[i]
    now = before + change
    e.peers_most[i] = now
    if before > 0 and now > 0 and e.attention[i] > 0.0:
        e.sources[1, i] = by_peers / (e.attention[i] * now)
    return (before > 0) != (now > 0)


@kernel
def see_and_believe(coefficients, org):
    """Exposure and belief of everybody for every practice, one week on."""
    c, e, d = coefficients[0], org.employees, org.departments
    by_exposure, by_experience, by_lead = c.by_exposure, c.by_experience, c.by_lead
    of_reports, of_peers, of_manager, of_head, of_top = (
        e.sources[0], e.sources[1], e.sources[2], e.sources[3], e.sources[4],
    )  # fmt: skip
    first, size, head, leads, experienced = d.first, d.size, d.head, d.lead, d.experienced
    firm, top = d.firm, org.firms.top
    worth = np.empty(e.belief.shape[1])
    for k in range(len(e.belief)):
        followers, peers, led, practising, way = (
            e.followers[k],
            e.peers[k],
            e.led[k],
            e.practising[k],
            e.way[k],
        )
        exposure, belief = e.exposure[k], e.belief[k]
        for here in range(len(size)):
            lead = leads[here]
            shown_by_head, shown_by_top = float(practising[head[here]]), float(practising[top[firm[here]]])
            for i in staff_of(first, size, here):
                worth[i] = experienced[here, k, np.uint16(way[i])]
            for i in staff_of(first, size, here):
                seen = of_reports[i] * followers[i] + of_peers[i] * peers[i] + of_manager[i] * led[i]
                seen += of_head[i] * shown_by_head + of_top[i] * shown_by_top
                b = belief[i]
                change = by_exposure * (seen - b) + by_lead * (lead - b)
                belief[i] = b + change + practising[i] * by_experience * (worth[i] - b)
                exposure[i] = seen
