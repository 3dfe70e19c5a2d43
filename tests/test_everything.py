"""What holds in every week of every organisation, whichever mechanisms are on and whatever happens to it."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sim import load
from sim.mechanisms import SCHEDULE, Events
from sim.mechanisms.governance import DESKLESS
from sim.mechanisms.influence import weigh
from sim.organisation import Organisation, run
from sim.record import WEEKLY, Series
from sim.tables import AWARE, LAPSED, ROUTINE, TRYING, UNAWARE, USES
from tests.test_organisation import full_sums
from tests.worlds import LIVELY, NAMES, World, worlds

BEYOND = {"threshold", "outside_next", "worth", "past"}  # counts of contacts, never, and less than nothing


def examples(most):
    return settings(max_examples=most, suppress_health_check=[HealthCheck.too_slow])


def test_the_scenario_has_every_mechanism():
    assert {one.name for one in load("everything").mechanisms} == {kind.name for kind in SCHEDULE}


@pytest.mark.parametrize("dropped", NAMES)
def test_each_mechanism_can_be_dropped(dropped):
    plan = load("everything", {"organisation.employees": 90, "weeks": 220}).without(dropped)
    assert run(plan, 1).week == plan.weeks


# --- every week -----------------------------------------------------------------------------------


def check_shares(org):
    """Whatever a table calls a share is one."""
    for table in (org.employees, org.departments, org.executives, org.firms, org.desks, org.practices):
        for name, column in table.columns.items():
            if column.unit in ("0..1", "share") and name not in BEYOND:
                values = getattr(table, name)
                assert not values.size or (values.min() >= 0.0 and values.max() <= 1.0), name


def check_heads(org, staff):
    """Everybody sits in one seat of one department of one firm, answers to its top, and has a luck of their own."""
    e, d, f = org.employees, org.departments, org.firms
    assert e.rows == d.size.sum() == f.staff.sum() == staff
    assert np.array_equal(e.department, np.repeat(np.arange(d.rows), d.size))
    assert np.array_equal(d.first, np.cumsum(d.size) - d.size) and (d.size > 0).all()
    assert np.array_equal(np.bincount(d.firm, d.size, f.rows), f.staff)
    assert np.unique(e.key).size == e.rows and e.hires.sum() == org.left.sum()
    if org.plan["teaching"]:
        assert np.array_equal(np.sort(e.turn), np.arange(e.rows)), "everybody has a turn at being taught"
    reached = np.arange(e.rows)
    for _ in range(e.rows):
        reached = np.where(e.manager[reached] >= 0, e.manager[reached], reached)
    assert np.array_equal(reached, f.top[d.firm[e.department]])
    assert np.array_equal(np.bincount(e.manager[e.manager >= 0], minlength=e.rows), e.reports)


def check_rungs(org, before, begun):
    """Who practises is on a rung of practising, and has been aware of it unless something or somebody made them begin."""
    e, d = org.employees, org.departments
    assert np.isin(e.rung, (UNAWARE, AWARE, TRYING, ROUTINE, LAPSED)).all()
    assert np.array_equal(e.practising, np.isin(e.rung, (TRYING, ROUTINE)))
    assert e.way.min() >= 0 and e.way.max() < org.ways
    assert (d.routine <= d.practised).all() and (d.practised <= d.size[:, None]).all()
    if not begun:
        nothing = np.full(org.practices.rows, UNAWARE)
        for key, rungs in zip(e.key.tolist(), e.rung.T, strict=True):
            unaware = before.get(key, nothing) == UNAWARE
            assert not (unaware & (rungs > AWARE)).any(), "nobody practises what they are unaware of"


def check_money(org):
    """The week's page of the ledger is a week of the budgets, and what liaisons cost and departments can pay."""
    d, page, liaison = org.departments, org.ledger[org.week], USES.index("liaison")
    a_week = d.budget * d.size / 52.0
    assert page.min() >= 0.0 and org.record["spent"][-1] == pytest.approx(page.sum())
    assert page[:, :liaison].sum(axis=1) == pytest.approx(a_week if org.plan["funding"] else 0.0 * a_week)
    assert (page[:, liaison] <= a_week + 1e-9).all(), "nobody pays what they do not have"
    assert not page[~d.open].any() or org.plan["strategy"].kind != "media"


def check_sums(org):
    """Counts kept from changes are full sums, and the weights of what one sees follow every tie: to the bit."""
    counted = full_sums(org)
    for table, names in (
        (org.employees, ("practising", "breadth", "followers", "peers", "led")),
        (org.departments, ("tally", "activity", "practised", "routine")),
    ):
        for name in names:
            assert np.array_equal(getattr(table, name), counted[name]), name
    if org.plan["influence"]:
        weights = [getattr(org.employees, name) for name in ("sources", "peers_most")]
        kept = [one.tobytes() for one in weights]
        weigh(org)
        assert kept == [one.tobytes() for one in weights]


