"""Layouts: an older store is read as it is, brought to this one when a sweep opens it, and never left in between."""

import json
import os
import signal
import sqlite3
from multiprocessing import get_context

import numpy as np
import pytest

from sim.errors import InputError
from sim.sweeps import Broken, load_results, store
from sim.sweeps.layout import FILE, LAYOUT, bring
from sim.sweeps.store import Store
from tests.stored import EXPERIMENT, asked, design, finished, layout_1, stored


def layout(file):
    db = sqlite3.connect(file)
    (number,) = db.execute("PRAGMA user_version").fetchone()
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    return number


def same(one, other):
    assert one.runs.equals(other.runs)
    assert one.missing.equals(other.missing)
    assert one.scenarios.equals(other.scenarios)
    assert one.parameters.equals(other.parameters)
    for name in ("A", "state"):
        assert np.array_equal(one.series(name), other.series(name), equal_nan=True)
    assert np.array_equal(one.adoption(), other.adoption(), equal_nan=True)
    assert (
        one.sql("SELECT * FROM resolved ORDER BY hash")
        .map(json_of)
        .equals(other.sql("SELECT * FROM resolved ORDER BY hash").map(json_of))
    )


def json_of(text):
    return json.dumps(json.loads(text), sort_keys=True) if text.startswith("{") else text


def test_an_older_store_is_read_as_this_one_and_left_as_it_is(tmp_path):
    keys = list(finished())[:5]
    file = layout_1(tmp_path / "old", keys)
    before = file.read_bytes()
    old = load_results(tmp_path / "old")
    same(old, stored(tmp_path / "new", keys))
    assert old.failures.empty
    assert list(old.failures.columns) == list(load_results(tmp_path / "new").failures.columns)
    old.close()
    assert file.read_bytes() == before
    assert layout(file) == 1


def test_a_sweep_brings_an_older_store_to_this_layout_and_goes_on(tmp_path):
    keys = list(finished())
    file = layout_1(tmp_path / "old", keys[:5])
    with Store(tmp_path / "old", EXPERIMENT, {}) as target:
        assert layout(file) == LAYOUT
        assert target.plan(design(), asked()) == set(keys[:5])
        for key in keys[5:]:
            point, seed, done = finished()[key]
            target.set_aside(key, point.hash, seed, Broken("raised", "ValueError: no"))
            target.add([(key, point.hash, seed, done)])
    same(load_results(tmp_path / "old"), stored(tmp_path / "new"))
    assert [one.get("command") for one in load_results(tmp_path / "old").sessions] == [
        "unsilo sweep mine.toml",
        None,
    ]


def test_another_experiments_older_store_is_not_touched(tmp_path):
    before = layout_1(tmp_path).read_bytes()
    with pytest.raises(InputError, match="belong to the experiment 'mine'"):
        Store(tmp_path, EXPERIMENT.model_copy(update={"name": "yours"}), {})
    assert (tmp_path / FILE).read_bytes() == before


class Dying:
    """A database whose process is killed in place of a statement, after so many."""

    def __init__(self, db, after):
        self.db, self.left = db, after

    def execute(self, statement):
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1
        return self.db.execute(statement)


def migrate_and_die(folder, after):
    def dying(db, layout):
        bring(Dying(db, after), layout)
        os.kill(os.getpid(), signal.SIGKILL)

    store.bring = dying
    Store(folder, EXPERIMENT, {})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks a process to kill it")
@pytest.mark.parametrize("after", range(6))
def test_killed_in_the_middle_of_a_migration(tmp_path, after):
    """It dies before its first statement, after each, and last before it commits: all of it or nothing is there."""
    file = layout_1(tmp_path)
    process = get_context("fork").Process(target=migrate_and_die, args=(tmp_path, after))
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    same(load_results(tmp_path), stored(tmp_path / "new"))
    assert layout(file) == 1
    with Store(tmp_path, EXPERIMENT, {}) as target:
        assert target.plan(design(), asked()) == set(finished())
    assert layout(file) == LAYOUT
    same(load_results(tmp_path), load_results(tmp_path / "new"))


@pytest.mark.parametrize(
    "spoil", ["PRAGMA user_version = 3", "ALTER TABLE runs RENAME COLUMN hollow TO mellow"]
)
def test_what_this_version_does_not_know_is_refused_and_left_alone(tmp_path, spoil):
    stored(tmp_path).close()
    file = tmp_path / FILE
    db = sqlite3.connect(file)
    db.execute(spoil)
    db.close()
    before = file.read_bytes()
    for attempt in (lambda: load_results(tmp_path), lambda: Store(tmp_path, EXPERIMENT, {})):
        with pytest.raises(
            InputError, match=r"layouts 1 to 2, with state.*another version of Unsilo wrote this"
        ):
            attempt()
    assert file.read_bytes() == before
