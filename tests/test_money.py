"""Strategy and money: what is seen of worth and when, money that follows it between practices, and what comes back."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import load
from sim.analysis.returns import returns
from sim.cli import main
from sim.organisation import Organisation, run
from sim.tables import TRYING, USES


def lived(plan, weeks, seed=1):
    org = Organisation(plan, seed)
    for _ in range(weeks):
        org.step()
    return org


# --- what the record keeps -------------------------------------------------------------------------


def hollow_by_hand(org):
    e, d, cut = org.employees, org.departments, org.plan.outcome.hollow_below
    felt = [
        d.experienced[e.department[i], k, e.way[k, i]] for k, i in zip(*np.nonzero(e.practising), strict=True)
    ]
    return sum(worth < cut for worth in felt) / len(felt) if felt else 0.0


def test_hollow_practice_is_counted_person_by_person(small):
    org = Organisation(small(outcome__hollow_below=0.4, adoption__push=0.05, sponsorship__engagement=0.8), 2)
    shares = []
    while org.running:
        org.step()
        shares.append(hollow_by_hand(org))
        assert org.record["hollow"][-1] == shares[-1]
    assert len(set(shares)) > 10 and max(shares) - min(shares) > 0.1
    assert org.record.outcome.hollow == shares[-1]


def test_hollow_where_nobody_practises_and_where_nothing_is_worth_anything(small):
    nobody = small(practices__listening__pioneers=0.0, practices__publishing__pioneers=0.0, weeks=1)
    assert Organisation(nobody, 1).record["hollow"][0] == 0.0
    assert Organisation(small().without("worth"), 1).record["hollow"][0] == 1.0


def test_series_of_people_and_of_worth_are_those_of_the_organisation(small):
    wave = {"what": "hiring_wave", "week": 50, "people": 25}
    org = Organisation(small("everything", turnover__base=0.02, incidents__base=0.5, events__wave=wave), 3)
    seen = []
    while org.running:
        org.step()
        e, d = org.employees, org.departments
        people = (org.left[org.week], e.satisfaction.mean(), e.rumour.mean(), org.incidents[org.week].sum())
        seen.append(
            (people, *(getattr(d, name).copy() for name in ("worth", "practised", "backing", "size")))
        )
    people, worth, practised, backing, size = (np.array(part) for part in zip(*seen, strict=True))
    for column, name in enumerate(("left", "satisfaction", "rumour", "incidents")):
        assert org.record[name][1:] == pytest.approx(people[:, column]) and org.record[name].max() > 0.0
    assert np.array_equal(org.record.worth[1:], worth) and worth.max() > 0.0
    assert np.array_equal(org.record.practised[1:], practised)
    assert np.array_equal(org.record.backing[1:], backing) and np.ptp(backing) > 0.0
    assert np.array_equal(org.record.staff[1:], size) and size[-1].sum() == size[0].sum() + 25
    assert org.record.digest() == run(org.plan, 3).digest()


@pytest.mark.parametrize("kept", ["worth", "practised", "backing", "staff"])
def test_the_digest_is_of_all_that_is_kept(small, kept):
    record = run(small(weeks=5), 1)
    before = record.digest()
    getattr(record, kept)[2, 1] += 1
    assert record.digest() != before


# --- outcomes are seen late --------------------------------------------------------------------------

EAGER = {"adoption__push": 0.05, "sponsorship__engagement": 0.8, "measurement__noise": 0.0}


@pytest.mark.parametrize("delay", [0, 1, 20])
def test_worth_is_seen_as_it_was_some_weeks_ago(small, delay):
    org = Organisation(small(measurement__delay=delay, **EAGER), 2)
    while org.running:
        org.step()
        seen = (
            org.record.worth[org.week - delay] if org.week >= delay else np.zeros_like(org.departments.worth)
        )
        assert np.array_equal(org.departments.measured, seen)
    assert org.departments.measured.max() > 0.0


def test_followers_are_seen_at_once_and_outcomes_late(small):
    """Before the desk is founded, what is seen matters through the executives' evidence alone."""
    shown = {
        (focus, delay): lived(small(measurement__focus=focus, measurement__delay=delay, **EAGER), 50)
        for focus in (0.0, 1.0)
        for delay in (0, 40)
    }
    now, late = shown[0.0, 0], shown[0.0, 40]
    assert (
        now.executives.evidence.min() > 0.0
        and now.record["engagement"].tobytes() == late.record["engagement"].tobytes()
    )
    now, late = shown[1.0, 0].executives.evidence, shown[1.0, 40].executives.evidence
    assert (late <= now).all() and late.sum() < now.sum()


