"""Turnover: seats keep their number, newcomers know nothing, and whoever stays notices by ties alone."""

import numpy as np
import pytest
from scipy import stats
from test_organisation import full_sums, live

from sim.agents import Employee
from sim.mechanisms import SCHEDULE
from sim.mechanisms.influence import weigh
from sim.organisation import Organisation, run
from sim.record import WEEKLY
from sim.tables import NEVER, NOT_ASKED, UNAWARE


def grown(plan, seed=1, weeks=80):
    org = Organisation(plan, seed)
    for _ in range(weeks):
        org.step()
    return org


def same_counts(org):
    for name, expected in full_sums(org).items():
        table = org.departments if name in org.departments.columns else org.employees
        if name != "practising":
            assert np.array_equal(getattr(table, name), expected), name
    assert np.array_equal(org.employees.practising, full_sums(org)["practising"])


@pytest.mark.parametrize("form", ["hub_and_spoke", "centralised", "holistic"])
def test_what_holds_in_every_week_of_an_organisation_that_people_leave(small, form):
    plan = small(governance__form=form, governance__founded=20, sponsorship__engagement=0.8, approval__requests=0.5,
                 adoption__push=0.05, adoption__hurdle=0.2, turnover__base=0.03)  # fmt: skip
    made = ended = withdrawn = practised = 0
    rung = hires = asked = None
    for org in live(plan, 3):
        e = org.employees
        assert e.rows == 120 and org.departments.size.sum() == 120
        assert e.satisfaction.min() >= 0.0 and e.satisfaction.max() <= 1.0
        assert org.left.sum() == e.hires.sum()
        assert len(set(e.key.tolist())) == 120
        if rung is not None:
            new = e.hires > hires
            assert new.sum() == org.left[org.week]
            withdrawn += (new & (asked >= 0)).sum()
            practised += np.isin(rung[:, new], (2, 3)).sum()
            assert (e.rung[:, new] == UNAWARE).all() and not e.fluency[new].any() and not e.knows[new].any()
            assert (e.asked[:, new] == NOT_ASKED).all() and (e.approved[:, new] == NEVER).all()
            assert (e.taught[new] == NEVER).all() and (e.contact[new] == NEVER).all()
            assert not (np.isin(e.rung, (2, 3, 4)) & (rung == UNAWARE)).any(), "nobody practises the unknown"
        rung, hires, asked = e.rung.copy(), e.hires.copy(), e.asked.copy()
        made += org.requests[0]
        ended += org.requests[1] + org.requests[3] + org.requests[4]
        assert made == ended + (e.asked >= 0).sum(), "queues never lose a request"
        if org.week % 13 == 0:
            same_counts(org)
    assert practised > 20, "the test needs practitioners who leave"
    if form == "centralised":
        assert withdrawn > 20, "the test needs leavers who wait"


def test_replacing_everybody_leaves_an_organisation_without_practitioners(small):
    org = grown(small(sponsorship__engagement=0.8))
    assert org.departments.practised.sum() > 20
    org.replace(np.arange(120))
    same_counts(org)
    assert org.departments.practised.sum() == 0 and org.measures["A"] == 0.0
    assert org.left[org.week] == 120
    org.replace([])
    org.replace([5, 5])
    assert org.employees.hires[5] == 2 and org.left.sum() == 121
    for row in (-1, 120):
        with pytest.raises(ValueError, match=r"rows 0\.\.119"):
            org.replace([5, row])


@pytest.mark.parametrize("sensitivity", [0.0, 2.0])
def test_people_leave_at_the_hazard(small, sensitivity):
    plan = small(organisation__employees=1000, weeks=100, turnover__base=0.02, turnover__executives=0.0,
                 turnover__pace=0.0, turnover__ordinary=0.6, turnover__sensitivity=sensitivity)  # fmt: skip
    org = grown(plan, weeks=100)
    staff = 1000 - len(set(org.executives.person.tolist()))
    hazard = 0.02 * np.exp(-sensitivity * 0.6)
    assert stats.binomtest(int(org.left.sum()), staff * 100, hazard).pvalue > 1e-3
    assert not org.employees.hires[org.executives.person].any() and not org.executives.appointed.any()


def test_executives_leave_at_their_own_rate(small):
    left = 0
    for seed in range(20):
        org = grown(small(turnover__base=0.0, turnover__executives=0.05, turnover__sensitivity=0.0), seed, 40)
        people = np.unique(org.executives.person)
        left += org.left.sum()
        assert org.employees.hires[people].sum() == org.left.sum()
        assert np.array_equal(org.executives.appointed > 0, org.employees.hires[org.executives.person] > 0)
    assert stats.binomtest(int(left), 20 * 40 * 7, 0.05).pvalue > 1e-3


