"""What happens: what is scripted, what goes wrong in public, and what changes of itself."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import exp
from typing import TYPE_CHECKING, Any

from benchmarks.plain.staffing import hire, merge, regroup, replace

if TYPE_CHECKING:
    from benchmarks.plain.offices import Department
    from benchmarks.plain.organisation import PlainOrganisation


def script(model: PlainOrganisation) -> None:
    """Let happen what is scripted for this week, in the order of the events' names."""
    model.granted = 1.0
    for _, event in sorted(model.events.scripted.items()) if model.events else ():
        happen, lasts = EVENTS[event.what]
        if event.week == model.week or (lasts and event.week < model.week):
            happen(model, event)


def listening_phase(model: PlainOrganisation, event: Any) -> None:
    """Departments' goals come nearer to the organisation's, week by week."""
    if model.week < event.week + event.lasts:
        for here in model.departments:
            here.approach(model.goals, 1.0 - exp(-1.0 / event.scale))


def budget_cut(model: PlainOrganisation, event: Any) -> None:
    """Money goes down to a share, and comes back over a ramp."""
    back, since = 0.0, model.week - event.week
    if event.lasts is not None:
        back = min(1.0, max(0.0, (since - event.lasts) / event.ramp))
    model.granted *= event.to + (1.0 - event.to) * back


def pilot(model: PlainOrganisation, event: Any) -> None:
    """Part of a department begin a practice."""
    k = model.names.index(event.practice)
    for e in model.department(event.department).staff:
        if model.random.random() < event.staff and k not in e.doing:
            e.begin(k)


def reverse_mentoring(model: PlainOrganisation, event: Any) -> None:
    """Executives begin a practice."""
    k = model.names.index(event.practice)
    for e in dict.fromkeys(x.person for x in model.executives):
        if model.random.random() < event.executives and k not in e.doing:
            e.begin(k)


def guideline_published(model: PlainOrganisation, event: Any) -> None:
    """Part of the staff come to know the policy."""
    for e in model.employees:
        if model.random.random() < event.reach:
            e.knows = True


def cross_functional_group(model: PlainOrganisation, event: Any) -> None:
    """People from every department get to know each other."""
    group = [
        e
        for here in model.departments
        for e in model.random.sample(here.staff, min(here.size, event.members))
    ]
    for one, other in combinations(group, 2):
        one.tie(other, event.strength)


def champions_leave(model: PlainOrganisation, event: Any) -> None:
    """The practitioners to whom most people listen leave."""
    heard = {
        e: e.influence * sum(tie for _, tie, _ in e.peers)
        for e in model.employees
        if e.doing and not e.executive and e.peers
    }
    ranked = sorted(heard, key=lambda e: (-heard[e], model.random.random()))
    replace(model, ranked[: event.people])


def sponsor_leaves(model: PlainOrganisation, event: Any) -> None:
    """Whoever is the sponsor leaves."""
    replace(model, list(dict.fromkeys(x.person for x in model.executives if x.sponsor)))


def reorganisation(model: PlainOrganisation, event: Any) -> None:
    """Part of the staff change places."""
    regroup(model, [e for e in model.employees if model.random.random() < event.staff])


def hiring_wave(model: PlainOrganisation, event: Any) -> None:
    """New people come, everywhere by size or into one department."""
    rooms = [model.department(event.department)] * event.people if event.department else []
    upto = 0
    for here in model.departments if not rooms else ():
        upto += here.size
        rooms += [here] * (round(event.people * upto / len(model.employees)) - len(rooms))
    hire(model, rooms, event.contacts, event.strength)


def merger(model: PlainOrganisation, event: Any) -> None:
    """A department comes under another's head; some of both change places, and all of it get to know somebody there."""
    here, there = model.department(event.department), model.department(event.into)
    if here is not there:
        merge(model, here, there)
        regroup(model, [e for e in [*here.staff, *there.staff] if model.random.random() < event.staff])
        for e in here.staff:
            for _ in range(event.contacts):
                e.tie(model.random.choice(there.staff), event.strength)


def incident(model: PlainOrganisation, event: Any) -> None:
    """Something goes wrong in public."""
    if model.incidents:
        strike(model, model.department(event.department), model.names.index(event.practice), event.severity)


EVENTS: dict[str, tuple[Callable[[PlainOrganisation, Any], None], bool]] = {
    "listening_phase": (listening_phase, True),
    "budget_cut": (budget_cut, True),
    "pilot": (pilot, False),
    "reverse_mentoring": (reverse_mentoring, False),
    "guideline_published": (guideline_published, False),
    "cross_functional_group": (cross_functional_group, False),
    "champions_leave": (champions_leave, False),
    "sponsor_leaves": (sponsor_leaves, False),
    "reorganisation": (reorganisation, False),
    "hiring_wave": (hiring_wave, False),
    "merger": (merger, False),
    "incident": (incident, False),
}
"""What each kind of event does, and whether it goes on after its week."""


def go_wrong(model: PlainOrganisation) -> None:
    """Let chance decide in each department whether something goes wrong, in which practice and how badly."""
    i, random = model.incidents, model.random
    for here in model.departments:
        u, louder = random.random(), i.base * (1.0 + i.voices * here.active / here.size)
        most = sum(one.risk * n for one, n in zip(model.practices, here.practised, strict=True)) / here.size
        if u >= louder * most:  # not even if all who practise were careless
            continue
        risks = exposed_risk(model, here)
        if u < louder * sum(risks):
            k = random.choices(range(len(risks)), risks)[0]
            strike(model, here, k, random.uniform(i.severity_least, i.severity_most))


def exposed_risk(model: PlainOrganisation, here: Department) -> list[float]:
    """Of each practice, the risk per head of who neither knows the policy nor holds an approval."""
    careless = [0] * len(model.practices)
    for e in here.staff:
        if not e.knows:
            for k in e.doing:
                careless[k] += e.approved[k] < model.week
    return [one.risk * n / here.size for one, n in zip(model.practices, careless, strict=True)]


def strike(model: PlainOrganisation, here: Department, k: int, severity: float) -> None:
    """Let an incident happen: belief falls, more so in the department, where a rumour starts."""
    i = model.incidents
    cost = severity * max(0.0, 1.0 - i.shaping * model.hub.pace("conversation") * model.hub.help_for(here))
    if i.process and model.stage >= 3:
        cost *= i.process_leaves
    for e in model.employees:
        part = 1.0 if e.department is here else i.elsewhere
        e.belief[k] = max(0.0, e.belief[k] - i.cut * cost * part)
    model.struck[-1][here.row] += 1
    if model.rumours:
        model.talked_of = True
        for e in here.staff:
            e.rumour += cost * (1.0 - e.rumour)


def turn(model: PlainOrganisation) -> None:
    """Change what is best, in the practices whose week it is."""
    t, hub = model.turbulence, model.hub
    for k in range(len(model.practices)):
        if model.random.random() < t.chance:
            for here in model.departments:
                here.grow_way(k)
            hub.quality[k] += t.forgotten * (model.best_practice.start_quality - hub.quality[k])
