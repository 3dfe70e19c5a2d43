"""Replication: intervals that hold whenever one stops, and rounds that depend on finished replicates alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.sweeps import Experiment, Factor, points
from sim.sweeps.confidence import betting
from sim.sweeps.replication import NUMBERS, Precision, Rounds

LOOKS = range(20, 401, 10)


def student(values, confidence=0.95):
    """The interval of so many runs, as if they had been decided on beforehand."""
    half = 1.96 * values.std(ddof=1) / np.sqrt(values.size)
    return values.mean() - half, values.mean() + half


def stopped(values, interval, within):
    """The interval at the first look at which it is narrow enough."""
    for n in LOOKS:
        low, high = interval(values[:n])
        if high - low <= 2.0 * within:
            break
    return low, high


def rare(rng):
    """Nineteen runs in twenty hardly adopt, the twentieth nearly all."""
    return np.where(rng.random(400) < 0.05, 0.9, 0.02) + 0.02 * rng.random(400)


TRUTHS = {
    "share .05": (lambda rng: (rng.random(400) < 0.05).astype(float), 0.05),
    "share .2": (lambda rng: (rng.random(400) < 0.2).astype(float), 0.2),
    "share .5": (lambda rng: (rng.random(400) < 0.5).astype(float), 0.5),
    "adoption": (rare, 0.05 * 0.9 + 0.95 * 0.02 + 0.01),
    "uniform": (lambda rng: rng.random(400), 0.5),
}


@pytest.mark.parametrize("name", TRUTHS)
@pytest.mark.parametrize("within", [0.1, 0.15])
def test_intervals_cover_where_a_sweep_stops(name, within):
    draw, truth = TRUTHS[name]
    rng = np.random.default_rng(3)
    precision = Precision(outcome="A", within=within)
    found = [
        stopped(draw(rng), lambda some: precision.interval(some, lambda: 0, 400), within) for _ in range(300)
    ]
    assert np.mean([low <= truth <= high for low, high in found]) >= 0.93


def test_intervals_of_fixed_numbers_do_not():
    """What would be wrong with peeking, so that the test above can fail: a sweep that stops after 20 zeros is sure of 0."""
    for name in ("share .05", "adoption"):
        draw, truth = TRUTHS[name]
        rng = np.random.default_rng(3)
        found = [stopped(draw(rng), student, 0.1) for _ in range(300)]
        assert np.mean([low <= truth <= high for low, high in found]) < 0.75


@pytest.mark.parametrize("truth", [0.1, 0.5])
def test_intervals_hold_at_all_looks_at_once(truth):
    """Somebody who looks at each and stops where it is wrong, if it ever is, finds it wrong in 5 of 100 sweeps at most."""
    rng = np.random.default_rng(4)
    always = {betting: 0, student: 0}
    for _ in range(200):
        values = (rng.random(400) < truth).astype(float)
        for interval in always:
            ends = [interval(values[:n], *([0.1] * (interval is betting))) for n in LOOKS]
            always[interval] += all(low <= truth <= high for low, high in ends)
    assert always[betting] / 200 >= 0.93
    assert always[student] / 200 < 0.8


@pytest.mark.parametrize("shape", [0.5, 2.0])
def test_means_without_bounds_are_covered(shape):
    """At all looks at once, from a number of runs on from which a mean of theirs is near enough to normal."""
    values = np.random.default_rng(5).gamma(shape, size=(300, 400))
    ends = [
        [interval(row[:n]) for n in range(50, 401, 10)] for row in values for interval in (student, spaced)
    ]
    held = (
        np.array([all(low <= shape <= high for low, high in row) for row in ends])
        .reshape(300, 2)
        .mean(axis=0)
    )
    assert held[0] < 0.8
    assert held[1] >= 0.93


def spaced(values):
    return Precision(outcome="spent", within=1.0).interval(values, lambda: 0, 400)


def test_precision_costs_about_twice_the_runs_of_a_fixed_number():
    rng = np.random.default_rng(6)
    taken = []
    for _ in range(50):
        values = (rng.random(600) < 0.5).astype(float)
        taken.append(next(n for n in range(20, 601, 10) if np.ptp(betting(values[:n], 0.1)) <= 0.2))
    assert 96 < np.mean(taken) < 2.1 * 96


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(0.01, 0.4))
def test_the_interval_is_around_the_mean_and_its_mirror_image_is_the_mirrors(values, within):
    values = np.array(values)
    low, high = betting(values, within)
    assert 0.0 <= low <= values.mean() + 1e-6
    assert values.mean() - 1e-6 <= high <= 1.0
    assert betting(1.0 - values, within) == pytest.approx((1.0 - high, 1.0 - low), abs=1e-5)


def test_the_wealth_that_rules_a_mean_out_is_the_papers():
    """The lower end is where the gambler who bets on more has 40 times the stake, by the product written out."""
    values = np.random.default_rng(7).random(50)
    low, _ = betting(values, 0.1)
    wealth, total, squares = 1.0, 0.5, 0.25
    for n, value in enumerate(values, 1):
        wealth *= 1.0 + min(0.1 / (squares / n), 0.75 / low) * (value - low)
        total += value
        squares += (value - total / (n + 1)) ** 2
    assert wealth == pytest.approx(40.0, rel=1e-3)


FACTOR = Factor(key="funding.level", label="funding", values=[0.1, 0.5, 0.9])
EXPERIMENT = Experiment(
    scenario="baseline",
    factors=[FACTOR],
    replicates=100,
    first_seed=7,
    precision=Precision(outcome="A", within=0.1, least=20, batch=15),
)


def told(outcomes, give_up=()):
    """What `Rounds` is told of outcomes by point and seed."""
    return lambda point, seed: None if (point.index, seed) in give_up else outcomes[point.index][seed - 7]


def lived(outcomes, **options):
    """All rounds of an experiment whose runs give these outcomes."""
    rounds = Rounds(EXPERIMENT, points(EXPERIMENT))
    found = []
    while asked := rounds.next_round(told(outcomes, **options)):
        found.append([(point.index, seed) for point, seed in asked])
    return found


def test_a_fixed_number_is_one_round_seed_after_seed():
    fixed = EXPERIMENT.model_copy(update={"precision": None, "replicates": 2})
    rounds = Rounds(fixed, points(fixed))
    asked = rounds.next_round(told({}))
    assert [(point.index, seed) for point, seed in asked] == [(0, 7), (1, 7), (2, 7), (0, 8), (1, 8), (2, 8)]
    assert rounds.next_round(told({})) == []


def test_points_go_on_until_they_are_known_and_keep_the_first_seeds():
    rng = np.random.default_rng(8)
    sure, middling, unsure = np.full(100, 0.4), rng.random(100) * 0.8, (rng.random(100) < 0.5).astype(float)
    rounds = lived([sure, middling, unsure])
    assert rounds[0] == [(point, seed) for seed in range(7, 27) for point in range(3)]
    asked = [one for some in rounds for one in some]
    assert len(set(asked)) == len(asked)
    seeds = {point: [seed for other, seed in asked if other == point] for point in range(3)}
    assert all(found == list(range(7, 7 + len(found))) for found in seeds.values())
    assert len(seeds[0]) < len(seeds[1]) < len(seeds[2]) == 100
    assert (len(seeds[0]) - 20) % 15 == (len(seeds[1]) - 20) % 15 == 0
    precision, n = EXPERIMENT.precision, len(seeds[1])
    assert precision.reached(middling[:n], lambda: 0, 100)
    assert not precision.reached(middling[: n - 15], lambda: 0, 100)


def test_of_values_that_are_all_alike_without_bounds_nobody_knows_how_much_others_differ():
    unbounded = Precision(outcome="practitioner_weeks", within=5.0)
    alike = [7.0] * 30
    assert not unbounded.reached(alike, lambda: 0, 100)
    assert unbounded.reached([*alike, 7.001], lambda: 0, 100)
    assert Precision(outcome="A", within=0.2).reached([0.4] * 40, lambda: 0, 100)


def test_runs_that_were_given_up_do_not_count():
    values = np.full((3, 100), 0.4)
    runs = [sum(point == 0 for some in found for point, _ in some) for found in (
        lived(values), lived(values, give_up={(0, seed) for seed in range(8, 24)}),
        lived(values, give_up={(0, seed) for seed in range(7, 107)}),
    )]  # fmt: skip
    assert runs == [35, 50, 100]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"outcome": "convergd"},
            "found 'convergd'; one of stalled, mixed, siloed, converged, collapsed, A, A_min",
        ),
        ({"outcome": "convergd"}, "(did you mean 'converged'?)"),
        ({"outcome": "delay"}, "found 'delay'"),
        ({"outcome": "A", "within": 0.5}, "found 0.5 for A; less than 0.5: it cannot be further off"),
        ({"outcome": "alignment", "within": 1.0}, "less than 1"),
        ({"outcome": "spent", "least": 200}, "precision.least: found 200; no more than replicates, 100"),
    ],
)
def test_precision_that_makes_no_sense(given, said):
    precision = Precision(**{"within": 0.1, **given})
    experiment = EXPERIMENT.model_copy(update={"precision": precision})
    with pytest.raises(InputError) as error:
        points(experiment)
    assert said in str(error.value)


def test_outcomes_of_every_kind_can_be_asked_for():
    values = np.random.default_rng(1).random(30)
    for outcome in ("converged", *NUMBERS):
        low, high = Precision(outcome=outcome, within=0.3).interval(
            values + (outcome == "stage"), lambda: 52, 100
        )
        assert low < values.mean() + (outcome == "stage") < high
    assert Precision(outcome="siloed", within=0.1).value("siloed") == 1.0
    assert Precision(outcome="siloed", within=0.1).value("mixed") == 0.0
    assert Precision(outcome="A", within=0.1).value(0.3) == 0.3
