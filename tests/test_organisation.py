"""The engine: what holds in every week of every organisation, and exact cases where the mechanisms reduce to arithmetic."""

import numpy as np
import pytest
from conftest import FORMS
from scipy import stats

from sim.errors import InputError
from sim.mechanisms import SCHEDULE
from sim.organisation import Organisation, run
from sim.scenario import load
from sim.tables import AWARE, LAPSED, ROUTINE, SOURCES, TRYING, UNAWARE, USES


def live(plan, seed=1, weeks=None):
    org = Organisation(plan, seed)
    for _ in range(weeks if weeks is not None else plan.weeks):
        org.step()
        yield org


def full_sums(org):
    """Every count that the engine keeps from changes, counted anew from the people."""
    e, d, ties = org.employees, org.departments, org.ties
    k, n = e.rung.shape
    practising = (e.rung == TRYING) | (e.rung == ROUTINE)
    tally = np.zeros_like(org.departments.tally)
    followers, led = np.zeros_like(e.followers), np.zeros_like(e.led)
    for i in range(n):
        led[:, i] = practising[:, e.manager[i]] if e.manager[i] >= 0 else False
        for p in range(k):
            if practising[p, i]:
                tally[e.department[i], p, e.way[p, i]] += 1
                if e.manager[i] >= 0:
                    followers[p, e.manager[i]] += 1
    source = np.repeat(np.arange(n), np.diff(ties.indptr))
    peers = e.outside.copy()
    np.add.at(peers.T, source, ((ties.weights * e.influence[ties.indices]) * practising[:, ties.indices]).T)

    def by_department(values):
        return np.array([values[..., org.rows_of(row)].sum(axis=-1) for row in range(d.rows)])

    return {
        "practising": practising, "breadth": practising.sum(axis=0), "followers": followers, "peers": peers, "led": led,
        "tally": tally, "activity": by_department(practising.any(axis=0)), "practised": by_department(practising),
        "routine": by_department(e.rung == ROUTINE),
    }  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_incremental_counts_equal_full_sums_to_the_bit(small, form):
    plan = small(governance__form=form, governance__founded=20, sponsorship__engagement=0.7)
    for org in live(plan, 3):
        if org.week % 13 == 0:
            kept = {"tally": org.departments.tally}
            for name in ("practising", "breadth", "followers", "peers", "led"):
                kept[name] = getattr(org.employees, name)
            for name in ("activity", "practised", "routine"):
                kept[name] = getattr(org.departments, name)
            for name, expected in full_sums(org).items():
                assert np.array_equal(kept[name], expected), name
    assert org.departments.practised.sum() > 20, "the test needs practitioners"


@pytest.mark.parametrize("form", FORMS)
def test_what_holds_in_every_week(small, form):
    plan = small(governance__form=form, governance__founded=20, governance__mandate=0.8, funding__level=0.2,
                 approval__requests=2.0)  # fmt: skip
    made = ended = 0
    before = None
    for org in live(plan, 5):
        e, d, x = org.employees, org.departments, org.executives
        assert e.rows == 120 and d.size.sum() == 120
        for shares in (e.belief, e.exposure, e.fluency, e.guidance, e.training, d.lead, d.courses, d.technology,
                       x.engagement, x.understanding, x.evidence, d.worth, org.departments.experienced):  # fmt: skip
            assert shares.min() >= 0.0 and shares.max() <= 1.0
        if before is not None:
            climbed_unaware = (before == UNAWARE) & np.isin(e.rung, (TRYING, ROUTINE, LAPSED))
            assert not climbed_unaware.any(), "nobody practises what they were unaware of"
            assert not ((before == AWARE) & np.isin(e.rung, (ROUTINE, LAPSED, UNAWARE))).any()
        before = e.rung.copy()
        made += org.requests[0]
        ended += org.requests[1] + org.requests[3] + org.requests[4]
        assert made == ended + (e.asked >= 0).sum(), "queues never lose a request"
        if form in ("none", "holistic"):
            assert made == 0
    if form in ("centralised", "hub_and_spoke"):
        assert made > 20


