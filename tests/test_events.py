"""Events: what is scripted happens in its week, and nothing of it before."""

from itertools import pairwise

import numpy as np
import pytest

from sim import load
from sim.agents import Employee
from sim.errors import InputError
from sim.luck import LOTS, cast_lots
from sim.mechanisms.events import Events
from sim.organisation import Organisation, run
from sim.regrouping import shuffled
from sim.scenario import parse
from sim.structure import merge
from sim.tables import USES
from sim.ties import Ties
from tests.test_organisation import full_sums

WEEK = 40
EVENTS = {
    "sponsor_named": {},
    "champions_leave": {"people": 3},
    "budget_cut": {"to": 0.2},
    "desk_founded": {},
    "desk_closed": {},
    "pilot": {"department": "service", "practice": "helping", "staff": 0.5},
    "listening_phase": {"lasts": 20},
    "reverse_mentoring": {"practice": "conversing"},
    "guideline_published": {"reach": 0.5},
    "announcement": {"practice": "helping", "reach": 0.5},
    "committee_founded": {},
    "reorganisation": {"staff": 0.5},
    "cross_functional_group": {"members": 10},
    "hiring_wave": {"people": 25},
    "merger": {"department": "sales", "into": "service"},
    "goals_drift": {},
    "incident": {"department": "service", "practice": "helping"},
}


def scripted(what, week=WEEK, **more):
    return {"events.it": {"what": what, "week": week, **EVENTS.get(what, {}), **more}}


@pytest.fixture
def plan(small):
    return small(governance__founded=20, sponsorship__sponsor_week=60, sponsorship__engagement=0.6).replaced(
        {"committee": {}, "incidents": {"base": 0.0}}
    )


def lived(plan, weeks):
    org = Organisation(plan, 3)
    for _ in range(weeks):
        org.step()
    return org


@pytest.mark.parametrize("what", EVENTS)
def test_an_event_changes_something_and_nothing_before_its_week(plan, what):
    if what == "desk_founded":
        plan = plan.replaced({"governance.founded": 70})
    without, with_it = run(plan, 3), run(plan.replaced(scripted(what)), 3)
    for kept in ("weekly", "adoption", "by_practice", "served", "executives", "habits", "spent"):
        assert np.array_equal(getattr(without, kept)[:WEEK], getattr(with_it, kept)[:WEEK], equal_nan=True)
    assert without.digest() != with_it.digest()


def test_a_budget_cut_leaves_its_share_and_comes_back_over_its_ramp(plan):
    plan = plan.replaced({"funding.mode": "fixed", "funding.level": 0.8})
    record = run(plan.replaced(scripted("budget_cut", to=0.25, lasts=4, ramp=2)), 1)
    assert record["budget"][WEEK - 1 : WEEK + 8] == pytest.approx([0.8, *[0.2] * 5, 0.5, 0.8, 0.8])
    assert record["spent"][WEEK] < record["spent"][WEEK - 1]
    whole, cut = (run(one, 1).spent.sum() for one in (plan, plan.replaced(scripted("budget_cut", to=0.0))))
    assert 0.0 < cut < whole


def test_cuts_multiply_and_earned_money_is_cut_at_once(plan):
    two = scripted("budget_cut", to=0.5) | {"events.more": {"what": "budget_cut", "week": WEEK, "to": 0.5}}
    before, after = lived(plan, WEEK), lived(plan.replaced(two), WEEK)
    assert after.departments.budget == pytest.approx(0.25 * before.departments.budget)


def test_a_closed_desk_serves_nobody_and_holds_no_request(plan):
    org = lived(plan, WEEK - 1)
    assert org.departments.guided.any()
    org = lived(plan.replaced(scripted("desk_closed")), WEEK)
    d, e = org.departments, org.employees
    assert not d.guided.any() and not d.gated.any() and (d.advice == -1).all() and not (e.asked >= 0).any()
    assert org.desks.people.sum() == 0.0 and not d.pays_desk.any()
    while org.running:
        org.step()
    assert not d.guided.any()
    assert org.ledger[org.week, :, [USES.index("desk"), USES.index("liaison")]].sum() == 0.0
    assert not org.record.served[WEEK:].any()


