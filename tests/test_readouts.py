"""Read-outs of a record, against numbers worked out by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from sim import load
from sim.analysis.readouts import breadth, extension, one_strategy, start_weeks
from sim.organisation import run


@pytest.fixture
def record():
    adoption = np.array([[0.0, 0.0, np.nan], [0.2, 0.0, np.nan], [0.4, 0.4, np.nan]])
    by_practice = np.array([[0.0, 0.0], [0.5, 0.0], [0.3, 0.1]])
    habits = np.array(
        [[[0, 0], [1, 1], [2, 2]], [[0, 0], [0, 1], [2, 1]], [[3, 3], [3, 3], [3, 3]]], np.int16
    )
    return SimpleNamespace(
        week=2, departments=("a", "b", "c"), adoption=adoption, by_practice=by_practice, habits=habits
    )


def test_departments_start_one_after_the_other(record):
    assert start_weeks(record) == {"a": 1, "b": 2, "c": None}
    assert start_weeks(record, active=0.3) == {"a": 2, "b": 2, "c": None}


def test_effective_numbers(record):
    assert extension(record) == pytest.approx([0.0, 1.0, 2.0])
    assert breadth(record) == pytest.approx([0.0, 1.0, 0.4**2 / (0.3**2 + 0.1**2)])


def test_one_strategy_is_the_share_of_departments_that_agree(record):
    assert one_strategy(record) == pytest.approx([1 / 3, 2 / 3, 1.0])


def test_a_run_starts_in_marketing_and_extends():
    lived = run(load("baseline"), 1)
    weeks = start_weeks(lived)
    assert weeks["marketing"] == min(week for week in weeks.values() if week is not None)
    assert extension(lived)[-1] > 5 > 2 > extension(lived)[1]
    assert one_strategy(lived)[0] == pytest.approx(1 / 6) and one_strategy(lived)[-1] > 0.9
