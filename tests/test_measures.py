"""The measures against arithmetic done by hand, references written person by person, and published data."""

import csv
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.measures import (
    MEASURES,
    cramers_v,
    dominant_share,
    e_i_expected,
    e_i_index,
    gap,
    icc,
    jsd,
    organisation_measures,
    separation,
    theil_h,
)

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the public data sets are not beside the repository"
)
SINGLE = (cramers_v, jsd, icc, gap, dominant_share, theil_h)


def table(*rows):
    return np.array(rows, np.int64)


# --- arithmetic by hand ---------------------------------------------------------------------------


def test_way_silo_by_hand():
    # Two departments of 40, 30 practising in each, each in its own way; columns 20, 30, 30; N = 80.
    counts = table([10, 30, 0], [10, 0, 30])
    # chi-square / N = 2 (10² / (40·20)) + 2 (30² / (40·30)) - 1 = .25 + 1.5 - 1 = .75; by chance 1·2/79;
    # of at most min(1 - 1/79, 2 - 4/79) = 78/79: V² = (.75·79 - 2) / 78
    assert cramers_v(counts) == pytest.approx(math.sqrt((0.75 * 79 - 2) / 78))
    # H(P) - mean H(P|d) = (.25 ln 4 + .75 ln 8/3) - (.25 ln 4 + .75 ln 4/3) = .75 ln 2; bias 1·2/160
    assert jsd(counts) == pytest.approx(0.75 * math.log(2) - 2 / 160)
    # Nothing between; within 2·40·.75·.25/78 = 15/78; n₀ = 40: -W / (39 W)
    assert icc(counts) == pytest.approx(-1 / 39)
    assert gap(counts) == pytest.approx((30 + 30 - 30) / 80)
    assert dominant_share(counts) == pytest.approx(30 / 80)
    assert theil_h(counts) == pytest.approx(0, abs=1e-12)


def test_level_silo_by_hand():
    counts = table([0, 20], [20, 0])  # one department practises, the other does not
    assert cramers_v(counts) == pytest.approx(1)
    assert jsd(counts) == pytest.approx(math.log(2) - 1 / 80)
    assert icc(counts) == pytest.approx(1)
    assert gap(counts) == 0
    assert dominant_share(counts) == pytest.approx(0.5)
    assert theil_h(counts) == pytest.approx(1)


def test_icc_of_unequal_departments_by_hand():
    # 5 of 10 and 5 of 20. MSB = 10 (1/6)² + 20 (1/12)² = 5/12; MSW = (2.5 + 3.75)/28; n₀ = 30 - 500/30 = 40/3
    between, within = 5 / 12, 6.25 / 28
    expected = (between - within) / (between + (40 / 3 - 1) * within)
    assert icc(table([5, 5], [15, 5])) == pytest.approx(expected)


def test_v_gives_nothing_on_average_by_chance():
    # All ways of dealing 4 practitioners to two departments of 4: j in the first with chance C(4,j)²/70. What
    # the correction leaves at j = 0, 1, 3, 4 is just what it floors at j = 2: chi-square 0, by chance 1/7.
    most = 1 - 1 / 7
    kept = sum(
        math.comb(4, j) ** 2 / 70 * cramers_v(table([4 - j, j], [j, 4 - j])) ** 2 * most for j in range(5)
    )
    assert kept == pytest.approx(36 / 70 * (1 / 7))


def test_states_and_departments_that_do_not_occur_change_nothing():
    counts = table([12, 5, 9], [30, 2, 11], [4, 20, 1])
    padded = np.zeros((5, 6), np.int64)
    padded[np.ix_([0, 2, 4], [0, 2, 5])] = counts
    for measure in SINGLE:
        assert measure(padded) == pytest.approx(measure(counts), abs=1e-12)


@pytest.mark.parametrize(
    "counts",
    [
        np.zeros((0, 3), np.int64),
        np.zeros((3, 1), np.int64),
        np.zeros((3, 4), np.int64),
        table([0, 1]),
        table([7, 0], [9, 0]),  # nobody practises
        table([0, 7], [0, 9]),  # everybody does, in one way
        table([3, 7, 2]),  # one department
        table([1, 0], [0, 1], [1, 0]),  # departments of one person
        table([1, 0, 0], [0, 1, 0], [0, 0, 1]),
        table([0, 1, 0, 0], [0, 0, 1, 1]),  # ways of one person
    ],
)
def test_tables_with_nothing_to_compare_read_as_no_silo(counts):
    assert cramers_v(counts) == icc(counts) == 0
    assert all(math.isfinite(measure(counts)) for measure in SINGLE)
    if counts.sum() == 0:
        assert all(measure(counts) == 0 for measure in SINGLE)