def test_a_desk_at_work_is_not_founded_again_and_one_to_come_is_not_closed(plan):
    for what, week in (("desk_founded", WEEK), ("desk_closed", 5), ("committee_founded", WEEK)):
        bare = plan.replaced({"committee.founded": 30})
        assert run(bare.replaced(scripted(what, week=week)), 3).digest() == run(bare, 3).digest(), what


def test_a_desk_may_be_founded_again(plan):
    again = scripted("desk_closed", week=30) | {"events.again": {"what": "desk_founded", "week": 50}}
    served = run(plan.replaced(again), 3).served.any(axis=1)
    assert served[20:30].all() and not served[30:50].any() and served[50:].all()


def test_a_pilot_is_tried_by_its_share_of_one_department_alone(plan):
    before, after = lived(plan, WEEK - 1), Organisation(plan.replaced(scripted("pilot", staff=1.0)), 3)
    for _ in range(WEEK - 1):
        after.step()
    plan_events = after.plan["events"]
    after.week += 1
    plan_events.step(after)
    k, rows = after.practice("helping"), after.rows_of(after.department("service"))
    assert (after.employees.practising[k, rows] == 1).all()
    others = np.ones(after.employees.rows, bool)
    others[rows] = False
    assert np.array_equal(after.employees.rung[:, others], before.employees.rung[:, others])


def test_listening_goes_the_stated_part_of_the_way_to_the_goals(plan):
    short = plan.replaced(scripted("listening_phase", lasts=20, scale=10.0))
    before, after = lived(plan, 1), lived(short, WEEK + 25)
    noise = before.departments.goals - before.goals
    assert after.departments.goals - after.goals == pytest.approx(noise * np.exp(-2.0))
    assert (after.departments.alignment > before.departments.alignment).all()


def test_a_cross_functional_group_ties_people_of_all_departments_for_good(plan):
    org = lived(plan.replaced(scripted("cross_functional_group", members=2)), WEEK)
    before = lived(plan, WEEK)
    gained = np.diff(org.ties.indptr) - np.diff(before.ties.indptr)
    members = np.flatnonzero(gained)
    here = org.employees.department[members]
    assert (np.bincount(here, minlength=org.departments.rows) == np.minimum(2, org.departments.size)).all()
    strong = org.ties.weights[org.ties.indptr[members[0]] : org.ties.indptr[members[0] + 1]]
    assert (strong >= 3).sum() >= len(members) - 1
    while org.running:
        org.step()
    counted = full_sums(org)
    for name in ("peers", "followers", "led"):
        assert np.array_equal(getattr(org.employees, name), counted[name])
    shares = org.employees.sources * np.stack([
        org.employees.reports, org.employees.peers_most > 0, org.employees.manager >= 0,
        np.ones(org.employees.rows), np.ones(org.employees.rows),
    ])  # fmt: skip
    assert shares.sum(axis=0) == pytest.approx(1.0)


def test_people_who_change_places_keep_what_is_theirs_and_counts_follow(plan):
    before, after = lived(plan, WEEK), lived(plan.replaced(scripted("reorganisation", staff=0.6)), WEEK)
    a, b = before.employees, after.employees
    seat = {key: row for row, key in enumerate(b.key.tolist())}
    now_at = np.array([seat[key] for key in a.key.tolist()])
    moved = now_at != np.arange(a.rows)
    assert 0.3 < moved.mean() < 0.7 and not moved[before.executives.person].any()
    assert np.array_equal(np.bincount(b.department), np.bincount(a.department))
    for own in ("threshold", "influence"):
        assert np.array_equal(getattr(a, own), getattr(b, own)[..., now_at]), own
    source, target, weight = before.ties.edges()
    kept = {(*sorted((now_at[s], now_at[t])), w) for s, t, w in zip(source, target, weight, strict=True)}
    assert kept == set(zip(*after.ties.edges(), strict=True))
    for _ in range(20):
        after.step()
    counted, d = full_sums(after), after.departments
    for name in ("peers", "followers", "led", "breadth"):
        assert np.array_equal(getattr(b, name), counted[name]), name
    for name in ("tally", "activity", "practised", "routine"):
        assert np.array_equal(getattr(d, name), counted[name]), name


