"""The hub's people: who they are, and where their ties land."""

import numpy as np
import pytest

from sim.organisation import Organisation, run

WEEK = 20


@pytest.fixture
def lived(small):
    def live(weeks=WEEK, **team):
        plan = small(governance__founded=WEEK).replaced(
            {"team": {"per_hundred": 5.0, "practising": 0.0, **team}}
        )
        org = Organisation(plan, 2)
        for _ in range(weeks):
            org.step()
        return org

    return live


def edges(org):
    source = np.repeat(np.arange(org.employees.rows), np.diff(org.ties.indptr))
    return set(zip(source.tolist(), org.ties.indices.tolist(), strict=True))


def opened(lived, **team):
    """The members, and the new ties of each to people who are none."""
    before, after = lived(WEEK - 1, **team), lived(**team)
    members = after.plan["team"].members(before, np.arange(before.departments.rows))
    new = edges(after) - edges(before)
    return (
        after,
        members.tolist(),
        [[b for a, b in new if a == one and b not in members] for one in members.tolist()],
    )


def test_nothing_happens_before_governance_is_founded(small):
    plan = small(governance__founded=WEEK)
    with_team, without = run(plan.replaced({"team": {}}), 1), run(plan, 1)
    assert np.array_equal(with_team.weekly[:WEEK], without.weekly[:WEEK])
    assert with_team.digest() != without.digest()


def test_members_come_from_all_departments_in_turn_or_from_the_owners(lived):
    org, members, _ = opened(lived)
    counts = np.bincount(org.employees.department[members], minlength=org.departments.rows)
    assert counts.sum() == round(0.05 * org.employees.rows) and counts.max() - counts.min() <= 1
    org, members, _ = opened(lived, drawn="owners")
    assert org.departments.owner[org.employees.department[members]].all()


@pytest.mark.parametrize(
    ("colleagues", "known"), [(0, 0), (4, 4), (5, 4), (12, 12), (23, 22), (24, 23), (100, 23)]
)
def test_members_know_those_next_to_them_up_to_a_number(lived, colleagues, known):
    org, members, _ = opened(lived, per_hundred=20.0, colleagues=colleagues, ties=0)
    before, after = edges(lived(WEEK - 1)), edges(org)
    place, count = {one: n for n, one in enumerate(members)}, len(members)
    assert count == 24
    for one in members:
        met = {(place[b] - place[one]) % count for a, b in after - before if a == one}
        had = {(place[b] - place[one]) % count for a, b in before if a == one and b in place}
        around = {step % count for step in range(-(known // 2), known - known // 2 + 1) if step}
        assert met | (had & around) == (around if known < 23 else set(range(1, 24)))


def test_leaders_are_heeded_most_in_their_department(lived):
    org, members, _ = opened(lived)
    before = lived(WEEK - 1)
    heard = (
        np.bincount(before.ties.indices, before.ties.weights, before.employees.rows)
        * before.employees.influence
    )
    for here in range(org.departments.rows):
        own = [one for one in members if org.employees.department[one] == here]
        if own:
            rows = before.rows_of(here)
            assert set(heard[own]) <= set(np.sort(heard[rows])[-len(own) :])


@pytest.mark.parametrize("chosen", ["savvy", "random"])
def test_the_savvy_have_the_lowest_thresholds_of_their_department(lived, chosen):
    org, members, _ = opened(lived, chosen=chosen)
    threshold = lived(WEEK - 1).employees.threshold
    lowest = [
        threshold[members[n]] <= np.sort(threshold[org.rows_of(org.employees.department[one])])[0]
        for n, one in enumerate(members)
    ]
    assert all(lowest) == (chosen == "savvy"), "one member a department"


def test_members_all_know_each_other(lived):
    org, members, _ = opened(lived)
    assert all((a, b) in edges(org) for a in members for b in members if a != b)


def test_scattered_ties_land_in_as_many_departments_and_bundled_ones_in_one_circle(lived):
    org, _, reached = opened(lived, ties=3, land="scattered")
    spread = [len(set(org.employees.department[rows])) for rows in reached if rows]
    assert np.mean(spread) > 1.5
    org, members, reached = opened(lived, ties=3, land="bundled")
    for one, rows in zip(members, reached, strict=True):
        homes = {int(org.employees.department[row]) for row in rows}
        assert len(homes) <= 1 and int(org.employees.department[one]) not in homes
    assert max(map(len, reached)) >= 2


def test_members_who_lead_practise_what_is_meant_for_them(lived):
    org, members, _ = opened(lived, practising=1.0)
    here = org.employees.department[members]
    meant = org.departments.meant[here].T
    assert (org.employees.practising[:, members][meant] == 1).mean() > 0.9


def test_no_outward_ties_when_none_are_asked_for(lived):
    _, _, reached = opened(lived, ties=0)
    assert not any(reached)


@pytest.mark.parametrize("form", ["none", "holistic"])
def test_there_is_no_team_without_a_desk(small, form):
    plan = small(governance__form=form, governance__founded=WEEK)
    assert run(plan.replaced({"team": {}}), 1).digest() == run(plan, 1).digest()