def check_exposure(org):
    """What everybody would see next week is the full sum over whom they see, to the bit; for the end of a run."""
    if org.plan["influence"]:
        e, d, counted = org.employees, org.departments, full_sums(org)
        seen = (
            e.sources[0] * counted["followers"]
            + e.sources[1] / np.maximum(1, e.peers_most) * counted["peers"]
        )
        seen += e.sources[2] * counted["led"]
        shown = [counted["practising"][:, whom[e.department]] for whom in (d.head, org.firms.top[d.firm])]
        seen += e.sources[3] * shown[0] + e.sources[4] * shown[1]
        org.plan["influence"].step(org)
        assert np.array_equal(e.exposure, seen)


@examples(60)
@given(worlds(), st.integers(0, 5))
def test_what_holds_in_every_week(world, seed):
    plan = world.plan
    org = Organisation(plan, seed)
    staff, made, ended, before = org.employees.rows, 0, 0, {}
    happens = list(plan["events"].scripted.values()) if plan["events"] else []
    by_choice = plan["adoption"] is not None and plan["adoption"].rule == "utility"
    while org.running:
        org.step()
        now = {event.what: event for event in happens if event.week == org.week}
        staff += sum(one.people for one in happens if one.what == "hiring_wave" and one.week == org.week)
        begun = {"pilot", "reverse_mentoring", "announcement"} & set(now)
        begun = begun or not by_choice or (plan["team"] and org.week == org.founded)
        check_shares(org)
        check_heads(org, staff)
        check_rungs(org, before, begun or not before)
        check_money(org)
        e, d = org.employees, org.departments
        before = dict(zip(e.key.tolist(), e.rung.T.copy(), strict=True))
        made += org.requests[0]
        ended += org.requests[1] + org.requests[3] + org.requests[4]
        waits = (e.asked >= 0).any(axis=0)
        assert made == ended + (e.asked >= 0).sum(), "queues never lose a request"
        assert d.gated[e.department[waits]].all(), "nobody waits where there is no gate"
        if plan["governance"] is None or plan["governance"].form in DESKLESS:
            assert not d.gated.any() and not made, "no desk, no gate"
        if org.week % 10 == 0 or now:
            check_sums(org)
    assert np.isfinite(org.record.weekly).all()
    assert org.record["spent"][1:].sum() == pytest.approx(org.ledger[1:].sum()), (
        "money spent is in the ledger"
    )
    check_exposure(org)


# --- luck -----------------------------------------------------------------------------------------


def before(record, week):
    """All that a record holds of the weeks before one."""
    return {name: getattr(record, name)[:week].tobytes() for name in Series.fields}


@examples(40)
@given(worlds(), st.data())
def test_an_event_changes_nothing_before_its_week(world, data):
    assume(world.events and "events" not in world.dropped)
    name = data.draw(st.sampled_from(sorted(world.events)))
    others = {one: event for one, event in world.events.items() if one != name}
    without = World(world.changes, others, world.dropped)
    week = world.events[name]["week"]
    assert before(run(world.plan, 1), week) == before(run(without.plan, 1), week)


DRAWN = {  # what luck gives at the start, table by table, and the mechanism that draws it
    "employees": {
        "threshold": "adoption", "belief": "influence", "influence": "influence", "turn": "teaching", "outsiders": "outside",
    },
    "departments": {"goals": "strategy", "error": "measurement"},
    "executives": {"engagement": "sponsorship", "understanding": "sponsorship"},
}  # fmt: skip


@examples(40)
@given(worlds(), st.sampled_from(NAMES))
def test_a_mechanism_that_is_dropped_leaves_what_luck_gives_by_the_others(world, dropped):
    assume(dropped not in world.dropped)
    whole, less = (Organisation(one, 3) for one in (world.plan, world.plan.without(dropped)))
    for table, columns in DRAWN.items():
        for name, owner in columns.items():
            if dropped != owner:
                one, other = (getattr(getattr(org, table), name) for org in (whole, less))
                assert np.array_equal(one, other), name
    if dropped not in ("adoption", "ways"):
        assert np.array_equal(whole.employees.rung, less.employees.rung), "pioneers"
    if dropped not in ("alliance", "digital"):
        assert all(np.array_equal(one, other) for one, other in zip(whole.ties, less.ties, strict=True))


