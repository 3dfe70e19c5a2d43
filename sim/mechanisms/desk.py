"""Desks at work: what their people do with their time - clear what waits, teach with what is left - and whom it reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import kernel
from sim.luck import draw, word
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, rate, share, weight
from sim.tables import AWARE, CLEARED, NOBODY, NOT_ASKED, ROUTINE

if TYPE_CHECKING:
    from sim.organisation import Organisation

TICKETS = 2.0**40  # luck among requests of one week
SOURCE = "assumed: a trial's starting value"


class Desk(Mechanism):
    """Time, queues, contact and the desk's own learning of which way works (claims 31, 32, 36, 37, 39)."""

    requests: float = parameter(
        8.0, "requests cleared in a person-week", unit="requests", source=SOURCE, gt=0
    )
    pupils: float = parameter(4.0, "people taught in a person-week", unit="people", source=SOURCE, ge=0)
    special_cost: float = weight(
        1.0, "extra cost of another department's request, times how special it is", source=SOURCE
    )
    risk: float = share(0.25, "risk from which a practice needs approval", source=SOURCE)
    approval_weeks: int = parameter(52, "weeks that an approval holds", unit="weeks", source=SOURCE, ge=1)
    give_up: float = rate(0.02, "chance that somebody who waits gives up", source=SOURCE)
    contact_weeks: int = parameter(
        52, "weeks that contact with the desk lasts", unit="weeks", source=SOURCE, ge=1
    )
    policy: float = share(1.0, "how much of what one must know the policy says")
    policy_part: float = share(0.3, "guidance that the policy gives without contact", source=SOURCE)
    joined_part: float = share(
        0.5, "guidance left where one neither knows the policy nor has contact", source=SOURCE
    )
    colleagues: float = rate(
        0.1, "holistic: chance of being taught, times budget and share in routine", source=SOURCE
    )
    learning: float = rate(
        0.01, "p2: how fast the desk's way takes over what works best", source="March 1991; trial"
    )
    start_quality: float = share(
        0.5, "quality of a desk's way at the start", source="assumed: a trial's starting value"
    )
    misfit: float = share(
        0.3,
        "quality that a desk's way loses in wholly special work",
        source="assumed: a trial's starting value",
    )
    liaison_misfit: float = share(0.5, "part of that loss where a liaison knows the work", source=SOURCE)

    def build(self, org: Organisation) -> None:
        """Start the desks' ways, and draw the order in which staff are taught."""
        org.desks.quality[:] = self.start_quality
        org.practices.gated[:] = org.practices.risk >= self.risk
        d, e = org.departments, org.employees
        luck = org.luck.uniform("desk", e.key)
        org.turns = np.lexsort((luck, e.department))
        org.was_gated = d.gated.copy()

    def step(self, org: Organisation) -> None:
        """A week of the desks: the queue, the teaching, the guidance, and what the desks learn."""
        d, e = org.departments, org.employees
        if not d.guided.any() and not org.was_gated.any():
            return
        if d.gated.any() or org.was_gated.any():
            self.clear_and_teach(org)
        elif d.guided.any():
            budget = np.minimum(1.0, d.budget)
            teach_among_colleagues(
                org.week, org.luck.stream("desk", org.week), self.colleagues * budget, d.guided, e.key, e.department,
                e.rung, e.way, e.taught, e.contact, e.heard,
            )  # fmt: skip
        org.in_contact = guide(
            org.week, self.contact_weeks, self.policy, self.policy_part, self.joined_part, d.guided, d.cleared, d.waiting,
            e.department, e.knows, e.contact, e.guidance,
        )  # fmt: skip
        if org.desks.rows and org.ways > 1:
            self.learn(org)

    def clear_and_teach(self, org: Organisation) -> None:
        """Clear the oldest requests first; teach with the time that is left."""
        d, e, desks = org.departments, org.employees, org.desks
        today = d.cleared[:, org.week % d.cleared.shape[1]]
        d.carry += self.requests * d.local
        desks.carry += self.requests * desks.people
        work_queue(
            org.week, org.luck.stream("desk", org.week), org.practices.gated, self.give_up, self.approval_weeks,
            self.special_cost, d.gated, org.was_gated, d.served, desks.home, d.specificity, d.carry, desks.carry, today,
            d.waiting, org.requests, e.key, e.department, e.rung, e.practising, e.asked, e.approved, e.contact,
        )  # fmt: skip
        teach(
            org.week, self.pupils / self.requests, org.turns, d.gated, d.served, d.waiting, d.first, d.size, d.turn,
            d.credit, d.carry, desks.carry, e.taught, e.contact,
        )  # fmt: skip
        org.was_gated[:] = d.gated

    def learn(self, org: Organisation) -> None:
        """Each way in force moves towards what works best among the departments it serves; the owner's if it has a home."""
        d, desks = org.departments, org.desks
        learn_ways(
            self.learning, self.misfit, self.liaison_misfit, desks.home, desks.way, desks.quality, d.guided, d.advice,
            d.specificity, d.liaisons, d.worth, d.quality, org.quality,
        )  # fmt: skip