# --- money between practices -------------------------------------------------------------------------


@pytest.fixture
def steered(small):
    """An organisation with programmes, at the end of a quarter and without errors of measurement."""

    def make(**changes):
        pace = {"programmes__pace": 0.5, "programmes__even": 0.0}
        org = Organisation(small(**{"measurement__focus": 1.0, **pace, **changes}), 1)
        org.week = 13
        return org

    return make


def test_support_goes_half_way_to_the_signal(steered):
    org = steered()
    d = org.departments
    d.meant[:] = [True, True, False, False, True]
    d.measured[:] = [0.3, 0.1, 0.9, 0.9, -0.2]
    org.plan["programmes"].step(org)
    assert d.backing == pytest.approx(np.tile([1.625, 0.875, 1.0, 1.0, 0.5], (6, 1)))  # due 2.25, .75, 0
    org.week = 14
    org.plan["programmes"].step(org)
    assert d.backing[0, 0] == pytest.approx(1.625), "once a quarter"


def test_a_part_of_the_support_is_even_and_pooled_reports_make_all_of_it_so(steered):
    org = steered(programmes__even=0.4)
    d = org.departments
    d.meant[:] = [True, True, False, False, True]
    d.measured[:] = [0.3, 0.1, 0.9, 0.9, -0.2]
    org.plan["programmes"].step(org)
    assert d.backing[2] == pytest.approx([1.375, 0.925, 1.0, 1.0, 0.7])
    pooled = steered(programmes__reporting="pooled")
    pooled.departments.meant[:], pooled.departments.measured[:] = d.meant, d.measured
    pooled.departments.backing[:] = d.backing
    pooled.plan["programmes"].step(pooled)
    assert pooled.departments.backing[2] == pytest.approx([1.1875, 0.9625, 1.0, 1.0, 0.85])


@pytest.mark.parametrize(("focus", "first"), [(0.0, 1.6), (0.5, 12 / 13), (1.0, 0.5)])
def test_the_signal_mixes_followers_and_outcomes(steered, focus, first):
    org = steered(measurement__focus=focus, measurement__followers=0.5, programmes__pace=1.0)
    d = org.departments
    d.meant[:] = [True, True, False, False, False]
    d.measured[:], d.size[:] = [0.1, 0.3, 0.0, 0.0, 0.0], 10
    d.practised[:] = [4, 1, 9, 9, 9]  # signals: .2 and .05 of followers, .1 and .3 of outcomes
    org.plan["programmes"].step(org)
    assert d.backing[0, :2] == pytest.approx([first, 2.0 - first])
    alone = Organisation(org.plan.without("measurement"), 1)
    alone.week, e = 13, alone.departments
    e.meant[:], e.size[:], e.practised[:], e.measured[:] = d.meant, d.size, d.practised, d.measured
    alone.plan["programmes"].step(alone)
    assert e.backing[0, :2] == pytest.approx([1.6, 0.4])


@settings(max_examples=100)
@given(st.data())
def test_support_is_moved_and_never_made(data):
    kind, share = st.sampled_from(["programme", "pooled"]), st.floats(0.0, 1.0)
    changes = {f"programmes.{name}": data.draw(share) for name in ("pace", "even")}
    changes |= {"programmes.reporting": data.draw(kind), "measurement.focus": data.draw(share), "weeks": 1}
    org = Organisation(load("baseline", {"organisation.employees": 30, **changes}), 1)
    d = org.departments
    cells = d.rows * org.practices.rows
    d.meant[:] = np.reshape(data.draw(st.lists(st.booleans(), min_size=cells, max_size=cells)), d.meant.shape)
    for quarter in range(1, 4):
        worth = st.lists(st.floats(-1.0, 1.0), min_size=cells, max_size=cells)
        d.measured[:] = np.reshape(data.draw(worth), d.measured.shape)
        d.practised[:] = data.draw(st.integers(0, 1)) * np.arange(cells).reshape(d.practised.shape) % 4
        org.week = 13 * quarter
        org.plan["programmes"].step(org)
        assert d.backing.min() >= 0.0 and (d.backing[~d.meant] == 1.0).all()
        assert np.where(d.meant, d.backing, 0.0).sum(axis=1) == pytest.approx(d.meant.sum(axis=1))


def adopted(plan, budget, technology, backing):
    """Weekly series where departments have these numbers from nowhere."""
    org = Organisation(plan.without("funding", "sponsorship"), 3)
    d = org.departments
    d.budget[:], d.technology[:], d.backing[:], d.lead[:] = budget, technology, backing, 0.5
    everybody = np.arange(org.employees.rows)
    org.move(everybody, everybody % 5, TRYING, np.zeros(everybody.size, int))
    while org.running:
        org.step()
    return org.record["practising"].tolist()


