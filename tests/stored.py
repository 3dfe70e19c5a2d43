"""What tests of stores share: a small experiment, its runs lived once, and stores with some of them."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import astuple
from functools import cache
from pathlib import Path

from sim.sweeps import Experiment, Factor, Results, load_results, points, run_key
from sim.sweeps.layout import OUTCOMES
from sim.sweeps.living import live
from sim.sweeps.provenance import provenance
from sim.sweeps.series import SERIES
from sim.sweeps.store import FILE, Store

WEEKS = Factor(key="weeks", values=[30, 20])
SHOPS = Factor(key="organisation.departments", values=[{}, {"shop": 20}], names=["without", "with a shop"])
EXPERIMENT = Experiment(
    name="mine", scenario="baseline", set={"organisation.employees": 60}, factors=[WEEKS, SHOPS], replicates=2
)


@cache
def design():
    return points(EXPERIMENT)


@cache
def finished():
    """Every run of the design by its key: point, seed, and what is kept of it."""
    return {
        run_key(point.plan, seed): (point, seed, live(point.plan, seed))
        for point in design()
        for seed in EXPERIMENT.seeds
    }


def asked(points=None, experiment=EXPERIMENT):
    return [
        (point.index, seed, run_key(point.plan, seed))
        for point in points or design()
        for seed in experiment.seeds
    ]


def stored(folder: Path, keys=None, broken=None) -> Results:
    """Results of these runs, all unless given, in this order; `broken` are set aside, by key."""
    with Store(folder, EXPERIMENT, provenance()) as target:
        target.plan(design(), asked())
        for key in finished() if keys is None else keys:
            point, seed, done = finished()[key]
            target.add([(key, point.hash, seed, done)])
        for key, one in (broken or {}).items():
            point, seed, _ = finished()[key]
            target.set_aside(key, point.hash, seed, one)
        if keys is None or len(finished()) == len(keys or ()) + len(broken or {}):
            target.end()
    return load_results(folder)


LAYOUT_1 = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions (session INTEGER PRIMARY KEY, started TEXT NOT NULL, provenance TEXT NOT NULL);
CREATE TABLE scenarios (hash TEXT PRIMARY KEY, tables TEXT NOT NULL, departments TEXT, notices TEXT) WITHOUT ROWID;
CREATE TABLE points (
    point INTEGER PRIMARY KEY, factors TEXT NOT NULL, scenario TEXT NOT NULL REFERENCES scenarios (hash));
CREATE TABLE design (
    point INTEGER NOT NULL REFERENCES points (point), seed INTEGER NOT NULL, run TEXT NOT NULL,
    PRIMARY KEY (point, seed)) WITHOUT ROWID;
CREATE TABLE runs (
    key TEXT PRIMARY KEY, scenario TEXT NOT NULL REFERENCES scenarios (hash), seed INTEGER NOT NULL,
    {", ".join(f'"{name}"' for name in OUTCOMES)},
    session INTEGER NOT NULL REFERENCES sessions (session), seconds REAL NOT NULL, finished TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE series (
    run TEXT PRIMARY KEY REFERENCES runs (key), weeks INTEGER NOT NULL, departments INTEGER NOT NULL, data BLOB NOT NULL);
PRAGMA user_version = 1;
"""
"""The schema as version 0.1.0 and what came after it wrote it."""