@pytest.mark.parametrize("form", ["none", "hub_and_spoke", "decentralised"])
@pytest.mark.parametrize("mode", ["fixed", "earned"])
def test_money_spent_is_money_in_the_ledger(small, form, mode):
    plan = small(
        governance__form=form, governance__founded=10, funding__mode=mode, sponsorship__engagement=0.6
    )
    for org in live(plan, 2):
        budget = (org.departments.budget * org.departments.size).sum() / 52.0
        programme, liaison = org.ledger[org.week, :, :4].sum(), org.ledger[org.week, :, 4]
        assert programme == pytest.approx(budget)
        budgets = org.departments.budget * org.departments.size
        cost = np.minimum(0.4 * 25 * np.maximum(1, org.departments.size // 100), budgets) / 52
        assert liaison == pytest.approx(np.where(org.departments.joined, cost, 0.0))
        if not org.departments.pays_desk.any():
            assert org.ledger[org.week, :, USES.index("desk")].sum() == 0.0, "no desk, no desk's money"
    assert org.record["spent"].sum() == pytest.approx(org.ledger.sum())


def test_a_funding_schedule_is_followed(small):
    plan = small(funding__mode="fixed", funding__level=0.4,
                 funding__schedule=[{"week": 60, "level": 0.9}, {"week": 30, "level": 0.1}])  # fmt: skip
    budget = run(plan, 1)["budget"]
    assert budget[29] == pytest.approx(0.4)
    assert budget[30] == budget[59] == pytest.approx(0.1)
    assert budget[60] == budget[-1] == pytest.approx(0.9)


def test_earned_funding_rises_with_engagement_and_stays_in_bounds(small):
    rich = run(small(sponsorship__engagement=1.0, sponsorship__disappointment=0.0), 1)["budget"]
    poor = run(small(sponsorship__engagement=0.0, sponsorship__sponsor_week=False), 1)["budget"]
    assert rich[-1] > 0.5 > poor[-1]
    assert set(np.flatnonzero(np.diff(poor)) + 1) <= set(range(13, 105, 13)), "budgets move each quarter only"
    assert poor.min() >= 0.05 * 0.5 and rich.max() <= 1.5 * 0.5


@pytest.mark.parametrize("dropped", [kind.name for kind in SCHEDULE])
def test_every_mechanism_can_be_dropped(small, dropped):
    record = run(small().without(dropped), 1)
    assert record.week == 104
    assert np.isfinite(record.weekly).all()


def test_without_adoption_nobody_moves_and_without_funding_nothing_is_spent(small):
    assert run(small().without("adoption"), 1)["practising"].max() == 0
    assert run(small().without("funding"), 1).spent[:, :, :4].sum() == 0.0


def test_nothing_differs_before_the_week_in_which_something_is_changed(small):
    late = run(small(sponsorship__sponsor_week=80, governance__founded=90), 4)
    never = run(small(sponsorship__sponsor_week=False, governance__form="none"), 4)
    assert np.array_equal(late.weekly[:80], never.weekly[:80])
    assert np.array_equal(late.adoption[:80], never.adoption[:80])
    assert not np.array_equal(late.executives[80], never.executives[80]), (
        "the sponsor shows in the week of naming"
    )
    assert not late.served[:90].any()
    assert late.served[90].any()


def test_switching_one_mechanism_off_leaves_the_luck_of_all_others(small):
    whole, less = Organisation(small(), 9), Organisation(small().without("ways", "best_practice"), 9)
    for column in ("threshold", "influence", "belief"):
        assert np.array_equal(getattr(whole.employees, column), getattr(less.employees, column))
    assert np.array_equal(whole.departments.goals, less.departments.goals)
    assert np.array_equal(whole.executives.engagement, less.executives.engagement)
    assert np.array_equal(whole.employees.rung, less.employees.rung)


def test_one_more_employee_leaves_everybody_elses_luck(small):
    plan = load("baseline", {"weeks": 30})
    more = load("baseline", {"weeks": 30, "organisation.departments.hr": 81})
    a, b = Organisation(plan, 6), Organisation(more, 6)
    rows = {key: row for row, key in enumerate(b.employees.key.tolist())}
    same = np.array([rows[key] for key in a.employees.key.tolist()])
    for column in ("threshold", "influence", "belief", "rung", "level"):
        assert np.array_equal(getattr(a.employees, column), getattr(b.employees, column)[..., same]), column
    assert np.array_equal(a.departments.goals, b.departments.goals)
    assert len(b.employees.key) == len(a.employees.key) + 1
    for week in (1, 17):
        assert np.array_equal(a.luck.uniform("adoption", a.employees.key, week),
                              b.luck.uniform("adoption", b.employees.key, week)[same])  # fmt: skip


# Exact cases


def test_awareness_by_push_alone_is_geometric(small):
    """With word of mouth and announcements off, the share unaware after t weeks is (1 - p)**t."""
    plan = small(organisation__employees=4000, adoption__word_of_mouth=0.0, adoption__announcement=0.0,
                 adoption__attempt=0.0, adoption__push=0.02)  # fmt: skip
    unaware = [np.mean(org.employees.rung == UNAWARE) for org in live(plan, 1, 60)]
    start = np.mean(Organisation(plan, 1).employees.rung == UNAWARE)
    expected = start * 0.98 ** np.arange(1, 61)
    assert np.abs(np.array(unaware) - expected).max() < 4 * np.sqrt(0.25 / 20_000)


def test_trying_follows_the_logistic_of_the_utility(small):
    """With every term but the hurdle off, a try has chance attempt x logistic(-hurdle) a week."""
    off = dict.fromkeys(
        ["exposure_weight", "belief_weight", "fluency_weight", "lead_weight", "guidance_weight", "effort_weight",
         "risk_weight", "fit_weight", "lapse_trying", "settle", "blocking"], 0.0,
    )  # fmt: skip
    plan = small("no_governance", organisation__employees=4000,
                 **{f"adoption__{name}": value for name, value in off.items()}, adoption__push=1.0,
                 adoption__attempt=0.1, adoption__hurdle=1.0)  # fmt: skip
    practising = [org.employees.practising.mean() for org in live(plan, 1, 40)]
    start = Organisation(plan, 1).employees.practising.mean()
    chance = 0.1 / (1.0 + np.e)
    expected = 1.0 - (1.0 - start) * (1.0 - chance) ** np.arange(40)  # aware after the first week
    assert np.abs(np.array(practising) - expected).max() < 4 * np.sqrt(0.25 / 20_000)


def test_each_term_of_the_utility_moves_adoption_its_own_way(small):
    def reached(**changes):
        return np.mean([run(small(weeks=60, **changes), seed)["practising"][-1] for seed in range(6)])

    base = reached()
    for more in ("exposure_weight", "lead_weight"):
        assert reached(**{f"adoption__{more}": 9.0}, sponsorship__engagement=0.8) != base
    assert reached(adoption__effort_weight=6.0) < base < reached(adoption__effort_weight=0.0)
    assert reached(adoption__risk_weight=6.0) < base < reached(adoption__risk_weight=0.0)
    assert reached(adoption__hurdle=4.0) < base < reached(adoption__hurdle=-1.0)
    assert reached(adoption__blocking=1.0) < reached(adoption__blocking=0.0)


def test_fluency_follows_its_recursion(small):
    plan = small("no_funding", governance__form="none")
    org = Organisation(plan, 1)
    f = np.zeros(120)
    for _ in range(50):
        practised = org.employees.breadth > 0
        org.step()
        f += 0.02 * practised * (1 - f) - 0.004 * f
        assert org.employees.fluency == pytest.approx(f)


def test_exposure_is_the_normalised_mean_over_the_sources_one_has(small):
    plan = small(sponsorship__engagement=0.8)
    org = Organisation(plan, 1)
    for _ in range(80):
        before = org.employees.practising.astype(float)
        org.step()
    e, ties = org.employees, org.ties
    for i in (0, 1, 5, 40, 77, 119, org.firms.top[0]):
        means, weights = [], []
        reports = np.flatnonzero(e.manager == i)
        if len(reports):
            means.append(before[:, reports].mean(axis=1))
            weights.append(0.5)
        contacts = slice(ties.indptr[i], ties.indptr[i + 1])
        if contacts.stop > contacts.start:
            heed = ties.weights[contacts] * e.influence[ties.indices[contacts]]
            means.append((heed * before[:, ties.indices[contacts]]).sum(axis=1) / heed.sum())
            weights.append(0.3)
        if e.manager[i] >= 0:
            means.append(before[:, e.manager[i]])
            weights.append(0.1)
        seen = {int(org.departments.head[e.department[i]]), org.firms.top[0]} - {i}
        if seen:
            means.append(before[:, sorted(seen)].mean(axis=1))
            weights.append(0.1)
        expected = np.average(means, axis=0, weights=weights)
        assert e.exposure[:, i] == pytest.approx(expected), i


@pytest.mark.parametrize("source", ["reports", "peers", "manager", "executives"])
def test_each_source_of_influence_can_be_swept_to_nothing(small, source):
    plan = small(
        **{
            f"influence__{name}": 0.0
            for name in ("reports", "peers", "manager", "executives")
            if name != source
        }
    )
    org = Organisation(plan, 1)
    kept = [one in (source, *(("head", "top") if source == "executives" else ())) for one in SOURCES]
    present = org.employees.sources > 0
    assert not present[~np.array(kept)].any()
    assert present[np.array(kept)].any(axis=1).all()


def test_a_desk_clears_eight_requests_and_teaches_four_people_in_a_person_week(small):
    plan = small("centralised", organisation__employees=1200, governance__founded=1, governance__hiring_weeks=1.0,
                 funding__mode="fixed", funding__level=0.4, approval__special_cost=0.0,
                 adoption__push=1.0, adoption__hurdle=-10.0, adoption__attempt=1.0, adoption__blocking=0.0,
                 approval__give_up=0.0)  # fmt: skip
    people = 0.01 * 0.4 * 1200
    org = Organisation(plan, 1)
    cleared = []
    for _ in range(30):
        org.step()
        cleared.append(org.requests[1])
    assert org.departments.waiting.sum() > 500, "the test needs a queue"
    assert np.sum(cleared[5:]) == pytest.approx(8 * people * 25, abs=1)

    quiet = small("centralised", organisation__employees=1200, governance__founded=1, governance__hiring_weeks=1.0,
                  funding__mode="fixed", funding__level=0.4, adoption__attempt=0.0,
                  practices__publishing__pioneers=0.0, practices__listening__pioneers=0.0)  # fmt: skip
    org = Organisation(quiet, 1)
    for _ in range(20):
        org.step()
    assert (org.employees.taught > 0).sum() == pytest.approx(4 * people * 20, abs=org.departments.rows)


@pytest.mark.parametrize(
    ("level", "part"),
    [(2.0, 1.0), (0.05, (0.4 * 0.5 + 0.1 * 0.25) / 0.5), (0.0, 0.0)],
)
def test_liaisons_work_as_far_as_hub_and_department_pay(small, level, part):
    """A hundred people a department: a liaison costs the department 10 units a year and the hub 2.5, half its team at most."""
    same = {name: {"size": 100} for name in ("marketing", "sales", "service", "product", "it", "hr")}
    plan = small(governance__founded=1, governance__hiring_weeks=1.0, funding__mode="fixed", funding__level=level,
                 organisation__departments=same, organisation__employees=600, governance__leave_rate=0.0)  # fmt: skip
    org = Organisation(plan, 1)
    org.departments.joined[:] = True
    for _ in range(5):
        org.step()
    d = org.departments
    assert (d.liaisons == 1).all() and d.local == pytest.approx(np.full(6, 0.5 * part))
    assert org.ledger[5, :, USES.index("liaison")] == pytest.approx(np.full(6, min(10.0, 100 * level) / 52))
    team = 0.25 * level * 600 / 25
    assert org.desks.people[0] == pytest.approx(team - min(0.6, team / 2))


def test_waiting_costs_time_and_special_work_waits_longer(small):
    crowded = small("centralised", organisation__employees=600, funding__mode="fixed", funding__level=0.1,
                    sponsorship__engagement=0.9, weeks=200)  # fmt: skip
    outcome, free = run(crowded, 1).outcome, run(crowded.replaced({"funding.level": 1.0}), 1).outcome
    assert outcome.delay > 3.0 > 1.5 > free.delay >= 1.0


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_who_is_served_gated_and_advised(small, form):
    plan = small(
        governance__form=form, governance__founded=30, sponsorship__engagement=0.6, governance__mandate=0.5
    )
    org = Organisation(plan, 2)
    d = org.departments
    for _ in range(104):
        org.step()
        if org.week < 30:
            assert not d.guided.any() and not d.gated.any()
    own = np.arange(d.rows)
    heads = org.executives.engagement[:-1]
    assert np.array_equal(d.gated, d.guided if form != "holistic" else np.zeros(d.rows, bool))
    if form == "none":
        assert not d.guided.any() and org.in_contact == 0
    if form == "decentralised":
        assert np.array_equal(d.advice[d.guided], own[d.guided]) and np.array_equal(d.guided, heads >= 0.35)
    if form == "centralised":
        assert d.guided.all() and (d.advice == d.rows).all() and (d.local == 0).all()
    if form in ("hub_and_spoke", "multiple_hubs"):
        assert np.array_equal(d.guided, d.joined) and d.joined.sum() > 1
        assert np.array_equal(d.local > 0.0, d.joined) and d.local.max() <= 0.5
    if form == "holistic":
        assert d.guided.all() and (org.employees.heard >= 0).any() and not org.departments.pays_desk.any()


def test_untied_hubs_keep_their_ways_and_tied_ones_settle(small):
    rivals = Organisation(small("multiple_hubs", governance__tied=False, weeks=300), 1)
    allies = Organisation(small("multiple_hubs", weeks=300), 1)
    for _ in range(300):
        rivals.step()
        allies.step()
    assert len(set(rivals.desks.way.tolist())) == 2
    assert len(set(allies.desks.way.tolist())) == 1


def test_the_way_taken_is_the_one_with_most_for_it(small):
    """A full mandate under guidance brings every department to the hub's way; without desks no shared way exists."""
    plan = small("centralised", governance__founded=1, governance__mandate=1.0, sponsorship__engagement=0.9,
                 funding__level=1.0, weeks=200, ways__review=0.5)  # fmt: skip
    org = Organisation(plan, 1)
    for _ in range(200):
        org.step()
    ways = org.departments.tally.sum(axis=(0, 1))
    assert ways[org.departments.rows] > 0.9 * ways.sum()
    alone = Organisation(small("no_governance"), 1)
    for _ in range(100):
        alone.step()
    assert alone.ways == alone.departments.rows


def test_worth_of_a_practitioner_by_hand(small):
    org = Organisation(small("no_governance", sponsorship__engagement=0.8), 1)
    for _ in range(100):
        org.step()
    d, k = 1, org.practice("collaborating")
    tally, chi = org.departments.tally[:, k, :], 0.8
    others = tally.sum() - tally[d].sum()
    for w in range(org.ways):
        together = (tally[:, w].sum() - tally[d, w]) / others
        omega = org.departments.fit[d, k] * org.departments.alignment[d]
        omega *= (1 - chi) * org.departments.suits[d, k, w] + chi * together
        assert org.departments.experienced[d, k, w] == pytest.approx(min(1.0, 1.4 * omega))


def test_media_keeps_push_money_and_desk_with_the_owner(small):
    record = run(small("media_strategy"), 1)
    owner = record.departments.index("marketing")
    others = [n for n in range(len(record.departments)) if n != owner]
    assert record.spent[:, others].sum() == 0.0 < record.spent[:, owner].sum()
    assert not record.served[:, others].any()
    assert record.served[-1, owner]


@pytest.mark.parametrize(("clarity", "least", "most"), [(0.95, 0.97, 1.0), (0.1, 0.2, 0.85)])
def test_alignment_is_the_cosine_of_goals_and_grows_with_clarity(small, clarity, least, most):
    values = []
    for seed in range(20):
        org = Organisation(small(strategy__clarity=clarity), seed)
        goals = org.departments.goals
        cosine = goals.sum(axis=1) / np.sqrt(6 * (goals**2).sum(axis=1))
        assert org.departments.alignment == pytest.approx(cosine)
        values.append(cosine.mean())
    assert least < np.mean(values) < most


def test_no_strategy_is_the_clarity_floor(small):
    floor = Organisation(small(strategy__clarity=0.1), 3).departments.alignment
    assert np.array_equal(Organisation(small("no_strategy"), 3).departments.alignment, floor)


def test_a_named_sponsor_pulls_and_the_unsponsored_gain_little(small):
    named = run(small(sponsorship__sponsor_week=10, sponsorship__sponsor_engagement=0.9), 1)["engagement"]
    never = run(small(sponsorship__sponsor_week=False), 1)["engagement"]
    assert np.array_equal(named[:10], never[:10])
    assert named[10] > never[10]
    assert named[60] > never[60] + 0.1


def test_a_stage_is_the_highest_whose_rule_holds_and_can_be_lost(small):
    stages = np.concatenate(
        [run(small(weeks=200, sponsorship__engagement=g), s)["stage"] for g in (0.3, 0.8) for s in (1, 2)]
    )
    assert stages.min() >= 1 and stages.max() <= 6
    assert len(set(stages.tolist())) >= 4
    assert (np.diff(stages) < 0).any()


def test_pioneers_are_a_tenth_of_the_owner_department():
    tried = np.concatenate(
        [Organisation(load("baseline"), seed).departments.practised[:, :2] for seed in range(30)], axis=1
    )
    owners = tried[0]
    assert tried[1:].sum() == 0
    assert stats.binomtest(int(owners.sum()), 80 * len(owners), 0.1).pvalue > 1e-4


def test_disconnected_departments_know_nobody_of_each_other(small):
    org = Organisation(small(organisation__disconnected=[["sales", "marketing"]]), 1)
    whole = Organisation(small(), 1)
    for one in (org, whole):
        source, target, _ = one.ties.edges()
        here = one.employees.department
        pairs = {
            tuple(sorted(pair)) for pair in zip(here[source].tolist(), here[target].tolist(), strict=True)
        }
        assert ((0, 1) in pairs) == (one is whole) and (0, 2) in pairs and (1, 2) in pairs
    with pytest.raises(InputError, match="'sales'"):
        small(organisation__disconnected=[["saless", "marketing"]])
    with pytest.raises(InputError, match="pairs of two"):
        small(organisation__disconnected=[["sales", "sales"]])
