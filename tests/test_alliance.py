"""Several firms: alone, allied or acquainted; one engine, of which one firm is the special case."""

import numpy as np
import pytest

from sim import load
from sim.errors import InputError
from sim.organisation import Organisation, run
from sim.scenario import parse

APART = {"alliance.desk": False, "alliance.pool": False, "alliance.showcase": False}
FORMAL = {"alliance": {}}


def plan(firms, *changes, **more):
    keys = {
        "organisation.employees": 240,
        "organisation.firms": firms,
        "weeks": 120,
        "governance.founded": 20,
    }
    for change in changes:
        keys |= change
    return load("baseline", keys | {key.replace("__", "."): value for key, value in more.items()})


def lived(scenario, seed, weeks):
    org = Organisation(scenario, seed)
    while org.week < weeks:
        org.step()
    return org


def crossing(org):
    """Rows of both ends of ties between firms, each tie once."""
    source, target, _ = org.ties.edges()
    firm = org.departments.firm[org.employees.department]
    apart = firm[source] != firm[target]
    return source[apart], target[apart]


def test_one_firm_has_nobody_to_share_with():
    assert run(plan(1), 3).digest() == run(plan(1, FORMAL, alliance__acquainted=0.5), 3).digest()


@pytest.mark.parametrize("form", ["hub_and_spoke", "centralised", "decentralised"])
def test_a_firm_apart_lives_as_if_it_were_alone(form):
    """Its departments in a scenario of their own, under their names: every number of every week is the same."""
    apart = plan(3, governance__form=form, turnover={}, committee={"founded": 30})
    together = run(apart, 5)
    for number, sizes in enumerate(apart.organisation.firm_sizes()):
        alone = apart.tables()
        rooms = {name: {"size": size, "function": function} for name, function, size in sizes}
        alone["organisation"] |= {"departments": rooms, "owners": [f"marketing {number + 1}"], "firms": 1}
        del alone["organisation"]["employees"]
        own = run(parse(alone), 5)
        here, heads = slice(number * 6, number * 6 + 6), [*range(number * 6, number * 6 + 6), 18 + number]
        assert own.adoption.tobytes() == together.adoption[:, here].tobytes()
        assert own.spent.tobytes() == together.spent[:, here].tobytes()
        assert own.served.tobytes() == together.served[:, here].tobytes()
        assert own.executives.tobytes() == together.executives[:, heads].tobytes()


def test_dividing_a_staff_into_firms_loses_nobody():
    for firms in (1, 2, 5, 7):
        org = Organisation(plan(firms, organisation__employees=251), 1)
        d, f, x = org.departments, org.firms, org.executives
        assert org.employees.rows == f.staff.sum() == d.size.sum() == 251
        assert f.staff.max() - f.staff.min() <= 1, "as equal as can be"
        assert (np.bincount(d.firm) == 6).all() and f.rows == firms
        assert (org.employees.manager[f.top] == -1).all() and (org.employees.manager == -1).sum() == firms
        assert (d.firm[org.employees.department[f.top]] == np.arange(firms)).all()
        assert (x.person[f.seat] == f.top).all() and (x.staff[f.seat] == f.staff).all()


def test_no_tie_crosses_firms_but_those_of_acquaintances():
    assert crossing(Organisation(plan(4, APART), 1))[0].size == 0
    org = Organisation(plan(4, APART, organisation__employees=2000, alliance__acquainted=0.3), 1)
    source, target = crossing(org)
    assert 0.27 * 2000 <= source.size <= 0.33 * 2000, (
        "one for each who knows somebody, less a few pairs by two"
    )
    firm = org.departments.firm[org.employees.department]
    met = np.zeros((4, 4))
    np.add.at(met, (firm[source], firm[target]), 1)
    met = (met + met.T)[np.triu_indices(4, 1)]
    assert met.min() > 0.7 * met.mean(), "all firms alike"
    assert org.ties.weights[org.ties.indptr[source[0]] : org.ties.indptr[source[0] + 1]].min() == 1


def test_a_pool_shares_money_by_head_and_loses_none():
    changes = APART | {"alliance.pool": True, "sponsorship.spread": 0.3}
    apart, pooled = lived(plan(4, APART | {"sponsorship.spread": 0.3}), 2, 13), lived(plan(4, changes), 2, 13)
    assert np.ptp(apart.firms.level) > 0.005
    assert np.ptp(pooled.firms.level) == 0.0
    by_head = np.average(apart.firms.level, weights=apart.firms.staff)
    assert pooled.firms.level[0] == pytest.approx(by_head)


def test_a_shared_desk_serves_all_and_speaks_of_one_way():
    own, shared = lived(plan(4, APART), 3, 60), lived(plan(4, FORMAL), 3, 60)
    assert own.desks.rows == 4 and shared.desks.rows == 1
    assert np.unique(own.departments.advice[own.departments.guided]).size == 4
    assert np.unique(shared.departments.advice[shared.departments.guided]).size == 1
    d = own.departments
    assert (d.group == d.firm).all(), "each firm's hub is its own"
    assert own.desks.people.sum() == pytest.approx(shared.desks.people.sum(), rel=0.3)


