"""Learning: training, fluency by training and use, and coming to know the policy."""

from __future__ import annotations

from sim.kernels import kernel
from sim.luck import unit, word
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, rate
from sim.tables import staff_of
from sim.wings import rooms

TRIAL = "assumed: a trial's starting value"


class Learning(Mechanism):
    """Fluency grows by training and practice and fades; having a policy is not knowing it (claims 39, 65, 79)."""

    by_training: float = rate(0.04, "fluency gained under full training", source=TRIAL)
    by_practice: float = rate(0.02, "fluency gained by practising", source=TRIAL)
    forgetting: float = rate(0.004, "fluency lost", source=TRIAL)
    taught_weeks: int = parameter(13, "weeks that a desk's teaching counts as training", unit="weeks",
                                  source="assumed: a trial's starting value", ge=0)  # fmt: skip
    policy_by_chance: float = rate(
        0.001,
        "chance of coming to know the policy untrained",
        source="assumed, for 85 % of firms have a policy and in 18 % staff know it (Altimeter 2013)",
    )
    policy_by_training: float = rate(0.01, "further chance under full training", source="as above")


@Learning.together
@kernel
def learn(rules, week, luck, org, thread):
    """Everybody's training, fluency and knowledge of the policy, one week on."""
    c, e, d = rules.learning[0], org.employees, org.departments
    by_training, by_practice, forgetting = c.by_training, c.by_practice, c.forgetting
    by_chance, policy_by_training, taught_weeks = c.policy_by_chance, c.policy_by_training, c.taught_weeks
    first, size, course, guided = d.first, d.size, d.courses, d.guided
    key, taught, breadth, training, fluency, knows = (
        e.key,
        e.taught,
        e.breadth,
        e.training,
        e.fluency,
        e.knows,
    )
    for here in rooms(thread, org):
        courses = course[here]
        for i in staff_of(first, size, here):
            t = min(1.0, courses + (week - taught[i] < taught_weeks))
            f = fluency[i]
            fluency[i] = f + (by_training * t + by_practice * (breadth[i] > 0)) * (1.0 - f) - forgetting * f
            training[i] = t
        if guided[here]:
            for i in staff_of(first, size, here):
                knows[i] |= unit(word(luck, key[i])) < by_chance + policy_by_training * training[i]
    return False
