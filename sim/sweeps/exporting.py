"""Exports: what a sweep found as plain tables, CSV or Parquet, for whatever reads those.

The same runs give the same bytes, however often the sweep was interrupted: rows come by point and seed, and what tells
when and how runs came to be has a table of its own, `sessions`.
"""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim.company import FILES
from sim.errors import Fault, InputError
from sim.outcome import STATES
from sim.sweeps.place import undamaged
from sim.sweeps.series import KINDS, SERIES
from sim.sweeps.timelines import column, grid

if TYPE_CHECKING:
    from sim.sweeps.results import Results

TABLES = ("runs", "timelines", "scenarios", "failures", "sessions")

Writer = Callable[[IO[bytes], Iterator[pd.DataFrame]], None]

_PARTIAL = ".partial"
_BATCH = 200  # runs whose series are written at a time; a row group of Parquet each


def export(
    results: Results, to: str, folder: Path | None = None, progress: Callable[[int, int], None] | None = None
) -> list[Path]:
    """Write the tables of results into a folder, a file each.

    Files are written under temporary names and take their own when all of them are there.

    Args:
        results: whose they are.
        to: of `WRITERS`; Parquet takes pyarrow.
        folder: where they go; a folder named after the format in the results' unless given.
        progress: called with how many runs' series have been written, of how many.

    Returns:
        Their paths.

    Raises:
        InputError: pyarrow is not installed, or the folder has other content or cannot be written.
    """
    writer = WRITERS[to]()
    folder = folder or results.folder / to
    paths = [folder / f"{table}.{to}" for table in TABLES]
    partial = [path.with_name(path.name + _PARTIAL) for path in paths]
    tell = progress or (lambda done, total: None)
    made = _ready(folder)
    try:
        with undamaged(results.folder):
            for table, path in zip(_tables(results, tell), partial, strict=True):
                with path.open("wb") as file:
                    writer(file, table)
        for path, whole in zip(partial, paths, strict=True):
            path.replace(whole)
    except OSError as error:
        raise _unfit(folder, str(error.strerror or error)) from None
    finally:
        for path in partial:
            path.unlink(missing_ok=True)
        if made:
            with suppress(OSError):
                folder.rmdir()
    return paths


def _ready(folder: Path) -> bool:
    """Make the folder, or make sure that there is nothing in it but an earlier export; whether it was made."""
    own = {f"{table}.{to}{end}" for table in TABLES for to in WRITERS for end in ("", _PARTIAL)}
    try:
        made = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        others = sorted({path.name for path in folder.iterdir()} - own)
    except OSError as error:
        raise _unfit(folder, str(error.strerror)) from None
    if others:
        raise _unfit(folder, f"has other content: {', '.join(others[:3])}{', ...' * (len(others) > 3)}")
    return made


def _unfit(folder: Path, found: str) -> InputError:
    return InputError(
        [Fault("export", found, "a new folder, or one of an earlier export, with room", str(folder))]
    )


def _tables(results: Results, tell: Callable[[int, int], None]) -> Iterator[Iterator[pd.DataFrame]]:
    """The tables in the order of `TABLES`, each in parts of the same columns and types, at least one.

    Failures are read before runs, so that one that finishes meanwhile is not missing in both.
    """
    failed = results.failures.drop(columns=["traceback", "attempts", "seconds"])
    failures = _typed(failed[~failed["run"].isin(results.runs["run"])])
    runs = _typed(results.runs)
    yield iter([runs])
    yield _timelines(results, runs, tell)
    yield iter([_scenarios(results)])
    yield iter([failures])
    yield iter([_sessions(results)])