def test_without_anybody_who_leaves_a_run_gives_the_same_bytes(small):
    never = small(turnover__base=0.0, turnover__executives=0.0)
    without, seen = run(small(), 2), [name != "satisfaction" for name in WEEKLY]
    assert run(never, 2).weekly[:, seen].tobytes() == without.weekly[:, seen].tobytes()
    assert run(never, 2).habits.tobytes() == without.habits.tobytes()
    assert run(small(turnover__base=0.01), 2).digest() != run(small(), 2).digest()


def test_satisfaction_follows_its_recursion(small):
    plan = small("no_governance", sponsorship__engagement=0.8, turnover__base=0.0, turnover__executives=0.0,
                 turnover__pace=0.1)  # fmt: skip
    expected = np.full(120, 0.5)
    for org in live(plan, 2, 100):
        e, d = org.employees, org.departments
        worth = d.experienced[e.department[None, :], np.arange(5)[:, None], e.way]
        mean = np.array(
            [worth[e.practising[:, i] == 1, i].mean() if e.breadth[i] else 0.3 for i in range(120)]
        )
        aim = 0.5 + 0.4 * (mean - 0.3)
        aim += (0.2 * (d.lead - 0.4) + 0.2 * (d.alignment - 0.8))[e.department]
        expected += 0.1 * (np.clip(aim, 0, 1) - expected)
        assert e.satisfaction == pytest.approx(expected)
    assert org.employees.satisfaction.std() > 0.01, "the test needs people of different satisfaction"


def test_newcomers_bring_threshold_and_belief_of_their_own_luck(small):
    org = Organisation(small(organisation__employees=1000), 1)
    rows = np.arange(500)
    before = org.employees.threshold.copy(), org.employees.belief.copy(), org.employees.influence.copy()
    org.replace(rows)
    threshold, belief = org.employees.threshold, org.employees.belief
    assert np.array_equal(threshold[500:], before[0][500:]) and np.array_equal(
        belief[:, 500:], before[1][:, 500:]
    )
    assert abs(np.corrcoef(threshold[rows], before[0][rows])[0, 1]) < 0.15
    assert stats.kstest(threshold[rows], "norm", (0.35, 0.12)).pvalue > 1e-3
    assert stats.kstest(belief[:, rows].ravel(), "uniform", (0.15, 0.3)).pvalue > 1e-3
    influence = org.employees.influence
    assert np.array_equal(influence[500:], before[2][500:])
    assert abs(np.corrcoef(influence[rows], before[2][rows])[0, 1]) < 0.15
    assert stats.kstest(np.log(influence[rows] / 16) / 0.5, "norm").pvalue > 1e-4


def test_contacts_come_with_the_seat_and_heed_whom_they_find_there(small):
    """Counts and weights are what they would be if they were summed anew: those of everybody, to the bit."""
    org = grown(small(sponsorship__engagement=0.8, influence__spread=1.5))
    before = org.ties.indices.copy()
    org.replace(np.arange(0, 120, 3))
    assert np.array_equal(org.ties.indices, before)
    same_counts(org)
    kept = [getattr(org.employees, name).copy() for name in ("peers_most", "sources")]
    weigh(org)
    for name, column in zip(("peers_most", "sources"), kept, strict=True):
        assert np.array_equal(getattr(org.employees, name), column), name


def test_a_content_department_attracts_lower_thresholds(small):
    drawn, attracted = (Organisation(small(turnover__attraction=a), 1) for a in (0.0, 0.5))
    for org in (drawn, attracted):
        e = org.employees
        e.satisfaction[:] = np.where(e.department == 0, 0.9, 0.3)
        e.satisfaction[0] = 0.0  # who leaves counts no more
        org.replace([0, 119])
        assert e.satisfaction[[0, 119]].tolist() == [0.5, 0.5]
    assert attracted.employees.threshold[0] == pytest.approx(0.8 * drawn.employees.threshold[0])
    assert attracted.employees.threshold[119] == drawn.employees.threshold[119], "a poor one repels nobody"


def test_one_more_leaver_leaves_everybody_elses_luck(small):
    """Where nobody influences anybody, everybody but the leaver lives the same life to the bit."""
    plan = small("no_governance", funding__mode="fixed", turnover__base=0.01, turnover__attraction=0.0, adoption__push=0.02,
                 adoption__word_of_mouth=0.0, adoption__exposure_weight=0.0, adoption__blocking=0.0,
                 adoption__hurdle=-1.0, influence__by_exposure=0.0,
                 ).without("worth", "ways", "measurement", "sponsorship", "teaching")  # fmt: skip
    one, other = Organisation(plan, 4), Organisation(plan, 4)
    others = np.arange(120) != 17
    columns = ("key", "hires", "threshold", "belief", "fluency", "rung", "since", "satisfaction")
    for week in range(90):
        one.step()
        other.step()
        if week == 10:
            other.replace([17])
        for name in columns:
            a, b = getattr(one.employees, name), getattr(other.employees, name)
            assert np.array_equal(a[..., others], b[..., others]), name
    assert not np.array_equal(one.employees.rung[:, 17], other.employees.rung[:, 17])
    assert one.left.sum() > 20, "the test needs others who leave"


