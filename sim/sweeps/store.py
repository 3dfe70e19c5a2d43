"""The store: one SQLite file a sweep, in which every finished run stands once, from the moment it has finished.

`sim.sweeps.layout` describes the file. `points` and `design` are written anew at each start; runs are only ever added.
A sweep holds `.lock` while it writes; readers may read meanwhile.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sim.company import FILES
from sim.errors import Fault, InputError
from sim.sweeps.broken import Broken
from sim.sweeps.experiment import Experiment
from sim.sweeps.factor import SCENARIO
from sim.sweeps.layout import FILE, OUTCOMES, bring, layout_of
from sim.sweeps.names import names_of
from sim.sweeps.patches import Patches
from sim.sweeps.place import busy, locked, on_network, told, undamaged, unreadable
from sim.sweeps.point import Point
from sim.sweeps.series import SERIES
from sim.sweeps.work import Finished

_PARTING = 1.0  # seconds for which readers may keep a store that is closed from being a plain file

PATIENCE = 300.0
"""Seconds for which a reader may be in the way of a transaction, where there is no write-ahead log."""

_BASES = 4  # whole scenarios of earlier starts, and of this, that others may be stored against

Done = tuple[str, str, int, Finished]
"""A finished run: its key, the hash of its scenario, its seed, and what is kept of it."""


class Store:
    """The one writer of a results folder; a context manager.

    Raises:
        InputError: another sweep is writing there, what is there belongs to another experiment or layout, or is broken.
        Unwritable: nothing can be written there.
    """

    def __init__(self, folder: Path, experiment: Experiment, provenance: Mapping[str, Any]) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                [Fault("results", str(error.strerror), "a folder that can be written", str(folder))]
            ) from None
        if (folder / FILE).is_dir():
            raise unreadable(folder, "is a folder")
        self.folder = folder
        self._known: set[str] = set()  # scenarios whose departments are stored
        with undamaged(folder), told(folder):
            self._lock = locked(folder)
            try:
                self._db = sqlite3.connect(folder / FILE, timeout=1.0, isolation_level=None)
                try:
                    self._begin(experiment, provenance)
                except BaseException:
                    self._db.close()
                    raise
            except BaseException:
                self._lock.close()
                raise

    def _begin(self, experiment: Experiment, provenance: Mapping[str, Any]) -> None:
        """Make sure whose the file is before anything of it is changed."""
        layout = layout_of(self._db, self.folder)
        if layout:
            check_owner(dict(self._db.execute("SELECT key, value FROM meta")), experiment, self.folder)
        mode = "TRUNCATE" if on_network(self.folder) else "WAL"
        logged = self._db.execute(f"PRAGMA journal_mode = {mode}").fetchone()[0] == "wal"
        self._db.execute(f"PRAGMA synchronous = {'NORMAL' if logged else 'FULL'}")
        mine = _mine(experiment) | {"series": json.dumps(SERIES)}
        self._asking = {"experiment": experiment.model_dump_json(), "text": experiment.text}

        about = {**provenance, "seeds": [experiment.seeds[0], experiment.seeds[-1]], "ended": ""}

        def begin() -> None:
            bring(self._db, layout)
            self._db.executemany("INSERT OR IGNORE INTO meta VALUES (?, ?)", self._asking.items())
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", mine.items())
            self._session = self._db.execute(
                "INSERT INTO sessions (started, provenance) VALUES (?, ?)", (_now(), json.dumps(about))
            ).lastrowid

        self._write(begin)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave a single plain file behind; while somebody has it open, one with everything in it.

        Only what is new since a query began that is still being read stays in the log beside it.
        """
        try:
            if not self._parted():
                with suppress(sqlite3.OperationalError):
                    self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self._db.close()
            self._lock.close()

    def _parted(self) -> bool:
        """Whether the file could be made a plain one."""
        until = time.monotonic() + _PARTING
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = DELETE")
            except sqlite3.OperationalError as error:
                if not busy(error) or time.monotonic() > until:
                    return False
                time.sleep(_PARTING / 20)
            else:
                return True

    def plan(self, points: Iterable[Point], design: Iterable[tuple[int, int, str]]) -> set[str]:
        """Write what the experiment asks for - its points, and (point, seed, run) of each run.

        Returns:
            The keys of the runs that are there already.
        """
        points, design = list(points), list(design)

        def write() -> None:
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", self._asking.items())
            self._note("planned")
            self._db.execute("DELETE FROM design")
            self._db.execute("DELETE FROM points")
            self._write_scenarios(points)
            self._db.executemany(
                "INSERT INTO points VALUES (?, ?, ?)",
                ((point.index, json.dumps(point.factors), point.hash) for point in points),
            )
            self._db.executemany("INSERT INTO design VALUES (?, ?, ?)", design)

        with undamaged(self.folder), told(self.folder):
            self._write(write)
            return {key for (key,) in self._db.execute("SELECT key FROM runs")}

    def ask(self, design: Iterable[tuple[int, int, str]]) -> None:
        """Write that the experiment asks for more: (point, seed, run) of runs beside those it asks for already."""
        more = list(design)
        with told(self.folder):
            self._write(lambda: self._db.executemany("INSERT INTO design VALUES (?, ?, ?)", more))

    def end(self) -> None:
        """Write that the sweep has asked for all that it is to ask for, and that all of it has ended."""
        with told(self.folder):
            self._write(lambda: self._note("ended"))

    def _note(self, what: str) -> None:
        """Note that this start has come so far now."""
        note = "UPDATE sessions SET provenance = json_set(provenance, ?, ?) WHERE session = ?"
        self._db.execute(note, [f"$.{what}", _now(), self._session])

    def states(self) -> dict[str, int]:
        """How many of the runs that the experiment asks for ended in each state, those that points share once."""
        counts = "SELECT state, COUNT(*) FROM runs WHERE key IN (SELECT run FROM design) GROUP BY state"
        return dict(self._db.execute(counts).fetchall())

    def _write_scenarios(self, points: Iterable[Point]) -> None:
        """Write the scenarios that are new as they differ from one that is whole; whole, where they differ in their form."""
        there = {name for (name,) in self._db.execute("SELECT hash FROM scenarios")}
        rows = self._db.execute("SELECT hash, tables FROM scenarios WHERE base IS NULL LIMIT ?", [_BASES])
        bases = {name: Patches(json.loads(text)) for name, text in rows}
        for point in points:
            if point.hash in there:
                continue
            there.add(point.hash)
            tables = point.plan.tables()
            patches = (
                (name, patch) for name, base in bases.items() if (patch := base.to(tables)) is not None
            )
            base, patch = next(patches, (None, tables))
            row = (point.hash, json.dumps(patch), base)
            self._db.execute("INSERT INTO scenarios (hash, tables, base) VALUES (?, ?, ?)", row)
            if base is None and len(bases) < 2 * _BASES:
                bases[point.hash] = Patches(tables)

    def add(self, runs: Iterable[Done]) -> None:
        """Keep finished runs, all in one transaction; failures of them are forgotten.

        Raises:
            sqlite3.IntegrityError: one is there already, or twice among them; none is kept.
            Unwritable: they cannot be written now, and none is.
        """
        runs, now = list(runs), _now()
        if not runs:
            return
        new = {scenario: done for _, scenario, _, done in runs if scenario not in self._known}
        ended = [
            (key, scenario, seed, *astuple(done.outcome), self._session, done.seconds, now)
            for key, scenario, seed, done in runs
        ]
        series = [(key, done.weeks, len(done.departments), done.series) for key, _, _, done in runs]
        people = [
            (json.dumps(done.departments), json.dumps(done.notices), scenario)
            for scenario, done in new.items()
        ]
        marks = ", ".join("?" * (len(OUTCOMES) + 6))

        def write() -> None:
            self._db.executemany(f"INSERT INTO runs VALUES ({marks})", ended)
            self._db.executemany("INSERT INTO series VALUES (?, ?, ?, ?)", series)
            self._db.executemany("DELETE FROM failures WHERE key = ?", ((run[0],) for run in ended))
            self._db.executemany(
                "UPDATE scenarios SET departments = ?, notices = ? WHERE hash = ? AND departments IS NULL",
                people,
            )

        with told(self.folder):
            self._write(write)
        self._known |= new.keys()

    def set_aside(self, key: str, scenario: str, seed: int, broken: Broken) -> None:
        """Keep what became of a run that did not finish; an earlier failure of it is replaced, and its attempts counted.

        A run that has finished stays as it is. Ids of a roster's people are replaced in its words.

        Raises:
            Unwritable: it cannot be written now, and is not.
        """
        with told(self.folder):
            broken = self._nameless(broken, scenario).shortened()
        row = {
            "key": key, "scenario": scenario, "seed": seed, **asdict(broken), "session": self._session, "failed": _now(),
        }  # fmt: skip
        with told(self.folder):
            self._write(lambda: self._db.execute(_SET_ASIDE, row))

    def _nameless(self, broken: Broken, scenario: str) -> Broken:
        """What became of a run without the ids of the people in its scenario's files."""
        paths = ", ".join(f"json_extract(tables, '$.organisation.{name}')" for name in FILES)
        found = self._db.execute(f"SELECT {paths} FROM resolved WHERE hash = ?", [scenario]).fetchone() or ()
        files = tuple(Path(path) for path in found if path)
        return names_of(files).out_of(broken) if files else broken

    def _write(self, work: Callable[[], object]) -> None:
        """Do work in a transaction, and again as long as a reader is in its way.

        Only where there is no log does a reader block a writer. SQLite could wait by itself, but would not hear Ctrl-C.
        """
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with _committed(self._db):
                    work()
                return
            except sqlite3.OperationalError as error:
                if not busy(error) or time.monotonic() > until:
                    raise


