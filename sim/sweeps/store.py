"""The store: one SQLite file a sweep, in which every finished run stands once, from the moment it has finished.

`results/NAME/results.sqlite` holds, in layout 1 (`PRAGMA user_version`):

    meta       key, value: name, bases, experiment (JSON), text (of its file), series (names, see `sim.sweeps.series`)
    sessions   a row each time a sweep was started or resumed: when, by which command, versions, platform, git commit
    scenarios  hash; tables, the resolved scenario as JSON; departments and notices, JSON, from its first finished run
    points     point, its number; factors, JSON of label -> level; scenario, a hash
    design     point, seed, run: which runs the experiment asks for; points that mean the same share theirs
    runs       key; scenario, seed; a column for each field of `sim.outcome.Outcome`; session, seconds and finished,
               which tell how the run came to be and not what it gave
    series     run, weeks, departments, data: the weekly series, packed as `sim.sweeps.series` says

`points` and `design` are written anew at each start; runs are only ever added. A sweep holds `.lock` while it writes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import astuple, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sim.errors import Fault, InputError
from sim.outcome import Outcome
from sim.sweeps.design import Point
from sim.sweeps.experiment import Experiment
from sim.sweeps.series import SERIES
from sim.sweeps.work import Finished

FILE = "results.sqlite"
LAYOUT = 1

OUTCOMES = tuple(field.name for field in fields(Outcome))
_KINDS = {
    "str": "TEXT NOT NULL",
    "float": "REAL",
    "int": "INTEGER NOT NULL",
    "int | None": "INTEGER",
    "float | None": "REAL",
}
_COLUMNS = ", ".join(f'"{field.name}" {_KINDS[str(field.type)]}' for field in fields(Outcome))

_SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions (session INTEGER PRIMARY KEY, started TEXT NOT NULL, provenance TEXT NOT NULL);
CREATE TABLE scenarios (hash TEXT PRIMARY KEY, tables TEXT NOT NULL, departments TEXT, notices TEXT) WITHOUT ROWID;
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
PRAGMA user_version = {LAYOUT};
"""

_NETWORK = {
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs", "glusterfs", "ocfs2", "gfs2",
    "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone", "davfs", "ncpfs", "pvfs2", "orangefs",
}  # fmt: skip