@kernel
def learn_ways(
    rate, misfit, liaison_misfit, home, way, quality, guided, advice, specificity, liaisons, worth, works, suits
):  # fmt: skip
    """Each way in force learns each practice from the department it serves (or is at home in) that has most of it.

    `suits` [ways, D, K] takes how well the desks' ways then suit each department.
    """
    departments, practices = worth.shape
    for w in range(len(quality)):
        if (way == w).any():
            for k in range(practices):
                best = -1
                for d in range(departments):
                    served = guided[d] and advice[d] == departments + w
                    asked = home[w] == d or (home[w] == NOBODY and served)
                    if asked and (best < 0 or worth[d, k] > worth[best, k]):
                        best = d
                if best >= 0:
                    quality[w, k] += rate * max(0.0, works[best, k] - quality[w, k])
        for d in range(departments):
            loss = misfit * specificity[d] * (liaison_misfit if liaisons[d] > 0 else 1.0)
            for k in range(practices):
                suits[departments + w, d, k] = quality[w, k] * (1.0 - loss)


@kernel
def work_queue(
    week, stream, risky, give_up, approval_weeks, special_cost, gated, was_gated, served, home, specificity, local, room,
    cleared, waiting, requests, key, department, rung, practising, asked, approved, contact,
):  # fmt: skip
    """Age, withdraw, renew and clear requests, in the time of `local` [D] and `room` [desks], which holds what is left.

    `requests` counts made, cleared, weeks waited, given up, withdrawn.
    """
    n, practices = rung.shape
    cells, age = (
        np.empty(n * practices, np.int64),
        np.empty(n * practices, np.uint64),
    )  # filled as far as needed
    count = 0
    waiting[:] = 0
    cleared[:] = 0
    for i in range(n):
        d = department[i]
        if not gated[d]:
            if was_gated[d]:
                for k in range(practices):
                    if asked[i, k] >= 0:
                        asked[i, k] = NOT_ASKED
                        requests[4] += 1
            continue
        person = word(stream, key[i])
        for k in range(practices):
            if not risky[k]:
                continue
            if not was_gated[d] and practising[i, k]:
                approved[i, k] = max(approved[i, k], week + int(approval_weeks * draw(person, practices + k)))
            if asked[i, k] >= 0:
                if rung[i, k] == AWARE:
                    if draw(person, k) < give_up:
                        asked[i, k] = NOT_ASKED
                        requests[3] += 1
                        continue
                elif not practising[i, k]:
                    asked[i, k] = NOT_ASKED
                    requests[4] += 1
                    continue
                cells[count] = i * practices + k
                age[count] = (np.uint64(asked[i, k]) << np.uint64(40)) | np.uint64(
                    draw(person, 2 * practices + k) * TICKETS
                )
                count += 1
            elif practising[i, k] and approved[i, k] < week:
                asked[i, k] = week
                requests[0] += 1
    stuck = np.zeros(len(room), np.bool_)
    for c in np.argsort(age[:count]):
        i, k = cells[c] // practices, cells[c] % practices
        d = department[i]
        desk = served[d]
        cost = 1.0 if desk != NOBODY and home[desk] == d else 1.0 + special_cost * specificity[d]
        if local[d] >= 1.0:
            local[d] -= 1.0
        elif desk != NOBODY and not stuck[desk] and room[desk] >= cost:
            room[desk] -= cost
        else:
            if desk != NOBODY:
                stuck[desk] = True
            waiting[d] += 1
            continue
        requests[1] += 1
        requests[2] += week - asked[i, k]
        cleared[d] += 1
        approved[i, k] = week + approval_weeks
        contact[i] = week
        asked[i, k] = CLEARED if rung[i, k] == AWARE else NOT_ASKED


