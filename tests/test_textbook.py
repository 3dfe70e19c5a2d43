"""The textbook models that adoption is when contacts are all there is: Bass, Granovetter, Morris."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from sim.organisation import Organisation, run
from sim.scenario import parse
from sim.tables import AWARE, LAPSED, ROUTINE, TRYING, UNAWARE


@pytest.fixture(scope="module")
def textbook(tmp_path_factory):
    """A scenario of one practice, with these departments and ties, and contacts, all alike, to learn from."""

    def make(departments, ties, weeks, pioneers=0.0, **adoption):
        people, pairs = (tmp_path_factory.mktemp("firm") / name for name in ("people.csv", "ties.csv"))
        people.write_text("\n".join(["id,department", *(f"{i},{of}" for i, of in enumerate(departments))]))
        pairs.write_text("\n".join(["source,target", *(f"{a},{b}" for a, b in ties)]))
        sharing = {"kind": "collaboration", "effort": 0.0, "risk": 0.0, "coordination": 0.0}
        return parse(
            {
                "weeks": weeks,
                "organisation": {"roster": str(people), "ties": str(pairs), "owners": ["first"]},
                "practices": {"sharing": {**sharing, "pioneers": pioneers}},
                "influence": {"reports": 0.0, "manager": 0.0, "executives": 0.0, "spread": 0.0},
                "adoption": adoption,
            }
        )

    return make


@pytest.fixture(scope="module")
def mixed(textbook):
    """Everybody knows everybody."""

    def make(n, weeks, **adoption):
        return textbook(["first"] * n, combinations(range(n), 2), weeks, **adoption)

    return make


def hazard_line(n, p, q, weeks):
    """The share that has tried by each week in the mean: nobody is their own contact, hence n / (n - 1)."""
    line = [0.0]
    for _ in range(weeks):
        line.append(line[-1] - np.expm1(-(p + q * line[-1] * n / (n - 1))) * (1.0 - line[-1]))
    return np.array(line)


def hazard_chain(n, p, q, weeks):
    """Mean and standard deviation of that share, exactly: how many have tried is a Markov chain."""
    tried = np.arange(n + 1)
    chance = -np.expm1(-(p + q * tried / (n - 1)))
    move = np.array([stats.binom.pmf(tried - m, n - m, chance[m]) for m in tried])
    state, found = np.eye(n + 1)[0], []
    for _ in range(weeks + 1):
        mean = state @ tried / n
        found.append((mean, np.sqrt(max(0.0, state @ (tried / n) ** 2 - mean**2))))
        state = state @ move
    return np.array(found).T


# Bass (1969)


@pytest.mark.parametrize(
    ("p", "q", "weeks"), [(0.03, 0.38, 20), (0.0, 0.5, 5), (0.2, 0.0, 12), (0.003, 0.038, 150)]
)
def test_hazard_with_complete_mixing_is_bass(mixed, p, q, weeks):
    n, runs = 300, 40
    plan = mixed(n, weeks, rule="hazard", external=p, internal=q)
    found = np.mean([run(plan, seed).by_practice[:, 0] for seed in range(runs)], axis=0)
    mean, deviation = hazard_chain(n, p, q, weeks)
    assert (abs(found - mean) <= 4.0 * deviation / np.sqrt(runs) + 1e-12).all()
    assert mean == pytest.approx(hazard_line(n, p, q, weeks), abs=0.01)
    if weeks == 150:  # steps so short that time might as well flow
        t = np.arange(weeks + 1)
        curve = -np.expm1(-(p + q) * t) / (1.0 + q / p * np.exp(-(p + q) * t))
        assert mean == pytest.approx(curve, abs=0.02)


def test_nothing_from_outside_reaches_a_department_that_the_strategy_leaves_out(mixed):
    org = Organisation(mixed(20, 5, rule="hazard", external=10.0, internal=0.0), 1)
    org.departments.open[:] = False
    org.step()
    assert not org.employees.practising.any()
    org.departments.open[:] = True
    org.step()
    assert org.employees.practising.mean() > 0.9


# Granovetter (1978)


@pytest.fixture(scope="module")
def crowd(mixed):
    """A hundred people who know each other, until nobody moves any more; how many practise each week."""
    plan = mixed(100, 110, rule="threshold", threshold_of="count")

    def live(thresholds):
        org = Organisation(plan, 1)
        org.employees.threshold[:] = np.random.default_rng(5).permutation(thresholds)
        while org.week < plan.weeks:
            org.step()
        return org.record["practising"].tolist()

    return live


def test_thresholds_from_0_to_99_bring_in_one_person_a_week(crowd):
    assert crowd(np.arange(100)) == [min(week, 100) for week in range(111)]


@pytest.mark.parametrize("k", [1, 5, 10, 50, 99])
def test_one_person_who_waits_for_one_more_stops_everybody_behind(crowd, k):
    thresholds = np.arange(100)
    thresholds[k] = k + 1
    assert crowd(thresholds) == [min(week, k) for week in range(111)]


def test_thresholds_by_count_are_drawn_as_asked(mixed):
    org = Organisation(mixed(500, 1, rule="threshold", threshold_of="count", contacts=3.0), 1)
    assert (org.employees.threshold == 3.0).all()
    org = Organisation(
        mixed(500, 1, rule="threshold", threshold_of="count", contacts=3.0, contacts_spread=2.0), 1
    )
    expected = stats.norm(3.0, 2.0).expect(lambda x: np.maximum(x, 0.0))
    assert org.employees.threshold.min() == 0.0
    assert org.employees.threshold.mean() == pytest.approx(expected, abs=4.0 * 2.0 / np.sqrt(500))


# Morris (2000)


@pytest.mark.parametrize(("size", "outside"), [(5, 2), (8, 3), (12, 3), (12, 10), (14, 1), (30, 20)])
@pytest.mark.parametrize("peers", [0.3, 0.7, 1.0])
def test_a_cohesive_department_is_entered_at_the_share_of_its_ties_outside_and_not_above(
    textbook, size, outside, peers
):
    within = [pair for start in (0, size) for pair in combinations(range(start, start + size), 2)]
    across = [(i, size + (i + step) % size) for i in range(size) for step in range(outside)]
    share = outside / (outside + size - 1)

    def entered(threshold):
        plan = textbook(
            ["first"] * size + ["second"] * size, within + across, 30, pioneers=1.0, rule="threshold",
            threshold=threshold, threshold_spread=0.0,
        ).replaced({"influence.peers": peers})  # fmt: skip
        return run(plan, 1).adoption[:, 1]

    assert not entered(share + 1e-6).any()
    assert entered(share)[1:].all()


def test_a_number_of_contacts_is_no_share_of_them(textbook):
    """Two of nine contacts practise: that is two contacts, and 22 % of them."""
    ties = [*combinations(range(2, 10), 2), *((owner, other) for owner in (0, 1) for other in range(2, 10))]
    departments = ["first"] * 2 + ["second"] * 8

    def entered(**adoption):
        return run(textbook(departments, ties, 3, pioneers=1.0, rule="threshold", **adoption), 1).adoption[
            1, 1
        ]

    assert entered(threshold_of="count", contacts=2.0) == 1.0
    assert entered(threshold_of="count", contacts=3.0) == 0.0
    assert entered(threshold=0.22, threshold_spread=0.0) == 1.0
    assert entered(threshold=0.23, threshold_spread=0.0) == 0.0


# Rungs, and the rest of the theory


@pytest.mark.parametrize("rung", [UNAWARE, AWARE, LAPSED])
@pytest.mark.parametrize(
    "rule",
    [{"rule": "hazard", "external": 10.0}, {"rule": "threshold", "threshold_of": "count", "contacts": 0.0}],
)
def test_whoever_does_not_practise_may_try_and_goes_on_trying(mixed, rung, rule):
    org = Organisation(mixed(50, 10, **rule), 1)
    org.move(np.arange(50), np.zeros(50, int), rung)
    for _ in range(10):
        org.step()
    assert (org.employees.rung == TRYING).all()


def test_routine_and_lapse_come_at_their_rates(mixed):
    org = Organisation(mixed(1000, 1, rule="hazard", external=0.0, internal=0.0, routine=0.3, lapse=0.1), 1)
    org.move(np.arange(800), np.zeros(800, int), TRYING)
    org.move(np.arange(400), np.zeros(400, int), ROUTINE)
    org.step()
    was_routine, was_trying = org.employees.rung[0, :400], org.employees.rung[0, 400:800]
    for rungs, rung, chance in (
        (was_routine, LAPSED, 0.1),
        (was_trying, LAPSED, 0.1),
        (was_trying, ROUTINE, 0.3),
    ):
        assert stats.binomtest(int((rungs == rung).sum()), 400, chance).pvalue > 1e-3
    assert set(was_routine) == {LAPSED, ROUTINE}
    assert (org.employees.rung[0, 800:] == UNAWARE).all()


@pytest.mark.parametrize("rule", ["hazard", "threshold"])
def test_the_rules_live_with_all_other_mechanisms(small, rule):
    plan = small(adoption__rule=rule, adoption__external=0.01, adoption__internal=0.1, adoption__threshold=0.1,
                 adoption__routine=0.05, adoption__lapse=0.01)  # fmt: skip
    record = run(plan, 1)
    assert record["practising"][-1] > record["practising"][0]
    assert np.isfinite(record.weekly).all()


def test_a_parameter_of_another_rule_changes_nothing(small):
    plain = run(small(), 1).digest()
    others = {"external": 0.5, "internal": 0.5, "contacts": 1.0, "contacts_spread": 1.0, "routine": 0.5, "lapse": 0.5,
              "threshold_of": "count"}  # fmt: skip
    assert run(small(**{f"adoption__{key}": value for key, value in others.items()}), 1).digest() == plain