# --- references, person by person -----------------------------------------------------------------


def people_of(counts):
    d, s = np.indices(counts.shape)
    return np.repeat(d.ravel(), counts.ravel()), np.repeat(s.ravel(), counts.ravel())


def entropy(labels):
    shares = np.array(list(Counter(labels.tolist()).values())) / labels.size
    return -(shares * np.log(shares)).sum()


def reference_v(counts):
    d, s = people_of(counts)
    N, D, K = d.size, len(set(d.tolist())), len(set(s.tolist()))
    if N < 2 or D < 2 or K < 2 or D == N or K == N:
        return 0.0
    chi = sum(
        (((d == a) & (s == b)).sum() - (d == a).sum() * (s == b).sum() / N) ** 2
        / ((d == a).sum() * (s == b).sum() / N)
        for a in set(d.tolist())
        for b in set(s.tolist())
    )
    left = max(0, chi / N - (D - 1) * (K - 1) / (N - 1))
    return math.sqrt(left / min(K - (K - 1) ** 2 / (N - 1) - 1, D - (D - 1) ** 2 / (N - 1) - 1))


def reference_separation(counts):
    return max(reference_v(counts), reference_v(np.column_stack([counts[:, 0], counts[:, 1:].sum(1)])))


def reference_jsd(counts):
    d, s = people_of(counts)
    if d.size == 0:
        return 0.0
    departments = Counter(d.tolist())
    inside = sum(n / d.size * entropy(s[d == a]) for a, n in departments.items())
    bias = (len(departments) - 1) * (len(set(s.tolist())) - 1) / (2 * d.size)
    return max(0, entropy(s) - inside - bias)


def reference_icc(counts):
    d, s = people_of(counts)
    practises = (s > 0).astype(float)
    groups = [practises[d == a] for a in sorted(set(d.tolist()))]
    N, D = d.size, len(groups)
    if D < 2 or N == D or len(set(practises.tolist())) < 2:
        return 0.0
    msb = sum(g.size * (g.mean() - practises.mean()) ** 2 for g in groups) / (D - 1)
    msw = sum(((g - g.mean()) ** 2).sum() for g in groups) / (N - D)
    usual = (N - sum(g.size**2 for g in groups) / N) / (D - 1)
    return (msb - msw) / (msb + (usual - 1) * msw)


def reference_gap(counts):
    d, s = people_of(counts)
    if d.size == 0:
        return 0.0
    inside = sum(
        max(((d == a) & (s == w)).sum() for w in range(1, counts.shape[1])) for a in range(counts.shape[0])
    )
    return inside / d.size - reference_c(counts)


def reference_c(counts):
    _, s = people_of(counts)
    return max((s == w).mean() for w in range(1, counts.shape[1])) if s.size else 0.0


def reference_h(counts):
    d, s = people_of(counts)
    if entropy(s > 0) == 0:
        return 0.0
    inside = sum(n / d.size * entropy(s[d == a] > 0) for a, n in Counter(d.tolist()).items())
    return 1 - inside / entropy(s > 0)


REFERENCES = (reference_v, reference_jsd, reference_icc, reference_gap, reference_c, reference_h)

tables = st.integers(1, 6).flatmap(
    lambda departments: st.integers(2, 6).flatmap(
        lambda states: st.lists(
            st.lists(st.one_of(st.just(0), st.integers(0, 30)), min_size=states, max_size=states),
            min_size=departments,
            max_size=departments,
        ).map(lambda rows: np.array(rows, np.int64))
    )
)


@settings(deadline=None, max_examples=200)
@given(tables)
def test_measures_agree_with_references(counts):
    for measure, reference in zip(SINGLE, REFERENCES, strict=True):
        # a root of a rounding error is some 1e-8
        tolerance = 1e-6 if measure is cramers_v else 1e-9
        assert measure(counts) == pytest.approx(reference(counts), abs=tolerance), measure.__name__


