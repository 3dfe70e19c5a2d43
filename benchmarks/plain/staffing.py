"""Who comes, goes and changes places: leavers and successors, new seats, regroupings and mergers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.plain.people import Employee

if TYPE_CHECKING:
    from benchmarks.plain.offices import Department
    from benchmarks.plain.organisation import PlainOrganisation


def replace(model: PlainOrganisation, leavers: list[Employee]) -> None:
    """Let people leave, and others who know nothing take their seats."""
    for e in leavers:
        e.leave()
    succeed(model, leavers)
    welcome(model, leavers)
    model.left += len(leavers)


def welcome(model: PlainOrganisation, newcomers: list[Employee]) -> None:
    """Let people arrive whom the culture of their department has attracted."""
    new, attracted, t = set(newcomers), {}, model.turnover
    if t:
        for here in dict.fromkeys(e.department for e in newcomers):
            attracted[here] = t.attraction * max(0.0, here.culture(new) - t.ordinary)
    for e in newcomers:
        e.arrive(attracted.get(e.department, 0.0))
        e.attend()
        for other in e.contacts:
            other.attend()  # they heed whoever is new in their own way


def succeed(model: PlainOrganisation, leavers: list[Employee]) -> None:
    """Seat successors of executives, engaged with a chance that rises with the support left; sponsorship passes on or ends."""
    s = model.sponsorship
    vacant = [x for x in model.executives if x.person in leavers]
    stay = [x.engagement for x in model.executives if x not in vacant]
    for x in vacant:
        x.sit_down()
        if stay and model.random.random() < s.successor_support * sum(stay) / len(stay):
            x.engagement = max(x.engagement, s.successor_engagement)
    if any(x.sponsor for x in vacant):
        for x in vacant:
            x.sponsor = x.sponsor and x.engagement >= s.successor_sponsors
        model.pull = max([x.engagement for x in model.executives if x.sponsor], default=None)


def hire(model: PlainOrganisation, rooms: list[Department], contacts: int, strength: int) -> None:
    """Open seats and fill them; newcomers report to who manages fewest people, and get to know some colleagues by lot."""
    newcomers, random = [], model.random
    for here in rooms:
        e = Employee(model, here)
        managers = [one for one in here.staff if one.reports and one.manager]
        fewest = min(managers, key=lambda one: (len(one.reports), random.random()), default=here.head.person)
        e.manager = fewest
        fewest.reports.append(e)
        newcomers.append(e)
        here.staff.append(e)
        here.size += 1
        model.employees.append(e)
    welcome(model, newcomers)
    for e in newcomers:
        e.manager.attend()
        for _ in range(contacts):
            e.tie(random.choice(e.department.staff), strength)


def regroup(model: PlainOrganisation, movers: list[Employee]) -> None:
    """Let people change seats by lot, and take along all they know, do and whom they know; executives stay."""
    movers = [e for e in movers if not e.executive]
    comes = dict(zip(movers, model.random.sample(movers, len(movers)), strict=True))  # who comes for whom
    seats = [(e, e.department, e.manager, e.reports) for e in model.employees]
    for before, here, manager, reports in seats:
        e = comes.get(before, before)
        e.department, e.manager = here, comes.get(manager, manager)
        e.reports = [comes.get(one, one) for one in reports]
    for here in model.departments:
        here.staff = [comes.get(e, e) for e in here.staff]
        here.recount()
    for e in model.employees:
        e.attend()


def merge(model: PlainOrganisation, here: Department, there: Department) -> None:
    """Put one department under the head of another; all whom that head then leads share one set of goals, their mean by staff."""
    old, new = here.head.person, there.head.person
    if old is new:
        return
    moved = [one for one in model.departments if one.head.person is old]
    led = [one for one in model.departments if one.head.person in (old, new)]
    staff = sum(one.size for one in led)
    goals = [sum(g) / staff for g in zip(*([g * one.size for g in one.goals] for one in led), strict=True)]
    for one in led:
        one.pursue(list(goals))
    for one in moved:
        one.joined = there.joined
        one.head.person, one.head.engagement = new, there.head.engagement
        one.head.understanding = there.head.understanding
    if old is not model.top.person:
        if old.manager:
            old.manager.reports.remove(old)
        new.reports.append(old)
        old.manager, old.executive = new, False
    for e in model.employees:
        e.attend()
