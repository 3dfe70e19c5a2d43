"""Incidents: where risk is practised unguided, as often as the stated chance, and at the stated cost."""

import numpy as np
import pytest
from scipy import stats

from sim.errors import InputError
from sim.organisation import Organisation, run
from sim.tables import NEVER, NOBODY, TRYING

NOTHING = {"incidents.base": 0.0}


def grown(plan, weeks, seed=1):
    org = Organisation(plan, seed)
    for _ in range(weeks):
        org.step()
    return org


@pytest.fixture
def practised(small):
    """An organisation in which many converse and nobody knows the policy or holds an approval."""

    def make(**changes):
        values = {"incidents__base": 1.0, "incidents__voices": 0.5, "weeks": 400, **changes}
        org = Organisation(small("no_governance", **values), 3)
        rows = np.arange(0, 120, 3)
        org.move(rows, np.full(40, org.practice("conversing")), TRYING, np.zeros(40, int))
        org.move(rows[:15], np.full(15, org.practice("publishing")), TRYING, np.zeros(15, int))
        return org

    return make


def stated(org):
    """The stated chance of each department, person by person."""
    c, e, d = org.plan["incidents"], org.employees, org.departments
    chance = []
    for here in range(d.rows):
        risk = voices = 0.0
        for i in range(org.rows_of(here).start, org.rows_of(here).stop):
            cleared = e.approved[:, i] >= org.week
            risk += (org.practices.risk * e.practising[:, i] * ~cleared).sum() * (not e.knows[i])
            voices += e.practising[:, i].any()
        share = c.voices * voices / d.size[here]
        chance.append(min(1.0, c.base * risk / d.size[here] * (1.0 + share)))
    return np.array(chance)


def test_the_chance_by_hand(practised):
    org = practised(incidents__base=0.4)
    rng = np.random.default_rng(0)
    org.employees.knows[:] = rng.random(120) < 0.3
    org.employees.approved[rng.random((5, 120)) < 0.3] = org.week
    found = org.plan["incidents"].chances(org)
    assert found == pytest.approx(stated(org)) and (found > 0.0).all()
    org.employees.approved[:] = np.where(org.employees.approved == org.week, org.week - 1, NEVER)
    assert (org.plan["incidents"].chances(org) >= found).all(), "approvals run out"
    louder = practised(incidents__base=0.4, incidents__voices=2.0)
    quiet = practised(incidents__base=0.4, incidents__voices=0.0)
    assert (louder.plan["incidents"].chances(louder) > quiet.plan["incidents"].chances(quiet)).all()


def test_incidents_are_as_frequent_as_stated_and_in_practices_by_their_risk(practised):
    org = practised(incidents__cut=0.001, incidents__elsewhere=0.0)
    d, belief, chance = org.departments, org.employees.belief, stated(org)
    assert 0.05 < chance.mean() < 0.5
    seen = np.zeros((d.rows, 5), int)
    for week in range(1, 401):
        org.week = week
        belief[:] = 0.5
        org.plan["incidents"].step(org)
        seen += np.array([(belief[:, org.rows_of(here)] < 0.5).any(axis=1) for here in range(d.rows)])
    assert np.array_equal(seen.sum(axis=1), org.incidents.sum(axis=0))
    risk = org.practices.risk * d.practised
    for here in range(d.rows):
        assert stats.binomtest(int(seen[here].sum()), 400, chance[here]).pvalue > 1e-3
        for k in range(5):
            part = risk[here, k] / risk[here].sum()
            assert stats.binomtest(int(seen[here, k]), int(seen[here].sum()), part).pvalue > 1e-3


def test_without_risk_or_with_everybody_cleared_nothing_happens(practised):
    for calm in ("nobody practises", "all know", "all approved", "no risk"):
        org = practised()
        if calm == "nobody practises":
            k, rows = np.nonzero(org.employees.practising)
            org.move(rows, k, 0)
        elif calm == "all know":
            org.employees.knows[:] = True
        elif calm == "all approved":
            org.employees.approved[:] = 400
        else:
            org.practices.risk[:] = 0.0
        assert not org.plan["incidents"].chances(org).any()
        for week in range(1, 101):
            org.week = week
            org.plan["incidents"].step(org)
        assert not org.incidents.any(), calm


def test_a_rate_of_nothing_is_no_table_at_all(small):
    bare = small(sponsorship__engagement=0.8, adoption__push=0.03)
    assert run(bare.replaced(NOTHING), 1).digest() == run(bare, 1).digest()
    assert run(bare.replaced({**NOTHING, "rumours.spread": 0.5}), 1).digest() == run(bare, 1).digest()
    assert run(bare.replaced({"incidents.base": 1.0}), 1).digest() != run(bare, 1).digest()


def test_shares_stay_shares_however_much_goes_wrong(small):
    wild = small(adoption__push=0.2, adoption__hurdle=0.0, incidents__base=1.0, incidents__voices=10.0, incidents__cut=1.0,
                 rumours__spread=1.0, rumours__fading=1.0, rumours__crowd=0.3, rumours__disbelief=1.0)  # fmt: skip
    org = Organisation(wild, 2)
    most = 0.0
    while org.running:
        org.step()
        for shares in (org.employees.belief, org.employees.rumour):
            assert shares.min() >= 0.0 and shares.max() <= 1.0
        most = max(most, org.mean_rumour)
    assert org.incidents.sum() > 20 and most > 0.1, "the test needs incidents and rumours"