def test_who_moves_to_where_no_gate_is_no_longer_waits(plan):
    """Otherwise they would neither be cleared nor ever ask or try again."""
    org = lived(plan.replaced({"governance.join_rate": 0.0, "approval.requests": 0.01}), WEEK - 1)
    e, d, k = org.employees, org.departments, org.practice("conversing")
    here = np.setdiff1d(np.arange(*org.rows_of(0).indices(e.rows)), org.executives.person)
    assert d.gated.tolist() == [True] + [False] * 5
    org.move(here, np.full(here.size, k), 1)
    e.asked[:] = -1
    e.asked[k, here] = org.week
    org.requests[:] = 0
    org.regroup(shuffled(org, np.ones(e.rows, bool), org.luck.uniform("x", e.key)))
    left = (e.asked[k] >= 0).sum()
    assert 0 < left < here.size and (e.department[e.asked[k] >= 0] == 0).all()
    assert org.requests.tolist() == [0, 0, 0, 0, here.size - left]


def test_an_agent_follows_its_person(plan):
    org = lived(plan, WEEK - 1)
    agents = {agent.key: agent for agent in org.agents_by_type[Employee]}
    come_from = shuffled(org, np.ones(org.employees.rows, bool), org.luck.uniform("x", org.employees.key))
    kept = {
        name: getattr(org.employees, name).copy()
        for name in ("belief", "rung", "way", "asked", "fluency", "knows")
    }
    org.regroup(come_from)
    for name, column in kept.items():
        assert np.array_equal(getattr(org.employees, name), column[..., come_from]), name
    assert all(agent.key == key for key, agent in agents.items())
    wrong = come_from.copy()
    wrong[0] = wrong[1]
    with pytest.raises(ValueError, match="one seat"):
        org.regroup(wrong)
    with pytest.raises(ValueError, match="executives"):
        org.regroup(np.roll(np.arange(org.employees.rows), 1))


def test_a_committee_pulls_goals_together_ties_heads_and_keeps_the_sum_of_money(plan):
    plan = plan.replaced({"committee.interval": 4, "committee.pull": 0.5, "committee.reallocation": 0.8,
                          "funding.mode": "fixed"})  # fmt: skip
    org, without = lived(plan.replaced(scripted("committee_founded")), WEEK + 9), lived(plan, WEEK + 9)
    apart = lambda one: one.departments.goals - one.departments.goals.mean(axis=0)  # noqa: E731
    assert apart(org) == pytest.approx(apart(without) * 0.5**3)
    d = org.departments
    assert (d.budget * d.size).sum() == pytest.approx((without.departments.budget * d.size).sum())
    assert np.corrcoef(d.budget, d.alignment)[0, 1] > 0.99
    heads = np.unique(org.executives.person)
    for head in heads:
        assert np.isin(
            np.setdiff1d(heads, head), org.ties.indices[org.ties.indptr[head] : org.ties.indptr[head + 1]]
        ).all()
    assert (
        run(plan.replaced({"committee.founded": WEEK}), 3).digest()
        == run(plan.replaced(scripted("committee_founded")), 3).digest()
    )


def test_executives_who_are_mentored_use_it(plan):
    org = lived(plan.replaced(scripted("reverse_mentoring")), WEEK)
    k = org.practice("conversing")
    assert org.employees.practising[k, org.executives.person].mean() > 0.8


