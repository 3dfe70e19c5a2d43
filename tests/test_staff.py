"""Generated staff: sizes, reporting lines and keys."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.staff import HEAD, MANAGER, NOBODY, STAFF, TOP, generate

sizes_of = st.lists(st.integers(1, 60), min_size=1, max_size=8)


def company(sizes, span=8):
    return generate([(f"d{number}", "sales", size) for number, size in enumerate(sizes)], span)


@given(sizes_of, st.integers(1, 9))
def test_everybody_has_a_place_and_a_way_to_the_top(sizes, span):
    staff = company(sizes, span)
    assert staff.n == sum(sizes)
    assert np.array_equal(np.bincount(staff.department, minlength=len(sizes)), sizes)
    assert (np.diff(staff.department) >= 0).all()
    assert np.array_equal(np.diff(staff.start), sizes)
    assert np.flatnonzero(staff.manager == NOBODY).tolist() == [staff.top]

    reached = {staff.top}
    while len(reached) < staff.n:
        further = {row for row in range(staff.n) if staff.manager[row] in reached} - reached
        assert further, "a circle of managers"
        reached |= further

    below_top = staff.manager == staff.top
    below_top[staff.head] = False
    others = staff.manager[(staff.manager != NOBODY) & (staff.manager != staff.top)]
    assert np.bincount(others, minlength=1).max() <= span
    assert below_top.sum() <= (span if sizes[staff.department[staff.top]] == 1 else 0)


@given(sizes_of, st.integers(1, 9))
def test_heads_and_levels(sizes, span):
    staff = company(sizes, span)
    largest = int(np.argmax(sizes))
    assert staff.top == sum(sizes[:largest])
    assert np.array_equal(staff.department[staff.head], np.arange(len(sizes)))
    assert (staff.head[largest] == staff.top) == (sizes[largest] == 1)
    assert staff.level[staff.top] == TOP
    for row in range(staff.n):
        if row != staff.top:
            expected = HEAD if row in staff.head else MANAGER if row in staff.manager else STAFF
            assert staff.level[row] == expected
            same = staff.department[staff.manager[row]] == staff.department[row]
            assert same or expected == HEAD


def test_the_tree_is_filled_in_order():
    staff = generate([("a", "x", 4), ("b", "y", 7)], span=2)
    assert staff.manager.tolist() == [4, 0, 0, 1, NOBODY, 4, 5, 5, 6, 6, 7]
    assert staff.functions == ("x", "y")


@given(sizes_of, st.integers(1, 9), st.data())
def test_one_more_employee_changes_nobody_elses_key_or_manager(sizes, span, data):
    grown = data.draw(st.integers(0, len(sizes) - 1))
    more = [size + (number == grown) for number, size in enumerate(sizes)]
    before, after = company(sizes, span), company(more, span)
    assert len(set(after.key.tolist())) == after.n
    assert set(before.key.tolist()) < set(after.key.tolist())
    if np.argmax(sizes) == np.argmax(more) and max(sizes) > 1:
        assert lines(before).items() <= lines(after).items()


def lines(staff):
    return {
        int(key): None if boss == NOBODY else int(staff.key[boss])
        for key, boss in zip(staff.key, staff.manager, strict=True)
    }


def test_keys_come_from_the_name_of_the_department_alone():
    alone = generate([("law", "", 5)], 3)
    among = generate([("it", "it", 9), ("law", "", 5)], 4)
    assert np.array_equal(alone.key, among.key[9:])


def test_all_faults_are_found():
    with pytest.raises(InputError) as error:
        generate([("a", "", 0), ("b", "", 3), ("b", "", -1)], 0)
    assert len(error.value.faults) == 4
    with pytest.raises(InputError, match="departments: none"):
        generate([], 5)