@kernel
def teach(
    week, pupils, turns, gated, served, waiting, first, size, turn, credit, local, room, taught, contact
):  # fmt: skip
    """Teach staff in turn with the time that is left; where something waits, it is carried over for that instead."""
    for d in range(len(size)):
        if waiting[d] == 0:
            credit[d] += pupils * local[d]
            local[d] = 0.0
    for desk in range(len(room)):
        queue, staff = 0, 0
        for d in range(len(size)):
            if served[d] == desk:
                queue += waiting[d]
                staff += size[d]
        if queue == 0:
            for d in range(len(size)):
                if served[d] == desk:
                    credit[d] += pupils * room[desk] * size[d] / staff
            room[desk] = 0.0
    for d in range(len(size)):
        credit[d] = min(float(size[d]), credit[d]) if gated[d] else 0.0
        while credit[d] >= 1.0:
            i = turns[first[d] + turn[d]]
            taught[i] = week
            contact[i] = week
            turn[d] = (turn[d] + 1) % size[d]
            credit[d] -= 1.0


@kernel
def teach_among_colleagues(
    week, stream, chance, guided, key, department, rung, way, taught, contact, heard
):  # fmt: skip
    """Somebody in routine, anywhere, teaches one practice, in their way, to staff who happen to ask."""
    n, practices = rung.shape
    routine = 0
    people = 0
    for i in range(n):
        here = 0
        for k in range(practices):
            here += rung[i, k] == ROUTINE
        routine += here
        people += here > 0
    if routine == 0:
        return
    cells = np.empty(routine, np.int64)
    count = 0
    for i in range(n):
        for k in range(practices):
            if rung[i, k] == ROUTINE:
                cells[count] = i * practices + k
                count += 1
    for i in range(n):
        d = department[i]
        if not guided[d]:
            continue
        person = word(stream, key[i])
        if draw(person, 0) < chance[d] * people / n:
            cell = cells[int(draw(person, 1) * routine)]
            taught[i] = week
            contact[i] = week
            heard[i, cell % practices] = way[cell // practices, cell % practices]


@kernel
def guide(
    week, contact_weeks, policy, policy_part, joined_part, guided, cleared, waiting, department, knows, contact, guidance
):  # fmt: skip
    """Guidance = policy x (.3 + .7 x contact x share cleared), half where one knows neither; those in contact."""
    in_contact = 0
    share_cleared = np.ones(len(guided))
    for d in range(len(guided)):
        done = cleared[d].sum()
        if done + waiting[d] > 0:
            share_cleared[d] = done / (done + waiting[d])
    for i in range(len(department)):
        d = department[i]
        if not guided[d]:
            guidance[i] = 0.0
            continue
        met = week - contact[i] < contact_weeks
        in_contact += met
        amount = policy * (policy_part + (1.0 - policy_part) * met * share_cleared[d])
        guidance[i] = amount if met or knows[i] else joined_part * amount
    return in_contact
