"""The layout of a store: its tables, and how a store of an older layout is read, or brought to this one.

`results/NAME/results.sqlite` holds, in layout 2 (`PRAGMA user_version`); `docs/results.md` has every column:

    meta       key, value: name, bases, experiment (JSON), text (of its file), series (names, see `sim.sweeps.series`)
    sessions   a row each time a sweep was started or resumed: when, by which command, versions, machine, git commit
    scenarios  hash; tables, the resolved scenario as JSON, or where `base` names another, what is to be merged into
               that one's (RFC 7396); departments and notices, JSON, from its first finished run
    points     point, its number; factors, JSON of label -> level; scenario, a hash
    design     point, seed, run: which runs the experiment asks for; points that mean the same share theirs
    runs       key; scenario, seed; a column for each field of `sim.outcome.Outcome`; session, seconds and finished,
               which tell how the run came to be and not what it gave
    series     run, weeks, departments, data: the weekly series, packed as `sim.sweeps.series` says
    failures   runs that did not finish, until they do: key, scenario, seed; what `sim.sweeps.broken.Broken` says;
               session and failed, when it did

and the view `resolved`: hash and tables of each scenario, whole. Layout 1 had no failures, and every scenario whole.
"""

from __future__ import annotations

import sqlite3
from dataclasses import fields
from pathlib import Path

from sim.errors import Fault, InputError
from sim.outcome import Outcome

FILE = "results.sqlite"
LAYOUT = 2

OUTCOMES = tuple(field.name for field in fields(Outcome))
_KINDS = {
    "str": "TEXT NOT NULL",
    "float": "REAL",
    "int": "INTEGER NOT NULL",
    "int | None": "INTEGER",
    "float | None": "REAL",
}
_COLUMNS = ", ".join(f'"{field.name}" {_KINDS[str(field.type)]}' for field in fields(Outcome))

_FAILURES = """
CREATE TABLE failures (
    key TEXT PRIMARY KEY, scenario TEXT NOT NULL REFERENCES scenarios (hash), seed INTEGER NOT NULL, kind TEXT NOT NULL,
    error TEXT NOT NULL, traceback TEXT NOT NULL, attempts INTEGER NOT NULL, seconds REAL NOT NULL,
    session INTEGER NOT NULL REFERENCES sessions (session), failed TEXT NOT NULL) WITHOUT ROWID"""
_RESOLVED = """
CREATE VIEW resolved AS
    SELECT one.hash, CASE WHEN base.hash IS NULL THEN one.tables ELSE json_patch(base.tables, one.tables) END AS tables
    FROM scenarios AS one LEFT JOIN scenarios AS base ON base.hash = one.base"""

_CREATE = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions (session INTEGER PRIMARY KEY, started TEXT NOT NULL, provenance TEXT NOT NULL);
CREATE TABLE scenarios (
    hash TEXT PRIMARY KEY, tables TEXT NOT NULL, departments TEXT, notices TEXT,
    base TEXT REFERENCES scenarios (hash)) WITHOUT ROWID;
CREATE TABLE points (
    point INTEGER PRIMARY KEY, factors TEXT NOT NULL, scenario TEXT NOT NULL REFERENCES scenarios (hash));
CREATE TABLE design (
    point INTEGER NOT NULL REFERENCES points (point), seed INTEGER NOT NULL, run TEXT NOT NULL,
    PRIMARY KEY (point, seed)) WITHOUT ROWID;
CREATE TABLE runs (
    key TEXT PRIMARY KEY, scenario TEXT NOT NULL REFERENCES scenarios (hash), seed INTEGER NOT NULL, {_COLUMNS},
    session INTEGER NOT NULL REFERENCES sessions (session), seconds REAL NOT NULL, finished TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE series (
    run TEXT PRIMARY KEY REFERENCES runs (key), weeks INTEGER NOT NULL, departments INTEGER NOT NULL, data BLOB NOT NULL);
{_FAILURES};
{_RESOLVED};
PRAGMA user_version = {LAYOUT}"""
_MIGRATE = f"""
ALTER TABLE scenarios ADD COLUMN base TEXT REFERENCES scenarios (hash);
{_FAILURES};
{_RESOLVED};
PRAGMA user_version = {LAYOUT}"""
_SHOW = f"""
CREATE TEMP VIEW scenarios AS SELECT hash, tables, departments, notices, NULL AS base FROM main.scenarios;
CREATE TEMP VIEW resolved AS SELECT hash, tables FROM main.scenarios;
{_FAILURES.replace("CREATE TABLE", "CREATE TEMP TABLE")}"""


def layout_of(db: sqlite3.Connection, folder: Path) -> int:
    """The layout of a store, 0 for one with nothing in it yet.

    Raises:
        InputError: this version does not know its layout, or its outcomes.
        sqlite3.DatabaseError: it is no database.
    """
    layout: int = db.execute("PRAGMA user_version").fetchone()[0]
    columns = [row[1] for row in db.execute("PRAGMA table_info(runs)")]
    if layout == 0 and not columns:
        if db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
            found, allowed = "another program's database", "a store that Unsilo wrote, or no such file"
            raise InputError([Fault(FILE, found, allowed, str(folder))])
        return 0
    if layout not in range(1, LAYOUT + 1) or columns[3:-3] != list(OUTCOMES):
        found = f"layout {layout}, with the outcomes {', '.join(columns[3:-3])}"
        allowed = f"layouts 1 to {LAYOUT}, with {', '.join(OUTCOMES)}: another version of Unsilo wrote this; sweep elsewhere"
        raise InputError([Fault(FILE, found, allowed, str(folder))])
    return layout


def bring(db: sqlite3.Connection, layout: int) -> None:
    """Make a store of a layout, 0 being none yet, one of this; within the caller's transaction."""
    for statement in {0: _CREATE, 1: _MIGRATE}.get(layout, "").split(";"):
        db.execute(statement)


def show(db: sqlite3.Connection, layout: int) -> None:
    """Let a reader see a store of an older layout as one of this, without a change to its file."""
    for statement in {1: _SHOW}.get(layout, "").split(";"):
        db.execute(statement)