def layout_1(folder: Path, keys=None) -> Path:
    """A store as layout 1 had it, with these runs; all unless given."""
    folder.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(folder / FILE)
    db.executescript(LAYOUT_1)
    meta = {
        "name": EXPERIMENT.name, "bases": json.dumps(EXPERIMENT.bases), "experiment": EXPERIMENT.model_dump_json(),
        "text": "", "series": json.dumps(SERIES),
    }  # fmt: skip
    with db:
        db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        told = {"command": "unsilo sweep mine.toml", "python": "3.11.2", "mesa": "3.3.1", "commit": "abc+"}
        db.execute("INSERT INTO sessions VALUES (1, '2026-01-01T00:00:00.000+00:00', ?)", [json.dumps(told)])
        for point in design():
            db.execute(
                "INSERT INTO scenarios (hash, tables) VALUES (?, ?)",
                (point.hash, json.dumps(point.plan.tables())),
            )
            db.execute(
                "INSERT INTO points VALUES (?, ?, ?)", (point.index, json.dumps(point.factors), point.hash)
            )
        db.executemany("INSERT INTO design VALUES (?, ?, ?)", asked())
        for key in finished() if keys is None else keys:
            point, seed, done = finished()[key]
            row = (
                key,
                point.hash,
                seed,
                *astuple(done.outcome),
                1,
                done.seconds,
                "2026-01-01T00:00:01.000+00:00",
            )
            db.execute(f"INSERT INTO runs VALUES ({', '.join('?' * len(row))})", row)
            db.execute(
                "INSERT INTO series VALUES (?, ?, ?, ?)",
                (key, done.weeks, len(done.departments), done.series),
            )
            db.execute(
                "UPDATE scenarios SET departments = ?, notices = ? WHERE hash = ?",
                (json.dumps(done.departments), json.dumps(done.notices), point.hash),
            )
    db.close()
    return folder / FILE


ROSTER = "id,department\n" + "".join(f"p{n},{'ab'[n % 2]}\n" for n in range(40))
TIES = [f"p{n},p{(n + step) % 40}" for n in range(40) for step in (1, 2, 3)]


def replaced(file: Path, text: str) -> None:
    """A file edited at a stroke, as editors do it, so that nobody reads half of it."""
    (new := file.with_suffix(".new")).write_text(text)
    new.replace(file)


def rostered(folder: Path) -> Experiment:
    """An experiment on files of people and ties."""
    for name, lines in (("people", ROSTER.split()), ("ties", ["source,target", *TIES])):
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    given = {
        "organisation.roster": str(folder / "people.csv"),
        "organisation.ties": str(folder / "ties.csv"),
        "weeks": 40,
    }
    return Experiment(name="rostered", scenario="baseline", set=given, replicates=30)


BRITTLE = """
import time
from pathlib import Path

from sim.mechanisms import Mechanism


class Brittle(Mechanism):
    raises: int = 0

    def step(self, org):
        while Path("hold").exists():
            time.sleep(0.01)
        if org.week == 5 and org.seed == self.raises:
            budget = 40 + org.seed
            raise ZeroDivisionError(f"no budget for {org.week}")
"""


def installed(folder: Path) -> dict[str, str]:
    """An environment in which a package with the mechanism `brittle` is installed; it waits while a file `hold` is there."""
    (folder / "brittle.py").write_text(BRITTLE)
    about = folder / "brittle-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: brittle\nVersion: 1.0\n")
    (about / "top_level.txt").write_text("brittle\n")
    (about / "entry_points.txt").write_text("[unsilo.mechanisms]\nbrittle = brittle:Brittle\n")
    path = os.pathsep.join([str(folder), str(Path(__file__).parents[1])])
    return {**os.environ, "PYTHONPATH": path, "COLUMNS": "160"}


def unsilo(environment: dict[str, str], *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """What the command line does in the folder of an environment."""
    return subprocess.run(
        [sys.executable, "-m", "sim", *words], cwd=environment["PYTHONPATH"].split(os.pathsep)[0], env=environment,
        capture_output=True, text=True, input=typed, check=False, timeout=120,
    )  # fmt: skip


def brittle_toml(folder: Path, raises: int) -> None:
    """An experiment `fragile` with that mechanism: 2 points of 3 seeds, of which one raises."""
    (folder / "fragile.toml").write_text(
        f"""
scenario = "baseline"
replicates = 3
set = {{ organisation.employees = 60, weeks = 20, brittle.raises = {raises} }}
[[factors]]
key = "governance.form"
values = ["none", "hub_and_spoke"]
"""
    )