def test_the_view_of_somebody_who_left_raises(small):
    org = Organisation(small(turnover__base=0.0), 1)
    views = list(org.agents_by_type[Employee])
    leaver, stayer = views[30], views[31]
    org.replace([30])
    for ask in (
        lambda: leaver.belief, lambda: leaver.row, lambda: leaver.unit, lambda: leaver.satisfaction,
        lambda: leaver.move("helping", "trying"), lambda: setattr(leaver, "fluency", 1.0),
    ):  # fmt: skip
        with pytest.raises(LookupError, match="row 30 has left"):
            ask()
    assert stayer.row == 31
    present = org.agents_by_type[Employee]
    assert len(present) == 120 and leaver not in present and leaver not in org.agents
    assert sorted(one.row for one in present) == list(range(120))
    newcomer = next(one for one in present if one.row == 30)
    assert newcomer.hires == 1 and newcomer.unique_id != leaver.unique_id
    with pytest.raises(AttributeError):
        newcomer.hires = 0


def test_a_run_that_people_leave_makes_no_employee_agents(small, monkeypatch):
    def refuse(*args):
        raise AssertionError("an employee's agent was made")

    monkeypatch.setattr(Employee, "__init__", refuse)
    run(small(turnover__base=0.02, weeks=20), 1)


@pytest.mark.parametrize(
    ("stays", "support", "sponsored"), [(1.0, 1.0, True), (0.0, 1.0, False), (1.0, 0.0, False)]
)
def test_a_sponsor_who_leaves_hands_sponsorship_over_or_ends_it(small, stays, support, sponsored):
    plan = small(sponsorship__engagement=0.2, sponsorship__spread=0.0, sponsorship__successor_support=support,
                 sponsorship__successor_engagement=0.75)  # fmt: skip
    org = grown(plan, 1, 30)
    x = org.executives
    seat = int(np.flatnonzero(x.sponsor)[0])
    assert org.firms.sponsored[0]
    x.engagement[:] = stays
    x.understanding[:] = 1.0
    org.replace([x.person[seat]])
    assert org.firms.sponsored[0] == sponsored == x.sponsor[seat]
    assert x.engagement[seat] == pytest.approx(0.75 if sponsored else 0.2)
    assert org.firms.pull[0] == pytest.approx(0.75 if sponsored else 0.0)
    assert x.understanding[seat] <= 0.5 and x.appointed[seat] == 30
    others = np.arange(x.rows) != seat
    assert (x.engagement[others] == stays).all() and not x.appointed[others].any()
    org.step()


def test_somebody_elses_leaving_leaves_the_sponsor(small):
    org = grown(small(), 1, 30)
    x = org.executives
    pull, sponsor = org.firms.pull[0], x.sponsor.copy()
    org.replace(np.setdiff1d(np.arange(120), x.person[x.sponsor]))
    assert org.firms.sponsored[0] and org.firms.pull[0] == pull and np.array_equal(x.sponsor, sponsor)


@pytest.mark.parametrize(("others", "chance"), [(0.5, 0.8 * 0.5), (0.0, 0.0)])
def test_a_successor_is_engaged_with_the_chance_that_the_support_of_others_gives(small, others, chance):
    engaged = []
    for seed in range(150):
        org = Organisation(small(sponsorship__engagement=0.1, sponsorship__spread=0.0), seed)
        org.executives.engagement[:] = others
        org.executives.engagement[1] = 1.0
        org.replace([org.executives.person[1]])
        engaged.append(org.executives.engagement[1])
    assert np.isin(np.round(engaged, 9), (0.1, 0.7)).all()
    assert stats.binomtest(int(np.sum(np.array(engaged) > 0.5)), 150, chance).pvalue > 1e-3


@pytest.mark.parametrize("dropped", [kind.name for kind in SCHEDULE])
def test_people_can_leave_whatever_else_is_dropped(small, dropped):
    plan = small(turnover__base=0.02, turbulence__chance=0.05, weeks=60).without(dropped)
    org = grown(plan, 1, 60)
    org.replace([3])
    same_counts(org)
    assert np.isfinite(org.record.weekly).all()


def test_measures_asked_before_people_leave_are_not_those_after(small):
    org = grown(small())
    before = org.measures
    org.replace(np.flatnonzero(org.employees.breadth > 0))
    assert before["A"] > 0.0 and org.measures["A"] == 0.0