def _mine(experiment: Experiment) -> dict[str, str]:
    """What a store says of itself by which an experiment knows its own."""
    return {"name": experiment.name, "bases": json.dumps(experiment.owner)}


def check_owner(meta: Mapping[str, str], experiment: Experiment, folder: Path) -> None:
    """See that a store, which says this of itself, is an experiment's.

    Raises:
        InputError: it is another's, of other name or scenarios, or with no factor in common.
    """
    before, now = _varied(meta["experiment"]), _varied(experiment.model_dump_json())
    foreign = bool(before and now and not set(before) & set(now))
    if foreign or any(meta[key] != value for key, value in _mine(experiment).items()):
        there = f"{meta['name']!r} of {', '.join(json.loads(meta['bases']))}"
        wanted = f"those of {experiment.name!r} of {', '.join(experiment.owner)}"
        if foreign:
            there, wanted = (
                f"{one}, which varies {', '.join(keys)}" for one, keys in ((there, before), (wanted, now))
            )
        wanted += "; move the folder, or rename one"
        raise InputError([Fault("results", f"belong to the experiment {there}", wanted, str(folder))])


def _varied(text: str) -> list[str]:
    """What an experiment varies, from its JSON: the keys of its factors, and the scenario if it has several."""
    given = json.loads(text)
    keys = [key for factor in given["factors"] for key in (factor["keys"] or [factor["key"]])]
    return [SCENARIO] * (len(given["scenarios"]) > 1) + keys


_SET_ASIDE = """
INSERT INTO failures
SELECT :key, :scenario, :seed, :kind, :error, :traceback, :attempts, :seconds, :session, :failed
WHERE :key NOT IN (SELECT key FROM runs)
ON CONFLICT (key) DO UPDATE SET
    kind = excluded.kind, error = excluded.error, traceback = excluded.traceback, seconds = excluded.seconds,
    attempts = attempts + excluded.attempts, session = excluded.session, failed = excluded.failed"""


@contextmanager
def _committed(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction: whole, or not at all."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            with suppress(sqlite3.Error):
                db.execute("ROLLBACK")
        raise


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
