"""Replays: a run of a sweep lived again, exactly, for whatever of it was not stored - or to see it fail once more.

A run is a pure function of scenario, seed and source. Where the source, or a roster, has changed since, a replay says so
and goes on, as most edits leave a run as it was; whether this one did is decided by what it gives: a replay that does
not equal what is stored is refused.
"""

from __future__ import annotations

import re
import warnings
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.errors import Fault, InputError
from sim.mechanisms import Mechanism
from sim.organisation import run as live
from sim.outcome import Outcome
from sim.record import WEEKLY, Record, Series
from sim.scenario import Scenario
from sim.sweeps.broken import Broken
from sim.sweeps.key import code_digest, key_of_run
from sim.sweeps.layout import OUTCOMES
from sim.sweeps.place import undamaged
from sim.sweeps.series import SERIES, pack, unpack

if TYPE_CHECKING:
    from sim.sweeps.results import Results

_KEYS = "SELECT run AS key FROM design UNION SELECT key FROM runs UNION SELECT key FROM failures"
_SHOWN = 5  # keys that a message names


@dataclass(frozen=True)
class Entry:
    """A run as the store has it.

    Attributes:
        key: its key.
        seed: its seed.
        scenario: the hash of its scenario.
        outcome: what became of it; None if it has not finished.
        broken: how it failed; None if it has not.
    """

    key: str
    seed: int
    scenario: str
    outcome: Outcome | None
    broken: Broken | None


class UnequalError(Exception):
    """A replay does not equal what is stored.

    Attributes:
        record: the replay.
        differences: how they differ, a line each.
    """

    def __init__(self, record: Record, differences: Sequence[str]) -> None:
        self.record, self.differences = record, tuple(differences)
        super().__init__(f"the replay does not equal the stored run: {'; '.join(differences)}")


def find(results: Results, run: str) -> Entry:
    """A run by its key, the beginning of one that no other has, or `point:seed`.

    Raises:
        InputError: there is none, or there are several.
    """
    if not isinstance(run, str):
        raise InputError([Fault("run", f"found {run!r}", "its key, the beginning of one, or 'point:seed'")])
    with undamaged(results.folder):
        return _entry(results, _at(results, run) if ":" in run else _beginning(results, run))


def _entry(results: Results, key: str) -> Entry:
    columns = ", ".join(f'"{name}"' for name in OUTCOMES)
    for seed, scenario, *values in results.rows(
        f"SELECT seed, scenario, {columns} FROM runs WHERE key = ?", [key]
    ):
        return Entry(key, seed, scenario, Outcome(*values), None)
    said = ", ".join(field.name for field in fields(Broken))
    for seed, scenario, *values in results.rows(
        f"SELECT seed, scenario, {said} FROM failures WHERE key = ?", [key]
    ):
        return Entry(key, seed, scenario, None, Broken(*values))
    ((seed, scenario), *_) = results.rows(
        "SELECT seed, scenario FROM design JOIN points USING (point) WHERE run = ?", [key]
    )
    return Entry(key, seed, scenario, None, None)


def _at(results: Results, run: str) -> str:
    place = re.fullmatch(r"(\d{1,18}):(\d{1,18})", run.strip())
    if place:
        found = results.rows(
            "SELECT run FROM design WHERE point = ? AND seed = ?", [int(one) for one in place.groups()]
        )
        if found:
            return str(found[0][0])
    limits = results.rows("SELECT MIN(point), MAX(point), MIN(seed), MAX(seed) FROM design")[0]
    allowed = "point:seed of points {} to {} and seeds {} to {}".format(*limits)
    raise _unknown(results, run, allowed)


def _beginning(results: Results, run: str) -> str:
    start = run.strip().lower()
    found = _like(results, start)
    if len(found) == 1 or start in found:
        return found[0]
    if found:
        few = ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
        raise _unknown(results, run, f"more of the key, as several begin so: {few}")
    near = next(
        (some[0] for end in range(len(start) - 1, 2, -1) if (some := _like(results, start[:end]))), ""
    )
    raise _unknown(results, run, "the key of a run, the beginning of one, or point:seed", near)


