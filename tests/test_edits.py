"""What a sweep hangs on is edited while it runs: people, mechanisms, the engine."""

import errno
import importlib
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import pytest
from trouble import Trouble

from sim import building, source
from sim.errors import Fault, InputError
from sim.mechanisms import Mechanism
from sim.scenario import load
from sim.sweeps import Experiment, Limits, key, likeness, load_results, points, sweep
from tests.stored import replaced, rostered
from tests.troubled import SCRIPT, SMALL, failures


@pytest.mark.parametrize("workers", [0, 2])
def test_people_that_are_edited_while_a_sweep_runs_end_it_and_are_nobody_elses(tmp_path, workers):
    experiment = rostered(tmp_path)
    whole = sweep(experiment, tmp_path / "whole", workers=0).timelines().set_index("seed")

    def edit(standing):
        if standing.fresh >= 3:
            replaced(tmp_path / "ties.csv", "source,target\np0,p1\n")

    with pytest.raises(
        InputError, match="files: something was edited while it ran: a process has other people; what was"
    ):
        sweep(experiment, tmp_path / "r", workers=workers, progress=edit)
    stored = load_results(tmp_path / "r").timelines().set_index("seed")
    assert 0 < len(stored) < len(whole)
    again = sweep(experiment, tmp_path / "r", workers=workers)
    assert len(again.runs) == 30 and again.standing["besides"] > 0, "it goes on with what is there now"
    assert stored.equals(whole.loc[stored.index.unique()])


class Edits(Mechanism):
    """Writes into the file of ties in the middle of a run."""

    ties: str = ""

    def step(self, org):
        if org.week == 5 and org.seed == 3:
            Path(self.ties).write_text("source,target\np0,p1\n")


@pytest.mark.parametrize("workers", [0, 1])
def test_people_that_are_edited_once_a_run_has_read_them_are_no_matter_to_it(tmp_path, workers):
    experiment = rostered(tmp_path)
    plans = {"own": load("baseline", experiment.set).with_mechanism(Edits(ties=str(tmp_path / "ties.csv")))}
    asked = Experiment(name="own", scenario="own", replicates=5)
    with pytest.raises(InputError, match="a process has other people"):
        sweep(asked, tmp_path / "r", workers=workers, plans=plans)
    assert set(load_results(tmp_path / "r").runs["seed"]) == {1, 2, 3}


@pytest.mark.parametrize("at", ["digest", "read_roster"])
def test_people_that_are_edited_while_a_run_reads_them_are_nobody_elses(tmp_path, monkeypatch, at):
    """Nor are they once the edit is undone."""
    experiment = rostered(tmp_path).model_copy(update={"replicates": 5})
    whole = sweep(experiment, tmp_path / "whole", workers=0).timelines()
    ties, read, reads = tmp_path / "ties.csv", getattr(building, at), []
    text = ties.read_text()

    def edit(*files):
        reads.append(1)
        if len(reads) == (3 if at == "digest" else 1):
            replaced(ties, "source,target\np0,p1\n")
        return read(*files)

    building._read.cache_clear()
    monkeypatch.setattr(building, at, edit)
    with pytest.raises(InputError, match="a process has other people"):
        sweep(experiment, tmp_path / "r", workers=0)
    assert len(load_results(tmp_path / "r").runs) == (2 if at == "digest" else 0)
    replaced(ties, text)
    assert sweep(experiment, tmp_path / "r", workers=0).timelines().equals(whole)


@pytest.mark.parametrize(
    "trouble",
    [
        MemoryError(),
        OSError(errno.ESTALE, "stale file handle"),
        InputError([Fault("file", "too many open files", "")]),
    ],
    ids=lambda one: type(one).__name__,
)
def test_people_that_cannot_be_read_for_a_while_cost_the_run_that_needs_them(tmp_path, monkeypatch, trouble):
    looks, digest = [], likeness.digest

    def fail(files):
        looks.append(1)
        if len(looks) == 3:
            raise trouble
        return digest(files)

    monkeypatch.setattr(likeness, "digest", fail)
    experiment = rostered(tmp_path).model_copy(update={"replicates": 5})
    results = sweep(experiment, tmp_path / "r", workers=0)
    assert failures(results) == {
        3: ("memory" if isinstance(trouble, MemoryError) else "raised", 1, results.failures["error"][0])
    }
    assert set(results.runs["seed"]) == {1, 2, 4, 5}


@pytest.mark.parametrize("workers", [0, 1])
def test_people_that_are_gone_end_the_sweep(tmp_path, workers):
    experiment = rostered(tmp_path)

    def away(standing):
        if standing.fresh == 3:
            (tmp_path / "ties.csv").unlink(missing_ok=True)

    with pytest.raises(InputError, match=r"a process has no file .*ties.csv; what was there"):
        sweep(experiment, tmp_path / "r", workers=workers, progress=away)
    assert 3 <= len(load_results(tmp_path / "r").runs) < 30


def test_a_run_that_breaks_because_people_are_gone_is_no_bad_run(tmp_path, monkeypatch):
    experiment = rostered(tmp_path).model_copy(update={"replicates": 5})
    read, reads = building.digest, []

    def away(files):
        reads.append(1)
        if len(reads) == 3:
            files[1].unlink()
        return read(files)

    monkeypatch.setattr(building, "digest", away)
    with pytest.raises(InputError, match="a process has no file"):
        sweep(experiment, tmp_path / "r", workers=0)
    results = load_results(tmp_path / "r")
    assert (set(results.runs["seed"]), len(results.failures)) == ({1, 2}, 0)


