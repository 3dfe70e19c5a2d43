"""Several threads live one run: the same bytes as one, whatever the organisation, and an end where one of them breaks off."""

import threading
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings

from sim import Mechanism, load, run
from sim.cli.running import run as command
from sim.mechanisms.week import live_on
from sim.organisation import Organisation
from sim.ties import FAR
from sim.wings import MOST, WORTHWHILE, Thread, cores, people, share_out_rooms, threads_for
from tests.worlds import worlds


@pytest.mark.parametrize("threads", [2, 3, MOST])
@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("everything", {"organisation.employees": 600, "weeks": 120}),
        ("baseline", {"organisation.employees": 300, "weeks": 60}),
        ("small_firms_alliance", {"weeks": 60}),
        ("everything", {"organisation.employees": FAR + 1, "weeks": 20}),  # more is fetched of so many
    ],
)
def test_any_number_of_threads_gives_the_same_bytes(name, changes, threads):
    plan = load(name, changes)
    assert run(plan, 3, threads).digest() == run(plan, 3).digest()


@settings(max_examples=40, deadline=None)
@given(world=worlds(weeks=30))
def test_whatever_is_switched_on_two_threads_give_the_same_state(world):
    one, two = (Organisation(world.plan, 1, threads) for threads in (1, 2))
    for org in (one, two):
        org.live(30)
        org.close()
    assert one.record.digest() == two.record.digest()
    for table in ("employees", "departments"):
        for name in getattr(one, table).columns:
            mine, others = getattr(getattr(one, table), name), getattr(getattr(two, table), name)
            assert np.array_equal(mine, others, equal_nan=mine.dtype.kind == "f"), name


def test_a_week_at_a_time_and_whole_are_the_same():
    plan = load("everything", {"organisation.employees": 300, "weeks": 30})
    org = Organisation(plan, 1, 2)
    while org.week < 30:
        org.step()
    assert org.record.digest() == run(plan, 1).digest()


class Heedless(Mechanism):
    """Breaks off in its third week."""

    after = "adoption"

    def step(self, org):
        if org.week == 3:
            raise RuntimeError("no more")


class Counting(Mechanism):
    """Counts its weeks, in the midst of those that all threads live."""

    after = "adoption"
    weeks: ClassVar[list[int]] = []

    def step(self, org):
        self.weeks.append(org.week)
        org.employees.belief[:] *= 0.999


def test_a_mechanism_of_ones_own_is_called_once_a_week_between_what_all_threads_do():
    plan = load("baseline", {"organisation.employees": 200, "weeks": 20}).with_mechanism(Counting())
    Counting.weeks.clear()
    two = run(plan, 1, 2).digest()
    assert Counting.weeks == list(range(1, 21))
    assert run(plan, 1).digest() == two


def test_where_the_run_breaks_off_no_thread_is_left_waiting():
    before = threading.active_count()
    plan = load("baseline", {"organisation.employees": 200, "weeks": 20}).with_mechanism(Heedless())
    with pytest.raises(RuntimeError, match="no more"):
        run(plan, 1, 2)
    assert threading.active_count() == before


def test_what_breaks_another_thread_breaks_the_run(monkeypatch):
    def broken(*arguments):
        if arguments[-1].number > 0:
            raise MemoryError("nothing left")
        return live_on(*arguments)

    monkeypatch.setattr("sim.mechanisms.week.live_on", broken)
    with pytest.raises(MemoryError, match="nothing left"):
        run(load("baseline", {"organisation.employees": 200, "weeks": 20}), 1, 2)


@pytest.mark.parametrize("threads", [0, -1, MOST + 1])
def test_numbers_of_threads_that_cannot_be_are_refused(threads):
    with pytest.raises(ValueError, match=f"{threads} threads; a run is lived by 1 to {MOST}"):
        Organisation(load("baseline", {"organisation.employees": 50}), 1, threads)


@pytest.mark.parametrize("threads", range(2, MOST + 1))
def test_every_department_is_in_one_wing_and_two_wings_are_about_equal(threads):
    org = Organisation(load("everything", {"organisation.employees": 3000}), 1, threads)
    org.live(80)
    share_out_rooms(threads, org.state)
    rooms = org.wings.rooms[: threads + 1]
    rows = [people(Thread(number, threads), org.state) for number in range(threads)]
    assert [here for at in range(threads) for here in range(rooms[at], rooms[at + 1])] == list(
        range(org.departments.rows)
    )
    assert [row for first, end in rows for row in range(int(first), int(end))] == list(
        range(org.employees.rows)
    )
    for at, (first, end) in enumerate(rows):
        assert set(org.employees.department[int(first) : int(end)]) == set(range(rooms[at], rooms[at + 1]))
    if threads == 2:
        work = [
            5 * (end - first) + 2 * org.employees.breadth[int(first) : int(end)].sum() for first, end in rows
        ]
        assert 0.6 < work[0] / work[1] < 1.7


def test_short_runs_get_one_thread_and_long_ones_two():
    assert threads_for(WORTHWHILE - 1) == 1
    assert threads_for(WORTHWHILE) == min(2, cores())


def test_the_command_knows_the_same_numbers():
    option = next(one for one in command.params if one.name == "threads")
    assert (option.type.min, option.type.max) == (1, MOST)
    assert f"2 from {WORTHWHILE:,} employees on" in option.help
