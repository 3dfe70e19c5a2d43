"""Strategy and money: what is seen of worth and when, money that follows it between practices, and what comes back."""

import numpy as np
import pytest

from sim.organisation import Organisation, run


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
    org = Organisation(small("everything", turnover__base=0.02, incidents__base=0.5), 3)
    seen = []
    while org.running:
        org.step()
        e, d = org.employees, org.departments
        people = (org.left[org.week], e.satisfaction.mean(), e.rumour.mean(), org.incidents[org.week].sum())
        seen.append((people, d.worth.copy(), d.practised.copy()))
    people, worth, practised = (np.array(part) for part in zip(*seen, strict=True))
    for column, name in enumerate(("left", "satisfaction", "rumour", "incidents")):
        assert org.record[name][1:] == pytest.approx(people[:, column]) and org.record[name].max() > 0.0
    assert np.array_equal(org.record.worth[1:], worth) and worth.max() > 0.0
    assert np.array_equal(org.record.practised[1:], practised)
    assert org.record.digest() == run(org.plan, 3).digest()


@pytest.mark.parametrize("kept", ["worth", "practised"])
def test_the_digest_is_of_all_that_is_kept(small, kept):
    record = run(small(weeks=5), 1)
    before = record.digest()
    getattr(record, kept)[2, 1, 0] += 1
    assert record.digest() != before
