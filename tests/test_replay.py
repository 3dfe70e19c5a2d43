"""Replays: exactly what was swept, or a plain word on what is not as it was; and failures that fail again."""

import sqlite3
import zlib
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from sim import cli, source
from sim.errors import InputError
from sim.mechanisms import Mechanism
from sim.organisation import run
from sim.record import WEEKLY, Series
from sim.scenario import load
from sim.sweeps import Broken, Experiment, Factor, key, load_results, replaying, sweep
from sim.sweeps.layout import FILE
from sim.sweeps.replaying import UnequalError, find
from tests.stored import brittle_toml, design, finished, installed, stored, unsilo


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return stored(tmp_path_factory.mktemp("whole"))


def test_a_replay_is_the_run(whole):
    for name, (point, seed, done) in finished().items():
        record = whole.replay(name)
        assert record.outcome == done.outcome
        assert record.digest() == run(point.plan, seed).digest()
        assert whole.replay(f"{point.index}:{seed}").seed == seed


def test_runs_are_found_by_key_by_its_beginning_and_by_place(whole):
    keys = list(finished())
    for number, name in enumerate(keys):
        short = next(
            name[:end] for end in range(1, 33) if sum(one.startswith(name[:end]) for one in keys) == 1
        )
        place = f"{number // 2}:{1 + number % 2}"
        assert (
            find(whole, name) == find(whole, short) == find(whole, f" {short.upper()} ") == find(whole, place)
        )
        assert find(whole, name).outcome == finished()[name][2].outcome


def test_what_is_no_run_is_said_with_the_nearest(whole):
    name = min(finished())
    typo = name[:10] + ("0" if name[10] != "0" else "1") + name[11:]
    for asked, said, nearest in (
        ("0:3", "point:seed of points 0 to 3 and seeds 1 to 2", ""),
        ("1:x", "point:seed of points 0 to 3", ""),
        (typo, "the key of a run, the beginning of one, or point:seed", name),
        ("banana", "the key of a run", ""),
        ("'; DROP TABLE runs", "the key of a run", ""),
        ("9" * 40 + ":1", "point:seed of", ""),
        ("", "the key of a run", ""),
    ):
        with pytest.raises(InputError) as error:
            find(whole, asked)
        (fault,) = error.value.faults
        assert said in fault.allowed and fault.nearest == nearest


def test_a_beginning_that_several_share_is_not_guessed_at(tmp_path):
    results = stored(tmp_path)
    db = sqlite3.connect(tmp_path / FILE)
    first, second = list(finished())[:2]
    for old, new in ((first, "a" * 32), (second, "a" * 31 + "b")):
        db.execute("UPDATE design SET run = ? WHERE run = ?", [new, old])
        db.execute("UPDATE runs SET key = ? WHERE key = ?", [new, old])
    db.commit()
    with pytest.raises(InputError, match=f"several begin so: {'a' * 32}, {'a' * 31}b"):
        find(results, "aaa")
    assert find(results, "a" * 32).key == "a" * 32


def test_a_run_that_another_design_asked_for_is_still_there(tmp_path):
    results = stored(tmp_path)
    db = sqlite3.connect(tmp_path / FILE)
    db.execute("DELETE FROM design WHERE seed = 2")
    db.commit()
    name = list(finished())[1]
    assert results.replay(name).outcome == finished()[name][2].outcome


@pytest.mark.filterwarnings("error")
def test_changed_source_is_said_and_equal_results_are_given(whole, monkeypatch):
    whole.replay("0:1")
    monkeypatch.setattr(replaying, "code_digest", lambda plan: "another")
    with pytest.warns(UserWarning, match="the source of the engine, or of a mechanism, has changed") as told:
        record = whole.replay("0:1")
    assert told[0].filename == __file__
    assert record.digest() == run(design()[0].plan, 1).digest()


def test_the_digest_that_is_checked_is_that_of_the_source(whole, tmp_path, monkeypatch):
    import shutil

    home = tmp_path / "sim"
    shutil.copytree(source.PACKAGE, home, ignore=shutil.ignore_patterns("__pycache__"))
    (home / "luck.py").write_text((home / "luck.py").read_text() + "\n# edited\n")
    monkeypatch.setattr(source, "PACKAGE", home)
    for cached in (key._code, source.engine_digest):
        cached.cache_clear()
    try:
        with pytest.warns(UserWarning, match="has changed since"):
            whole.replay("0:1")
    finally:
        monkeypatch.undo()
        for cached in (key._code, source.engine_digest):
            cached.cache_clear()


