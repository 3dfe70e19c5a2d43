"""Ways: what speaks for the way in which somebody begins, and where that choice sits."""

import numpy as np
import pytest

from sim import load
from sim.mechanisms.governance import arrange
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
    arrange(org.rules, org.week, org.state)
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


@pytest.fixture
def taught():
    """An organisation with a hub whose way is worth .4 everywhere, two departments in it, and nobody else's ways in view."""

    def make(**changes):
        keys = {
            "organisation.employees": 120,
            "governance.founded": 2,
            "governance.join_rate": 0.0,
            **changes,
        }
        org = Organisation(load("baseline", keys), 1)
        d = org.departments
        d.joined[:] = d.guided[:] = np.arange(6) < 2
        arrange(org.rules, org.week, org.state)
        org.desks.quality[:] = 0.4
        d.quality[:], d.worth[:] = 0.0, 0.0
        d.quality[0], d.worth[0] = 0.9, 0.2
        d.quality[1], d.worth[1] = 0.6, 0.1
        d.quality[2], d.worth[2] = 1.0, 0.9
        return org

    return make


def test_a_hub_learns_at_p2_from_the_best_valued_department_that_it_serves(taught):
    """Claims 32 and 37: not from the best anywhere, nor from one that it values less, and never for the worse."""
    org = taught(**{"best_practice.learning": 0.1})
    org.plan["best_practice"].step(org)
    assert org.desks.quality == pytest.approx(np.full((1, 5), 0.4 + 0.1 * 0.5))
    org.departments.worth[1] = 0.3
    org.plan["best_practice"].step(org)
    assert org.desks.quality == pytest.approx(np.full((1, 5), 0.45 + 0.1 * 0.15))
    org.departments.quality[:2] = 0.1
    org.plan["best_practice"].step(org)
    assert org.desks.quality == pytest.approx(np.full((1, 5), 0.465))


def test_a_shared_way_suits_special_work_less_and_liaisons_halve_that(taught):
    """Claim 46: quality x (1 - .3 x specificity), half of the loss where a liaison is."""
    org = taught(**{"best_practice.learning": 0.0})
    org.plan["best_practice"].step(org)
    d = org.departments
    assert d.liaisons.tolist() == [1, 1, 0, 0, 0, 0] and np.ptp(d.specificity) > 0.2
    loss = 0.3 * d.specificity * np.where(d.liaisons > 0, 0.5, 1.0)
    assert d.suits[:, :, 6] == pytest.approx(np.tile((0.4 * (1 - loss))[:, None], (1, 5)))