def _like(results: Results, start: str) -> list[str]:
    """Keys that begin so, the first few."""
    if not re.fullmatch("[0-9a-f]+", start):
        return []
    query = f"SELECT key FROM ({_KEYS}) WHERE key >= ? AND key < ? ORDER BY key LIMIT {_SHOWN + 1}"
    return [key for (key,) in results.rows(query, [start, start + "g"])]


def _unknown(results: Results, run: str, allowed: str, nearest: str = "") -> InputError:
    return InputError([Fault("run", f"found {run!r}", allowed, str(results.folder), nearest)])


def replay(results: Results, run: str, known: Iterable[Mechanism] = ()) -> Record:
    """Live a run again, and make sure that it equals what is stored.

    Args:
        results: the results that it is of.
        run: its key, the beginning of one, or `point:seed`.
        known: mechanisms of one's own that it may have, in place of those that are installed.

    Returns:
        Its record. Of a run that is not stored, nothing can be compared.

    Raises:
        InputError: there is no such run, or its scenario cannot be read here.
        UnequalError: it came out another way.
        Exception: what the run raises.

    Warns:
        UserWarning: the source, or the scenario's files, have changed since.
    """
    entry = find(results, run)
    plan = results.scenario(entry.scenario, known)
    for change in changes(entry, plan):
        warnings.warn(change, stacklevel=3)
    record = live(plan, entry.seed)
    if told := differences(results, entry, record):
        raise UnequalError(record, told)
    return record


def changes(entry: Entry, plan: Scenario) -> list[str]:
    """What is not as it was when the run was swept, a sentence each; nothing if it will be the same."""
    now = plan.hash()
    if now != entry.scenario:
        if plan.organisation.roster:
            return ["the files of people and ties are not those that were swept: they have changed since"]
        return ["the scenario means something else to this version of Unsilo than to that which swept it"]
    if key_of_run(now, code_digest(plan), entry.seed) != entry.key:
        return ["the source of the engine, or of a mechanism, has changed since the run was swept"]
    return []


def differences(results: Results, entry: Entry, record: Record) -> list[str]:
    """How a replay differs from the stored run, a line each; nothing if it does not, or if none is stored."""
    if entry.outcome is None:
        return []
    with undamaged(results.folder):
        return list(_differences(results, entry, record))


def _differences(results: Results, entry: Entry, record: Record) -> Iterator[str]:
    for name in OUTCOMES:
        there, here = getattr(entry.outcome, name), getattr(record.outcome, name)
        if not _same(there, here):
            yield f"{name} was {there}, and is {here}"
    ((weeks, data),) = results.rows("SELECT weeks, data FROM series WHERE run = ?", [entry.key])
    if weeks != record.week:
        yield f"it had {weeks} weeks, and has {record.week}"
    elif zlib.decompress(data) != zlib.decompress(packed := pack(record)):
        before, after = (unpack(one, SERIES, weeks) for one in (data, packed))
        moved = [name for name in SERIES if before[name].tobytes() != after[name].tobytes()]
        yield f"weekly series differ: {', '.join(moved) or 'adoption by department'}"


def _same(there: Any, here: Any) -> bool:
    """Whether two values are the same; SQLite has no nan, and stores nothing for it."""
    return there == here or (there is None and here != here)


def save(record: Record, path: Path) -> None:
    """Write a record into a NumPy file: every array of `sim.record.Series`, and what its rows and columns are.

    Raises:
        InputError: it cannot be written there.
    """
    arrays: dict[str, Any] = {
        "seed": np.int64(record.seed), "scenario": np.str_(record.plan.hash()), "states": record.states,
        "departments": np.array(record.departments), "functions": np.array(record.functions),
        "practices": np.array(record.practices), "meant": record.meant, "weekly_names": np.array(WEEKLY),
    }  # fmt: skip
    arrays |= {name: getattr(record.series, name) for name in Series.fields}
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as file:
            np.savez_compressed(file, **arrays)
        partial.replace(path)
    except OSError as error:
        raise InputError(
            [Fault("file", str(error.strerror), "a file in a folder with room", str(path))]
        ) from None
    finally:
        partial.unlink(missing_ok=True)