def test_a_guideline_is_known_to_those_it_reaches(plan):
    reach = [
        lived(plan.replaced(scripted("guideline_published", reach=r)), WEEK).employees.knows
        for r in (0.0, 0.4, 1.0)
    ]
    assert reach[2].all() and not (reach[0] & ~reach[1]).any()
    gained = (reach[1] & ~reach[0]).sum() / (~reach[0]).sum()
    assert abs(gained - 0.4) < 0.15


def test_the_sponsor_leaves_and_takes_their_practice_with_them(plan):
    plan = plan.replaced({"sponsorship.sponsor_week": 10})
    before, after = lived(plan, WEEK), lived(plan.replaced(scripted("sponsor_leaves")), WEEK)
    seat = int(before.executives.person[np.argmax(before.executives.sponsor)])
    assert after.left[WEEK] == 1 and after.employees.hires[seat] == 1
    assert after.employees.key[seat] != before.employees.key[seat]
    assert after.employees.breadth[seat] == 0
    others = np.delete(np.arange(before.employees.rows), seat)
    assert np.array_equal(after.employees.key[others], before.employees.key[others])


def test_nobody_leaves_where_no_sponsor_is_named(plan):
    never = plan.replaced({"sponsorship.sponsor_week": False})
    record = run(never.replaced(scripted("sponsor_leaves")), 1)
    assert record.digest() == run(never, 1).digest()
    assert any("'it' (sponsor_leaves) does nothing: nobody is ever named" in one for one in record.notices)


def test_a_sponsor_who_leaves_before_being_named_is_refused(plan):
    with pytest.raises(
        InputError, match=r"events\.it\.week: found 59; a week after a sponsor is named, in 60"
    ):
        plan.replaced(scripted("sponsor_leaves", week=59))
    named = {"events.first": {"what": "sponsor_named", "week": 30}}
    assert plan.replaced(named | scripted("sponsor_leaves", week=59))["events"]


def test_a_new_sponsor_takes_the_place_of_the_old(plan):
    """Two namings leave one sponsor, so one person goes when the sponsor leaves."""
    again = {"events.again": {"what": "sponsor_named", "week": WEEK}, "sponsorship.sponsor_week": 10}
    org = lived(plan.replaced(again), WEEK - 1)
    org.executives.engagement[2] = 1.0
    first = np.flatnonzero(org.executives.sponsor)
    org.step()
    assert np.flatnonzero(org.executives.sponsor).tolist() == [2] != first.tolist()
    assert org.firms.pull[0] == pytest.approx(1.0, abs=0.05)


def test_the_champions_who_leave_are_practitioners_whom_many_heed(plan):
    before, after = lived(plan, WEEK - 1), lived(plan.replaced(scripted("champions_leave", people=3)), WEEK)
    gone = np.flatnonzero(after.employees.hires)
    assert len(gone) == after.left[WEEK] == min(3, (before.employees.breadth > 0).sum())
    e, ties = before.employees, before.ties
    heard = [
        ties.weights[a:z].sum() for a, z in zip(ties.indptr[:-1], ties.indptr[1:], strict=True)
    ] * e.influence
    candidates = np.setdiff1d(np.flatnonzero(e.breadth > 0), before.executives.person)
    assert (e.breadth[gone] > 0).all() and not np.isin(gone, before.executives.person).any()
    assert heard[gone].min() >= np.sort(heard[candidates])[-len(gone)]


def test_events_are_factors_and_can_be_left_out(plan):
    with_it = plan.replaced(scripted("budget_cut"))
    later = with_it.replaced({"events.it.week": 90})
    assert later["events"].scripted["it"].week == 90
    assert run(with_it.replaced({"events.it": False}), 1).digest() == run(plan, 1).digest()


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"what": "budget_cut", "week": 3, "too": 0.2}, "did you mean 'to'"),
        ({"what": "budgt_cut", "week": 3}, "did you mean 'budget_cut'"),
        ({"week": 3}, "events.it.what: is missing"),
        (
            {"what": "pilot", "week": 3, "department": "servce", "practice": "helping"},
            "did you mean 'service'",
        ),
        (
            {"what": "pilot", "week": 3, "department": "service", "practice": "helpin"},
            "did you mean 'helping'",
        ),
        ({"what": "desk_closed", "week": 0}, "events.it.week: found 0"),
        ({"what": "desk_closed"}, "events.it.week: is missing"),
    ],
)
def test_wrong_events_are_refused_by_name(event, message):
    with pytest.raises(InputError) as error:
        load("baseline", {"events.it": event})
    assert message in str(error.value)


