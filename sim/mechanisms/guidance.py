"""Guidance: how much of what one must know reaches each employee, through policy, desk and contact."""

from __future__ import annotations

from sim.kernels import kernel
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, share
from sim.tables import staff_of

SOURCE = "assumed: a trial's starting value"


class Guidance(Mechanism):
    """Having a policy, knowing it and being in contact with the desk are three things (claims 36, 79)."""

    policy: float = share(1.0, "how much of what one must know the policy says")
    by_policy: float = share(0.3, "part of it that the policy gives without contact", source=SOURCE)
    unknown: float = share(0.5, "part left where one neither knows the policy nor has contact", source=SOURCE)
    contact_weeks: int = parameter(
        52, "weeks that contact with the desk lasts", unit="weeks", source=SOURCE, ge=1
    )


@Guidance.weekly
@kernel
def guide(rules, week, luck, org):
    """Guidance = policy x (.3 + .7 x contact x share of requests cleared), half where one knows neither."""
    c, e, d = rules.guidance[0], org.employees, org.departments
    contact, knows, guidance = e.contact, e.knows, e.guidance
    first, size, guided, cleared, waiting = d.first, d.size, d.guided, d.cleared, d.waiting
    in_contact = 0
    since = week - c.contact_weeks
    for here in range(len(size)):
        if not guided[here]:
            for i in staff_of(first, size, here):
                guidance[i] = 0.0
            continue
        done = cleared[here].sum()
        asked = done + waiting[here]
        told = c.policy * c.by_policy
        met = c.policy * (c.by_policy + (1.0 - c.by_policy) * (done / asked if asked > 0 else 1.0))
        untold = c.unknown * told
        for i in staff_of(first, size, here):
            near = contact[i] > since
            in_contact += near
            guidance[i] = met if near else told if knows[i] else untold
    org.whole.now[0].in_contact = in_contact
    return False
