"""The state of a week at its exact boundaries, and the class of end states built to be what they are."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sim.cuts import Cuts, classify, converged_now, held_stages, silo_kind, weekly_states
from sim.measures import MEASURES, organisation_measures
from sim.outcome import STATES, sentence

CUTS = Cuts()


def weekly(A, C, V, alignment, weeks=1):
    """Names of the states of a series; a number stands for that number every week."""
    columns = np.broadcast_arrays(*(np.asarray(c, float) for c in (A, C, V, alignment)), np.empty(weeks))[:4]
    return [STATES[s] for s in weekly_states(*columns, CUTS)]


def run(A, weeks, **others):
    """A series of classify's, 1 + weeks long, of plain values unless told otherwise."""
    length = 1 + weeks
    plain = dict.fromkeys((*MEASURES, "spent", "reach", "practising", "hollow"), 0.0) | {
        "alignment": 0.9,
        "cleared": 1.0,
        "waited": 1.0,
    }
    series = {k: np.full(length, v) for k, v in plain.items()} | {"stage": np.full(length, 3, np.int8)}
    series["practising"] = series["practising"].astype(np.int64)
    for name, values in ({"A": A, "C": A} | others).items():
        series[name] = np.broadcast_to(np.asarray(values, series[name].dtype), length).copy()
    return series


# --- weeks --------------------------------------------------------------------------------------


def test_converged_once_held_thirteen_weeks():
    V = np.zeros(60)
    V[[3, 30]] = 0.25  # weeks that break the rule
    states = weekly(0.8, 0.8, V, 0.9)
    # weeks 4-29 hold it: from 4 + 12 on; weeks 31-59: from 31 + 12 on
    assert [t for t, s in enumerate(states) if s == "converged"] == [*range(16, 30), *range(43, 60)]
    assert {s for s in states if s != "converged"} == {"mixed"}


def test_siloed_once_held_twenty_six_weeks():
    V = np.full(70, 0.3)
    V[[3, 35]] = 0.2999
    states = weekly(0.6, 0.3, V, 0.9)
    assert [t for t, s in enumerate(states) if s == "siloed"] == [*range(29, 35), *range(61, 70)]
    assert {s for s in states if s != "siloed"} == {"mixed"}


@pytest.mark.parametrize(
    ("A", "C", "V", "alignment", "state"),
    [
        (0.70, 0.70, 0.2499, 0.8, "converged"),
        (0.6999, 0.6999, 0.2499, 0.8, "mixed"),
        (0.80, 0.85 * 0.80, 0.2499, 0.8, "converged"),
        (0.80, 0.85 * 0.80 - 1e-9, 0.2499, 0.8, "mixed"),
        (0.80, 0.80, 0.25, 0.8, "mixed"),
        (0.80, 0.80, 0.2499, 0.7999, "mixed"),
        (0.80, 0.80, 0.30, 0.9, "siloed"),
        (0.25, 0.25, 0.30, 0.9, "siloed"),
        (0.2499, 0.25, 0.30, 0.9, "stalled"),
        (0.2499, 0.2499, 0.0, 0.9, "stalled"),
        (0.25, 0.25, 0.0, 0.9, "mixed"),
        (0.0, 0.0, 0.0, 0.0, "stalled"),
    ],
)
def test_cuts_at_their_exact_values(A, C, V, alignment, state):
    assert weekly(A, C, V, alignment, weeks=40)[-1] == state


def test_collapse_looks_at_the_peak_so_far():
    A = [0.1, 0.5, 0.25, 0.2499, 0.6, 0.2999, 0.3]
    assert weekly(A, 0, 0, 0) == ["stalled", "mixed", "mixed", "collapsed", "mixed", "collapsed", "mixed"]
    assert weekly([0.2499, 0.01], 0, 0, 0) == ["stalled", "stalled"]  # there was nothing to collapse from
    assert weekly([0.25, 0.1249], 0, 0, 0) == ["mixed", "collapsed"]


