"""The nine duties: effort in, effect out."""

import numpy as np
import pytest

from sim.errors import InputError
from sim.mechanisms.duties import NAMES
from sim.organisation import Organisation, run

QUIET = {
    f"duties.{name}": 0.0
    for name in ("content_saves", "technology_saves", "leadership_teaches", "insight_clears")
}


def only(*duties):
    return {f"duties.{name}": float(name in duties) for name in NAMES}


@pytest.fixture
def plan(small):
    return small(governance__founded=10, funding__level=0.8)


def test_even_effort_without_effects_of_its_own_is_no_table_at_all(plan):
    assert run(plan.replaced(QUIET), 1).digest() == run(plan, 1).digest()


def test_paces_are_multiples_of_an_even_ninth(plan):
    org = Organisation(plan.replaced({**QUIET, **only("training", "governance"), "duties.training": 2.0}), 1)
    kept = {one.name: one for one in org.mechanisms}
    assert kept["teaching"].pupils == pytest.approx(plan["teaching"].pupils * 6.0)
    assert kept["approval"].requests == pytest.approx(plan["approval"].requests * 3.0)
    assert kept["best_practice"].learning == 0.0
    assert plan["teaching"].pupils == 4.0, "the scenario itself stays"


def test_a_pace_is_what_the_parameter_would_do(plan):
    efforts = {**QUIET, **only("training", "governance", "best_practice", "conflict")}
    by_hand = plan.replaced({
        f"{table}.{key}": getattr(plan[table], key) * 9 / 4
        for table, key in (("teaching", "pupils"), ("approval", "requests"), ("best_practice", "learning"),
                           ("governance", "tie_rate"))
    })  # fmt: skip
    assert run(plan.replaced(efforts), 2).weekly.tobytes() == run(by_hand, 2).weekly.tobytes()


def test_help_reaches_served_departments_by_the_people_there_are(plan):
    plan = plan.replaced({**only("content", "technology", "leadership", "insight"), "duties.insight_clears": 0.05,
                          "duties.content_saves": 0.1})  # fmt: skip
    org = Organisation(plan, 1)
    for _ in range(9):
        org.step()
    assert (org.departments.ease == 1.0).all()
    for _ in range(40):
        org.step()
    d, desks = org.departments, org.desks
    assert d.guided.any()
    there = np.minimum(1.0, 100.0 * (d.local / d.size + desks.people[0] / d.size[d.guided].sum())) * d.guided
    presents = org.practices.presents
    pace = 9 / 4
    assert d.ease[:, presents] == pytest.approx(1.0 - 0.1 * pace * there[:, None])
    assert d.ease[:, ~presents] == pytest.approx(
        np.repeat(1.0 - 0.1 * pace * there[:, None], (~presents).sum(), axis=1)
    )


def test_no_effort_at_all_is_refused(plan):
    with pytest.raises(InputError, match="at least one duty"):
        plan.replaced(only())