@settings(deadline=None, max_examples=150)
@given(tables, st.randoms(use_true_random=False))
def test_names_of_departments_and_ways_do_not_matter(counts, random):
    departments = random.sample(range(counts.shape[0]), counts.shape[0])
    ways = [0, *random.sample(range(1, counts.shape[1]), counts.shape[1] - 1)]
    for measure in SINGLE:
        assert measure(counts[departments][:, ways]) == pytest.approx(measure(counts), abs=1e-7)


@settings(deadline=None, max_examples=150)
@given(tables)
def test_ranges(counts):
    assert 0 <= cramers_v(counts) <= 1
    assert 0 <= jsd(counts) <= math.log(min(counts.shape)) + 1e-12
    assert icc(counts) <= 1
    assert 0 <= gap(counts) <= 1 - 1 / counts.shape[0] + 1e-12
    assert 0 <= theil_h(counts) <= 1
    practising = counts[:, 1:].sum() / max(counts.sum(), 1)
    assert practising / (counts.shape[1] - 1) - 1e-12 <= dominant_share(counts) <= practising


@settings(deadline=None, max_examples=150)
@given(tables)
def test_merging_departments_hides_silos_and_merging_ways_hides_nothing_of_level(counts):
    merged = np.vstack([counts[:-2], counts[-2:].sum(0, keepdims=True)])
    assert gap(merged) <= gap(counts) + 1e-12
    assert theil_h(merged) <= theil_h(counts) + 1e-9
    assert dominant_share(merged) == dominant_share(counts)
    level = np.column_stack([counts[:, 0], counts[:, 1:].sum(1)])
    assert icc(level) == icc(counts)
    assert theil_h(level) == theil_h(counts)
    assert dominant_share(level) >= dominant_share(counts)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.integers(0, 20), min_size=2, max_size=6), st.lists(st.integers(1, 9), min_size=2, max_size=6)
)
def test_departments_alike_are_no_silo(profile, sizes):
    counts = np.outer(sizes, profile).astype(np.int64)
    assert cramers_v(counts) == jsd(counts) == 0
    assert gap(counts) == pytest.approx(0, abs=1e-12)
    assert icc(counts) <= 1e-12


def test_people_placed_at_random_are_no_silo():
    rng = np.random.default_rng(1)
    d = np.repeat(np.arange(6), [20, 30, 40, 60, 80, 100])
    s = rng.choice(5, d.size, p=[0.3, 0.3, 0.2, 0.1, 0.1])
    V, J, I = [], [], []  # noqa: E741
    for _ in range(400):
        counts = np.zeros((6, 5), np.int64)
        np.add.at(counts, (d, rng.permutation(s)), 1)
        V.append(cramers_v(counts))
        J.append(jsd(counts))
        I.append(icc(counts))
    # Uncorrected they would be near sqrt(20/329/4) = .12 and 20/660 = .03.
    assert np.median(V) < 0.03
    assert np.median(J) < 0.003
    assert abs(np.mean(I)) < 4 * np.std(I) / 20


# --- published data -------------------------------------------------------------------------------


def read(path):
    with (DATA / path).open() as file:
        return list(csv.DictReader(file))


def cross(groups, states):
    names = sorted(set(groups))
    counts = np.zeros((len(names), 2), np.int64)
    for group, state in zip(groups, states, strict=True):
        counts[names.index(group), int(state)] += 1
    return counts


@needs_data
def test_brazilian_farmers():
    people = read("brazil_farmers/people.csv")
    village = [p["group"] for p in people]
    corn = [cross(village, [float(p["toa"]) <= year for p in people]) for year in (4, 9, 14, 19)]
    # Hybrid corn over 11 villages: ICC rises with peer-driven adoption; path computed outside this project.
    assert [icc(c) for c in corn] == pytest.approx([-0.007, 0.038, 0.117, 0.210], abs=6e-4)
    assert theil_h(corn[-1]) == pytest.approx(0.18, abs=5e-3)
    practices = [cross(village, [p[f"pract{k}"] == "2" for p in people]) for k in "ABCDEFGHIJKL"]
    iccs = [icc(p) for p in practices]
    assert (min(iccs), np.mean(iccs), max(iccs)) == pytest.approx((0.16, 0.254, 0.33), abs=5e-3)
    assert np.mean([theil_h(p) for p in practices]) == pytest.approx(0.209, abs=5e-4)