def test_each_firm_pays_for_its_own_desk():
    org = lived(plan(2, APART, governance__form="centralised"), 1, 40)
    assert org.desks.people[0] > 0.0 and org.desks.people[1] > 0.0
    org.departments.purse[org.departments.firm == 0] = 0.0
    org.plan["governance"].step(org)
    assert org.desks.people[0] == 0.0 and org.desks.people[1] > 0.0


def test_desks_learn_from_what_allied_firms_show():
    showing = APART | {"alliance.showcase": True}
    for changes, learns in ((APART, False), (showing, True)):
        org = lived(plan(2, changes, ways__own_quality=0.0, ways__own_spread=0.0), 1, 60)
        d, desks = org.departments, org.desks
        there = np.flatnonzero((d.firm == 1) & d.guided)[0]
        desks.quality[:] = 0.2
        d.quality[:], d.quality[there], d.worth[there] = 0.0, 1.0, 1.0
        org.plan["best_practice"].step(org)
        assert (desks.quality[1] > 0.2).all()
        assert (desks.quality[0] > 0.2).all() == learns


def test_joining_looks_at_members_in_the_circle_alone():
    showing = APART | {"alliance.showcase": True}
    joined = []
    for changes in (APART, showing):
        org = lived(
            plan(2, changes, governance__join_worth=10.0, governance__join_base=0.0, governance__mandate=0.0),
            1,
            21,
        )
        d = org.departments
        d.joined[:], d.measured[:] = d.firm == 1, 0.0
        d.measured[d.firm == 1] = 500.0
        org.plan["governance"].step(org)
        joined.append(d.joined[d.firm == 0].sum())
    assert joined[0] == 0 < joined[1]


def test_too_many_firms_are_refused():
    with pytest.raises(InputError, match="too few people for each of 40 firms"):
        plan(40)
    with pytest.raises(InputError, match="one firm's"):
        load(
            "baseline",
            {"organisation.firms": 2, "organisation.roster": "x.csv", "organisation.ties": "y.csv"},
        )


def test_a_takeover_makes_two_firms_one_under_one_top():
    event = {"what": "takeover", "week": 60, "firm": 2, "by": 1, "contacts": 2}
    before = lived(plan(3, weeks=200), 4, 59)
    org = lived(plan(3, weeks=200, events={"deal": event}), 4, 60)
    d, e, x, f = org.departments, org.employees, org.executives, org.firms
    assert d.firm.tolist() == [0] * 12 + [2] * 6
    assert f.staff.tolist() == [before.firms.staff[:2].sum(), 0, before.firms.staff[2]]
    assert e.manager[before.firms.top[1]] == f.top[0] and x.firm[f.seat[1]] == 0
    assert x.staff[f.seat[0]] == f.staff[0]
    assert d.joined[6:12].sum() <= 1 < before.departments.joined[6:12].sum() and (d.group[6:12] == 0).all()
    source, _ = crossing(org)
    assert source.size == 0, "what was between firms is now in one"
    while org.week < 200:
        org.step()
    assert d.joined[6:12].sum() >= 4 and org.desks.people[1] == 0.0 < org.desks.people[0]
    assert np.unique(d.advice[:12][d.guided[:12]]).size == 1
    assert np.isfinite(org.record.weekly).all()


def test_a_takeover_leaves_the_third_firm_alone():
    event = {"what": "takeover", "week": 60, "firm": 2, "by": 1}
    with_it, without = run(plan(3, events={"deal": event}), 4), run(plan(3), 4)
    assert with_it.adoption[:, 12:].tobytes() == without.adoption[:, 12:].tobytes()
    assert with_it.adoption[61:, 6:12].tobytes() != without.adoption[61:, 6:12].tobytes()


@pytest.mark.parametrize("cut", ["a cut", "the cut"])
def test_a_takeover_does_not_undo_a_cut(cut):
    events = {
        cut: {"what": "budget_cut", "week": 10, "to": 0.5},
        "deal": {"what": "takeover", "week": 20, "firm": 2, "by": 1},
    }
    org = lived(plan(2, funding__mode="earned", events=events), 4, 20)
    level = org.firms.level[org.departments.firm]
    assert org.departments.budget == pytest.approx(0.5 * level * org.departments.favour)


def test_a_takeover_leaves_decentralised_desks_their_people():
    event = {"what": "takeover", "week": 60, "firm": 2, "by": 1, "contacts": 0}
    form = {"governance.form": "decentralised", "governance.paying_engagement": 0.0, "governance.founded": 20}
    before, after = (lived(plan(2, form, events={"deal": event}), 4, week).departments for week in (59, 60))
    assert (before.gated_since == after.gated_since).all() and after.gated.all()
    assert (after.local[6:] > 0.9 * before.local[6:]).all()


def test_a_takeover_puts_up_no_gate_where_the_form_has_none():
    event = {"what": "takeover", "week": 60, "firm": 2, "by": 1}
    org = lived(plan(3, governance__form="holistic", events={"deal": event}), 4, 70)
    assert org.departments.guided.all() and not org.departments.gated.any()


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"what": "takeover", "firm": 4, "by": 1}, "one of 1, 2, 3"),
        ({"what": "merger", "department": "sales 1", "into": "sales 2"}, "another firm"),
        ({"what": "merger", "department": "sales", "into": "service"}, "sales 1"),
    ],
)
def test_events_of_firms_that_are_not_there_are_refused(event, message):
    with pytest.raises(InputError, match=message):
        plan(3, events={"deal": {"week": 5, **event}})
