"""Voice: publishing where nobody listens is worth less, or less than nothing."""

import numpy as np
import pytest

from sim.organisation import Organisation, run
from sim.tables import ROUTINE


@pytest.fixture
def publishing(small):
    """Half of the second department publishes as a routine, and so many of its staff listen."""

    def make(listeners=0, **changes):
        values = {"voice__harm": 0.3, "voice__enough": 0.2, **changes}
        org = Organisation(small("no_governance", **values), 1)
        rows = np.arange(org.rows_of(1).start, org.rows_of(1).stop)
        for name, count in (("publishing", len(rows) // 2), ("listening", listeners)):
            org.move(rows[:count], np.full(count, org.practice(name)), ROUTINE, np.ones(count, int))
        org.departments.worth[:] = 0.02
        return org

    return make


def valued(org):
    d = org.departments
    org.plan["worth"].step(org)
    before = d.experienced.copy(), d.worth.copy()
    if org.plan["voice"]:
        org.plan["voice"].step(org)
    return *before, d.experienced, d.worth


def test_a_week_by_hand(publishing):
    org = publishing(listeners=1)
    k, size = org.practice("publishing"), org.departments.size[1]
    lost = 0.3 * (1 - (1 / size) / 0.2)
    felt, realised, experienced, worth = valued(org)
    assert experienced[1, k] == pytest.approx(np.maximum(0.0, felt[1, k] - 1.4 * lost))
    assert worth[1, k] == pytest.approx(realised[1, k] - 0.1 * lost * (size // 2) / size)
    others = [n for n in range(5) if n != k]
    assert np.array_equal(experienced[:, others], felt[:, others])
    assert np.array_equal(worth[:, others], realised[:, others])
    assert experienced.min() >= 0.0 and experienced.max() <= 1.0


def test_it_is_without_effect_where_people_listen_or_harm_is_nothing(publishing, small):
    size = publishing().departments.size[1]
    for org in (publishing(listeners=size // 4), publishing(voice__harm=0.0), publishing(voice__enough=0.0)):
        felt, realised, experienced, worth = valued(org)
        assert np.array_equal(experienced[1], felt[1]) and np.array_equal(worth[1], realised[1])
    assert run(small(voice__harm=0.0), 1).digest() == run(small(), 1).digest()
    assert run(small(voice__harm=1.0), 1).digest() != run(small(), 1).digest()
    lone = small().without("worth")
    assert run(small(voice__harm=1.0).without("worth"), 1).digest() == run(lone, 1).digest()


def test_one_way_practice_comes_to_less_than_nothing(publishing):
    """Claim 68: V < 0 when listening = 0; its limit is what publishing is worth less the harm, by the share in routine."""
    org = publishing(voice__harm=2.0)
    k = org.practice("publishing")
    for _ in range(300):
        valued(org)
    loud = org.departments.routine[1, k] / org.departments.size[1]
    plain = publishing(voice__harm=0.0)
    for _ in range(300):
        valued(plain)
    assert org.departments.worth[1, k] == pytest.approx(plain.departments.worth[1, k] - 2.0 * loud)
    assert org.departments.worth[1, k] < 0.0 <= plain.departments.worth[1, k]
    assert not org.departments.experienced[1, k].any()


def test_experienced_and_evidence_stay_shares_and_a_run_goes_on(small):
    org = Organisation(small(voice__harm=10.0, voice__enough=1.0), 1)
    while org.running:
        org.step()
        for shares in (org.departments.experienced, org.executives.evidence, org.employees.belief):
            assert shares.min() >= 0.0 and shares.max() <= 1.0
