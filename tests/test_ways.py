"""Ways: what speaks for the way in which somebody begins, and where that choice sits."""

import numpy as np
import pytest

from sim import load
from sim.organisation import Organisation, run

ONLY_GUIDANCE = {
    "ways.contacts_weight": 0.0, "ways.habit_weight": 0.0, "ways.current_weight": 0.0, "ways.quality_weight": 0.0,
    "ways.review": 0.0,
}  # fmt: skip


def begun(guidance=1.0, mandate_weight=0.0, **governance):
    """An organisation whose served departments' unaware staff all begin this week, with nothing but advice to go by."""
    keys = ONLY_GUIDANCE | {f"governance.{name}": value for name, value in governance.items()}
    keys["ways.mandate_weight"] = mandate_weight
    org = Organisation(load("baseline", {"organisation.employees": 120, "governance.founded": 2, **keys}), 1)
    d, e = org.departments, org.employees
    d.joined[:] = d.guided[:] = True
    org.plan["governance"].arrange(org)
    e.guidance[:] = guidance
    org.week = 5
    rows = np.flatnonzero(e.rung[1] == 0)
    org.move(rows, np.full(rows.size, 1), 2)
    org.plan["ways"].step(org)
    return org, rows


@pytest.mark.parametrize(("locus", "own"), [(0.0, False), (0.45, False), (0.55, True), (1.0, True)])
def test_the_locus_of_choice_decides_for_whom_the_desk_speaks(locus, own):
    org, rows = begun(locus=locus)
    way, d = org.employees.way[1, rows], org.departments
    here = org.employees.department[rows]
    assert (way == (here if own else d.rows)).all()


def test_a_mandate_is_split_like_guidance():
    for locus, own in ((0.4, False), (0.6, True)):
        org, rows = begun(guidance=0.0, mandate_weight=1.0, locus=locus, mandate=1.0)
        here = org.employees.department[rows]
        assert (org.employees.way[1, rows] == (here if own else 6)).all()


def test_local_choice_keeps_departments_apart():
    shared = [run(load("baseline", {"governance.locus": locus}), 1)["C"][-1] for locus in (0.0, 0.5, 1.0)]
    assert shared[0] > shared[2]
