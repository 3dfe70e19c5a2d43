"""Turbulence: what is best changes, practice by practice; nobody is moved by it but through worth and ways."""

import numpy as np
import pytest
from scipy import stats

from sim.organisation import Organisation, run


def test_without_a_chance_or_without_ways_it_changes_nothing(small):
    assert run(small(turbulence__chance=0.0), 1).digest() == run(small(), 1).digest()
    lone = small().without("ways")
    assert run(small(turbulence__chance=1.0).without("ways"), 1).digest() == run(lone, 1).digest()
    assert run(small(turbulence__chance=0.1), 1).digest() != run(small(), 1).digest()


def test_own_ways_are_drawn_anew_and_desks_lose_part_of_what_they_learned(small):
    """Only in the practices that change, and only what departments' own ways are worth at home."""
    org = Organisation(small(turbulence__chance=0.1, turbulence__forgotten=0.25, weeks=300,
                             best_practice__learning=0.0), 1)  # fmt: skip
    d, own = org.departments, np.arange(6)
    changes = 0
    drawn = []
    for _ in range(300):
        suits = d.suits.copy()
        org.desks.quality[:] = 0.9
        org.step()
        home, before = d.suits[own, :, own], suits[own, :, own]
        changed = (home != before).any(axis=0)
        assert (home != before)[:, changed].all(), "for every department"
        changes += changed.sum()
        drawn.append(home[:, changed])
        away = ~np.eye(6, dtype=bool)[:, None, :].repeat(5, axis=1)
        assert np.array_equal(d.suits[:, :, :6][away], suits[:, :, :6][away])
        assert org.desks.quality[0] == pytest.approx(np.where(changed, 0.8, 0.9))
    assert stats.binomtest(int(changes), 300 * 5, 0.1).pvalue > 1e-3
    values = np.concatenate([one.ravel() for one in drawn])
    assert stats.kstest(values, "norm", (0.7, 0.08)).pvalue > 1e-3


def test_nothing_differs_before_the_first_change(small):
    calm, rough = Organisation(small(), 2), Organisation(small(turbulence__chance=0.02), 2)
    start = rough.departments.suits[np.arange(6), :, np.arange(6)].copy()
    weeks = 0
    while np.array_equal(rough.departments.suits[np.arange(6), :, np.arange(6)], start):
        assert np.array_equal(calm.record.weekly, rough.record.weekly)
        assert np.array_equal(calm.employees.way, rough.employees.way)
        calm.step()
        rough.step()
        weeks += 1
    assert weeks > 2, "the test needs a calm beginning"


def test_what_changes_does_not_depend_on_who_is_there(small):
    one = Organisation(small(turbulence__chance=0.3), 3)
    other = Organisation(small(turbulence__chance=0.3, organisation__employees=240, turnover__base=0.02), 3)
    own = np.arange(6)
    for _ in range(30):
        one.step()
        other.step()
        assert np.array_equal(one.departments.suits[own, :, own], other.departments.suits[own, :, own])