@needs_data
def test_physicians_prescribing_tetracycline():
    people = read("tetracycline/people.csv")
    counts = cross([p["group"] for p in people], [float(p["toa"]) <= 17 for p in people])
    assert icc(counts) == pytest.approx(-0.03, abs=5e-3)
    assert theil_h(counts) == pytest.approx(0.01, abs=5e-3)


@needs_data
@pytest.mark.parametrize(
    ("people", "ties", "index", "expected"),
    [
        ("krackhardt_hightech", "advice", 0.47, 0.51),
        ("krackhardt_hightech", "friendship", 0.29, 0.51),
        ("email_eu_core", "ties", 0.33, 0.91),
    ],
)
def test_e_i_of_real_networks(people, ties, index, expected):
    rows = read(f"{people}/people.csv")
    department = {r["id"]: r["dept"] for r in rows if people == "email_eu_core" or r["dept"] != "0.0"}
    pairs = {frozenset((r["source"], r["target"])) for r in read(f"{people}/{ties}.csv")}
    pairs = {p for p in pairs if len(p) == 2 and p <= department.keys()}
    internal = sum(len({department[i] for i in p}) == 1 for p in pairs)
    assert e_i_index(len(pairs) - internal, internal) == pytest.approx(index, abs=5e-3)
    assert e_i_expected(list(Counter(department.values()).values())) == pytest.approx(expected, abs=5e-3)


# --- E-I ------------------------------------------------------------------------------------------


def test_e_i_reference_numbers():
    assert e_i_expected([20] * 5) == pytest.approx(0.6162, abs=5e-5)
    assert e_i_expected(np.full(10, 50, np.int32)) == pytest.approx(0.8036, abs=5e-5)
    assert e_i_expected([100, 50, 25, 25]) == pytest.approx(0.3191, abs=5e-5)
    assert e_i_index(78 - 67, 67) == pytest.approx(-0.7179, abs=5e-5)  # Zachary's karate club
    assert (e_i_index(3, 0), e_i_index(0, 3), e_i_index(0, 0)) == (1, -1, 0)
    assert e_i_expected([]) == e_i_expected([1]) == 0


def test_e_i_under_random_mixing():
    rng = np.random.default_rng(2)
    sizes = [30, 20, 10]
    department = np.repeat(np.arange(3), sizes)
    a, b = rng.integers(0, 60, (2, 40_000))
    inside = (department[a] == department[b])[a != b]
    assert e_i_index((~inside).sum(), inside.sum()) == pytest.approx(e_i_expected(sizes), abs=0.02)


def test_stray_ways_do_not_hide_a_level_silo():
    clean = table([10, 90, 0, 0, 0, 0], [97, 3, 0, 0, 0, 0], [10, 90, 0, 0, 0, 0], [97, 3, 0, 0, 0, 0])
    strays = table([10, 86, 1, 1, 1, 1], [97, 3, 0, 0, 0, 0], [10, 86, 1, 1, 1, 1], [97, 3, 0, 0, 0, 0])
    assert separation(clean) == cramers_v(clean) > 0.8
    assert cramers_v(strays) < 0.6 < 0.8 < separation(strays)
    ways = table([0, 90, 0], [0, 0, 90], [0, 90, 0])
    assert separation(ways) == cramers_v(ways) > 0.9  # all practise: the ways alone tell them apart


# --- the weekly record ----------------------------------------------------------------------------


def measure(tally, size, meant):
    tally = np.asarray(tally, np.int32)
    out, adoption = np.full(len(MEASURES), np.nan), np.full(tally.shape[1], np.nan)
    own = np.empty(len(tally))
    organisation_measures(tally, np.asarray(size, np.int64), np.asarray(meant, np.bool_), out, adoption, own)
    assert np.array_equal(
        np.isnan(own), ~(np.asarray(meant, bool) & (np.asarray(size) > 0)[:, None]).any(axis=1)
    )
    if not np.isnan(own).all() and out[0] > 0.0:
        assert np.nanmin(own) == out[1]
    return dict(zip(MEASURES, out.tolist(), strict=True)), adoption.tolist()


def test_one_practice_meant_for_all_is_the_table():
    counts = table([12, 5, 9], [30, 2, 11], [4, 20, 1])
    got, adoption = measure(counts[:, None, 1:], counts.sum(1), np.ones((3, 1)))
    # 26, 43 and 25 people, of whom 14, 13 and 21 practise
    assert got == pytest.approx(
        {
            "A": 48 / 94,
            "A_min": 13 / 43,
            "C": dominant_share(counts),
            "V": separation(counts),
            "ICC": icc(counts),
            "gap": gap(counts),
            "JSD": jsd(counts),
        }
    )
    assert adoption == pytest.approx([48 / 94])


