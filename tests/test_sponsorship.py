"""Executives: what they come to understand, how they warm and cool, and the lead that their staff feel."""

import numpy as np
import pytest

from sim.organisation import Organisation


def grown(plan, weeks, seed=1):
    org = Organisation(plan, seed)
    for _ in range(weeks):
        org.step()
    return org


def scoped(org, values):
    """Sums over each head's department and, last, over the firm."""
    return np.append(values, values.sum())


@pytest.mark.parametrize("sponsor_week", [False, 20])
def test_understanding_and_engagement_follow_their_recursion(small, sponsor_week):
    plan = small(sponsorship__sponsor_week=sponsor_week, sponsorship__engagement=0.5, sponsorship__spread=0.2,
                 adoption__push=0.05, governance__founded=30)  # fmt: skip
    org = Organisation(plan, 2)
    x, d, e = org.executives, org.departments, org.employees
    pull, used = None, False
    for week in range(1, plan.weeks + 1):
        u, g, evidence = x.understanding.copy(), x.engagement.copy(), x.evidence.copy()
        staff = scoped(org, d.size)
        activity = scoped(org, d.activity) / staff
        asked = 0.4 * min(1.0, week / 78.0) * scoped(org, d.budget * d.size) / staff
        own_use = e.breadth[x.person] > 0
        used |= own_use.any() and not own_use.all()
        if week == sponsor_week:
            named = np.argmax(g)
            g[named] = max(g[named], 0.7)
            pull = g[named]
        org.step()
        warmed = 0.02 * u * (1 - g) * np.minimum(1.0, 2.5 * evidence) * (1.0 if pull else 0.2)
        warmed += 0.012 * (g.mean() - g) + (0.03 * np.maximum(0.0, pull - g) if pull else 0.0)
        cooled = 0.08 * np.maximum(0.0, asked - evidence) * g
        assert x.engagement == pytest.approx(np.clip(g + warmed - cooled, 0.0, 1.0))
        assert x.understanding == pytest.approx(u + (0.004 * activity + 0.02 * own_use) * (1 - u))
        assert x.expected == pytest.approx(asked)
    assert used, "the test needs executives who practise and others who do not"
    assert np.ptp(x.evidence) > 0.01 and (asked > evidence).any()


@pytest.mark.parametrize(("style", "part"), [(0.0, 0.6), (0.5, 0.8), (1.0, 1.0)])
def test_lead_is_the_heads_and_the_tops_engagement_and_more_of_it_comes_across_by_guiding(small, style, part):
    org = grown(small(sponsorship__style=style, sponsorship__spread=0.3), 5)
    g = org.executives.engagement
    assert np.ptp(g) > 0.1
    assert org.departments.lead == pytest.approx((0.6 * g[:-1] + 0.4 * g[-1]) * part)


def test_executives_who_use_it_themselves_come_to_understand(small):
    """Claim 50: mentoring makes them users, and users understand sooner."""
    mentored = {"events.it": {"what": "reverse_mentoring", "week": 10, "practice": "collaborating"}}
    plan = small(sponsorship__sponsor_week=False)
    alone, users = grown(plan, 60), grown(plan.replaced(mentored), 60)
    blind = grown(plan.replaced({**mentored, "sponsorship.learn_by_use": 0.0}), 60)
    means = [org.executives.understanding.mean() for org in (alone, blind, users)]
    assert means[2] > means[0] + 0.2 and abs(means[1] - means[0]) < 0.05


def test_a_mandate_costs_belief_where_it_holds(small):
    """Claim 31: told people lose a part of their belief each week, .01 under a full mandate; others lose none."""
    plan = small(
        governance__mandate=0.5, governance__founded=10, governance__join_rate=0.0, adoption__push=0.0
    )
    org = Organisation(plan.without("influence"), 1)
    weeks = np.zeros(6)
    for _ in range(40):
        org.step()
        weeks += org.departments.guided
    assert (weeks[1:] == 0.0).all() and weeks[0] == 31
    expected = 0.3 * (1 - 0.01 * 0.5) ** weeks[org.employees.department]
    assert org.employees.belief == pytest.approx(np.tile(expected, (5, 1)))
