"""What the plain model keeps: the series of the engine's record, and the stage of maturity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.cuts import converged_now
from sim.measures import MEASURES, organisation_measures
from sim.record import WEEKLY, Series

if TYPE_CHECKING:
    from benchmarks.plain.organisation import PlainOrganisation


class Record:
    """The series of `sim.record.Series` as lists of weeks; as an attribute, each is an array, so that `returns` can read it."""

    def __init__(self, model: PlainOrganisation) -> None:
        self.model, self.plan = model, model.plan
        self.departments = tuple(here.name for here in model.departments)
        self.functions = tuple(here.function for here in model.departments)
        self.practices = tuple(model.names)
        self.meant = np.array([here.meant for here in model.departments])
        self.kept: dict[str, list] = {name: [] for name in Series.fields}

    @property
    def week(self) -> int:
        """The week reached."""
        return len(self.kept["weekly"]) - 1

    def __getattr__(self, name: str) -> np.ndarray:
        """An array of the series of that name."""
        if name not in Series.fields:
            raise AttributeError(f"a record has no attribute {name!r}")
        return np.array(self.kept[name])

    def __getitem__(self, name: str) -> np.ndarray:
        """A weekly series of the organisation: float64[1 + weeks lived]."""
        return np.array([week[WEEKLY.index(name)] for week in self.kept["weekly"]])

    def keep(self, spent: list[list[float]]) -> None:
        """Keep the week that the organisation has just lived."""
        model = self.model
        d, people, hub, x = model.departments, model.employees, model.hub, model.executives
        n, sizes = len(people), [here.size for here in d]
        measures, by_practice, by_department = (
            np.zeros(number) for number in (len(MEASURES), len(model.practices), len(d))
        )
        tally = np.array([here.tally for here in d], np.int32)
        organisation_measures(tally, np.array(sizes), self.meant, measures, by_practice, by_department)
        values, alignment = measures.tolist(), sum(here.alignment * here.size for here in d) / n
        engagement, joined = (
            sum(one.engagement for one in x) / len(x),
            sum(here.size for here in d if here.joined),
        )
        model.stage = stage_of(model, *values[:4], alignment, engagement, joined / n)
        weekly = (
            *values, alignment, model.stage, sum(sum(here.practised) for here in d), engagement,
            sum(one.understanding for one in x) / len(x), sum(here.budget * here.size for here in d) / n,
            sum(sum(uses) for uses in spent), sum(here.share * here.size for here in d) / n, joined / n,
            model.in_contact / n, sum([e.knows for e in people]) / n, hub.made, hub.done, hub.waited, hub.given_up,
            hub.withdrawn, sum(here.waiting for here in d), self.hollow(), model.left,
            sum([e.satisfaction for e in people]) / n, sum([e.rumour for e in people]) / n, sum(model.struck[-1]),
        )  # fmt: skip
        for name, row in {
            "weekly": weekly,
            "staff": sizes,
            "adoption": by_department.tolist(),
            "by_practice": by_practice.tolist(),
            "served": [here.joined for here in d],
            "executives": [one.engagement for one in x],
            "habits": [list(here.habit) for here in d],
            "spent": spent,
            "worth": [list(here.worth) for here in d],
            "practised": [list(here.practised) for here in d],
            "backing": [list(here.backing) for here in d],
        }.items():
            self.kept[name].append(row)

    def hollow(self) -> float:
        """Share of practising pairs that experience hardly any worth."""
        below, empty, pairs = self.plan.outcome.hollow_below, 0, 0
        for here in self.model.departments:
            for tally, experienced in zip(here.tally, here.experienced, strict=True):
                for people, worth in zip(tally, experienced, strict=True):
                    pairs += people
                    if worth < below:
                        empty += people
        return empty / max(1, pairs)


def stage_of(
    model: PlainOrganisation, A: float, A_min: float, C: float, V: float, alignment: float, engagement: float,
    joined: float,
) -> int:  # fmt: skip
    """The stage of maturity, 1 to 6, from the week's measures, two means and the share of staff in joined departments."""
    m, d = model.maturity, model.departments
    if converged_now(A, C, V, alignment, model.plan.outcome):
        return 6
    active = sum(here.active >= m.active * here.size for here in d) / len(d)
    if active >= m.strategic_departments and engagement >= m.executives and m.dominant <= C:
        return 5
    if model.pull is not None and active >= m.formal_departments and joined >= m.policy_reach:
        return 4
    enough = min(m.engaged_departments, len(d))
    for k in model.engaging:
        if sum(here.practised[k] >= m.engagement * here.size for here in d) >= enough:
            return 3
    owners = [here for here in d if here.owner]
    return (
        2
        if any(here.practised[k] >= m.presence * here.size for here in owners for k in model.presenting)
        else 1
    )
