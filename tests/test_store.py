"""The store and what is read from it: each run once, in whatever order it came, and nobody else's folder."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from dataclasses import fields, replace
from importlib import import_module, reload
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from sim import source
from sim.errors import InputError
from sim.mechanisms import Mechanism
from sim.organisation import run
from sim.outcome import STATES, Outcome
from sim.scenario import load
from sim.sweeps import Experiment, Factor, key, load_results, points, run_key, store
from sim.sweeps.living import live
from sim.sweeps.provenance import PACKAGES, provenance
from sim.sweeps.series import SERIES, pack, unpack, unpack_adoption
from sim.sweeps.store import Store, on_network
from sim.sweeps.work import Parcel

WEEKS = Factor(key="weeks", values=[30, 20])
SHOPS = Factor(key="organisation.departments", values=[{}, {"shop": 20}], names=["without", "with a shop"])
EXPERIMENT = Experiment(
    name="mine", scenario="baseline", set={"organisation.employees": 60}, factors=[WEEKS, SHOPS], replicates=2
)


@pytest.fixture(scope="module")
def design():
    return points(EXPERIMENT)


@pytest.fixture(scope="module")
def finished(design):
    """Every run of the design by its key: point, seed, and what is kept of it."""
    return {
        run_key(point.plan, seed): (point, seed, live(point.plan, seed))
        for point in design
        for seed in EXPERIMENT.seeds
    }


def asked(design, experiment=EXPERIMENT):
    return [(point.index, seed, run_key(point.plan, seed)) for point in design for seed in experiment.seeds]


def stored(folder, design, finished, keys):
    with Store(folder, EXPERIMENT, {"python": "3"}) as target:
        target.plan(design, asked(design))
        for name in keys:
            point, seed, done = finished[name]
            target.add([(name, point.hash, seed, done)])
    return load_results(folder)


def test_runs_come_back_in_the_order_of_the_design_however_they_went_in(tmp_path, design, finished):
    keys = list(finished)
    results = stored(tmp_path / "a", design, finished, keys)
    shuffled = stored(tmp_path / "b", design, finished, keys[::-1])
    assert results.runs.equals(shuffled.runs)
    assert list(results.runs["run"]) == keys
    assert list(results.runs.columns[:4]) == ["point", "weeks", "departments", "seed"]
    assert list(results.runs["weeks"]) == [30] * 4 + [20] * 4
    assert list(results.runs["departments"])[:4] == ["without", "without", "with a shop", "with a shop"]
    for row, name in enumerate(keys):
        outcome = finished[name][2].outcome
        for field in fields(Outcome):
            there, wanted = results.runs[field.name][row], getattr(outcome, field.name)
            assert there == wanted or (wanted is None and np.isnan(there))
    assert results.missing.empty


def test_what_has_not_finished_is_missing(tmp_path, design, finished):
    keys = list(finished)
    results = stored(tmp_path / "r", design, finished, keys[1:3])
    assert list(results.runs["run"]) == keys[1:3]
    assert list(results.missing["run"]) == [keys[0], *keys[3:]]
    assert list(results.missing["seed"]) == [1, 2, 1, 2, 1, 2]
    assert results.asked == 8


def test_series_line_up_with_runs_and_shorter_ones_end_in_nan(tmp_path, design, finished):
    keys = list(finished)
    results = stored(tmp_path / "r", design, finished, [*keys[3:], *keys[:3]])
    assert results.departments == ("marketing", "sales", "service", "product", "it", "hr", "shop")
    for name in SERIES:
        whole = results.series(name)
        assert whole.shape == (8, 31)
        for row, one in enumerate(keys):
            point, seed, _ = finished[one]
            record = run(point.plan, seed)
            wanted = record.states if name == "state" else record[name].astype(np.float32)
            length = point.plan.weeks + 1
            assert np.array_equal(whole[row, :length], wanted)
            assert np.isnan(whole[row, length:]).all()
            if name == "A":
                there = results.adoption()[row]
                assert np.array_equal(
                    there[:length, : record.adoption.shape[1]], record.adoption.astype(np.float32)
                )
                assert np.isnan(there[:, record.adoption.shape[1] :]).all()


def test_timelines_are_the_series_in_long_form(tmp_path, design, finished):
    results = stored(tmp_path / "r", design, finished, finished)
    long = results.timelines("A", "state")
    assert list(long.columns) == ["weeks", "departments", "seed", "run", "week", "A", "state"]
    assert len(long) == 4 * 31 + 4 * 21
    one = long[long["run"] == results.runs["run"][5]]
    assert list(one["week"]) == list(range(21))
    assert np.array_equal(one["A"], results.series("A")[5, :21])
    with pytest.raises(ValueError, match="no series 'B'"):
        results.timelines("B")


def test_a_run_cannot_be_stored_twice(tmp_path, design, finished):
    first = next(iter(finished))
    point, seed, done = finished[first]
    results = stored(tmp_path / "r", design, finished, [first])
    with Store(tmp_path / "r", EXPERIMENT, {}) as target:
        assert target.plan(design, asked(design)) == {first}
        with pytest.raises(sqlite3.IntegrityError):
            target.add([(first, point.hash, seed, replace(done, seconds=9.0))])
    assert results.sql("SELECT COUNT(*) AS n FROM runs WHERE seconds = ?", [9.0])["n"][0] == 0
    assert len(results.runs) == 1


def test_a_grown_experiment_keeps_its_runs_and_a_shrunk_one_hides_them(tmp_path, design, finished):
    stored(tmp_path, design, finished, finished)
    grown = EXPERIMENT.model_copy(update={"replicates": 3})
    with Store(tmp_path, grown, {}) as target:
        assert target.plan(design, asked(design, grown)) == set(finished)
    assert len(load_results(tmp_path).runs) == 8
    assert list(load_results(tmp_path).missing["seed"]) == [3, 3, 3, 3]
    shrunk = EXPERIMENT.model_copy(update={"factors": [WEEKS]})
    with Store(tmp_path, shrunk, {}) as target:
        target.plan(points(shrunk), asked(points(shrunk)))
    results = load_results(tmp_path)
    assert (len(results.runs), len(results.sql("SELECT key FROM runs"))) == (4, 8)
    assert results.series("A").shape == (4, 31)
    assert len(results.sessions) == 3


def test_points_that_mean_the_same_share_their_runs(tmp_path):
    factor = Factor(key="title", values=["one", "other"])
    experiment = EXPERIMENT.model_copy(update={"factors": [factor], "replicates": 1})
    design = points(experiment)
    (name,) = {key for _, _, key in asked(design, experiment)}
    with Store(tmp_path, experiment, {}) as target:
        target.plan(design, asked(design, experiment))
        target.add([(name, design[0].hash, 1, live(design[0].plan, 1))])
    results = load_results(tmp_path)
    assert list(results.runs["title"]) == ["one", "other"]
    assert np.array_equal(*results.series("A"))


def test_another_experiments_folder_is_left_alone(tmp_path, design, finished):
    stored(tmp_path, design, finished, finished)
    before = (tmp_path / store.FILE).read_bytes()
    for other in (
        {"name": "yours"},
        {"scenario": "centralised"},
        {"factors": [Factor(key="funding.level", values=[0.2, 0.8])]},
    ):
        with pytest.raises(InputError, match="belong to the experiment 'mine' of baseline"):
            Store(tmp_path, EXPERIMENT.model_copy(update=other), {})
    assert (tmp_path / store.FILE).read_bytes() == before


def test_a_folder_stays_an_experiments_that_goes_on_with_its_scenarios(tmp_path):
    several = {"scenario": "", "scenarios": ["baseline", "centralised"]}
    first = EXPERIMENT.model_copy(
        update={**several, "factors": [Factor(key="funding.level", values=[0.2, 0.8])]}
    )
    Store(tmp_path, first, {}).__exit__()
    Store(
        tmp_path, first.model_copy(update={"factors": [Factor(key="weeks", values=[20, 30])]}), {}
    ).__exit__()


def test_a_figure_that_there_is_no_more_does_not_keep_a_store_from_being_read(tmp_path, design, finished):
    strange = EXPERIMENT.model_copy(update={"figures": ["pie"]})
    with Store(tmp_path, strange, {}) as target:
        target.plan(design, asked(design, strange))
    assert load_results(tmp_path).experiment.figures == ["pie"]


def test_one_sweep_a_folder(tmp_path):
    with Store(tmp_path, EXPERIMENT, {}):
        with pytest.raises(InputError, match="another sweep is writing here now"):
            Store(tmp_path, EXPERIMENT, {})
        load_results(tmp_path)
    Store(tmp_path, EXPERIMENT, {}).__exit__()


def test_other_layouts_and_other_files_are_refused_and_left_alone(tmp_path):
    Store(tmp_path, EXPERIMENT, {}).__exit__()
    file = tmp_path / store.FILE
    for spoil in (
        lambda: sqlite3.connect(file).execute("PRAGMA user_version = 99").connection.close(),
        lambda: file.write_bytes(b"no database at all " * 100),
    ):
        spoil()
        before = file.read_bytes()
        for attempt in (lambda: load_results(tmp_path), lambda: Store(tmp_path, EXPERIMENT, {})):
            with pytest.raises(InputError, match=r"layout 99|not a database"):
                attempt()
        assert file.read_bytes() == before
    file.unlink()
    Store(tmp_path, EXPERIMENT, {}).__exit__()  # no lock was left behind


def test_results_that_are_not_there_name_the_nearest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Store(Path("results/mine"), EXPERIMENT, {}).__exit__()
    assert load_results("mine").experiment == EXPERIMENT
    with pytest.raises(InputError, match="did you mean 'mine'"):
        load_results("mien")


def test_what_is_left_is_one_plain_file_that_readers_cannot_change(tmp_path, design, finished):
    results = stored(tmp_path, design, finished, finished)
    assert {path.name for path in tmp_path.iterdir()} == {store.FILE, ".lock"}
    with pytest.raises(Exception, match="opened for reading"):
        results.sql("DELETE FROM runs")


def test_provenance_is_kept_for_every_start(tmp_path, design, finished):
    with Store(tmp_path, EXPERIMENT, provenance()) as target:
        target.plan(design, asked(design))
    with Store(tmp_path, EXPERIMENT, provenance()):
        pass
    results = load_results(tmp_path)
    first, second = results.sessions
    assert first["python"] == second["python"] == sys.version.split()[0]
    assert {
        "command",
        "unsilo",
        "mesa",
        "pandas",
        "pydantic",
        "seaborn",
        "platform",
        "cpu",
        "sqlite",
    } <= first.keys()
    assert first["seeds"] == [1, 2] and first["engine"] == source.engine_digest()
    assert results.scenario(2) == design[2].plan


def test_the_log_is_used_on_local_disks_only(tmp_path, monkeypatch):
    table = "/dev/a / ext4 rw 0 0\nnas:/x /mnt/my\\040share nfs4 rw 0 0\n/dev/b /mnt/my\\040share/disk xfs rw 0 0\n"
    assert on_network(Path("/mnt/my share/results"), table)
    assert not on_network(Path("/mnt/my share/disk/results"), table)
    assert not on_network(Path("/home/results"), table)
    for network, mode in ((False, "wal"), (True, "delete")):
        monkeypatch.setattr(store, "on_network", lambda folder, network=network: network)
        with Store(tmp_path / mode, EXPERIMENT, {}):
            file = tmp_path / mode / store.FILE
            assert sqlite3.connect(file).execute("PRAGMA journal_mode").fetchone()[0] == mode


def test_a_run_takes_less_than_ten_kilobytes():
    record = run(load("baseline"), 1)
    packed = pack(record)
    assert len(packed) < 10_000
    assert np.array_equal(unpack(packed, ["stage"], 312)["stage"], record["stage"])
    assert np.array_equal(unpack_adoption(packed, 312, range(6)), record.adoption.astype(np.float32))


def test_keys_change_with_values_and_seeds_and_not_with_titles():
    plan = load("baseline")
    same = load("baseline", {"title": "another", "about": "the same"})
    assert run_key(plan, 1) == run_key(same, 1)
    others = {run_key(plan, 1), run_key(plan, 2), run_key(load("baseline", {"funding.level": 0.51}), 1)}
    assert len(others) == 3


def test_keys_change_with_the_engines_source_and_not_with_its_faces(tmp_path, monkeypatch):
    plan, home = load("baseline"), tmp_path / "sim"
    shutil.copytree(source.PACKAGE, home, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(source, "PACKAGE", home)

    def forget():
        key._code.cache_clear()
        source.engine_digest.cache_clear()

    digests = []
    for edited in (
        None,
        "cli/__init__.py",
        "__init__.py",
        "mechanisms/ways.py",
        "happenings/people.py",
        "luck.py",
        "mechanisms/new.py",
    ):
        if edited:
            with (home / edited).open("a") as file:
                file.write("# edited\n")
        forget()
        digests.append(run_key(plan, 1))
    forget()
    assert digests[0] == digests[1] == digests[2]
    assert len(set(digests[2:])) == 5


def test_keys_change_with_the_source_of_ones_own_mechanisms(tmp_path, monkeypatch):
    (tmp_path / "own_mechanism.py").write_text(
        "from own_helper import RATE\nfrom sim.mechanisms import Mechanism\nclass Own(Mechanism):\n    rate: float = RATE\n"
    )
    (tmp_path / "own_helper.py").write_text("RATE = 0.1\n")
    (tmp_path / "own_other.py").write_text("RATE = 0.1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "own_helper", import_module("own_helper"))
    monkeypatch.setitem(sys.modules, "own_mechanism", import_module("own_mechanism"))
    plan = load("baseline").with_mechanism(sys.modules["own_mechanism"].Own())
    digests = [run_key(load("baseline"), 1)]
    for edited in ("own_other.py", "own_mechanism.py", "own_helper.py"):
        key._code.cache_clear()
        digests.append(run_key(plan, 1))
        with (tmp_path / edited).open("a") as file:
            file.write("# edited\n")
        reload(sys.modules["own_helper"])
    key._code.cache_clear()
    digests.append(run_key(plan, 1))
    plain, first, untouched, mechanism, helper = digests
    assert first == untouched
    assert len({plain, first, mechanism, helper}) == 4


def test_keys_change_with_what_ones_own_mechanism_imports_later(tmp_path, monkeypatch):
    (tmp_path / "own_late.py").write_text(
        "from sim.mechanisms import Mechanism\nclass Late(Mechanism):\n    def step(self, org):\n        import own_hidden\n"
    )
    (tmp_path / "own_hidden.py").write_text("RATE = 0.1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "own_late", import_module("own_late"))
    plan = load("baseline").with_mechanism(sys.modules["own_late"].Late())
    before = run_key(plan, 1)
    (tmp_path / "own_hidden.py").write_text("RATE = 0.2\n")
    key._code.cache_clear()
    assert run_key(plan, 1) != before


def test_a_mechanism_that_is_edited_and_loaded_anew_has_another_key_and_crosses(tmp_path, monkeypatch):
    file = tmp_path / "own_notebook.py"
    file.write_text("from sim.mechanisms import Mechanism\nclass Mine(Mechanism):\n    rate: float = 0.1\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = import_module("own_notebook")
    monkeypatch.setitem(sys.modules, "own_notebook", module)
    keys = []
    for line in ("", "# edited\n"):
        with file.open("a") as out:
            out.write(line)
        plan = load("baseline").with_mechanism(reload(module).Mine())
        keys.append(run_key(plan, 1))
        assert type(Parcel.of(plan).open().mechanisms[-1]) in {type(one) for one in plan.mechanisms}
    assert keys[0] != keys[1]


@pytest.mark.parametrize("file", ["a_script_without_suffix", "<stdin>"])
def test_a_mechanism_in_no_source_file_cannot_be_keyed(tmp_path, monkeypatch, file):
    class Piped(Mechanism):
        __module__ = "piped"

    (tmp_path / file).write_text("")
    monkeypatch.setitem(sys.modules, "piped", ModuleType("piped"))
    sys.modules["piped"].__file__ = str(tmp_path / file)
    with pytest.raises(InputError, match="Piped: has no source file"):
        run_key(load("baseline").with_mechanism(Piped()), 1)


def test_another_programs_database_is_left_alone(tmp_path, design):
    with closing(sqlite3.connect(tmp_path / store.FILE)) as db, db:
        db.execute("CREATE TABLE a (b)")
    with pytest.raises(InputError, match="another program's"), Store(tmp_path, EXPERIMENT, {}):
        pass
    with closing(sqlite3.connect(tmp_path / store.FILE)) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("a",)]


def test_a_mechanism_without_a_file_cannot_be_keyed(monkeypatch):
    class Typed(Mechanism):
        __module__ = "typed_into_a_shell"

    with pytest.raises(InputError, match="Typed: has no source file"):
        run_key(load("baseline").with_mechanism(Typed()), 1)


def test_states_are_read_as_they_were_told(tmp_path, design, finished):
    results = stored(tmp_path, design, finished, finished)
    last = [STATES[int(row[~np.isnan(row)][-1])] for row in results.series("state")]
    assert last == list(results.runs["state"])
    assert json.loads(results.meta["series"]) == list(SERIES)


def test_every_dependency_is_in_the_provenance():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    needed = {re.match(r"[\w-]+", one)[0] for one in project["dependencies"]}
    assert needed <= set(PACKAGES)
    assert needed <= provenance().keys()


def test_provenance_tells_the_commit_and_whether_files_differ_from_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (provenance()["commit"], provenance()["dirty"]) == (None, None)

    def git(*words):
        names = ["-c", "user.name=a", "-c", "user.email=a@b"]
        return subprocess.run(
            ["git", *names, *words], check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init")
    assert provenance()["commit"] is None
    Path("mine.toml").write_text("weeks = 1")
    git("add", ".")
    git("commit", "-m", "mine")
    Path("notes.txt").write_text("not in git")
    assert (provenance()["commit"], provenance()["dirty"]) == (git("rev-parse", "HEAD"), False)
    Path("mine.toml").write_text("weeks = 2")
    assert provenance()["dirty"] is True


def test_runs_import_nothing_of_ours_that_their_keys_do_not_hold():
    """In a process of its own, as here the faces are imported too."""
    script = (
        "import sys; from sim.organisation import run; from sim.scenario import load; run(load('baseline', {'weeks': 1}));"
        "print(*(m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'sim'), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    used = {Path(line).relative_to(source.PACKAGE).as_posix() for line in done.stdout.splitlines()}
    assert used - set(source.engine_files()) == {"__init__.py"}


def test_a_folder_where_the_store_should_be_is_said_and_left_as_it_is(tmp_path):
    (tmp_path / store.FILE).mkdir()
    with pytest.raises(InputError, match=f"{store.FILE}: is a folder"), Store(tmp_path, EXPERIMENT, {}):
        pass
    assert [path.name for path in tmp_path.rglob("*")] == [store.FILE]
