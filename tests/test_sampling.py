"""Designs and factors: which settings are visited, and that samples are what their names promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.analysis.sensitivity import indices
from sim.sweeps.factor import Factor, wrong
from sim.sweeps.sampling import KINDS, Grid, LatinHypercube, Listed, OneAtATime, Saltelli, Sobol

FORM = Factor(label="form", key="governance.form", values=["none", "holistic", "centralised"])
FUNDING = Factor(label="funding", key="funding.level", low=0.1, high=0.9)
LEVEL = Factor(label="level", key="funding.level", values=[0.1, 0.4])


def visited(design, *factors, own=lambda factor: None):
    return list(design.settings(factors, own))


def columns(design, *factors):
    return list(zip(*visited(design, *factors), strict=True))


def test_a_grid_is_every_combination_and_ranges_are_cut_into_levels():
    cut = FUNDING.model_copy(update={"levels": 3})
    assert visited(Grid(), LEVEL, cut) == [(a, b) for a in (0.1, 0.4) for b in (0.1, 0.5, 0.9)]
    assert Grid().count([LEVEL, cut]) == 6
    assert visited(Grid()) == [()]


def test_a_list_is_its_rows_in_the_order_of_the_factors():
    design = Listed(rows=[{"form": "none", "level": 0.3}, {"level": 0.1, "form": "holistic"}])
    assert visited(design, LEVEL, FORM) == [(0.3, "none"), (0.1, "holistic")]
    assert design.count([LEVEL, FORM]) == 2


def test_one_at_a_time_starts_at_the_baseline_and_moves_one_factor():
    base = {"level": 0.25, "form": "holistic"}
    expected = [
        (0.25, "holistic"), (0.1, "holistic"), (0.4, "holistic"), (0.25, "none"), (0.25, "centralised"),
    ]  # fmt: skip
    assert visited(OneAtATime(baseline=base), LEVEL, FORM) == expected
    assert OneAtATime(baseline=base).count([LEVEL, FORM]) == 5
    own = visited(OneAtATime(), LEVEL, FORM, own=lambda factor: base[factor.name])
    assert own == expected


@given(
    st.sampled_from([LatinHypercube, Sobol]), st.integers(0, 6), st.integers(0, 2**53 - 1), st.integers(1, 4)
)
@settings(max_examples=40)
def test_samples_fill_each_factor_evenly_and_depend_on_their_seed_alone(kind, power, seed, factors):
    n = 2**power
    design = kind(points=n, seed=seed)
    shares = design.shares(factors)
    assert shares.shape == (n, factors)
    assert np.array_equal(np.sort((shares * n).astype(int), axis=0), np.tile(np.arange(n)[:, None], factors))
    assert np.array_equal(shares, kind(points=n, seed=seed).shares(factors))
    if n > 8:
        assert not np.array_equal(shares, kind(points=n, seed=seed + 1).shares(factors))


def test_samples_stay_what_they_are():
    """A sweep goes on where it stopped only while its design is the same: with these libraries and the next."""
    assert {
        kind: visited(kind(points=2), FUNDING, FORM)[:2] for kind in (LatinHypercube, Sobol, Saltelli)
    } == {
        LatinHypercube: [(0.620386181, "holistic"), (0.241952587, "centralised")],
        Sobol: [(0.32893533, "none"), (0.565426679, "centralised")],
        Saltelli: [(0.32893533, "none"), (0.699864439, "centralised")],
    }


def test_a_sobol_sequence_is_balanced_in_two_factors_at_once():
    shares = Sobol(points=64, seed=3).shares(2)
    boxes = (shares * 8).astype(int)
    assert len(np.unique(boxes, axis=0)) == 64


def test_categories_get_equal_parts_of_a_sample():
    for kind in (LatinHypercube, Sobol):
        form = columns(kind(points=64), FUNDING, FORM)[1]
        assert all(abs(form.count(level) - 64 / 3) < 2 for level in FORM.values)


def test_categories_get_the_shares_that_are_given():
    uneven = FORM.model_copy(update={"shares": [0.25, 0.625, 0.125]})
    (forms,) = columns(LatinHypercube(points=80), uneven)
    assert [forms.count(value) for value in FORM.values] == [20, 50, 10]
    assert uneven.at(np.array([0.0, 0.2499, 0.25, 0.8749, 0.875, 0.9999])) == [
        "none", "none", "holistic", "holistic", "centralised", "centralised",
    ]  # fmt: skip


SHAPES = {
    "uniform": ({}, stats.uniform(0.1, 0.8)),
    "loguniform": ({}, stats.loguniform(0.1, 0.9)),
    "normal": ({"mean": 0.3, "sd": 0.2}, stats.truncnorm(-1.0, 3.0, 0.3, 0.2)),
    "triangular": ({"mode": 0.3}, stats.triang(0.25, 0.1, 0.8)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_ranges_follow_their_distribution_from_end_to_end(name):
    shape, known = SHAPES[name]
    factor = Factor(key="funding.level", low=0.1, high=0.9, distribution=name, **shape)
    assert not list(wrong(factor))
    values = factor.at(np.arange(2000) / 2000)
    assert min(values) == 0.1 and max(values) <= 0.9
    assert stats.kstest(values, known.cdf).statistic < 0.001
    ends = factor.model_copy(update={"levels": 5}).shown
    assert (ends[0], ends[-1]) == (0.1, 0.9)
    assert ends == pytest.approx(known.ppf(np.linspace(0, 1, 5)))
    assert all(float(f"{value:.9g}") == value for value in values)


@given(st.integers(-50, 50), st.integers(1, 40), st.integers(2, 60))
@settings(max_examples=60)
def test_integers_are_whole_equally_likely_and_reach_both_ends(low, width, levels):
    factor = Factor(key="weeks", low=low, high=low + width, distribution="integers")
    n = 20 * (width + 1)
    values = factor.at((np.arange(n) + 0.5) / n)
    assert all(type(value) is int for value in values)
    assert {values.count(value) for value in range(low, low + width + 1)} == {20}
    cut = factor.model_copy(update={"levels": levels})
    if levels <= width + 1:
        assert not list(wrong(cut))
        assert (cut.shown[0], cut.shown[-1], len(set(cut.shown))) == (low, low + width, levels)
    else:
        assert "twice" in next(wrong(cut))[0]


def test_levels_of_a_sampled_range_are_its_levels():
    cut = FUNDING.model_copy(update={"levels": 3})
    column = columns(LatinHypercube(points=30), cut)[0]
    assert {level: column.count(level) for level in column} == {0.1: 10, 0.5: 10, 0.9: 10}


def test_saltelli_numbers_a_then_b_then_a_with_each_column_of_b():
    design = Saltelli(points=4)
    rows = visited(design, FUNDING, FORM, LEVEL)
    assert len(rows) == design.count([FUNDING, FORM, LEVEL]) == 20
    a, b, *mixed = (rows[start : start + 4] for start in range(0, 20, 4))
    assert a != b
    for place, block in enumerate(mixed):
        for one, other, both in zip(a, b, block, strict=True):
            assert both == (*one[:place], other[place], *one[place + 1 :])


def test_the_layout_gives_the_known_indices_of_the_ishigami_function():
    """Ishigami & Homma (1990): first-order .3139, .4424, 0 and total .5576, .4424, .2437 for a = 7 and b = .1."""
    factors = [Factor(label=f"x{n}", key=f"x.{n}", low=-np.pi, high=np.pi) for n in range(3)]
    design = Saltelli(points=4096, seed=2)
    x = np.array(visited(design, *factors))
    outcomes = np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    found = indices(outcomes, 3)
    assert found.first == pytest.approx([0.3139, 0.4424, 0.0], abs=0.02)
    assert found.total == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.02)


def test_a_factor_that_does_nothing_has_no_index():
    design = Saltelli(points=256)
    x = np.array(visited(design, FUNDING, LEVEL))
    found = indices(x[:, 0] ** 2, 2)
    assert found.first == pytest.approx([1.0, 0.0], abs=0.02)
    assert found.total == pytest.approx([1.0, 0.0], abs=0.02)


def faults(design, *factors):
    return [str(fault) for fault in design.faults(factors)]


@pytest.mark.parametrize(
    ("design", "said"),
    [
        (Sobol(points=100), "design.points: found 100; a power of two: 64 or 128"),
        (Saltelli(points=3), "design.points: found 3; a power of two: 2 or 4"),
        (Listed(rows=[]), "design.rows: no rows"),
        (Listed(rows=[{"funding": 0.2}]), "design.rows.0: has no form; a level for each factor"),
        (
            Listed(rows=[{"funding": 0.2, "form": "none", "fundng": 1}]),
            "no factor 'fundng'; one of funding, form",
        ),
        (Listed(rows=[{"funding": 2.0, "form": "none"}]), "funding = 2.0; a number from 0.1 to 0.9"),
        (Listed(rows=[{"funding": 0.2, "form": {}}]), "form is a table or a list"),
        (
            Listed(rows=[{"funding": 0.2, "form": "none"}, {"form": "none", "funding": 0.2}]),
            "design.rows.1: is row 1 again",
        ),
        (
            OneAtATime(baseline={"fomr": "none"}),
            "no factor 'fomr'; one of funding, form (did you mean 'form'?)",
        ),
    ],
)
def test_designs_that_do_not_fit_their_factors(design, said):
    assert any(said in fault for fault in faults(design, FUNDING, FORM)), faults(design, FUNDING, FORM)


def test_a_sample_takes_factors():
    for kind in ("latin_hypercube", "sobol", "saltelli"):
        assert faults(KINDS[kind](points=8)) == ["design: no factor to sample; at least one factor"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"low": 0.9, "high": 0.1}, "a range from 0.9 to 0.1"),
        ({"low": 0.5, "high": 0.5}, "a range from 0.5 to 0.5"),
        ({"low": 0.5}, "a range without high"),
        ({"high": 0.5}, "a range without low"),
        ({"low": 0.0, "high": 1.0, "distribution": "loguniform"}, "a loguniform range from 0"),
        ({"low": 0.5, "high": 3.0, "distribution": "integers"}, "integers from 0.5 to 3"),
        ({"low": 0.0, "high": 1.0, "distribution": "normal"}, "a normal range without mean and sd"),
        ({"low": 0.0, "high": 1.0, "distribution": "triangular"}, "a triangular range without mode"),
        ({"low": 0.0, "high": 1.0, "distribution": "triangular", "mode": 2.0}, "the mode 2"),
        ({"low": 0.0, "high": 1.0, "mean": 0.5}, "mean of a uniform range"),
        ({"low": 0.0, "high": 1.0, "values": [1]}, "both values and a range"),
        ({"low": 0.0, "high": 1.0, "names": ["a"]}, "names for a range"),
        ({"low": 0.0, "high": 1.0, "shares": [1.0]}, "shares for a range"),
        ({"values": [1, 2], "shares": [1.0]}, "1 shares for 2 values"),
        ({"values": [1, 2], "shares": [0.5, 0.4]}, "shares 0.5, 0.4, 0.9 in all"),
        ({"values": [1, 2], "shares": [1.5, -0.5]}, "shares 1.5, -0.5, 1 in all"),
        ({"values": [1], "distribution": "uniform"}, "distribution without a range"),
        ({"values": [1], "levels": 3}, "levels without a range"),
    ],
)
def test_ranges_that_make_no_sense(given, said):
    assert any(found.startswith(said) for found, _ in wrong(Factor(key="weeks", **given)))


@pytest.mark.parametrize(
    ("spoil", "said"), [(np.nan, "1 of 32 outcomes are no numbers"), (None, "31 outcomes are not 4 times")]
)
def test_indices_of_what_is_missing_are_refused(spoil, said):
    outcomes = np.arange(32.0)
    outcomes[5] = np.nan if spoil is None else spoil
    with pytest.raises(ValueError, match=said):
        indices(outcomes[~np.isnan(outcomes)] if spoil is None else outcomes, 2)