def test_support_multiplies_tools_and_the_money_that_keeps_practices_alive(small):
    plan = small("no_governance", adoption__push=0.05)
    plain = adopted(plan, 1.0, 0.6, 1.0)
    assert adopted(plan, 1.0, 0.3, 2.0) == plain != adopted(plan, 1.0, 0.3, 1.0)
    assert adopted(plan, 1.0, 0.8, 2.0) == adopted(plan, 1.0, 1.0, 1.0), "no effort less than none"
    starving = adopted(plan, 0.2, 0.0, 1.0)
    assert adopted(plan, 0.4, 0.0, 0.5) == starving != adopted(plan, 0.4, 0.0, 1.0)


def test_steering_by_followers_favours_what_is_popular_and_by_outcomes_what_is_valuable(small):
    """An easy practice that fits nobody well against a laborious one that fits everybody; paired by seed."""
    everywhere = dict.fromkeys(("marketing", "sales", "service", "product", "it", "hr"))
    plain = {"risk": 0.0, "coordination": 0.2, "pioneers": 0.1}
    plan = small(
        weeks=156, strategy__clarity=1.0, sponsorship__engagement=0.7, funding__mode="fixed", funding__level=0.6,
        measurement__noise=0.0, practices__publishing=False, practices__conversing=False, practices__helping=False,
        practices__listening={**plain, "effort": 0.05, "fit": dict.fromkeys(everywhere, 0.5)},
        practices__collaborating={**plain, "effort": 0.35, "fit": dict.fromkeys(everywhere, 1.0)},
    )  # fmt: skip
    pooled = plan.replaced({"programmes.reporting": "pooled"})
    assert run(pooled, 1).digest() == run(plan, 1).digest(), (
        "one figure for all tells nobody where to put money"
    )
    for seed in (1, 2, 3):
        easy = [
            run(plan.replaced({"programmes.pace": 0.25, "measurement.focus": focus}), seed)
            .backing[-1, :, 0]
            .mean()
            for focus in (0.0, 1.0)
        ]
        assert easy[0] > easy[1] + 0.1


# --- what comes back ---------------------------------------------------------------------------------


@pytest.fixture
def books(small):
    """A record of two weeks in which nobody has spent, practised or gained anything yet."""

    def make(**changes):
        record = run(small(weeks=2, **{"returns__value": 3.0, **changes}), 1)
        for kept in (record.spent, record.practised, record.worth, record.backing):
            kept[:] = 0
        return record

    return make


def test_returns_by_hand(books):
    record = books()
    record.staff[:, :2] = 13, 26
    record.spent[1, 0, :2], record.spent[2, 0, 2] = [4.0, 6.0], 10.0
    record.spent[1, 1, 4] = 7.0
    record.practised[1, 0], record.practised[2, 0] = [1, 4, 0, 0, 0], [5, 0, 5, 0, 0]
    record.worth[0] = 9.0  # the start is no week
    record.worth[1, 0, 1], record.worth[2, 0, 1], record.worth[2, 1, 0], record.worth[2, 2, 3] = (
        0.5,
        0.3,
        0.2,
        1.0,
    )
    record.worth[1, 0, 2], record.staff[:, 2] = -0.4, 52
    found = returns(record)
    first, second, third = found.departments[:3]
    assert (first.spent, first.worth) == pytest.approx((20.0, 13 * (0.5 + 0.3 - 0.4) / 52))
    assert first.ratio == pytest.approx(3.0 * 0.1 / 20.0)
    assert [one.spent for one in first.programmes] == pytest.approx([2.0 + 5.0, 8.0, 5.0, 0.0, 0.0])
    assert [one.ratio for one in first.programmes] == [
        0.0, pytest.approx(3.0 * 0.2 / 8.0), pytest.approx(-3.0 * 0.1 / 5.0), None, None,
    ]  # fmt: skip
    assert (second.spent, second.ratio) == (7.0, pytest.approx(3.0 * 0.1 / 7.0))
    assert (third.spent, third.worth, third.ratio) == (0.0, 1.0, None)
    assert [one.name for one in found.programmes] == list(record.practices)
    assert [one.spent for one in found.programmes] == pytest.approx([7.0, 8.0, 5.0, 0.0, 0.0])
    assert [one.worth for one in found.programmes] == pytest.approx([0.1, 0.2, -0.1, 1.0, 0.0])
    assert (found.total.spent, found.total.worth, found.unassigned) == pytest.approx((27.0, 1.2, 7.0))
    assert found.split == "practitioners"


