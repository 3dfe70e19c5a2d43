"""Exports: plain tables that say what the store says, to the bit, and the same bytes however the sweep went."""

import csv
import sys

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from sim import cli
from sim.errors import InputError
from sim.mechanisms import Mechanism
from sim.outcome import STATES
from sim.scenario import load
from sim.sweeps import Broken, Experiment, Factor, exporting, points, run_key, sweep
from sim.sweeps.exporting import TABLES, export
from sim.sweeps.living import live
from sim.sweeps.series import KINDS, SERIES
from sim.sweeps.store import Store
from tests.stored import EXPERIMENT, finished, stored

BROKEN = Broken("raised", 'KeyError: "a, b"', "Traceback\n  ...\n", 2, 1.5)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    keys = list(finished())
    return stored(tmp_path_factory.mktemp("whole"), keys[2:], {keys[1]: BROKEN})


def read_csv(path):
    """As words, of which Python makes numbers to the bit."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return pd.DataFrame([[cell or None for cell in row] for row in rows], columns=header, dtype=object)


def bits(values):
    return values.to_numpy().tobytes()


@pytest.mark.parametrize("to", ["csv", "parquet"])
def test_what_is_read_back_is_what_is_stored_to_the_bit(results, tmp_path, to):
    paths = export(results, to, tmp_path / "out")
    assert [path.name for path in paths] == [f"{table}.{to}" for table in TABLES]
    assert sorted(tmp_path.glob("out/*")) == sorted(paths)
    read = {
        table: {"csv": read_csv, "parquet": pd.read_parquet}[to](path)
        for table, path in zip(TABLES, paths, strict=True)
    }

    runs = results.runs
    assert list(read["runs"]) == list(runs)
    for name in runs:
        if name in ("silo_kind", "first_converged"):
            continue
        again = read["runs"][name].astype(runs[name].dtype)
        if runs[name].dtype.kind == "f":
            assert bits(again) == bits(runs[name]), name
        else:
            assert list(again) == list(runs[name]), name

    long, there = read["timelines"], results.timelines()
    assert list(long) == [
        "point", "weeks", "departments", "seed", "run", "week", *SERIES,
        *(f"adoption_{name}" for name in results.departments),
    ]  # fmt: skip
    for name in SERIES:
        wanted = there[name].map(dict(enumerate(STATES))) if name == "state" else there[name]
        if KINDS[name] == np.float32:
            assert bits(long[name].astype("float32")) == bits(wanted), name
        else:
            assert list(long[name].astype(wanted.dtype)) == list(wanted), name
    adoption = results.timelines(departments=["shop"])["adoption"]
    assert bits(long["adoption_shop"].dropna().astype("float32")) == bits(adoption)

    assert list(read["scenarios"]["hash"]) == list(results.points["hash"])
    assert list(read["scenarios"]["funding.level"].astype(float)) == list(results.parameters["funding.level"])
    (failed,) = read["failures"].astype({"point": int, "weeks": int, "seed": int}).to_dict("records")
    assert failed == {
        "point": 0, "weeks": 30, "departments": "without", "seed": 2, "kind": "raised", "error": 'KeyError: "a, b"',
        "run": list(finished())[1], "hash": results.points["hash"][0],
    }  # fmt: skip
    assert read["sessions"]["runs"].astype(int).sum() == 6
    assert {"started", "seconds", "command", "numpy", "cpu", "engine"} <= set(read["sessions"])


def test_parquet_keeps_types_whole_numbers_and_what_is_missing(results, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    export(results, "parquet", tmp_path)
    kinds = {one.name: str(one.type) for one in pq.read_schema(tmp_path / "runs.parquet")}
    assert {kinds[name] for name in ("point", "weeks", "seed", "stage", "first_converged")} == {"int64"}
    assert (kinds["A"], kinds["state"], kinds["departments"]) == ("double", "string", "string")
    kinds = {one.name: str(one.type) for one in pq.read_schema(tmp_path / "timelines.parquet")}
    assert (kinds["A"], kinds["state"], kinds["stage"]) == ("float", "string", "int64")
    assert pq.read_schema(tmp_path / "runs.parquet").metadata is None


def test_levels_have_one_type_a_column(tmp_path):
    """Numbers stay numbers, truth values are true and false, and tables go by their names."""
    money = Factor(key="funding", values=[False, {"level": 0.5}], names=["none", "0.5"], label="money")
    flag = Factor(key="governance.tied", values=[False, True], label="flag")
    mixed = Factor(key="network.bridging", values=[2, 1.5], label="mixed")
    experiment = EXPERIMENT.model_copy(
        update={"factors": [money, flag, mixed], "replicates": 1, "set": {"weeks": 3}}
    )
    results = sweep(experiment, tmp_path, workers=0)
    for to, flags in (("csv", ["false", "true"]), ("parquet", [False, True])):
        export(results, to)
        for table in ("runs", "timelines"):
            read = {"csv": read_csv, "parquet": pd.read_parquet}[to](tmp_path / to / f"{table}.{to}")
            assert list(read["money"].unique()) == ["none", "0.5"]
            assert list(read["flag"].unique()) == flags
            assert list(read["mixed"].unique().astype(float)) == [2.0, 1.5]


def test_tables_of_nothing_have_their_columns(tmp_path):
    results = stored(tmp_path, [])
    export(results, "csv")
    export(results, "parquet")
    assert (tmp_path / "csv" / "runs.csv").read_text().count("\n") == 1
    assert (
        (tmp_path / "csv" / "timelines.csv")
        .read_text()
        .startswith("point,weeks,departments,seed,run,week,state")
    )
    assert len(pd.read_parquet(tmp_path / "parquet" / "runs.parquet")) == 0


class Fragile(Mechanism):
    """Raises at a seed."""

    raises: int = 0

    def step(self, org):
        if org.week == 5 and org.seed == self.raises:
            raise ZeroDivisionError(f"no budget for {org}")


def test_an_interrupted_sweep_exports_the_bytes_of_an_unbroken_one(tmp_path):
    """Runs come in another order, some fail twice, one first fails and then finishes, and the sweep starts five times."""
    plans = {
        "fragile": load("baseline", {"organisation.employees": 60, "weeks": 20}).with_mechanism(
            Fragile(raises=2)
        )
    }
    factor = Factor(key="funding.level", values=[0.2, 0.8])
    experiment = Experiment(name="fragile", scenario="fragile", factors=[factor], replicates=3)
    unbroken = sweep(experiment, tmp_path / "unbroken", workers=0, plans=plans)

    runs = points(experiment, plans)
    asked = [(point.index, seed, run_key(point.plan, seed)) for point in runs for seed in experiment.seeds]
    for index, seed, died in ((1, 3, False), (0, 1, True), (1, 1, False)):
        with Store(tmp_path / "broken", experiment, {}) as store:
            store.plan(runs, asked)
            point = runs[index]
            one = (run_key(point.plan, seed), point.hash, seed)
            if died:
                store.set_aside(*one, Broken("died", "killed by signal 9"))
            else:
                store.add([(*one, live(point.plan, seed))])
    for _ in range(2):
        broken = sweep(experiment, tmp_path / "broken", workers=0, plans=plans)
    assert (len(broken.sessions), len(broken.runs), len(broken.failures)) == (5, 4, 2)
    for to in ("csv", "parquet"):
        for one, other in zip(export(broken, to), export(unbroken, to), strict=True):
            assert (one.read_bytes() == other.read_bytes()) is (one.stem != "sessions"), one.name


def test_the_same_bytes_again_over_an_earlier_export(results, tmp_path):
    for to in ("csv", "parquet"):
        before = [path.read_bytes() for path in export(results, to, tmp_path)]
        (tmp_path / f"runs.{to}").write_text("an earlier one")
        (tmp_path / f"runs.{to}.partial").write_text("left by a kill")
        assert [path.read_bytes() for path in export(results, to, tmp_path)] == before
    assert len(list(tmp_path.iterdir())) == 10


def test_a_folder_with_other_content_is_left_alone(results, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    (tmp_path / "file").write_text("")
    for folder, said in (
        (tmp_path, "has other content: file, thesis.tex"),
        (tmp_path / "file", "File exists|Not a directory"),
    ):
        with pytest.raises(InputError, match=said):
            export(results, "csv", folder)
    assert {path.name for path in tmp_path.iterdir()} == {"thesis.tex", "file"}


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_nothing_half_written_stays(results, tmp_path, monkeypatch, error):
    def fails(done, total):
        raise error

    old = tmp_path / "old"
    before = {path.name: path.read_bytes() for path in export(results, "csv", old)}
    for folder in (tmp_path / "new", old):
        with pytest.raises(InputError if isinstance(error, OSError) else KeyboardInterrupt):
            export(results, "csv", folder, fails)
    assert not (tmp_path / "new").exists()
    assert {path.name: path.read_bytes() for path in old.iterdir()} == before


def test_without_pyarrow_there_is_one_message(results, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = CliRunner().invoke(
        cli.unsilo, ["export", str(results.folder), "--to", "parquet", "--out", str(tmp_path / "new")]
    )
    assert isinstance(done.exception, InputError)
    assert str(done.exception) == (
        "export: Parquet takes pyarrow, which is not installed; get it with: pip install '.[files]'"
    )
    assert not (tmp_path / "new").exists()


def test_on_the_command_line(results):
    done = CliRunner().invoke(cli.unsilo, ["export", str(results.folder), "--to", "csv"])
    assert done.exit_code == 0 and done.stderr == ""
    assert done.stdout.splitlines() == [str(results.folder / "csv" / f"{table}.csv") for table in TABLES]
    assert CliRunner().invoke(cli.unsilo, ["export", str(results.folder)]).exit_code == 2


def test_progress_is_told_run_by_run(results, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "_BATCH", 4)
    told = []
    export(results, "csv", tmp_path / "a", lambda done, total: told.append((done, total)))
    assert told == [(4, 6), (6, 6)]
    monkeypatch.undo()
    export(results, "csv", tmp_path / "b")
    assert (tmp_path / "a" / "timelines.csv").read_bytes() == (tmp_path / "b" / "timelines.csv").read_bytes()