NOTHING = {  # parameters with which a mechanism does nothing, by its name
    "events": {},
    "alliance": {"desk": False, "pool": False, "showcase": False, "acquainted": 0.0},
    "committee": {"founded": False},
    "sponsorship": dict.fromkeys(
        ("engagement", "spread", "understanding", "learn_by_activity", "learn_by_use", "evidence_pull", "expectation",
         "successor_support"), 0.0) | {"sponsor_week": False},
    "funding": {"mode": "fixed", "level": 0.0},
    "governance": {"form": "none"},
    "duties": dict.fromkeys(("content_saves", "technology_saves", "leadership_teaches", "insight_clears"), 0.0),
    "team": {"per_hundred": 0.01, "ties": 0, "practising": 0.0},
    "approval": {"risk": 1.0},
    "teaching": {"pupils": 0.0, "colleagues": 0.0},
    "guidance": {"policy": 0.0},
    "best_practice": {"learning": 0.0, "start_quality": 1.0, "misfit": 0.0},
    "learning": dict.fromkeys(("by_training", "by_practice", "forgetting", "policy_by_chance", "policy_by_training"), 0.0)
    | {"taught_weeks": 0},
    "influence": dict.fromkeys(
        ("reports", "peers", "manager", "executives", "spread", "by_exposure", "by_experience", "by_lead"), 0.0)
    | {"belief_least": 0.3, "belief_most": 0.3},
    "adoption": {"rule": "hazard", "external": 0.0, "internal": 0.0, "routine": 0.0, "lapse": 0.0},
    "digital": {"chance": 0.0},
    "outside": {"contacts": 0.0},
    "turbulence": {"chance": 0.0},
    "worth": {"experience": 0.0, "pace": 0.0},
    "voice": {"harm": 0.0},
    "measurement": {"focus": 1.0, "noise": 0.0, "delay": 520},
    "programmes": {"pace": 0.0},
    "incidents": {"base": 0.0},
    "rumours": {},
    "turnover": {"base": 0.0, "executives": 0.0, "pace": 0.0, "attraction": 0.0},
    "maturity": {},
}  # fmt: skip
AROUND = {  # what the others must not bring for that
    "sponsorship": {"duties.leadership_teaches": 0.0},
    "learning": {"funding.course_yield": 0.0},
    "adoption": {"practices.listening.pioneers": 0.0, "practices.publishing.pioneers": 0.0},
    "worth": {"best_practice.learning": 0.0},
    "measurement": {"programmes.pace": 0.0},
    "incidents": {"events.incident": False},
    "rumours": {"incidents.base": 0.0, "events.incident": False},
}
SEEN = {
    "guidance": "reach",
    "maturity": "stage",
}  # the series that says no more than that the mechanism is there


@pytest.mark.parametrize("name", sorted(NOTHING))
def test_a_mechanism_that_does_nothing_is_no_mechanism_at_all(name):
    """It draws nobody else's luck and leaves nothing behind: every byte of the record but its own read-out is the same."""
    own = {f"{name}.{key}": value for key, value in NOTHING[name].items()} | AROUND.get(name, {})
    two = {"organisation.employees": 84, "organisation.firms": 2, "weeks": 156, "governance.founded": 20,
           "events.merger.department": "sales 1", "events.merger.into": "service 1",
           "events.pilot.department": "sales 2", "events.incident.department": "sales 1"}  # fmt: skip
    busy = load("everything", LIVELY | two)
    idle = busy.replaced(own)
    if name == "events":
        idle = idle.with_mechanism(Events())
    assert idle[name] is not None
    with_it, without = run(idle, 2), run(idle.without(name), 2)
    told = [one != SEEN.get(name) for one in WEEKLY]
    assert with_it.weekly[:, told].tobytes() == without.weekly[:, told].tobytes()
    for series in set(Series.fields) - {"weekly"}:
        assert getattr(with_it, series).tobytes() == getattr(without, series).tobytes(), series
    if own:
        assert run(busy, 2).digest() != with_it.digest(), (
            "the test needs a mechanism that does something otherwise"
        )


def test_without_noise_a_strategy_is_what_there_is_without_one():
    """At full clarity goals agree, but for rounding; nobody's luck shows it."""
    plan = load(
        "everything",
        {"organisation.employees": 90, "weeks": 60, "strategy.clarity": 1.0, "events.listening": False},
    )
    with_it, without = run(plan, 2), run(plan.without("strategy"), 2)
    assert with_it["alignment"] == pytest.approx(without["alignment"])
    assert np.array_equal(with_it.practised, without.practised)
    assert np.array_equal(with_it["incidents"], without["incidents"])


def test_ways_show_in_nothing_that_people_do_where_they_are_worth_nothing():
    """Without worth, who practises does not depend on how; so with ways off the same people do the same."""
    plan = load("everything", LIVELY | {"organisation.employees": 90, "weeks": 156}).without(
        "worth", "measurement", "funding"
    )
    with_it, without = run(plan, 2), run(plan.without("ways"), 2)
    for series in ("practised", "adoption", "by_practice", "staff", "served", "executives"):
        assert getattr(with_it, series).tobytes() == getattr(without, series).tobytes(), series
    same = (
        "practising",
        "left",
        "satisfaction",
        "rumour",
        "incidents",
        "knows",
        "made",
        "cleared",
        "waited",
        "reach",
    )
    assert all(with_it[name].tobytes() == without[name].tobytes() for name in same)
    assert with_it["V"].tobytes() != without["V"].tobytes()


def test_every_mechanism_is_shown_to_leave_the_luck_of_others():
    assert set(NOTHING) | {"strategy", "ways"} == set(NAMES)