def test_support_splits_the_money_where_programmes_move_it(books):
    record = books(programmes__pace=0.1)
    record.spent[1, 0, 0] = 8.0
    record.backing[1, 0] = [1.5, 0.75, 1.0, 1.0, 0.75]
    record.practised[1, 0] = [0, 0, 9, 9, 9]
    found = returns(record)
    assert [one.spent for one in found.programmes] == pytest.approx([2.4, 1.2, 1.6, 1.6, 1.2])
    assert (found.split, found.unassigned) == ("support", 0.0)


@pytest.mark.parametrize("scenario", ["baseline", "everything", "provide_and_pray"])
def test_every_unit_of_the_ledger_counts_once(small, scenario):
    record = run(small(scenario), 2)
    found = returns(record)
    spent = record.spent[1:].sum()
    assert spent > 0.0 and found.total.spent == pytest.approx(spent)
    assert sum(one.spent for one in found.departments) == pytest.approx(spent)
    assert sum(one.spent for one in found.programmes) + found.unassigned == pytest.approx(spent)
    for one in found.departments:
        assert sum(part.worth for part in one.programmes) == pytest.approx(one.worth)


def test_business_outcomes_by_function(books):
    """Engagement shortens sales' path to purchase by a factor 1 - eta V (claim 28)."""
    sales = {"name": "path", "unit": "weeks", "base": 20.0, "most": -0.4, "by": "engagement"}
    record = books(returns__outcomes__sales=sales, returns__outcomes__hr=False, organisation__departments__it={
        "size": 9, "function": "Sales"})  # fmt: skip
    record.worth[0], record.worth[2] = 0.1, [0.9, 0.9, 0.5, 0.3, 0.9]
    gains = {one.department: one for one in returns(record).gains}
    assert list(gains) == ["marketing", "sales", "service", "product", "it"]
    for name in ("sales", "it"):
        assert (gains[name].first, gains[name].last) == pytest.approx((20.0 * 0.96, 20.0 * (1.0 - 0.4 * 0.4)))
    assert (gains["sales"].outcome, gains["sales"].unit) == ("path", "weeks")
    record.meant[1] = [True, True, True, False, True]
    assert returns(record).gains[1].last == pytest.approx(20.0 * (1.0 - 0.4 * 0.5)), (
        "helping is not meant for it"
    )
    record.meant[1] = False
    assert returns(record).gains[1].last == 20.0


def test_effort_without_alignment_brings_nothing_whatever_it_costs(small):
    """Claim 73: goals at right angles to the organisation's leave all practice hollow."""
    org = Organisation(
        small(adoption__push=0.05, sponsorship__engagement=0.9, funding__level=1.5).without("strategy"), 1
    )
    org.departments.alignment[:] = 0.0
    while org.running:
        org.step()
    found = returns(org.record)
    assert org.record["practising"][-1] > 20 and org.record["hollow"][-1] == 1.0
    assert found.total.spent > 100.0 and found.total.ratio == 0.0


def test_run_prints_returns(capsys, monkeypatch):
    def unsilo(*arguments):
        monkeypatch.setattr(
            "sys.argv", ["unsilo", "run", "no_funding", "--returns", "--set", "weeks=60", *arguments]
        )
        with pytest.raises(SystemExit) as stop:
            main()
        assert not stop.value.code
        return capsys.readouterr().out

    text = unsilo()
    for part in (
        "units back per unit",
        "collaborating",
        "n/a",
        "by the staff who practise",
        "first contact to purchase",
    ):
        assert part in text
    found = json.loads(unsilo("--json"))["returns"]
    record = run(load("no_funding", {"weeks": 60}), 1)
    assert found == json.loads(json.dumps(returns(record).as_dict()))


def test_tools_without_purpose_do_not_converge(small):
    """Claim 40. Alignment is left out of the rule, or no strategy would rule convergence out by definition."""
    ends = {}
    for name in ("baseline", "no_governance", "provide_and_pray"):
        plan = small(name, organisation__employees=240, weeks=312, outcome__converged_alignment=0.0)
        ends[name] = [run(plan, seed).outcome for seed in range(1, 9)]
    converged = {name: sum(one.state == "converged" for one in runs) for name, runs in ends.items()}
    A = {name: np.mean([one.A for one in runs]) for name, runs in ends.items()}
    assert converged["baseline"] == 8 and converged["provide_and_pray"] == 0
    assert A["provide_and_pray"] < 0.75 * A["no_governance"] < A["baseline"]
    spent = run(plan, 1).spent.sum(axis=(0, 1))
    assert spent[USES.index("technology")] == spent.sum() > 0.0