def test_points_at_hand_are_those_of_the_people_that_are_there(tmp_path):
    experiment = rostered(tmp_path)
    ties = tmp_path / "ties.csv"
    first = points(experiment)
    ties.rename(tmp_path / "away.csv")
    for _ in range(2):
        with pytest.raises(InputError):
            points(experiment)
    replaced(ties, "source,target\np0,p1\n")
    assert points(experiment, most=1)[0].hash == points(experiment)[0].hash != first[0].hash


def test_a_mechanism_of_a_module_that_is_run_is_lived_by_workers(tmp_path):
    (home := tmp_path / "pkg").mkdir()
    (home / "__init__.py").touch()
    (home / "helper.py").write_text("X = 1\n")
    text = SCRIPT.format(tests=str(Path(__file__).parent), trouble="", replicates=3, limits="", guard="")
    text = textwrap.dedent(text).replace("Trouble()", "Quiet()").rpartition("main()")[0]
    own = (
        "from sim import Mechanism\n\n\nclass Quiet(Mechanism):\n    def step(self, org):\n        pass\n\n\n"
    )
    (home / "study.py").write_text(
        f"{own}{text}if __name__ == '__main__':\n    from pkg import helper\n    main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pkg.study"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1:] == ["3 0"], done.stderr


def test_a_process_that_comes_later_lives_no_run_by_code_that_was_edited(tmp_path, monkeypatch):
    text = """
import time

from sim.mechanisms import Mechanism


class Mine(Mechanism):
    def step(self, org):
        if org.week == 5 and org.seed == 4:
            time.sleep(1000)
"""
    (file := tmp_path / "mine_later.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    mine = importlib.import_module("mine_later")
    plans = {"own": load("baseline", SMALL).with_mechanism(mine.Mine())}

    def edit(standing):
        if standing.fresh >= 2:
            replaced(file, f"{text}# other\n")

    experiment = Experiment(name="own", scenario="own", replicates=30)
    with pytest.raises(
        InputError, match="files: something was edited while it ran: a process has other source"
    ):
        sweep(experiment, tmp_path / "r", workers=1, plans=plans, limits=Limits(2.0), progress=edit)
    assert len(load_results(tmp_path / "r").runs) < 30


def test_a_name_stands_for_the_package_before_the_module_and_for_the_file_before_what_is_loaded(
    tmp_path, monkeypatch
):
    """As Python imports them: what is loaded under a name may be another's, of a folder that came first."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mine_of_names.py").write_text(OWN)
    (tmp_path / "helper_of_names.py").write_text("")
    (tmp_path / "loaded_of_names.py").write_text("A = 1")
    mine = importlib.import_module("mine_of_names")
    found = key._sources(mine)
    assert found["helper_of_names"] == tmp_path / "helper_of_names.py"
    (tmp_path / "helper_of_names").mkdir()
    (tmp_path / "helper_of_names" / "__init__.py").write_text("")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "loaded_of_names.py").write_text("A = 2")
    other = ModuleType("loaded_of_names")
    other.__file__ = str(elsewhere / "loaded_of_names.py")
    monkeypatch.setitem(sys.modules, "loaded_of_names", other)
    found = key._sources(mine)
    assert found["loaded_of_names"] == tmp_path / "loaded_of_names.py"
    assert "helper_of_names" not in found


OWN = """
import helper_of_names, loaded_of_names
"""


def test_runs_are_keyed_by_the_engine_that_is_loaded_and_not_by_an_edit_of_it(monkeypatch):
    plan = load("baseline", {"organisation.employees": 20}).with_mechanism(Trouble())
    before = key.code_digest(plan)
    key._code.cache_clear()
    monkeypatch.setattr(source, "engine_files", dict)  # as if all of it were gone from the disk
    monkeypatch.setattr(key, "engine_files", dict, raising=False)
    assert key.code_digest(plan) == before
    key._code.cache_clear()


EDITED = """
import sys, time
from pathlib import Path
from sim import load
from sim.errors import InputError
from sim.mechanisms import Mechanism
from sim.sweeps import Experiment, Limits, load_results, sweep

class Mine(Mechanism):
    def step(self, org):
        if org.week == 5 and org.seed == 4:
            time.sleep(1000)

def main():
    def edit(standing):
        if standing.fresh == 2:
            file = Path(sys.argv[1])
            file.write_text(file.read_text() + "# edited")
    plan = load("baseline", {"organisation.employees": 60, "weeks": 60}).with_mechanism(Mine())
    asked = Experiment(name="own", scenario="own", replicates=8)
    try:
        sweep(asked, "r", workers=1, plans={"own": plan}, limits=Limits(2.0), progress=edit)
    except InputError as error:
        print(error)
    print(len(load_results("r").runs))

if __name__ == "__main__":
    import neighbour
    main()
"""


@pytest.mark.parametrize("edited", ["script.py", "neighbour.py"])
def test_a_script_that_is_edited_while_it_sweeps_ends_its_sweep_once_a_process_has_read_it(tmp_path, edited):
    (tmp_path / "script.py").write_text(EDITED)
    (tmp_path / "neighbour.py").touch()
    done = subprocess.run(
        [sys.executable, "script.py", edited], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    said = done.stdout.splitlines()
    assert "a process has other source" in said[0], done.stderr
    assert said[1] == "3", "those before the process was replaced"