def _timelines(
    results: Results, runs: pd.DataFrame, tell: Callable[[int, int], None]
) -> Iterator[pd.DataFrame]:
    """A row for each run and week: the series, and the adoption of each department."""
    departments = results.departments
    about = runs[["point", *results.factors, "seed", "run"]]
    states = np.array(STATES, object)
    for start in range(0, max(len(runs), 1), _BATCH):
        some = results.runs.iloc[start : start + _BATCH]
        found = grid(results, SERIES, some, departments=departments)
        run, week = np.nonzero(found.here)
        values = {name: found.values[name][run, week].astype(KINDS[name]) for name in SERIES}
        values["state"] = states[values["state"]]
        for number, name in enumerate(departments):
            values[f"adoption_{name}"] = found.adoption[run, week, number].astype(np.float32)
        named = {column(results, name): one for name, one in values.items()}
        rows = about.iloc[found.rows[run]].reset_index(drop=True)
        yield pd.concat([rows, pd.DataFrame({"week": found.weeks[week]} | named)], axis=1)
        tell(min(start + _BATCH, len(runs)), len(runs))


def _scenarios(results: Results) -> pd.DataFrame:
    """Every value of every scenario; of files their names only, as folders are nobody's business."""
    frame = results.parameters
    for name in FILES:
        if (key := f"organisation.{name}") in frame:
            frame[key] = frame[key].map(lambda path: Path(path).name, na_action="ignore")
    return _typed(frame)


def _sessions(results: Results) -> pd.DataFrame:
    """When, how and on what the sweep was started, and how much it did each time."""
    done = results.sql(
        "SELECT sessions.session, COUNT(key) AS runs, TOTAL(seconds) AS seconds, MAX(finished) AS last FROM sessions "
        "LEFT JOIN runs ON runs.session = sessions.session GROUP BY sessions.session ORDER BY sessions.session"
    )
    told = [
        {key: json.dumps(value) if isinstance(value, list | dict) else value for key, value in one.items()}
        for one in results.sessions
    ]
    return _typed(pd.concat([done, pd.DataFrame(told)], axis=1))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with one type a column: truth values, whole numbers, numbers, or else words."""
    return pd.DataFrame({name: _one_type(frame[name]) for name in frame}, index=frame.index)


def _one_type(values: pd.Series) -> pd.Series:
    if values.name == "first_converged":
        return values.astype("Int64")
    if not pd.api.types.is_object_dtype(values) and not pd.api.types.is_string_dtype(values):
        return values
    kinds = {type(value) for value in values.dropna()}
    for allowed, kind in (({bool}, "boolean"), ({int}, "Int64"), ({int, float}, "float64")):
        if kinds and kinds <= allowed:
            return values.astype(kind)
    return values.map(_word, na_action="ignore").astype(object)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _csv() -> Writer:
    def write(file: IO[bytes], table: Iterator[pd.DataFrame]) -> None:
        text = io.TextIOWrapper(file, "utf-8", newline="")
        for number, frame in enumerate(table):
            for name in frame:
                if pd.api.types.is_bool_dtype(frame[name]):
                    frame = frame.assign(**{name: frame[name].map({True: "true", False: "false"})})
            frame.to_csv(text, index=False, header=number == 0, lineterminator="\n")
        text.detach()

    return write


def _parquet() -> Writer:
    try:
        import pyarrow as pa
        from pyarrow import parquet as pq
    except ModuleNotFoundError:
        how = "get it with: pip install '.[files]'"
        raise InputError([Fault("export", "Parquet takes pyarrow, which is not installed", how)]) from None

    def kind(values: pd.Series) -> Any:
        is_a = pd.api.types
        if is_a.is_bool_dtype(values):
            return pa.bool_()
        if is_a.is_integer_dtype(values):
            return pa.int64()
        if is_a.is_float_dtype(values):
            return pa.float32() if values.dtype == np.float32 else pa.float64()
        return pa.string()

    def write(file: IO[bytes], table: Iterator[pd.DataFrame]) -> None:
        frame = next(table)
        schema = pa.schema([(name, kind(frame[name])) for name in frame])
        with pq.ParquetWriter(file, schema, compression="zstd") as out:
            for part in itertools.chain([frame], table):
                rows = pa.Table.from_pandas(part, schema, preserve_index=False)
                out.write_table(rows.replace_schema_metadata(None))

    return write


WRITERS = {"csv": _csv, "parquet": _parquet}
"""How tables are written into a file, by format."""
