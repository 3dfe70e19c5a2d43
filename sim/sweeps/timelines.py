"""Weekly series of stored runs: read run by run, as far as they are asked for, into arrays or a frame in long form."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from sim.errors import Fault, InputError, nearest_name
from sim.sweeps.series import KINDS, SERIES, unpack, unpack_adoption

if TYPE_CHECKING:
    from sim.sweeps.results import Results

Runs: TypeAlias = pd.DataFrame | Iterable[str] | str | None
"""Runs: rows of `Results.runs`, keys, or a key; None for all."""

Weeks: TypeAlias = int | slice | Iterable[int] | None
"""Weeks: one, several, or a slice of all; None for all."""

_BATCH = 500  # runs read at a time


@dataclass(frozen=True)
class Grid:
    """Series of runs side by side.

    Attributes:
        rows: int[runs], rows of `Results.runs`.
        weeks: int[weeks].
        here: bool[runs, weeks], the run is as long.
        values: float64[runs, weeks] of each series; nan where the run is not as long.
        adoption: float64[runs, weeks, departments]; nan also where the run has no such department.
        has: bool[runs, departments], the run has the department.
    """

    rows: np.ndarray
    weeks: np.ndarray
    here: np.ndarray
    values: dict[str, np.ndarray]
    adoption: np.ndarray
    has: np.ndarray


def grid(
    results: Results, names: Sequence[str], runs: Runs = None, weeks: Weeks = None, departments: Sequence[str] = ()
) -> Grid:  # fmt: skip
    """Some series, and the adoption of some departments, of some runs in some weeks.

    Raises:
        InputError: there is no such series, run, week or department; all of them are named.
    """
    known = results.departments
    faults = [_unknown("series", name, SERIES) for name in names if name not in SERIES]
    faults += [_unknown("department", name, known) for name in departments if name not in known]
    rows, at = _rows(results, runs, faults), _weeks(results, weeks, faults)
    if faults:
        raise InputError(faults)
    found = Grid(
        rows,
        at,
        np.zeros((len(rows), len(at)), np.bool_),
        {name: np.full((len(rows), len(at)), np.nan) for name in names},
        np.full((len(rows), len(at), len(departments)), np.nan),
        np.zeros((len(rows), len(departments)), np.bool_),
    )
    for places, length, own, data in _read(results, rows):
        seen = np.flatnonzero(at <= length)
        into = np.ix_(places, seen)
        found.here[into] = True
        for name, whole in unpack(data, names, length).items():
            found.values[name][into] = whole[at[seen]]
        mine = np.flatnonzero([name in own for name in departments])
        if mine.size:
            whole = unpack_adoption(
                data, length, [own.index(departments[number]) for number in mine.tolist()]
            )
            found.adoption[np.ix_(places, seen, mine)] = whole[at[seen]]
            found.has[np.ix_(places, mine)] = True
    return found


def long(
    results: Results, names: Sequence[str], runs: Runs, weeks: Weeks, departments: Iterable[str] | None
) -> pd.DataFrame:  # fmt: skip
    """The same as a frame with a row for each run, department (if any is asked for) and week."""
    if departments is not None and not isinstance(departments, Iterable):
        raise InputError([_odd("departments", departments, "names, or None")])
    asked = (
        [departments] if isinstance(departments, str) else list(dict.fromkeys(map(str, departments or ())))
    )
    names = list(dict.fromkeys(map(str, names))) or list(SERIES if departments is None else ())
    found = grid(results, names, runs, weeks, asked)
    here = found.here[:, None, :]
    if departments is not None:
        here = here & found.has[:, :, None]
    run, department, week = np.nonzero(here)
    about = results.runs[[*results.factors, "seed", "run"]].iloc[found.rows[run]].reset_index(drop=True)
    if departments is not None:
        about["department"] = pd.Categorical.from_codes(department, asked).astype(str)
    about["week"] = found.weeks[week]
    values = {name: whole[run, week].astype(KINDS[name]) for name, whole in found.values.items()}
    if departments is not None:
        values["adoption"] = found.adoption[run, week, department].astype(np.float32)
    return about.assign(**{column(results, name): one for name, one in values.items()})


def column(results: Results, name: str) -> str:
    """What a series is called in frames: another name where a factor has its own."""
    while name in results.factors:
        name = f"weekly_{name}"
    return name


def _rows(results: Results, runs: Runs, faults: list[Fault]) -> np.ndarray:
    """Rows of `results.runs`: those of points and seeds where a frame has them, else of keys."""
    whole = results.runs
    if runs is None:
        return np.arange(len(whole))
    if isinstance(runs, pd.DataFrame) and {"point", "seed"} <= set(runs):
        by = ["point", "seed", *({"run"} & set(runs))]
        wanted = pd.MultiIndex.from_frame(runs[by])
        found = pd.MultiIndex.from_frame(whole[by]).get_indexer(wanted)
        if (found < 0).any():
            missing = runs.iloc[int(np.argmin(found))]
            allowed = "rows of .runs"
            faults.append(
                Fault("runs", f"point {missing['point']}, seed {missing['seed']} has not finished", allowed)
            )
        return found
    keys = _keys(runs)
    if keys is None:
        faults.append(_odd("runs", runs, "rows of .runs, or keys"))
        return np.empty(0, np.intp)
    places = whole.groupby("run").indices
    faults += [_unknown("run", key, list(places)) for key in keys if key not in places][:5]
    return np.concatenate([np.empty(0, np.intp), *(places[key] for key in keys if key in places)]).astype(
        np.intp
    )


def _keys(runs: Runs) -> list[str] | None:
    """Keys of runs, or None where they are of another kind."""
    if isinstance(runs, pd.DataFrame):
        return list(runs["run"]) if "run" in runs else None
    keys: list[Any] = (
        [runs] if isinstance(runs, str) else list(runs) if isinstance(runs, Iterable) else [runs]
    )
    return keys if all(isinstance(key, str) for key in keys) else None


def _weeks(results: Results, weeks: Weeks, faults: list[Fault]) -> np.ndarray:
    last = results.longest
    every = np.arange(last + 1)
    try:
        if weeks is None or isinstance(weeks, slice):
            return every[weeks or slice(None)]
        at = np.atleast_1d(np.asarray(list(weeks) if isinstance(weeks, Iterable) else weeks))
    except (TypeError, ValueError):
        at = np.array([""])
    if at.ndim != 1 or (at.size and at.dtype.kind not in "iu"):
        faults.append(_odd("weeks", weeks, "a week, several, or a slice"))
        return every
    at = at.astype(np.intp)
    faults += [
        Fault("weeks", f"no week {week}", f"weeks 0 to {last}") for week in at if not 0 <= week <= last
    ][:5]
    return at


def _read(results: Results, rows: np.ndarray) -> Iterator[tuple[np.ndarray, int, list[str], bytes]]:
    """Of each run: its places among the rows, its length, the names of its departments, and its packed series."""
    run = results.runs["run"].iloc[rows].reset_index(drop=True)
    where = run.groupby(run).indices
    keys = list(where)
    for start in range(0, len(keys), _BATCH):
        batch = keys[start : start + _BATCH]
        marks = ", ".join("?" * len(batch))
        query = f"SELECT run, weeks, data, scenario FROM series JOIN runs ON key = run WHERE run IN ({marks})"
        for one, weeks, data, scenario in results.rows(query, batch):
            yield where[one], weeks, results.departments_of[scenario], data


def _odd(what: str, found: object, allowed: str) -> Fault:
    """What is said of something of the wrong kind."""
    return Fault(what, f"found {' '.join(reprlib.repr(found).split())}", allowed)


def _unknown(what: str, name: str, known: Sequence[str]) -> Fault:
    """What is said of a name that is none of the known."""
    few = ", ".join(known[:30]) + (", ..." if len(known) > 30 else "")
    return Fault(
        "timelines",
        f"no {what} {name!r}",
        f"known: {few or 'none'}",
        nearest=nearest_name(name, known[:1000]),
    )