def test_silos_outrank_collapse_and_convergence_outranks_silos():
    A = np.array([0.8] * 10 + [0.3] * 26)
    assert weekly(A, 0.3, 0.5, 0.9)[-1] == "siloed"
    lax = Cuts(converged_separation=0.6)
    assert STATES[weekly_states(*np.full((4, 40), 0.8) * [[1], [1], [0.5], [1]], lax)[-1]] == "converged"


def test_alignment_can_be_dropped_when_testing_claims_about_it():
    assert not converged_now(0.8, 0.8, 0.1, -0.2, CUTS)
    assert converged_now(0.8, 0.8, 0.1, -0.2, Cuts(converged_alignment=0))


def test_the_rule_of_now_takes_numbers_and_arrays():
    A, V = np.array([0.69, 0.7, 0.9]), np.array([0.1, 0.1, 0.3])
    assert converged_now(A, A, V, 0.9, CUTS).tolist() == [False, True, False]
    assert [bool(converged_now(a, a, v, 0.9, CUTS)) for a, v in zip(A, V, strict=True)] == [
        False,
        True,
        False,
    ]


def spelled_out(A, C, V, alignment, cuts):
    """The rules of a week, one week after the other."""
    states, peak, good, bad = [], 0.0, 0, 0
    for a, c, v, fit in zip(A, C, V, alignment, strict=True):
        peak = max(peak, a)
        good = good + 1 if a >= 0.7 and c >= 0.85 * a and v < 0.25 and fit >= 0.8 else 0
        bad = bad + 1 if v >= 0.3 and a >= 0.25 else 0
        if good >= cuts.converged_hold:
            states.append("converged")
        elif bad >= cuts.siloed_hold:
            states.append("siloed")
        elif peak >= 0.25 and a < peak / 2:
            states.append("collapsed")
        else:
            states.append("stalled" if a < 0.25 else "mixed")
    return states


spells = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.sampled_from([0.1, 0.2, 0.25, 0.3, 0.4, 0.7, 0.9]),
        st.sampled_from([0.5, 0.85, 0.9, 1.0]),
        st.sampled_from([0.0, 0.2, 0.25, 0.3, 0.6]),
        st.sampled_from([0.7, 0.8, 1.0]),
    ),
    min_size=1,
    max_size=12,
)


@settings(deadline=None, max_examples=300)
@given(spells, st.integers(1, 5), st.integers(1, 5))
def test_weeks_follow_the_rules_and_never_the_future(spells, converged_hold, siloed_hold):
    cuts = Cuts(converged_hold=converged_hold, siloed_hold=siloed_hold)
    weeks = np.repeat(np.array([s[1:] for s in spells]), [s[0] for s in spells], axis=0)
    A, C, V, alignment = weeks[:, 0], weeks[:, 1] * weeks[:, 0], weeks[:, 2], weeks[:, 3]
    states = weekly_states(A, C, V, alignment, cuts)
    assert states.dtype == np.int8
    assert [STATES[s] for s in states] == spelled_out(A, C, V, alignment, cuts)
    half = (len(A) + 1) // 2
    assert np.array_equal(weekly_states(A[:half], C[:half], V[:half], alignment[:half], cuts), states[:half])


def test_kinds_of_silo():
    assert silo_kind(0.25, 0.1499, CUTS) == "level"
    assert silo_kind(0.2499, 0.15, CUTS) == "way"
    assert silo_kind(0.25, 0.15, CUTS) == "both"
    assert silo_kind(0.2499, 0.14, CUTS) == "level", "short of both cuts: the one that is nearer"
    assert silo_kind(0.05, 0.1, CUTS) == "way"
    assert silo_kind(-0.01, 0.02, CUTS) == "way"
    assert silo_kind(0.02, 0.0, CUTS) == "level"
    assert silo_kind(-0.02, 0.0, CUTS) == ""
    assert silo_kind(0.2, 0.1, Cuts(level_icc=0.5)) == "way"