class Store:
    """The one writer of a results folder; a context manager.

    Raises:
        InputError: another sweep is writing there, or what is there belongs to another experiment or layout.
    """

    def __init__(self, folder: Path, experiment: Experiment, provenance: Mapping[str, Any]) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                [Fault("results", str(error.strerror), "a folder that can be written", str(folder))]
            ) from None
        self._lock = _locked(folder)
        self._known: set[str] = set()  # scenarios whose departments are stored
        try:
            self._db = sqlite3.connect(folder / FILE)
            try:
                self._begin(experiment, provenance, folder)
            except BaseException:
                self._db.close()
                raise
        except sqlite3.DatabaseError as error:
            self._lock.close()
            raise unreadable(folder, error) from None
        except BaseException:
            self._lock.close()
            raise

    def _begin(self, experiment: Experiment, provenance: Mapping[str, Any], folder: Path) -> None:
        """Make sure whose the file is before anything of it is changed."""
        new = check_layout(self._db, folder)
        mine = {"name": experiment.name, "bases": json.dumps(experiment.bases)}
        if not new:
            meta = dict(self._db.execute("SELECT key, value FROM meta"))
            if any(meta[key] != value for key, value in mine.items()):
                there = f"{meta['name']!r} of {', '.join(json.loads(meta['bases']))}"
                wanted = f"those of {experiment.name!r} of {', '.join(experiment.bases)}; move the folder, or rename one"
                raise InputError([Fault("results", f"belong to the experiment {there}", wanted, str(folder))])
        mode = "TRUNCATE" if on_network(folder) else "WAL"
        logged = self._db.execute(f"PRAGMA journal_mode = {mode}").fetchone()[0] == "wal"
        self._db.execute(f"PRAGMA synchronous = {'NORMAL' if logged else 'FULL'}")
        if new:
            self._db.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
        whole = {
            "experiment": experiment.model_dump_json(),
            "text": experiment.text,
            "series": json.dumps(SERIES),
        }
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", (mine | whole).items())
            self._session = self._db.execute(
                "INSERT INTO sessions (started, provenance) VALUES (?, ?)",
                (_now(), json.dumps(dict(provenance))),
            ).lastrowid

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave a single plain file behind, unless somebody is reading it."""
        with suppress(sqlite3.OperationalError):
            self._db.execute("PRAGMA journal_mode = DELETE")
        self._db.close()
        self._lock.close()

    def plan(self, points: Iterable[Point], design: Iterable[tuple[int, int, str]]) -> set[str]:
        """Write what the experiment asks for - its points, and (point, seed, run) of each run.

        Returns:
            The keys of the runs that are there already.
        """
        points = list(points)
        with self._db:
            self._db.execute("DELETE FROM design")
            self._db.execute("DELETE FROM points")
            self._db.executemany(
                "INSERT OR IGNORE INTO scenarios (hash, tables) VALUES (?, ?)",
                ((point.hash, json.dumps(point.plan.tables())) for point in points),
            )
            self._db.executemany(
                "INSERT INTO points VALUES (?, ?, ?)",
                ((point.index, json.dumps(point.factors), point.hash) for point in points),
            )
            self._db.executemany("INSERT INTO design VALUES (?, ?, ?)", design)
        return {key for (key,) in self._db.execute("SELECT key FROM runs")}

    def add(self, key: str, scenario: str, seed: int, done: Finished) -> None:
        """Keep a finished run, in one transaction.

        Raises:
            sqlite3.IntegrityError: it is there already.
        """
        marks = ", ".join("?" * (len(OUTCOMES) + 6))
        with self._db:
            self._db.execute(
                f"INSERT INTO runs VALUES ({marks})",
                (key, scenario, seed, *astuple(done.outcome), self._session, done.seconds, _now()),
            )
            self._db.execute(
                "INSERT INTO series VALUES (?, ?, ?, ?)",
                (key, done.weeks, len(done.departments), done.series),
            )
            if scenario not in self._known:
                self._known.add(scenario)
                self._db.execute(
                    "UPDATE scenarios SET departments = ?, notices = ? WHERE hash = ? AND departments IS NULL",
                    (json.dumps(done.departments), json.dumps(done.notices), scenario),
                )


def _locked(folder: Path) -> sqlite3.Connection:
    """A lock that ends with the process that holds it, however it ends; SQLite has one for every system."""
    lock = sqlite3.connect(folder / ".lock", timeout=0, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        lock.close()
        allowed = "one sweep at a time: wait for it to end, or stop it"
        raise InputError(
            [Fault("results", "another sweep is writing here now", allowed, str(folder))]
        ) from None
    return lock


def check_layout(db: sqlite3.Connection, folder: Path) -> bool:
    """Refuse a store of a layout that this version does not know.

    Returns:
        Whether there is nothing in it yet.

    Raises:
        InputError: its layout, or its outcomes, are another version's.
        sqlite3.DatabaseError: it is no database.
    """
    layout = db.execute("PRAGMA user_version").fetchone()[0]
    columns = [row[1] for row in db.execute("PRAGMA table_info(runs)")]
    new = layout == 0 and not columns
    if not new and (layout != LAYOUT or columns[3:-3] != list(OUTCOMES)):
        found = f"layout {layout}, with the outcomes {', '.join(columns[3:-3])}"
        allowed = f"layout {LAYOUT}, with {', '.join(OUTCOMES)}: another version of Unsilo wrote this; sweep elsewhere"
        raise InputError([Fault(FILE, found, allowed, str(folder))])
    return new


def unreadable(folder: Path, error: sqlite3.DatabaseError) -> InputError:
    """What is said of a file that is no database, or a broken one."""
    return InputError([Fault(FILE, str(error), "a store that Unsilo wrote", str(folder))])


def on_network(folder: Path, mounts: str | None = None) -> bool:
    """Whether a folder is on a network file system, where SQLite's write-ahead log fails.

    Args:
        folder: the folder.
        mounts: the mount table, as /proc/mounts gives it; where there is none, a file system counts as local.
    """
    if mounts is None:
        try:
            mounts = Path("/proc/mounts").read_text()
        except OSError:
            return False
    where = folder.resolve()
    best, kind = -1, ""
    for line in mounts.splitlines():
        words = line.split()
        if len(words) < 3:
            continue
        place = Path(words[1].replace("\\040", " "))
        if where.is_relative_to(place) and len(place.parts) >= best:
            best, kind = len(place.parts), words[2]
    return kind in _NETWORK


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