def spoiled(folder, statement, *values):
    results = stored(folder)
    db = sqlite3.connect(folder / FILE)
    db.execute(statement, values)
    db.commit()
    db.close()
    return results


def test_a_replay_that_does_not_equal_what_is_stored_is_refused(tmp_path):
    name = next(iter(finished()))
    done = finished()[name][2]
    results = spoiled(tmp_path / "one", "UPDATE runs SET A = A + 0.5, stage = 6 WHERE key = ?", name)
    with pytest.raises(UnequalError, match=r"A was .*; stage was 6, and is 1") as error:
        results.replay("0:1")
    assert error.value.record.outcome == done.outcome

    data = bytearray(zlib.decompress(done.series))
    data[-3] ^= 1
    series = "UPDATE series SET data = ? WHERE run = ?"
    results = spoiled(tmp_path / "two", series, zlib.compress(bytes(data)), name)
    with pytest.raises(UnequalError, match="weekly series differ: adoption by department"):
        results.replay("0:1")
    results = spoiled(tmp_path / "three", series, zlib.compress(zlib.decompress(done.series), 1), name)
    assert results.replay("0:1").outcome == done.outcome


class Fragile(Mechanism):
    """Raises at a seed."""

    raises: int = 0

    def step(self, org):
        if org.week == 5 and org.seed == self.raises:
            raise ZeroDivisionError("no budget")


def test_a_run_that_failed_fails_again_and_mechanisms_may_be_given(tmp_path):
    plan = load("baseline", {"organisation.employees": 60, "weeks": 20}).with_mechanism(Fragile(raises=2))
    factor = Factor(key="funding.level", values=[0.2, 0.8])
    experiment = Experiment(name="fragile", scenario="fragile", factors=[factor], replicates=2)
    results = sweep(experiment, tmp_path, workers=0, plans={"fragile": plan})
    assert (
        results.replay("0:1", known=[Fragile()]).digest() == run(results.scenario(0, [Fragile()]), 1).digest()
    )
    with pytest.raises(ZeroDivisionError, match="no budget"):
        results.replay("1:2", known=[Fragile()])
    with pytest.raises(InputError, match="fragile: unknown table or key"):
        results.replay("1:2")


def test_a_roster_that_has_changed_is_said(tmp_path):
    people, ties = tmp_path / "people.csv", tmp_path / "ties.csv"
    rows = [f"p{n},{('sales', 'it')[n % 2]}" for n in range(40)]
    people.write_text("\n".join(["id,department", *rows]))
    ties.write_text("\n".join(["source,target", *(f"p{n},p{(n * 7 + 1) % 40}" for n in range(40))]))
    plan = load(
        "baseline",
        {
            "organisation.departments": {},
            "organisation.roster": str(people),
            "organisation.ties": str(ties),
            "weeks": 20,
        },
    )
    experiment = Experiment(name="real", scenario="real", factors=[], replicates=1)
    results = sweep(experiment, tmp_path / "real", workers=0, plans={"real": plan})
    results.replay("0:1")
    people.write_text("\n".join(["id,department", *reversed(rows), "new,hr"]))
    with (
        pytest.warns(UserWarning, match="files of people and ties are not those that were swept"),
        pytest.raises(UnequalError),
    ):
        results.replay("0:1")
    people.unlink()
    with pytest.raises(InputError, match="No such file"):
        results.replay("0:1")


def invoked(*words):
    return CliRunner().invoke(cli.unsilo, [str(word) for word in words])


def test_on_the_command_line_a_replay_says_what_run_says_and_that_it_is_equal(whole, tmp_path):
    name = list(finished())[5]
    point, seed, _ = finished()[name]
    (tmp_path / "same.toml").write_text(
        "extends = 'baseline'\ntitle = 'Baseline'\nabout = '"
        + point.plan.about
        + "'\nweeks = 20\n[organisation]\nemployees = 60\n"
    )
    there = invoked("run", tmp_path / "same.toml", "--seed", seed)
    again = invoked("replay", whole.folder, "2:2", "--to", tmp_path / "run.npz")
    assert (there.exit_code, again.exit_code) == (0, 0)
    assert again.stdout == (
        f"{there.stdout}It equals the stored run {name}: every outcome, and every week of every series.\n"
        f"Wrote {tmp_path / 'run.npz'}\n"
    )
    record = run(point.plan, seed)
    with np.load(tmp_path / "run.npz", allow_pickle=False) as file:
        assert all(
            np.array_equal(file[part], getattr(record.series, part), equal_nan=True) for part in Series.fields
        )
        assert tuple(file["weekly_names"]) == WEEKLY
        assert tuple(file["departments"]) == record.departments
        assert int(file["seed"]) == seed and str(file["scenario"]) == point.hash
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".partial"] == []