def test_a_stage_counts_once_it_has_held():
    held = lambda stage, weeks: held_stages(np.array(stage, float), weeks).tolist()  # noqa: E731
    assert held([1, 2, 2, 1, 1, 1], 3) == [1, 1, 1, 1, 1, 1], "two weeks are too few"
    assert held([1, 2, 2, 2, 1, 2, 1, 1, 1], 3) == [1, 1, 1, 2, 2, 2, 2, 2, 1]
    assert held([1, 3, 4, 3, 4, 3, 4], 3) == [1, 1, 1, 3, 3, 3, 3], "flickering, it is the lower coming up"
    assert held([5, 5, 5, 3, 4, 3, 4, 3], 3) == [5, 5, 5, 5, 5, 4, 4, 4], "and the higher going down"
    assert held([1, 4, 4, 4], 3) == [1, 1, 1, 4], "a skip stays one"
    assert held([1, 4], 3) == [1, 1]


@given(st.lists(st.integers(1, 6), min_size=1, max_size=60), st.integers(1, 15))
def test_held_stages_move_to_what_has_held_and_never_know_the_future(stages, weeks):
    stage = np.array(stages, float)
    held = held_stages(stage, weeks)
    assert held[0] == stage[0] and np.array_equal(held_stages(stage, 1), stage)
    assert np.array_equal(held_stages(stage[: stage.size // 2 + 1], weeks), held[: stage.size // 2 + 1])
    for week in range(1, stage.size):
        recent = stage[max(0, week - weeks + 1) : week + 1]
        if held[week] > held[week - 1]:
            assert recent.size == weeks and recent.min() == held[week]
        elif held[week] < held[week - 1]:
            assert recent.size == weeks and recent.max() == held[week]
        elif recent.size == weeks:
            assert recent.min() <= held[week] <= recent.max()


def test_flickering_at_a_cut_is_no_relapse():
    stage = np.tile([4.0, 3.0], 51)[:101]
    assert classify(run(0.5, 100, stage=stage), CUTS).relapses == 0
    assert classify(run(0.5, 100, stage=stage), Cuts(stage_hold=1)).relapses == 50
    lost = np.repeat([4.0, 3.0], [50, 51])
    assert classify(run(0.5, 100, stage=lost), CUTS).relapses == 1


def test_cuts_are_documented_and_checked():
    for name, field in Cuts.model_fields.items():
        assert field.description, name
        assert field.json_schema_extra["unit"] in ("share", "weeks"), name
        assert field.json_schema_extra["source"], name
    for wrong in ({"siloed_hold": 0}, {"stalled": 1.01}, {"stalled": -0.01}, {"stall": 0.2}):
        with pytest.raises(ValidationError):
            Cuts(**wrong)


# --- runs ---------------------------------------------------------------------------------------


def test_what_is_kept_of_a_run():
    A = np.array([0.1] * 10 + [0.9] * 20 + [0.6] * 31)
    V = np.array([0.6] + [0.1] * 29 + [0.4] * 31)
    stage = np.repeat([0, 3, 5, 6, 4, 3], [5, 5, 5, 15, 11, 20])
    cleared, waited = np.zeros(61), np.zeros(61)
    cleared[[20, 40]], waited[[20, 40]] = (1, 3), (2, 10)
    outcome = classify(
        run(
            A,
            60,
            V=V,
            stage=stage,
            cleared=cleared,
            waited=waited,
            ICC=0.3,
            gap=np.linspace(0, 0.2, 61),
            JSD=0.7,
            A_min=np.linspace(0, 0.5, 61),
            practising=np.arange(61) + 7,
            spent=[5.0] + [0.1] * 60,
            reach=np.linspace(0, 1, 61),
            hollow=np.linspace(0.5, 0.25, 61),
        ),
        CUTS,
    )
    assert dataclasses.asdict(outcome) == {
        "state": "siloed",  # weeks 30-60 hold it, from 55 on
        "silo_kind": "both",
        "A": 0.6,
        "A_min": 0.5,
        "C": 0.6,
        "V": 0.4,
        "ICC": 0.3,
        "gap": 0.2,
        "JSD": 0.7,
        "alignment": 0.9,
        "stage": 3,
        "reach": 1.0,
        "hollow": 0.25,
        "first_converged": 22,  # weeks 10-29 hold it
        "weeks_converged": 8,
        "weeks_siloed": 6,
        "peak_A": 0.9,
        "peak_V": 0.6,
        "relapses": 2,
        "skips": 2,  # 0 to 3, 3 to 5
        "merged_stages": 1,
        "practitioner_weeks": sum(range(1, 61)) + 7 * 60,  # the start is not a week
        "spent": 6.0,
        "delay": 3.0,
    }
    json.dumps(dataclasses.asdict(outcome))  # plain numbers, no numpy scalars


def test_a_run_that_never_converges_is_censored():
    outcome = classify(run(0.4, 100, cleared=0.0, ICC=0.9, gap=0.9), CUTS)
    assert (outcome.state, outcome.first_converged, outcome.weeks_converged) == ("mixed", None, 0)
    assert outcome.delay is None
    assert outcome.silo_kind == ""  # only silos have a kind


def test_a_run_of_no_week_is_its_start():
    outcome = classify(run(0.1, 0, practising=3, spent=2.0), CUTS)
    assert (outcome.state, outcome.practitioner_weeks, outcome.spent, outcome.relapses) == (
        "stalled",
        0,
        0,
        0,
    )


@pytest.mark.parametrize(
    ("series", "text"),
    [
        (
            run([0.1] * 50 + [0.84] * 51, 100),
            "Converged in week 62: 84 % of the staff it is meant for practise, nearly all in one way.",
        ),
        (
            run([0.84] * 50 + [0.6] * 10 + [0.84] * 41, 100),
            "Converged in week 12, lost it and did so again: 84 % of the staff it is meant for practise, "
            "nearly all in one way.",
        ),
        (
            run(0.71, 200, V=0.64, gap=0.5, C=0.2),
            "Broke into silos: 71 % of the staff it is meant for practise, but departments do it in "
            "different ways (V .64); siloed in 176 of 200 weeks.",
        ),
        (
            run(0.45, 30, V=1.0, ICC=0.5),
            "Broke into silos: 45 % of the staff it is meant for practise, most in some departments and few "
            "in others (V 1.00); siloed in 6 of 30 weeks.",
        ),
        (
            run(0.45, 30, V=0.6, ICC=0.5, gap=0.2),
            "Broke into silos: 45 % of the staff it is meant for practise, most in some departments and few "
            "in others, and in different ways (V .60); siloed in 6 of 30 weeks.",
        ),
        (
            run(0.45, 30, V=0.3),
            "Broke into silos: 45 % of the staff it is meant for practise, but departments differ in whether "
            "and how (V .30); siloed in 6 of 30 weeks.",
        ),
        (
            run([0.05, 0.14] + [0.12] * 311, 312),
            "Stalled: after 312 weeks 12 % of the staff it is meant for practise; the most ever was 14 %.",
        ),
        (
            run([0.8] * 30 + [0.18] * 31, 60),
            "Collapsed: after 60 weeks 18 % of the staff it is meant for practise, down from 80 %. "
            "It had converged in week 12.",
        ),
        (
            run(0.52, 60, V=0.27),
            "Mixed: after 60 weeks 52 % of the staff it is meant for practise, neither converged nor siloed "
            "(V .27).",
        ),
    ],
)
def test_sentences(series, text):
    assert sentence(classify(series, CUTS), len(series["A"]) - 1) == text


def test_even_a_week_of_lost_convergence_is_told():
    A = np.array([0.84] * 5 + [0.6] + [0.84] * 5)
    outcome = classify(run(A, 10), Cuts(converged_hold=1))
    assert sentence(outcome, 10).startswith("Converged in week 0, lost it and did so again: ")


# --- end states built to be what they are -------------------------------------------------------


def end_state(kind, rng):
    """Shares of states [departments, practices, 1 + ways], sizes and meant cells of a random organisation."""
    D, K = rng.integers(4, 13), rng.integers(3 if kind == "specialised" else 1, 6)
    size = 10 + rng.multinomial(rng.integers(150, 601), rng.dirichlet(np.full(D, 4.0)))
    meant = np.ones((D, K), np.bool_)
    if kind == "specialised":  # each practice is meant for some departments, and practised there
        for k in range(K):
            meant[:, k] = rng.permutation(D) < rng.integers(1, 1 + D // 2)
    own, one = np.eye(D, D + 1), np.eye(D + 1)[np.full(D, D)]
    # Noise is people who do whatever and, where a practice is not meant for them, some who practise. Their
    # ways are three, the shared one among them: more would dilute level silos (see cramers_v).
    whatever = np.isin(np.arange(D + 2), [0, 1, 2, D + 1]) / 4
    stray = 0.9 * (np.arange(D + 2) == 0) + 0.1 * whatever
    noise = rng.uniform(0.0, 0.08)
    shares = np.zeros((D, K, D + 2))
    for k in range(K):
        if kind in ("converged", "specialised"):
            A, ways = rng.uniform(0.82, 0.93) + rng.uniform(-0.04, 0.04, D), one
        elif kind == "stalled":
            A, ways = rng.uniform(0.0, 0.18, D), own
        elif kind == "level silo":
            A, ways = level(rng, size), one
        elif kind == "way silo":
            A, ways = rng.uniform(0.65, 0.95, D), own
        elif kind == "half way":
            A, ways = np.full(D, rng.uniform(0.4, 0.6)), one
        elif kind == "plural":  # departments alike, each with all ways in it
            A, ways = np.full(D, rng.uniform(0.7, 0.95)), np.tile(rng.dirichlet(np.full(D + 1, 9.0)), (D, 1))
        practise = (1.0 - noise) * np.column_stack([1.0 - A, A[:, None] * ways]) + noise * whatever
        shares[:, k] = np.where(meant[:, [k]], practise, stray)
    return shares, size, meant


def level(rng, size):
    """Adoption where departments of 30-70 % of staff practise and the others hardly do."""
    out = rng.random(size.size) < 0.5
    while not 0.3 <= size[out].sum() / size.sum() <= 0.7:
        out = rng.random(size.size) < 0.5
    return np.where(out, rng.uniform(0.0, 0.08, size.size), rng.uniform(0.8, 0.95, size.size))


def life(kind, rng, weeks=30):
    """Weeks of such an organisation, states drawn anew in each: as meant, and as if meant for all."""
    shares, size, meant = end_state(kind, rng)
    for_all = np.ones_like(meant)
    seen = np.zeros((2, 1 + weeks, len(MEASURES)))
    by_practice, by_department = np.zeros(meant.shape[1]), np.zeros(meant.shape[0])
    for week in range(1 + weeks):
        tally = rng.multinomial(size[:, None], shares)[:, :, 1:].astype(np.int32)
        organisation_measures(tally, size, meant, seen[0, week], by_practice, by_department)
        organisation_measures(tally, size, for_all, seen[1, week], by_practice, by_department)
    return [run(weeks=weeks, **dict(zip(MEASURES, s.T, strict=True))) for s in seen]


@pytest.mark.parametrize(
    ("kind", "state", "silo"),
    [
        ("converged", "converged", {""}),
        ("specialised", "converged", {""}),
        ("stalled", "stalled", {""}),
        ("level silo", "siloed", {"level", "both"}),
        ("way silo", "siloed", {"way", "both"}),
        ("half way", "mixed", {""}),
        ("plural", "mixed", {""}),
    ],
)
def test_rule_tells_built_end_states_apart(kind, state, silo):
    rng = np.random.default_rng([42, len(kind), ord(kind[0])])
    outcomes = [classify(life(kind, rng)[0], CUTS) for _ in range(100)]
    assert sum(o.state == state and o.silo_kind in silo for o in outcomes) >= 98


def test_specialisation_would_read_as_silo_if_all_were_meant_for_all():
    rng = np.random.default_rng(7)
    lives = [life("specialised", rng) for _ in range(100)]
    assert sum(meant["V"].mean() < 0.25 for meant, _ in lives) >= 98
    assert sum(for_all["V"].mean() >= 0.30 for _, for_all in lives) >= 98