def test_events_of_one_week_happen_in_the_order_of_their_names(plan):
    events = {"a": {"what": "pilot", "week": 9, "department": "service", "practice": "helping", "staff": 1.0},
              "b": {"what": "reorganisation", "week": 9, "staff": 1.0}}  # fmt: skip
    digests = [
        run(plan.replaced({"events": {name: events[of] for name, of in names}}), 3).digest()
        for names in (("aa", "bb"), ("bb", "aa"), ("ab", "ba"))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_lots_follow_the_people_who_change_rows(plan):
    org = lived(plan, WEEK)
    for change in (lambda: org.hire([2, 0, 5], contacts=3, strength=2), lambda: org.regroup(turned(org))):
        change()
        org.live(1)
        expected, ahead = np.zeros_like(org.employees.moves), slice(org.week % LOTS, LOTS)
        cast_lots(org.luck.stream("adoption", org.week), org.week, org.employees.key, expected)
        assert np.array_equal(org.employees.moves[ahead], expected[ahead])


def turned(org):
    """Everybody who is no executive takes the next seat."""
    come_from = np.arange(org.employees.rows)
    staff = np.setdiff1d(come_from, org.executives.person)
    come_from[staff] = np.roll(staff, 1)
    return come_from


def test_a_hiring_wave_opens_seats_and_moves_nobody(plan):
    org = lived(plan, WEEK)
    e, staff = org.employees, org.employees.rows
    before = {name: getattr(e, name).copy() for name in e.columns}
    sizes, ties = org.departments.size.copy(), org.ties
    rooms = np.array([2, 0, 2, 2, 5])
    views = org.agents_by_type[Employee]
    who = {view: view.key for view in views}
    rows = org.hire(rooms, contacts=3, strength=2)
    new = org.employees
    assert new.rows == staff + 5 and rows.size == 5
    assert (org.departments.size == sizes + np.bincount(rooms, minlength=6)).all()
    assert (new.department[rows] == np.sort(rooms)).all() and (np.diff(new.department) >= 0).all()
    old = np.setdiff1d(np.arange(new.rows), rows)
    lots = {name for name, column in new.columns.items() if column.of_lots}
    for name in set(before) - {"manager", "turn", "reports", "sources", "level", "peers_most"} - lots:
        assert np.array_equal(getattr(new, name)[..., old], before[name], equal_nan=True), name
    assert (old[before["manager"]][before["manager"] >= 0] == new.manager[old][before["manager"] >= 0]).all()
    assert (np.sort(new.turn) == np.arange(new.rows)).all(), "everybody has a turn at being taught"
    for here in range(6):
        assert (new.department[new.turn[org.rows_of(here)]] == here).all()
    assert (new.department[new.manager[rows]] == new.department[rows]).all()
    assert np.array_equal(np.bincount(new.manager[new.manager >= 0], minlength=new.rows), new.reports)
    counted = full_sums(org)
    for name in ("practising", "breadth", "followers", "peers", "led"):
        assert np.array_equal(getattr(new, name), counted[name]), name
    kept = Ties.from_edges(new.rows, *(old[one] for one in ties.edges()[:2]), ties.edges()[2])
    for row in old:
        mine = kept.indices[kept.indptr[row] : kept.indptr[row + 1]]
        assert set(mine) <= set(org.ties.indices[org.ties.indptr[row] : org.ties.indptr[row + 1]])
    known = np.diff(org.ties.indptr)[rows]
    assert known.min() >= 1 and known.sum() <= 2 * 15
    assert all(view.key == key for view, key in who.items()) and len(org.agents_by_type[Employee]) == new.rows
    for _ in range(30):
        org.step()
    assert org.departments.size.sum() == new.rows and (new.rung[:, rows] > 0).any()


def test_a_newcomer_has_the_luck_that_the_seat_would_have_had_from_the_start(plan):
    org = Organisation(plan, 3)
    rows = org.hire(np.full(7, 2), contacts=0, strength=1)
    sizes = {
        name: {"size": int(size)}
        for name, size in zip(org.department_names, org.departments.size, strict=True)
    }
    grown = plan.tables()
    grown["organisation"]["departments"] = sizes
    grown["organisation"].pop("employees", None)
    larger = Organisation(parse(grown), 3)
    assert np.array_equal(org.employees.key, larger.employees.key)
    for name in ("threshold", "belief", "influence"):
        assert np.array_equal(
            getattr(org.employees, name)[..., rows], getattr(larger.employees, name)[..., rows]
        )


def test_a_hiring_wave_goes_everywhere_by_size_or_where_it_is_sent(plan):
    org = lived(plan.replaced(scripted("hiring_wave", people=60)), WEEK)
    assert (
        org.employees.rows == 180
        and np.ptp(org.departments.size / Organisation(plan, 3).departments.size) < 0.08
    )
    org = lived(plan.replaced(scripted("hiring_wave", people=60, department="hr")), WEEK)
    assert org.departments.size[5] == Organisation(plan, 3).departments.size[5] + 60


def test_liaisons_are_as_many_as_a_grown_department_needs(plan):
    org = lived(plan, WEEK)
    here = int(np.flatnonzero(org.departments.joined)[0])
    assert org.departments.liaisons[here] == 1
    org.hire(np.full(300 - org.departments.size[here], here), contacts=0, strength=1)
    assert org.departments.liaisons[here] == 3


def test_a_merger_puts_two_departments_under_one_head_and_one_set_of_goals(plan):
    event = scripted("merger", contacts=2, staff=0.4)
    before, after = lived(plan, WEEK - 1), lived(plan.replaced(event), WEEK)
    d, e, x = after.departments, after.employees, after.executives
    here, there = after.department("sales"), after.department("service")
    old, head = before.departments.head[here], before.departments.head[there]
    assert d.head[here] == d.head[there] == x.person[here] == x.person[there] == head
    assert e.manager[old] == head and e.level[old] == 1 and x.appointed[here] == WEEK
    assert np.array_equal(d.goals[here], d.goals[there])
    weights = before.departments.size[[here, there]]
    assert d.goals[here] == pytest.approx(
        np.average(before.departments.goals[[here, there]], axis=0, weights=weights)
    )
    assert (d.size == before.departments.size).all()
    changed = e.key != before.employees.key
    assert changed.any() and np.isin(e.department[changed], (here, there)).all()
    assert sorted(e.key) == sorted(before.employees.key)
    source, target, _ = after.ties.edges()
    across = (e.department[source] == here) & (e.department[target] == there)
    source, target, _ = before.ties.edges()
    was = (e.department[source] == here) & (e.department[target] == there)
    assert across.sum() > was.sum()
    counted = full_sums(after)
    for name in ("practising", "breadth", "followers", "peers", "led"):
        assert np.array_equal(getattr(e, name), counted[name]), name
    reached, boss = np.arange(e.rows), e.manager
    for _ in range(12):
        reached = np.where(boss[reached] >= 0, boss[reached], reached)
    assert (reached == after.firms.top[0]).all(), "everybody still answers to the top"


def test_mergers_in_a_circle_end_under_one_head(plan):
    ring = ["sales", "service", "product", "sales"]
    deals = {f"events.{n}": {"what": "merger", "week": WEEK + n, "department": one, "into": other}
             for n, (one, other) in enumerate(pairwise(ring))}  # fmt: skip
    org = lived(plan.replaced(deals), WEEK + 10)
    d, e = org.departments, org.employees
    assert len(set(d.head[1:4].tolist())) == 1 == len(np.unique(d.goals[1:4], axis=0))
    assert np.array_equal(org.executives.person[: d.rows], d.head)
    reached = np.arange(e.rows)
    for _ in range(12):
        reached = np.where(e.manager[reached] >= 0, e.manager[reached], reached)
    assert (reached == org.firms.top[0]).all(), "everybody still answers to the top"


def test_a_merger_into_a_department_below_makes_no_circle(plan):
    org = lived(plan, WEEK)
    d, e, top = org.departments, org.employees, org.firms.top[0]
    here, there = org.department("sales"), org.department("service")
    old, new = int(d.head[here]), int(d.head[there])
    between = old + 1
    e.manager[new], e.manager[between] = between, old
    org.reline()
    merge(org, here, there)
    assert e.manager[new] == top and e.manager[old] == new and e.manager[between] == old
    reached = np.arange(e.rows)
    for _ in range(12):
        reached = np.where(e.manager[reached] >= 0, e.manager[reached], reached)
    assert (reached == top).all(), "everybody still answers to the top"


def test_a_merger_brings_no_closed_department_into_the_hub(plan):
    media = plan.replaced({"strategy.kind": "media", **scripted("merger", into="marketing", staff=0.0)})
    org = lived(media, WEEK)
    d, here = org.departments, org.department("sales")
    assert d.joined[org.department("marketing")] and not d.open[here]
    assert not d.joined[here] and not d.guided[here] and d.local[here] == 0.0


def test_an_incident_strikes_where_it_is_scripted(plan):
    event = scripted("incident", severity=1.0)
    without, with_it = lived(plan, WEEK), lived(plan.replaced(event), WEEK)
    assert not without.incidents.any()
    assert with_it.incidents[WEEK].tolist() == [0, 0, 1, 0, 0, 0] and with_it.incidents.sum() == 1
    k, there = with_it.practice("helping"), with_it.rows_of(2)
    assert (with_it.employees.belief[k, there] < without.employees.belief[k, there]).mean() > 0.9


def test_an_event_without_its_table_is_named(plan):
    org = Organisation(plan.replaced(scripted("incident")).without("incidents"), 1)
    assert any("'it' (incident) does nothing: the scenario has no [incidents]" in one for one in org.notices)
    assert not any(
        "does nothing" in one for one in Organisation(plan.replaced(scripted("incident")), 1).notices
    )


@pytest.mark.parametrize("what", [what for what in EVENTS if Events.kinds[what].needs])
def test_an_event_without_its_table_does_nothing(plan, what):
    plan = plan.replaced({"turnover": False}).without(Events.kinds[what].needs)
    assert run(plan.replaced(scripted(what)), 3).digest() == run(plan, 3).digest()


@pytest.mark.parametrize(
    ("event", "changes", "why"),
    [
        ({"what": "guideline_published", "week": 300}, {}, "week 300 comes after the last, 104"),
        ({"what": "desk_founded", "week": 30}, {"governance.form": "none"}, "the form of governance is none"),
    ],
)
def test_an_event_that_can_do_nothing_says_why(plan, event, changes, why):
    record = run(plan.replaced({"events.it": event, **changes}), 1)
    assert [one for one in record.notices if one.endswith(why)]
    assert record.digest() == run(plan.replaced(changes), 1).digest()


def test_goals_drift_by_the_amount_asked_for(plan):
    before, after = lived(plan, WEEK - 1), lived(plan.replaced(scripted("goals_drift", amount=0.8)), WEEK)
    moved = after.departments.goals - before.departments.goals
    assert np.sqrt((moved**2).sum(axis=1)) == pytest.approx(0.8)
    assert (after.departments.alignment < before.departments.alignment).mean() > 0.5
