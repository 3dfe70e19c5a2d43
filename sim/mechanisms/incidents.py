"""Incidents: what goes wrong in public where people practise what is risky without knowing the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import model_validator

from sim.kernels import kernel
from sim.luck import branch, unit, word
from sim.mechanisms.base import Mechanism
from sim.mechanisms.duties import desk_help
from sim.mechanisms.rumours import start
from sim.parameters import parameter, rate, share, weight
from sim.tables import staff_of

if TYPE_CHECKING:
    from sim.organisation import Organisation

PROCESS_STAGE = 3  # engagement: from there on a risk process is needed (claims 22, 67)


class Incidents(Mechanism):
    """Chance, severity and cost of incidents (claims 22, 43, 65, 67).

    In a week a department has an incident with chance base x exposed risk x (1 + voices x share of staff practising
    anything), at most 1. Its exposed risk is summed over practices: risk x staff who practise it and neither know the
    policy nor hold an approval, per head of staff. It happens in a practice drawn by its part of that risk.
    """

    base: float = rate(
        0.05,
        "chance of an incident in a department, times exposed risk",
        source="form: claim 65; value assumed: once in six years where a tenth converses unguided",
    )
    voices: float = weight(
        1.0,
        "rise of that chance when everybody in the department has a voice",
        source="claims 22, 65; assumed",
    )
    severity_least: float = share(0.1, "least severity that chance gives")
    severity_most: float = share(1.0, "greatest severity that chance gives")
    shaping: float = share(
        0.4, "part of the severity that a desk's work on conversations takes away", source="claim 43; assumed"
    )
    process: bool = parameter(
        False, "a risk process is at work from stage 3 (engagement) on", source="claim 67; off assumed"
    )
    process_leaves: float = share(0.5, "part of the severity that the risk process leaves", source="claim 67")
    cut: float = share(0.3, "belief in the practice that an incident of full severity costs its department")
    elsewhere: float = share(0.25, "part of that which it costs the firm's other departments")

    @model_validator(mode="after")
    def _ordered(self) -> Incidents:
        if self.severity_least > self.severity_most:
            raise ValueError(
                f"severity_least {self.severity_least} is above severity_most {self.severity_most}"
            )
        return self

    def chances(self, org: Organisation) -> np.ndarray:
        """Each department's chance of an incident as things stand: float64[D]."""
        return chances_of(org.rules, exposed_risk(org.week, org.state), org.state)

    def strike(self, org: Organisation, department: int, practice: int, severity: float) -> None:
        """Let an incident happen: belief falls, a rumour starts. There is no other way in which one happens.

        Args:
            org: the organisation.
            department: row of the department where it happens.
            practice: row of the practice that goes wrong.
            severity: 0..1, before a desk or a risk process lessens it.

        Raises:
            ValueError: there is no such row, or the severity is no share.
        """
        if not (0 <= department < org.departments.rows and 0 <= practice < org.practices.rows):
            raise ValueError(f"no department {department} or no practice {practice}")
        if not 0.0 <= severity <= 1.0:
            raise ValueError(f"severity {severity} is not in 0..1")
        strike(org.rules, org.week, department, practice, severity, org.state)

    def remains(self, org: Organisation, department: int) -> float:
        """Part of an incident's severity that the department's desk and the risk process leave: 0..1."""
        return float(remains(org.rules, department, org.state))


@kernel
def remains(rules, here, org):
    """See `Incidents.remains`."""
    c = rules.incidents[0]
    pace = rules.duties[0].on_conversation if rules.duties[0].on else 1.0
    left = max(0.0, 1.0 - c.shaping * pace * desk_help(here, org))
    return left * c.process_leaves if c.process and org.whole.now[0].stage >= PROCESS_STAGE else left


@kernel
def strike(rules, week, here, k, severity, org):
    """See `Incidents.strike`."""
    c, e = rules.incidents[0], org.employees
    cost = severity * remains(rules, here, org)
    belief, d = e.belief[k], org.departments
    for other in range(len(d.size)):
        if d.firm[other] == d.firm[here]:
            loss = c.cut * cost * (1.0 if other == here else c.elsewhere)
            for i in staff_of(d.first, d.size, other):
                belief[i] = max(0.0, belief[i] - loss)
    org.incidents[week, here] += 1
    if rules.rumours[0].on:
        start(here, cost, org)


@kernel
def exposed_risk(week, org):
    """Risk per head of practising that nobody has cleared and that does not know the policy: float64[D, practices]."""
    e, d, p = org.employees, org.departments, org.practices
    first, size, knows = d.first, d.size, e.knows
    exposed = np.zeros((len(size), len(p.risk)))
    for k in range(len(p.risk)):
        practising, approved = e.practising[k], e.approved[k]
        if p.risk[k] > 0.0:
            for here in range(len(size)):
                if d.practised[here, k] == 0:
                    continue
                careless = 0
                for i in staff_of(first, size, here):
                    careless += practising[i] & (not knows[i]) & (approved[i] < week)
                exposed[here, k] = p.risk[k] * careless / size[here]
    return exposed


@kernel
def chances_of(rules, exposed, org):
    """Each department's chance of an incident this week, float64[D]; `exposed` is its risk by practice."""
    c, d = rules.incidents[0], org.departments
    chance = np.empty(len(d.size))
    for here in range(len(chance)):
        louder = 1.0 + c.voices * d.activity[here] / d.size[here]
        chance[here] = min(1.0, c.base * exposed[here].sum() * louder)
    return chance


@Incidents.weekly
@kernel
def go_wrong(rules, week, luck, org):
    """Let chance decide in each department whether something goes wrong, in which practice and how badly."""
    if not possible(rules, luck, org):
        return False
    c, key = rules.incidents[0], org.departments.key
    exposed = exposed_risk(week, org)
    chance = chances_of(rules, exposed, org)
    which, how = branch(luck, 0), branch(luck, 1)
    for here in range(len(key)):
        if unit(word(luck, key[here])) >= chance[here]:
            continue
        left, practice = unit(word(which, key[here])) * exposed[here].sum(), -1
        for k in range(exposed.shape[1]):
            if exposed[here, k] > 0.0:
                practice = k
                if left < exposed[here, k]:
                    break
                left -= exposed[here, k]
        severity = c.severity_least + (c.severity_most - c.severity_least) * unit(word(how, key[here]))
        strike(rules, week, here, practice, severity, org)
    return False


@kernel
def possible(rules, luck, org):
    """Whether luck would have an incident somewhere if nobody there were cleared or knew the policy."""
    c, d, risk = rules.incidents[0], org.departments, org.practices.risk
    key, size, practised, activity = d.key, d.size, d.practised, d.activity
    for here in range(len(key)):
        most = 0.0
        for k in range(len(risk)):
            most += risk[k] * practised[here, k] / size[here]
        if unit(word(luck, key[here])) < min(
            1.0, c.base * most * (1.0 + c.voices * activity[here] / size[here])
        ):
            return True
    return False
