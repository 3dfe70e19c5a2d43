"""Influence: what people see others do, and how that, worth and lead move their belief."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import model_validator

from sim.errors import Fault, InputError
from sim.kernels import kernel
from sim.luck import branch, exponential, key_with, normal, unit, word
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, rate, weight
from sim.tables import EMPLOYEES, staff_of
from sim.wings import rooms

if TYPE_CHECKING:
    from sim.organisation import Organisation

TRIAL = "assumed: a trial's starting value"
FIELD = "assumed, after Wang, Meister & Gray 2013: strong bottom-up, limited peer, no top-down influence"
_MOST = np.iinfo(EMPLOYEES["peers"].dtype).max  # that can be summed of what somebody's contacts weigh
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
        unit="ratio",
        source="assumed: a trial's starting value",
        gt=0,
        le=1,
    )
    heeded_most: float = parameter(
        5.0,
        "most that anybody is heeded",
        unit="ratio",
        source="assumed: a trial's starting value",
        ge=1,
        le=100,
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
        form(org.rules, org.luck.stream(self.name), np.arange(org.employees.rows), org.state)


def weigh(org: Organisation, rows: np.ndarray | None = None) -> None:
    """Share out the sources' weights anew among the reports, contacts, manager and executives that people have.

    Args:
        org: the organisation.
        rows: int64[n], those whom it concerns; everybody if left out.

    Raises:
        InputError: somebody's ties are too strong to be summed.
    """
    heard = share_out_among(np.arange(org.employees.rows) if rows is None else rows, org.rules, org.state)
    if heard > _MOST:
        raise InputError([Fault("ties", f"summed strength {heard:.3g}", "weaker ties")])


@kernel
def share_out(rules, org):
    """Set everybody's `sources`."""
    share_out_among(np.arange(len(org.employees.key)), rules, org)


@kernel
def share_out_among(rows, rules, org):
    """Set the `sources` of people in these rows, int64[n]; the greatest summed strength of anybody's contacts among them."""
    if not rules.influence[0].on:
        return 0
    c, e, d, top_of = rules.influence[0], org.employees, org.departments, org.firms.top
    department, heads, firm = e.department, d.head, d.firm
    sources, manager, reports, peers_most = e.sources, e.manager, e.reports, e.peers_most
    (indptr, indices, weights), influence, outsiders = org.ties, e.influence, e.outsiders
    most = 0
    for i in rows:
        head, top = heads[department[i]], top_of[firm[department[i]]]
        heard = 0
        for at in range(indptr[i], indptr[i + 1]):
            heard += weights[at] * influence[indices[at]]
        for at in range(len(outsiders)):
            if outsiders[at, i] == 0:  # the rest are none
                break
            heard += outsiders[at, i]
        most = max(most, heard)
        by_head, by_top = head != i, head != top and top != i
        seen = int(by_head) + int(by_top)
        total = c.reports * (reports[i] > 0) + c.peers * (heard > 0)
        total += c.manager * (manager[i] >= 0)
        total += c.executives * (seen > 0)
        peers_most[i] = heard
        sources[:, i] = 0.0
        if total > 0.0:
            if reports[i] > 0:
                sources[0, i] = c.reports / (total * reports[i])
            if heard > 0:
                sources[1, i] = c.peers / total
            if manager[i] >= 0:
                sources[2, i] = c.manager / total
            if seen > 0:
                sources[3, i] = by_head * c.executives / (total * seen)
                sources[4, i] = by_top * c.executives / (total * seen)
    return most


@Influence.welcoming
@kernel
def introduce(rules, luck, rows, org):
    """Newcomers in these rows, int64[n], form; their contacts, who come with the seat, take in how much they are heeded.

    They practise nothing yet, so only the weights of what their contacts see change.
    """
    (indptr, indices, weights), influence = org.ties, org.employees.influence
    before, again = influence[rows], False
    form(rules, luck, rows, org)
    for n in range(len(rows)):
        i = rows[n]
        gained = np.int64(influence[i]) - before[n]
        for at in range(indptr[i], indptr[i + 1]):
            j = indices[at]
            if j == i:  # the rest of the row is idle
                break
            again |= reweigh(j, weights[at] * gained, org)
    if again:
        share_out(rules, org)


@kernel
def form(rules, luck, rows, org):
    """What people in these rows, int64[n], believe before they have seen anything, and how much they are heeded."""
    c, e = rules.influence[0], org.employees
    least, most, key, belief, practice = c.belief_least, c.belief_most, e.key, e.belief, org.practices.key
    first, influence = branch(luck, 0), e.influence
    for i in rows:
        heeded = exponential(c.spread * normal(word(luck, key[i])))
        influence[i] = np.rint(UNIT * min(c.heeded_most, max(c.heeded_least, heeded)))
    for k in range(len(practice)):
        for i in rows:
            belief[k, i] = least + (most - least) * unit(word(first, key_with(key[i], practice[k])))


@kernel
def reweigh(i, change, org):
    """Note that somebody's contacts weigh `change` more; whether `share_out` must follow, as they had none or have none now."""
    most = org.employees.peers_most
    before = most[i]
    most[i] = before + change
    return (before > 0) != (most[i] > 0)


@Influence.together
@kernel
def see_and_believe(rules, week, luck, org, thread):
    """Exposure, from last week's practitioners, and belief of everybody for every practice, one week on."""
    c, e, d = rules.influence[0], org.employees, org.departments
    by_exposure, by_experience, by_lead = c.by_exposure, c.by_experience, c.by_lead
    of_reports, of_peers, of_manager, of_head, of_top = (
        e.sources[0], e.sources[1], e.sources[2], e.sources[3], e.sources[4],
    )  # fmt: skip
    first, size, head, leads, experienced = d.first, d.size, d.head, d.lead, d.experienced
    firm, top = d.firm, org.firms.top
    exposure, belief, followers, peers, led = e.exposure, e.belief, e.followers, e.peers, e.led
    practising, way, peers_most = e.practising, e.way, e.peers_most
    worth, of_peer = np.empty(belief.shape[1]), np.empty(belief.shape[1])
    for here in rooms(
        thread, org
    ):  # practice by practice inside, so that what belongs to people is read once
        lead, boss, chief = leads[here], head[here], top[firm[here]]
        for i in staff_of(first, size, here):
            of_peer[i] = of_peers[i] / max(1, peers_most[i])
        for k in range(len(belief)):
            shown_by_head, shown_by_top = float(practising[k, boss]), float(practising[k, chief])
            for i in staff_of(first, size, here):
                worth[i] = experienced[here, k, np.uint16(way[k, i])]
            for i in staff_of(first, size, here):
                seen = of_reports[i] * followers[k, i] + of_peer[i] * peers[k, i] + of_manager[i] * led[k, i]
                seen += of_head[i] * shown_by_head + of_top[i] * shown_by_top
                b = belief[k, i]
                change = by_exposure * (seen - b) + by_lead * (lead - b)
                belief[k, i] = b + change + practising[k, i] * by_experience * (worth[i] - b)
                exposure[k, i] = seen
    return False