def test_on_the_command_line_what_is_wrong_is_one_message(whole, tmp_path):
    wrong = invoked("replay", whole.folder, "0:1", "--to", tmp_path / "run.txt")
    assert wrong.exit_code == 2 and "does not end in .npz" in wrong.output
    wrong = invoked("replay", whole.folder, "0:1", "--to", tmp_path / "nowhere" / "run.npz")
    assert (
        wrong.exit_code == 2
        and "nowhere' is no folder" in wrong.output
        and "State by week" not in wrong.output
    )
    unequal = spoiled(tmp_path / "one", "UPDATE runs SET A = 0.75 WHERE key = ?", next(iter(finished())))
    wrong = invoked("replay", unequal.folder, "0:1", "--to", tmp_path / "run.npz")
    assert wrong.exit_code == 1
    assert "It does not equal the stored run:\n  A was 0.75, and is " in wrong.stderr
    assert not (tmp_path / "run.npz").exists()


def test_on_the_command_line_a_run_may_not_be_stored_or_finish_this_time(tmp_path):
    first, second, *_ = finished()
    results = stored(tmp_path, [], {second: Broken("timeout", "took longer than 1 s")})
    assert (
        "It is not stored yet, so there is nothing to compare."
        in invoked("replay", results.folder, first).stdout
    )
    again = invoked("replay", results.folder, second)
    assert again.exit_code == 0
    assert "note: when it was swept, it took longer than allowed; here it may take" in again.stderr
    assert "It finished this time." in again.stdout


def test_on_the_command_line_failures_are_told_of_repeated_and_debugged(tmp_path):
    environment = installed(tmp_path)
    brittle_toml(tmp_path, raises=2)
    swept = unsilo(environment, "sweep", "fragile.toml", "--workers", "0")
    assert swept.returncode == 1
    again = unsilo(environment, "replay", "fragile", "1:2", "--pdb", typed="p budget\np org.week\nq\n")
    assert again.returncode == 1
    assert "note: when it was swept, it raised (ZeroDivisionError: no budget for 5)" in again.stderr
    assert again.stderr.endswith("ZeroDivisionError: no budget for 5\n")
    assert "brittle.py" in again.stderr and "in step" in again.stderr and "sim/cli/" not in again.stderr
    assert "(Pdb) 42" in again.stdout and "(Pdb) 5" in again.stdout
    (tmp_path / "brittle.py").write_text((tmp_path / "brittle.py").read_text().replace("raise ", ""))
    mended = unsilo(environment, "replay", "fragile", "0:2")
    assert mended.returncode == 0
    assert "note: the source of the engine, or of a mechanism, has changed" in mended.stderr
    assert "It finished this time." in mended.stdout
    (told,) = load_results(tmp_path / "results" / "fragile").sessions
    assert told["brittle"] == "1.0"


def test_on_the_command_line_a_run_that_asks_to_exit_has_failed(tmp_path):
    environment = installed(tmp_path)
    brittle_toml(tmp_path, raises=2)
    module = tmp_path / "brittle.py"
    module.write_text(module.read_text().replace("raise ZeroDivisionError", "raise SystemExit"))
    assert unsilo(environment, "sweep", "fragile.toml", "--workers", "0").returncode == 1
    again = unsilo(environment, "replay", "fragile", "1:2")
    assert again.returncode == 1
    assert "SystemExit: no budget for 5" in again.stderr and "in step" in again.stderr


def test_outcomes_are_compared_to_the_bit(whole):
    entry = find(whole, "0:1")
    record = whole.replay("0:1")
    nearly = replace(entry, outcome=replace(entry.outcome, V=np.nextafter(entry.outcome.V, 1.0)))
    assert not replaying.differences(whole, entry, record)
    assert len(replaying.differences(whole, nearly, record)) == 1
