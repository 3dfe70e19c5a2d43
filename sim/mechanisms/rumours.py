"""Rumours: what people believe after an incident, how it spreads, and who puts it right."""

from __future__ import annotations

import numpy as np

from sim.kernels import kernel
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, rate, share, weight
from sim.tables import staff_of
from sim.ties import CROWD, FAR, fetch_contacts
from sim.wings import together

HALVES = 2  # of the staff: what each has told is added up by itself, so that any number of threads gives the same sums


class Rumours(Mechanism):
    """A rumour that spreads along ties, is corrected by the crowd and by one official statement (claim 66).

    The crowd wins where correcting contacts x `crowd` is above `official` x trust; the field's one experiment found the
    opposite of the claim, official sources before peers, so either weight may be 0. Trust is the lead that staff feel.
    """

    spread: float = rate(0.2, "belief in the rumour taken over from contacts who all believe it")
    fading: float = rate(0.05, "belief in the rumour that is forgotten")
    crowd: float = weight(
        0.05,
        "part of it that one correcting contact takes away in a week",
        source="claim 66: c_p; value assumed",
    )
    least: float = share(0.01, "belief in it below which somebody has forgotten it")
    doubt: float = share(0.1, "most that a contact who practises may believe it and still correct it")
    official: float = weight(
        0.5,
        "part of it that the statement takes away under full trust",
        source="claim 66: c_o; value assumed",
    )
    statement_after: int = parameter(2, "from an incident to the official statement", unit="weeks", ge=0)
    disbelief: float = rate(0.05, "belief in every practice that full belief in the rumour costs")


@kernel
def start(here, severity, org):
    """A department hears of its incident: of what is missing to full belief, as much as it was severe (0..1)."""
    rumour = org.employees.rumour
    for i in staff_of(org.departments.first, org.departments.size, here):
        rumour[i] += severity * (1.0 - rumour[i])


@Rumours.together
@kernel
def talk(rules, week, luck, org, thread):
    """A week of talk, by what everybody believed before it, and what it costs of the belief in practices."""
    c, e = rules.rumours[0], org.employees
    after = week - c.statement_after
    stated = after >= 0 and org.incidents[after].any()
    rumour, breadth, department, lead = e.rumour, e.breadth, e.department, org.departments.lead
    if not rumour.any():
        return False
    spread, fading, by_crowd, official, disbelief = c.spread, c.fading, c.crowd, c.official, c.disbelief
    (indptr, indices, weights), room = org.ties, rules.digital[0].most if rules.digital[0].on else 0
    told, n, one = org.wings.told, len(rumour), np.uint64(1)
    corrects, weighed, corrected = np.empty(n, np.uint8), np.empty(n, np.int64), np.empty(n, np.int64)
    believers = np.empty(n if n > FAR else 0, np.int64)
    for i in range(n):
        corrects[i] = (breadth[i] > 0) & (rumour[i] <= c.doubt)
    for half in range(thread.number, HALVES, thread.of):
        heard = told[half]
        heard[:] = 0.0
        (first, last), some = half_of(n, half), 1
        if n > FAR:  # crowd by crowd of those who believe it, so that the contacts of the next are fetched
            some = 0
            for i in range(first, last):
                believers[some] = i
                some += rumour[i] > 0.0
        for crowd in range(0, some, CROWD):
            if n > FAR:
                fetch_contacts(org.ties, believers, crowd, some, heard)
                first = np.uint64(believers[crowd])
                last = np.uint64(believers[min(crowd + CROWD, some) - 1] + 1)
            for i in range(first, last):
                own = rumour[i]
                if own > 0.0:  # few believe it: they tell it, and others are not looked at
                    ties, correcting = 0, 0
                    for at in range(np.uint64(indptr[i]), np.uint64(indptr[i + one])):
                        j = np.uint64(indices[at])  # unsigned, so that nobody asks whether it is negative
                        if j == i:  # the rest of the row is idle
                            break
                        heard[j] += weights[at] * own
                        ties += weights[at]
                        correcting += corrects[j]
                    weighed[i], corrected[i] = ties, correcting
    together(thread, org, 0)
    for half in range(thread.number, HALVES, thread.of):
        first, last = half_of(n, half)
        for i in range(first, last):
            before, believing = rumour[i], told[0, i] + told[1, i]
            lasting = indptr[i + one] - indptr[i] - room
            if before > 0.0:
                ties, correcting = weighed[i], corrected[i]
            elif spread * believing < c.least * lasting:  # each tie weighs 1 or more
                continue
            else:
                ties, correcting = 0, 0
                for at in range(np.uint64(indptr[i]), np.uint64(indptr[i + one])):
                    j = np.uint64(indices[at])
                    if j == i:
                        break
                    ties += weights[at]
                    correcting += corrects[j]
            around = believing / ties if ties > 0 else 0.0
            now = before + spread * around * (1.0 - before) - fading * before
            now *= 1.0 - min(1.0, by_crowd * correcting)
            if stated:
                now *= 1.0 - min(1.0, official * lead[department[i]])
            rumour[i] = now if now >= c.least else 0.0
        for k in range(len(e.belief)):
            belief = e.belief[k]
            for i in range(first, last):
                belief[i] -= disbelief * rumour[i] * belief[i]
    return False


@kernel(inline="always")
def half_of(n, half):
    """The first row of one half of so many people and the row after its last; unsigned, as in `wings.people`."""
    return np.uint64(n * half // HALVES), np.uint64(n * (half + 1) // HALVES)