def test_practices_weigh_by_practitioners_and_unmeant_cells_are_left_out():
    # Departments of 40, 40 and 10. The first practice, meant for the first two, is the way silo above, of 60
    # practitioners; the second, meant for the last two, has 20 + 0 of 50. The third department's 9 in the
    # first practice and the first's 33 in the second are strays.
    tally = [[[30, 0], [33, 0]], [[0, 30], [20, 0]], [[9, 0], [0, 0]]]
    meant = [[1, 0], [1, 1], [0, 1]]
    got, adoption = measure(tally, [40, 40, 10], meant)
    first, second = table([10, 30, 0], [10, 0, 30]), table([20, 20, 0], [10, 0, 0])
    assert got["A"] == pytest.approx(80 / 130)
    assert got["A_min"] == 0  # the third department: 0 of 10
    assert adoption == pytest.approx([60 / 80, 20 / 50])
    assert got["C"] == pytest.approx((30 + 20) / 130)
    assert got["gap"] == pytest.approx((60 * 30 / 80 + 20 * 0) / 80)
    for name, single in (("V", separation), ("ICC", icc), ("JSD", jsd)):
        assert got[name] == pytest.approx((60 * single(first) + 20 * single(second)) / 80), name


def test_departments_that_nothing_is_meant_for_have_no_lowest_adoption():
    tally = [[[8]], [[6]], [[0]], [[0]]]
    got, _ = measure(tally, [10, 10, 10, 0], [[1], [1], [0], [1]])  # the last has no staff
    assert got["A_min"] == pytest.approx(0.6)
    assert got["A"] == pytest.approx(14 / 20)


@pytest.mark.parametrize(
    ("tally", "size", "meant"),
    [
        (np.zeros((3, 2, 4)), [5, 5, 5], np.ones((3, 2))),
        (np.ones((3, 2, 4)), [5, 5, 5], np.zeros((3, 2))),
        (np.zeros((3, 2, 4)), [0, 0, 0], np.ones((3, 2))),
        (np.zeros((0, 2, 4)), [], np.ones((0, 2))),
    ],
)
def test_nobody_practises_what_is_meant(tally, size, meant):
    got, adoption = measure(tally, size, meant)
    assert set(got.values()) == set(adoption) == {0.0}


organisations = st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**32 - 1))


@settings(deadline=None, max_examples=100)
@given(organisations)
def test_record_agrees_with_references(shape):
    D, K, W, seed = shape
    rng = np.random.default_rng(seed)
    tally = rng.integers(0, 8, (D, K, W)) * rng.integers(0, 2, (D, K, 1))
    size = tally.sum(2).max(1) + rng.integers(0, 10, D)
    meant = rng.random((D, K)) < 0.7
    got, adoption = measure(tally, size, meant)
    inside = tally.sum(2) * meant
    weight = inside.sum(0)
    assert got["A"] == pytest.approx(inside.sum() / max((size[:, None] * meant).sum(), 1))
    for k in range(K):
        assert adoption[k] == pytest.approx(weight[k] / max(size[meant[:, k]].sum(), 1))
    commonest = np.where(meant[:, :, None], tally, 0).sum(0).max(1)
    assert got["C"] == pytest.approx(commonest.sum() / max((size[:, None] * meant).sum(), 1))
    for name, reference in zip(("V", "JSD", "ICC", "gap"), REFERENCES, strict=False):
        reference_of = reference_separation if name == "V" else reference
        values = [
            reference_of(np.column_stack([size - tally[:, k].sum(1), tally[:, k]])[meant[:, k]])
            if weight[k]
            else 0.0
            for k in range(K)
        ]
        assert got[name] == pytest.approx((weight * values).sum() / max(weight.sum(), 1), abs=1e-6), name

    strays = np.where(meant[:, :, None], tally, rng.integers(0, 2, tally.shape) * (tally > 0))
    assert measure(strays, size, meant) == (got, adoption)
    again = rng.permutation(K)
    assert measure(tally[:, again], size, meant[:, again])[0] == pytest.approx(got, abs=1e-7)