def test_a_strike_costs_belief_here_fully_and_elsewhere_less(small):
    org = Organisation(small(**{k.replace(".", "__"): v for k, v in NOTHING.items()},
                             incidents__cut=0.5, incidents__elsewhere=0.25), 1)  # fmt: skip
    belief, before, k = org.employees.belief, org.employees.belief.copy(), org.practice("helping")
    service = org.employees.department == org.department("service")
    org.plan["incidents"].strike(org, org.department("service"), k, 0.8)
    expected = before.copy()
    expected[k] = np.maximum(0.0, before[k] - np.where(service, 0.4, 0.1))
    assert belief == pytest.approx(expected)
    assert (belief[k, service] == 0.0).any() and (belief[k, service] > 0.0).any()
    assert org.incidents[0].tolist() == [0, 0, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("department", "practice", "severity"), [(6, 0, 0.5), (-1, 0, 0.5), (0, 5, 0.5), (0, 0, 1.1)]
)
def test_a_strike_at_nothing_is_refused(small, department, practice, severity):
    org = Organisation(small(incidents__base=0.0), 1)
    with pytest.raises(ValueError, match=r"no department|severity"):
        org.plan["incidents"].strike(org, department, practice, severity)
    assert not org.incidents.any()


def test_severities_in_the_wrong_order_are_refused(small):
    with pytest.raises(InputError, match="severity_least"):
        small(incidents__severity_least=0.9, incidents__severity_most=0.2)


def lost(org):
    """Belief that a strike of severity .4 costs the second department."""
    belief = org.employees.belief[2, org.rows_of(1)]
    belief[:] = 0.9
    org.plan["incidents"].strike(org, 1, 2, 0.4)
    return 0.9 - belief[0]


def test_a_desk_takes_away_severity_by_its_people_and_its_effort_where_it_serves(small):
    def struck(local, guided=True, **changes):
        org = Organisation(small(incidents__cut=1.0, incidents__shaping=0.5, **changes), 1)
        org.departments.guided[1], org.departments.served[1] = guided, NOBODY
        org.departments.local[1] = local * org.departments.size[1] / 100.0
        return lost(org)

    assert struck(0.0) == struck(0.6, guided=False) == pytest.approx(0.4)
    assert struck(0.6) == pytest.approx(0.4 * (1.0 - 0.5 * 0.6))
    assert struck(5.0) == pytest.approx(0.4 * 0.5), "one for each 100 staff is all it takes"
    assert struck(0.6, duties__conversation=0.0) == pytest.approx(0.4)
    even = {f"duties__{name}": 0.0 for name in ("content", "training", "insight")}
    assert struck(0.6, **even) == pytest.approx(0.4 * (1.0 - 0.5 * 1.5 * 0.6)), "nine ninths over six duties"


def test_a_risk_process_halves_the_cost_from_stage_3_on(small):
    for process, stage, left in ((True, 3, 0.5), (True, 6, 0.5), (True, 2, 1.0), (False, 6, 1.0)):
        org = Organisation(small(incidents__cut=1.0, incidents__process=process), 1)
        org.stage = stage
        assert lost(org) == pytest.approx(0.4 * left)


def test_a_strike_changes_nothing_before_its_week(small):
    plan = small(**{k.replace(".", "__"): v for k, v in NOTHING.items()}, rumours__spread=0.3, weeks=60)
    calm, struck = Organisation(plan, 4), Organisation(plan, 4)
    for week in range(1, 61):
        if week == 30:
            assert np.array_equal(calm.record.weekly[:30], struck.record.weekly[:30])
            assert np.array_equal(calm.employees.belief, struck.employees.belief)
            struck.plan["incidents"].strike(struck, 0, 1, 1.0)
        calm.step()
        struck.step()
    assert calm.record.digest() != struck.record.digest()
    assert np.array_equal(calm.record.weekly[:30], struck.record.weekly[:30])


def test_luck_is_the_departments(small):
    """A department's draws do not depend on how many work there, or on what other mechanisms there are."""
    struck = []
    for changes in ({}, {"organisation__employees": 240}, {"turbulence__chance": 0.1}):
        plan = small(incidents__base=0.3, practices__listening__pioneers=0.0, practices__publishing__pioneers=0.0,
                     weeks=300, **changes)  # fmt: skip
        org = Organisation(plan, 5)
        everybody = np.arange(org.employees.rows)
        org.move(everybody, np.full_like(everybody, org.practice("conversing")), TRYING, 0 * everybody)
        assert org.plan["incidents"].chances(org) == pytest.approx(0.3 * 0.6 * 2)
        for week in range(1, 301):
            org.week = week
            org.plan["incidents"].step(org)
        struck.append(org.incidents)
    assert np.array_equal(struck[0], struck[1]) and np.array_equal(struck[0], struck[2])
    assert not np.array_equal(struck[0][:, 0], struck[0][:, 1])
    assert 300 < struck[0].sum() < 1200
