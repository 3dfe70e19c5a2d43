"""Paired what-ifs: the same luck in both worlds, intervals that hold what they say, censored times kept."""

import numpy as np
import pytest
from scipy import stats

from sim.analysis.comparison import compare, paired_shares
from sim.errors import InputError
from sim.organisation import run


@pytest.fixture
def pair(small):
    def make(runs=12, **changes):
        plan = small(weeks=80, organisation__employees=60)
        return compare(plan, plan.replaced(changes), runs=runs, workers=0)

    return make


def test_a_scenario_against_itself_differs_in_nothing(pair):
    same = pair()
    assert all(
        one.mean == one.low == one.high == 0.0
        for one in same.differences
        if not one.name.startswith("share ")
    )
    assert all(a == b for a, b in same.outcomes)
    assert "does not detectably change" in same.sentence


def test_differences_are_b_minus_a_with_the_t_interval_of_pairs(pair):
    result = pair(**{"adoption.hurdle": 0.0})
    one = result.difference("practitioner_weeks")
    a, b = result.values("practitioner_weeks")
    reference = stats.ttest_rel(b, a).confidence_interval()
    assert (one.low, one.high) == pytest.approx((reference.low, reference.high))
    assert one.mean == pytest.approx(np.mean(b - a)) == pytest.approx(one.b - one.a)
    assert one.low > 0.0
    plan = result.a
    assert result.outcomes[3][0] == run(plan, result.seeds[3]).outcome


def test_pairing_removes_the_luck_that_both_worlds_share(pair):
    result = pair(runs=30, **{"ways.review": 0.08})
    assert result.difference("practitioner_weeks").ratio < 0.7


def test_a_run_that_never_converges_counts_to_its_end(pair):
    result = pair(**{"funding.level": 0.0})
    a, b = result.values("weeks_to_convergence")
    assert (a == 80).all()
    assert (b == 80).all()


def test_flips_count_every_pair(pair):
    result = pair(**{"adoption.hurdle": -2.0})
    assert sum(result.flips.values()) == 12
    assert result.as_dict()["pairs"] == 12


def test_scenarios_of_different_length_cannot_be_compared(small):
    with pytest.raises(InputError, match="equal length"):
        compare(small(weeks=10), small(weeks=20), runs=2, workers=0)


@pytest.mark.parametrize(
    ("gained", "lost", "pairs"), [(0, 0, 50), (50, 0, 50), (0, 50, 50), (12, 3, 50), (1, 0, 20)]
)
def test_the_interval_of_shares_holds_the_point_and_mirrors(gained, lost, pairs):
    low, high = paired_shares(gained, lost, pairs)
    assert -1.0 <= low <= (gained - lost) / pairs <= high <= 1.0
    assert paired_shares(lost, gained, pairs) == pytest.approx((-high, -low), abs=1e-6)
    assert high - low > 0.01, "no flips are no proof of no difference"


@pytest.mark.parametrize(("gain", "loss", "pairs"), [(0.3, 0.1, 40), (0.05, 0.02, 100), (0.6, 0.0, 30)])
def test_the_interval_of_shares_covers_the_truth_as_often_as_it_says(gain, loss, pairs):
    rng = np.random.default_rng(1)
    draws = rng.multinomial(pairs, [gain, loss, 1 - gain - loss], size=1000)
    covered = [
        low <= gain - loss <= high
        for low, high in (paired_shares(int(won), int(lost), pairs) for won, lost, _ in draws)
    ]
    assert 0.925 < np.mean(covered) < 0.99
