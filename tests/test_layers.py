"""The digital layer and contacts outside the firm: what they add, and that nothing else notices the room they take."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.browser.frame import Scene
from sim.errors import InputError
from sim.mechanisms import Outside
from sim.mechanisms.influence import weigh
from sim.organisation import Organisation, run
from sim.scenario import load
from sim.staff import HEAD
from sim.structure import merge
from sim.tables import LAPSED, ROUTINE, TRYING, UNAWARE
from sim.ties import Ties, describe

FIRM = {"organisation.employees": 120, "weeks": 60}


def world(**tables):
    """The baseline with these tables beside it; keyword arguments as tables of values."""
    return load("baseline", FIRM).replaced(tables)


def collaborators(org, rows):
    """Let these rows, and nobody else, collaborate in routine."""
    k = org.practice("collaborating")
    everybody = np.arange(org.employees.rows)
    org.move(everybody, np.full(everybody.size, k), UNAWARE)
    org.move(rows, np.full(len(rows), k), ROUTINE)


def meet(org, weeks=1):
    for _ in range(weeks):
        org.week += 1
        org.plan["digital"].step(org)


def online(org):
    """Digital ties as a set of pairs of rows, lower row first."""
    return {
        (i, j)
        for i in range(org.employees.rows)
        for j in org.ties.indices[org.ties.indptr[i + 1] - org.room : org.ties.indptr[i + 1]].tolist()
        if i < j
    }


def all_agrees(org):
    """Places, symmetry and every incremental sum, against sums over a dense matrix of ties."""
    e, (indptr, indices, weights) = org.employees, org.ties
    tie, times = np.zeros((e.rows, e.rows), np.int64), np.zeros((e.rows, e.rows), np.int64)
    for i in range(e.rows):
        row = slice(indptr[i], indptr[i + 1])
        lasting, spare = np.split(indices[row], [indptr[i + 1] - indptr[i] - org.room])
        used = e.digital[i]
        assert 0 <= used <= org.room
        assert (np.diff(lasting) > 0).all() and i not in lasting and i not in spare[:used]
        assert (spare[used:] == i).all() and not weights[indptr[i + 1] - org.room + used : row.stop].any()
        assert (weights[row.start : row.stop - org.room + used] > 0).all()
        np.add.at(tie[i], indices[row], weights[row])
        np.add.at(times[i], indices[row], indices[row] != i)
    assert np.array_equal(tie, tie.T) and times.max(initial=0) <= 1
    practising = (e.rung == TRYING) | (e.rung == ROUTINE)
    assert np.array_equal(e.peers, practising @ (tie * e.influence).T + e.outside)
    assert np.array_equal(e.peers_most, tie @ e.influence + e.outsiders.sum(axis=0))
    kept = e.sources.tobytes()
    weigh(org)
    assert e.sources.tobytes() == kept
    assert (e.peers <= e.peers_most).all()


def test_incremental_sums_equal_full_ones_in_every_week_of_everything():
    busy = {"digital.chance": 0.4, "digital.most": 4, "turnover.base": 0.03, "outside.interval": 1}
    org = Organisation(load("everything", {"organisation.employees": 90, "weeks": 220, **busy}), 4)
    opened = closed = 0
    before = set()
    while org.running:
        org.step()
        all_agrees(org)
        opened, closed, before = (
            opened + len(online(org) - before),
            closed + len(before - online(org)),
            online(org),
        )
    assert opened > 100 and closed > 50 and org.left.sum() > 50


ROWS = st.lists(st.integers(0, 23), min_size=1, max_size=12, unique=True)
OPERATIONS = st.one_of(
    st.tuples(st.just("move"), ROWS, st.sampled_from([0, 4]), st.sampled_from([TRYING, ROUTINE, LAPSED])),
    st.tuples(st.just("tie"), ROWS, st.integers(1, 23), st.integers(1, 9)),
    st.tuples(st.just("replace"), ROWS),
    st.tuples(st.just("regroup"), ROWS),
    st.tuples(st.just("live"), st.integers(1, 3)),
)


@settings(max_examples=60)
@given(st.lists(OPERATIONS, min_size=5, max_size=25), st.integers(1, 3), st.integers(0, 99))
def test_incremental_sums_equal_full_ones_whatever_happens(operations, most, seed):
    """Two dozen people who know nobody at first, so that some have their first contact online and lose the last."""
    plan = load("baseline", {"organisation.employees": 24, "weeks": 100}).replaced(
        {"digital": {"chance": 0.8, "most": most, "strength": 3}, "outside": {"contacts": 0.7, "growth": 0.2}}
    )
    org = Organisation(plan, seed)
    nobody = np.zeros(0, np.int32)
    org.set_ties(Ties.from_edges(24, nobody, nobody, nobody))
    org.move(np.arange(24), np.full(24, 4), TRYING)
    for what, *how in [("live", 2), *operations]:
        if what == "move":
            rows, k, rung = how
            org.move(np.array(rows), np.full(len(rows), k), rung)
        elif what == "tie":
            rows, step, weight = how
            org.tie(np.array(rows), (np.array(rows) + step) % 24, weight)
        elif what == "replace":
            org.replace(how[0])
        elif what == "regroup":
            free = np.setdiff1d(how[0], org.executives.person)
            come_from = np.arange(24)
            come_from[free] = np.roll(free, 1)
            org.regroup(come_from)
        else:
            for _ in range(how[0]):
                org.week += 1
                plan["digital"].step(org)
                plan["outside"].step(org)
            now = org.employees.practising[org.practice("collaborating")]
            assert all(now[i] and now[j] for i, j in online(org))
        all_agrees(org)


# What costs nothing and changes nothing


@pytest.mark.parametrize("count", [False, True])
def test_idle_places_are_seen_by_nobody(count):
    """Everything, with those who count contacts rather than weigh them: teams, crowds, champions, thresholds."""
    sees = {"organisation.employees": 120, "weeks": 220, "team.land": "bundled", "team.per_hundred": 5.0,
            "rumours.crowd": 0.3, "incidents.base": 1.0, "digital.chance": 0.0, "outside.contacts": 0.0}  # fmt: skip
    if count:
        sees |= {
            "adoption.rule": "threshold",
            "adoption.threshold_of": "count",
            "adoption.contacts_spread": 2.0,
        }
    plan = load("everything", sees)
    roomy, plain = Organisation(plan, 3), Organisation(plan.without("digital", "outside"), 3)
    while plain.running:
        roomy.step()
        plain.step()
        for name in ("rumour", "belief", "exposure", "rung", "way", "threshold"):
            assert getattr(roomy.employees, name).tobytes() == getattr(plain.employees, name).tobytes(), name
    assert roomy.record.digest() == plain.record.digest()
    assert roomy.room and plain.incidents.sum() > 20, "the test needs places to overlook, and rumours"


def test_idle_places_are_no_ties_to_measures_and_pictures():
    with_layer, without = Organisation(world(digital={}), 1), Organisation(world(), 1)
    department = without.employees.department
    assert describe(with_layer.ties, department) == describe(without.ties, department)
    assert np.array_equal(Scene.of(with_layer).ties, Scene.of(without).ties)
    collaborators(with_layer, np.arange(120))
    meet(with_layer, 20)
    found = describe(with_layer.ties, department)
    ties = len(with_layer.ties.split(with_layer.room)[0].indices) / 2 + len(online(with_layer))
    assert found["mean_degree"] == 2 * ties / 120
    assert len(Scene.of(with_layer).ties) == ties


def test_layers_leave_the_luck_of_all_others_alone():
    plan = world(turnover={"base": 0.02, "sensitivity": 0.0})
    layered = plan.replaced({"digital": {"chance": 0.5}, "outside": {"contacts": 8.0}})
    with_layers, without = Organisation(layered, 4), Organisation(plan, 4)
    while without.running:
        with_layers.step()
        without.step()
        assert np.array_equal(with_layers.employees.key, without.employees.key), "who leaves"
    assert without.left.sum() > 20
    assert with_layers.record.digest() != without.record.digest()


def test_a_layered_run_repeats():
    plan = world(digital={"chance": 0.5}, outside={})
    assert run(plan, 2).digest() == run(plan, 2).digest() != run(plan, 3).digest()


# The digital layer


def test_it_ties_those_who_collaborate_and_nobody_else():
    org = Organisation(world(digital={"chance": 0.5}), 1)
    some = np.arange(0, 120, 3)
    collaborators(org, some)
    org.move(some, np.full(some.size, org.practice("listening")), ROUTINE)
    listeners = np.arange(1, 120, 3)
    org.move(listeners, np.full(listeners.size, org.practice("listening")), ROUTINE)
    lasting = set(zip(*(ends.tolist() for ends in org.ties.edges()[:2]), strict=True))
    meet(org, 20)
    tied, manager = online(org), org.employees.manager
    assert len(tied) > 20
    assert {row for pair in tied for row in pair} <= set(some.tolist())
    assert not tied & lasting
    assert not any(manager[i] == j or manager[j] == i for i, j in tied)


def test_who_tries_is_online_too():
    org = Organisation(world(digital={"chance": 1.0}), 1)
    org.move(np.arange(120), np.full(120, org.practice("collaborating")), TRYING)
    meet(org)
    assert online(org)


def test_whom_somebody_meets_does_not_depend_on_who_else_is_online():
    everybody, half = (Organisation(world(digital={"chance": 0.5, "most": 50}), 6) for _ in range(2))
    collaborators(everybody, np.arange(120))
    collaborators(half, np.arange(0, 120, 2))
    meet(everybody)
    meet(half)
    assert online(half) == {pair for pair in online(everybody) if not any(row % 2 for row in pair)} != set()


def test_nobody_keeps_more_ties_than_there_is_room_for():
    org = Organisation(world(digital={"chance": 1.0, "most": 3}), 1)
    collaborators(org, np.arange(120))
    meet(org, 100)
    ends = np.bincount(np.array(sorted(online(org))).ravel(), minlength=120)
    assert ends.max() == 3 and np.median(ends) == 3
    assert np.array_equal(ends, org.employees.digital)


@pytest.mark.parametrize("near", [0.0, 0.35, 1.0])
def test_the_share_of_ties_within_departments_is_the_one_asked_for(near):
    plan = world(digital={"chance": 0.2, "near": near, "most": 50}).replaced({"organisation.employees": 1200})
    org = Organisation(plan, 1)
    nobody = np.zeros(0, np.int32)
    org.set_ties(Ties.from_edges(1200, nobody, nobody, nobody))
    collaborators(org, np.arange(1200))
    meet(org, 5)
    pairs = np.array(sorted(online(org)))
    within = (org.employees.department[pairs[:, 0]] == org.employees.department[pairs[:, 1]]).sum()
    assert len(pairs) == pytest.approx(0.2 * 1200 * 5, abs=5 * math.sqrt(0.16 * 1200 * 5) + 20)
    low, high = stats.binom(len(pairs), near).interval(1 - 1e-6)
    assert low <= within <= high


def test_meetings_online_reach_everybody_alike():
    """Whoever looks meets one person of another department; how often each row is met is flat but for its department."""
    org, weeks = Organisation(world(digital={"chance": 1.0, "near": 0.0, "most": 50}), 1), 200
    nobody, met = np.zeros(0, np.int32), np.zeros(120, np.int64)
    collaborators(org, np.arange(120))
    for _ in range(weeks):
        org.set_ties(Ties.from_edges(120, nobody, nobody, nobody), (nobody, nobody, nobody))
        meet(org)
        met += org.employees.digital - 1
    by_department = org.departments.size / (120 - org.departments.size)
    expected = (by_department.sum() - by_department)[org.employees.department]
    assert met.sum() == pytest.approx(weeks * 120, rel=0.02)
    assert stats.chisquare(met, expected * met.sum() / expected.sum()).pvalue > 1e-3


def test_a_tie_ends_when_one_of_both_stops_collaborating():
    org = Organisation(world(digital={"chance": 0.5}), 1)
    collaborators(org, np.arange(120))
    meet(org, 20)
    before, stops = online(org), {3, 50, 51}
    org.move([3, 50, 51], [org.practice("collaborating")] * 3, LAPSED)
    meet(org)
    assert before - online(org) == {pair for pair in before if stops & set(pair)} != set()
    assert not any(stops & set(pair) for pair in online(org))
    all_agrees(org)


def test_digital_ties_go_with_the_leaver_and_the_others_stay_with_the_seat():
    org = Organisation(world(digital={"chance": 0.5}), 1)
    collaborators(org, np.arange(120))
    meet(org, 20)
    before, lasting = online(org), org.ties.split(org.room)[0]
    assert any(40 in pair for pair in before)
    org.replace([40])
    org.move([40], [org.practice("collaborating")], TRYING)
    assert online(org) == {pair for pair in before if 40 not in pair}
    assert all(np.array_equal(a, b) for a, b in zip(lasting, org.ties.split(org.room)[0], strict=True))


def test_digital_ties_outlive_new_ties_and_a_reorganisation():
    org = Organisation(world(digital={"chance": 0.5, "strength": 5}), 1)
    collaborators(org, np.arange(120))
    meet(org, 20)
    keys = org.employees.key

    def people():
        return {frozenset((int(keys[i]), int(keys[j]))) for i, j in online(org)}

    before = people()
    free = np.setdiff1d(np.arange(120), org.executives.person)
    come_from = np.arange(120)
    come_from[free] = np.roll(free, 7)
    org.regroup(come_from)
    assert people() == before
    org.set_ties(org.ties.split(org.room)[0])
    assert people() == before
    (i, j), *rest = sorted(online(org))
    org.tie([i], [j], 2)
    assert online(org) == set(rest), "a digital tie gives way"
    row = slice(org.ties.indptr[i], org.ties.indptr[i + 1])
    assert org.ties.weights[row][org.ties.indices[row] == j].tolist() == [2]


def test_a_merger_leaves_digital_ties_digital():
    org = Organisation(world(digital={"chance": 0.5}), 1)
    collaborators(org, np.arange(120))
    meet(org, 20)
    before, lasting = online(org), org.ties.split(org.room)[0]
    merge(org, org.department("sales"), org.department("service"))
    assert before
    assert online(org) == before
    assert all(np.array_equal(a, b) for a, b in zip(lasting, org.ties.split(org.room)[0], strict=True))
    all_agrees(org)


def test_a_digital_tie_counts_by_its_strength_in_what_both_see():
    """Of two contacts, one face to face of weight 2 and one online of weight 6, the latter gives three quarters."""
    plan = world(digital={"chance": 1.0, "most": 1, "strength": 6}).replaced(
        {
            "influence.spread": 0.0,
            "influence.reports": 0.0,
            "influence.manager": 0.0,
            "influence.executives": 0.0,
        }
    )
    org = Organisation(plan, 1)
    org.set_ties(Ties.from_edges(120, np.array([30]), np.array([31]), np.array([2])))
    collaborators(org, [30, 80])
    meet(org, 600)
    assert online(org) == {(30, 80)}
    org.move([80], [org.practice("listening")], TRYING)
    org.plan["influence"].step(org)
    assert org.employees.exposure[org.practice("listening"), [30, 31]].tolist() == [0.75, 0.0]
    assert org.employees.exposure[org.practice("collaborating"), [30, 31, 80]].tolist() == [0.75, 1.0, 1.0]


def test_an_isolated_department_is_reached_online():
    """Nobody has a tie beyond the department, and only what contacts do is seen."""
    alone = {f"influence.{name}": 0.0 for name in ("reports", "manager", "executives")}
    quiet = {"adoption.rule": "hazard", "adoption.external": 0.0, "adoption.internal": 0.5}
    plan = world().replaced({"organisation.owners": ["marketing"], **alone, **quiet})

    def reached(plan):
        org = Organisation(plan, 1)
        source, target, weight = org.ties.edges()
        inside = org.employees.department[source] == org.employees.department[target]
        org.set_ties(Ties.from_edges(120, source[inside], target[inside], weight[inside]))
        everybody = np.arange(120)
        org.move(everybody, np.full(120, org.practice("collaborating")), ROUTINE)
        while org.running:
            org.step()
        return org.departments.practised[:, org.practice("listening")]

    assert not reached(plan)[1:].any()
    assert (reached(plan.replaced({"digital": {}})) > 0).all()


# Contacts outside


def outside(staff=1200, **values):
    return world(outside=values).replaced({"organisation.employees": staff})


def test_contacts_are_poisson_and_those_who_bridge_have_more():
    org = Organisation(outside(6000, contacts=3.0, bridging=2.0), 1)
    e = org.employees
    number = np.count_nonzero(e.outsiders, axis=0)
    bridge = org.departments.owner[e.department] | (e.level >= HEAD)
    assert (np.sort(e.outsiders > 0, axis=0)[::-1] == (e.outsiders > 0)).all(), "first places first"
    for who, mean in ((bridge, 6.0), (~bridge, 3.0)):
        met = np.bincount(number[who], minlength=21)[:21]
        expected = stats.poisson(mean).pmf(np.arange(21)) * who.sum()
        many = expected > 5
        parts = [(*counts[many], counts[~many].sum()) for counts in (met, expected)]
        parts[1] = np.array(parts[1]) / np.sum(parts[1]) * np.sum(parts[0])
        assert stats.chisquare(*parts).pvalue > 1e-3
    few = Organisation(outside(contacts=1.0, bridging=10.0), 1)
    heads = (few.employees.level >= HEAD) & ~few.departments.owner[few.employees.department]
    assert 7.0 < np.count_nonzero(few.employees.outsiders[:, heads]) / heads.sum() < 13.0
    assert np.count_nonzero(Organisation(outside(most=2), 1).employees.outsiders, axis=0).max() == 2


def test_one_heavy_contact_outweighs_many_light_ones():
    org = Organisation(outside(6000, strength=50.0, spread=1.0, heaviest=20.0), 1)
    heavy = org.employees.outsiders[org.employees.outsiders > 0] / (16 * 50.0)
    assert heavy.max() == 20.0
    assert stats.kstest(np.log(heavy[heavy < 20]), stats.norm(0, 1).cdf).pvalue > 1e-3
    assert np.sort(heavy)[-heavy.size // 10 :].sum() > heavy.sum() / 3, (
        "a tenth of them weighs more than a third"
    )
    equal = Organisation(outside(spread=0.0), 1).employees.outsiders
    assert set(np.unique(equal)) == {0, 16}


def test_the_world_takes_practices_up_along_a_logistic_curve():
    of = Outside(start=0.05, ceiling=0.6, growth=0.02, interval=1)
    seen = np.array([of.spread_by(week) for week in range(400)])
    odds = np.log(seen / (0.6 - seen))
    assert np.diff(odds) == pytest.approx(0.02) and seen[0] == pytest.approx(0.05)
    assert Outside(start=0.0).spread_by(300) == Outside(start=0.0, ceiling=0.0).spread_by(3) == 0.0
    monthly = of.model_copy(update={"interval": 4})
    assert [monthly.spread_by(week) for week in (4, 5, 7, 8)] == seen[[4, 4, 4, 8]].tolist()
    with pytest.raises(InputError, match=r"start 0\.7 is above ceiling 0\.6"):
        world(outside={"start": 0.7})


def test_contacts_practise_as_the_curve_says():
    org = Organisation(outside(1200, contacts=5.0, spread=0.0, growth=0.03), 1)
    number = np.count_nonzero(org.employees.outsiders)
    before = org.employees.outside.copy()
    while org.running:
        org.step()
        assert (org.employees.outside >= before).all(), "nobody outside stops"
        before = org.employees.outside.copy()
    share = org.plan["outside"].spread_by(60)
    assert share > 0.15
    for of_practice in org.employees.outside:
        low, high = stats.binom(number, share).interval(1 - 1e-6)
        assert low <= of_practice.sum() / 16 <= high
    assert not np.array_equal(org.employees.outside[0], org.employees.outside[1])


def test_week_by_week_contacts_come_to_what_they_would_be_at_once():
    lived = Organisation(outside(growth=0.05), 3)
    while lived.running:
        lived.step()
    at_once = Organisation(outside(start=lived.plan["outside"].spread_by(60)), 3)
    assert np.array_equal(lived.employees.outside, at_once.employees.outside)
    assert np.array_equal(lived.employees.outside_next, at_once.employees.outside_next)


def test_the_world_alone_brings_practices_into_a_firm_without_pioneers():
    nothing = {f"practices.{name}.pioneers": 0.0 for name in ("listening", "publishing")}
    nothing |= {"adoption.rule": "hazard", "adoption.external": 0.0, "adoption.internal": 0.2}
    assert run(world().replaced(nothing), 1)["A"].max() == 0.0
    assert run(world(outside={}).replaced(nothing), 1)["A"][-1] > 0.05


def test_newcomers_bring_contacts_of_their_own():
    org = Organisation(outside(120, contacts=6.0), 1)
    before = org.employees.outsiders.copy()
    org.replace([7, 60])
    changed = np.flatnonzero((org.employees.outsiders != before).any(axis=0))
    assert changed.tolist() == [7, 60]
    all_agrees(org)
