"""Results: what a sweep has stored, read when it is asked for, as frames and arrays in the order of the design."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from sim.errors import Fault, InputError, nearest_name
from sim.mechanisms import Mechanism
from sim.scenario import Scenario, parse
from sim.sweeps import timelines
from sim.sweeps.broken import KINDS, Broken
from sim.sweeps.experiment import Experiment
from sim.sweeps.layout import FILE, OUTCOMES, layout_of, show
from sim.sweeps.patches import flat, patched
from sim.sweeps.place import free, opened, told, undamaged
from sim.sweeps.timelines import Runs, Weeks

if TYPE_CHECKING:
    from sim.record import Record

FOLDER = Path("results")

MOST_WEEKS = 5200
"""The longest that a run can be: `sim.scenario.Scenario.weeks`."""


P = ParamSpec("P")
T = TypeVar("T")


def _checked(read: Callable[Concatenate[Results, P], T]) -> Callable[Concatenate[Results, P], T]:
    """Have a reader say so where what is stored makes no sense."""

    @wraps(read)
    def reading(results: Results, *args: P.args, **words: P.kwargs) -> T:
        with undamaged(results.folder), results._of_one_start():
            return read(results, *args, **words)

    return reading


class NothingError(InputError):
    """There is a store, and nothing in it yet: the sweep that made it was stopped at once."""


class Results:
    """The runs of an experiment that have finished, opened read-only; a sweep may be adding to them meanwhile.

    Nothing is read before it is asked for, and `runs` not again afterwards, unless the sweep has been started anew.

    Attributes:
        folder: where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._planned: int | None = None
        self._depth = 0  # of readers that ask each other
        with undamaged(folder):
            self._db = opened(folder)
            layout = layout_of(self._db, folder)
            show(self._db, layout)
        if not layout:
            raise NothingError([Fault(FILE, "is empty", "a store with an experiment in it", str(folder))])

    def close(self) -> None:
        """Let go of the file; nothing can be read afterwards."""
        self._db.close()

    @contextmanager
    def _of_one_start(self) -> Iterator[None]:
        """Forget what was read of an earlier start, which may have had another design."""
        if self._depth == 0:
            starts = (
                "SELECT MAX(session) FROM sessions WHERE json_extract(provenance, '$.planned') IS NOT NULL"
            )
            planned = self.rows(starts)[0][0]
            if planned != self._planned:
                for name in [
                    name for name in vars(self) if isinstance(getattr(Results, name, None), cached_property)
                ]:
                    del vars(self)[name]
            self._planned = planned
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def sql(self, query: str, params: Sequence[Any] = ()) -> pd.DataFrame:
        """What a query of the store gives; `docs/results.md` describes its tables."""
        with told(self.folder), free(self.folder):
            found = self._db.execute(
                query, [one.item() if isinstance(one, np.generic) else one for one in params]
            )
            columns = [column[0] for column in found.description or ()]
            return pd.DataFrame.from_records(found.fetchall(), columns=columns, coerce_float=True)

    def rows(self, query: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query of ours gives, as plain rows."""
        with undamaged(self.folder), free(self.folder):
            return self._db.execute(query, params).fetchall()

    @cached_property
    @_checked
    def meta(self) -> dict[str, str]:
        """What the store says of itself."""
        return dict(self.rows("SELECT key, value FROM meta"))

    @cached_property
    @_checked
    def experiment(self) -> Experiment:
        """The experiment, as it was last swept."""
        return Experiment.model_validate_json(self.meta["experiment"])

    @property
    def factors(self) -> dict[str, list[Any]]:
        """The levels of each factor, by label."""
        return self.experiment.axes

    @property
    @_checked
    def sessions(self) -> list[dict[str, Any]]:
        """When and on what the sweep was started, and resumed: one mapping a time."""
        rows = self.rows("SELECT started, provenance FROM sessions ORDER BY session")
        if not rows:
            raise ValueError("no start of the sweep")
        return [{"started": started, **json.loads(text)} for started, text in rows]

    @cached_property
    @_checked
    def runs(self) -> pd.DataFrame:
        """Finished runs, ordered by point and seed.

        Columns: `point`, the factors' levels, `seed`, the outcome, `run`, the key, and `hash`, the scenario's.
        """
        columns = ", ".join(f'runs."{name}"' for name in OUTCOMES)
        frame = self.sql(
            f"SELECT design.point, design.seed, {columns}, design.run, runs.scenario AS hash FROM design "
            "JOIN runs ON runs.key = design.run ORDER BY design.point, design.seed"
        )
        for name in ("first_converged", "delay"):
            frame[name] = frame[name].astype(float)
        return self._with_factors(frame)

    @property
    @_checked
    def missing(self) -> pd.DataFrame:
        """Runs that the experiment asks for and that have not finished, failures among them: `point` to `seed`, `run`."""
        return self._with_factors(
            self.sql(
                "SELECT point, seed, run FROM design WHERE run NOT IN (SELECT key FROM runs) ORDER BY point, seed"
            )
        )

    @property
    @_checked
    def failures(self) -> pd.DataFrame:
        """Runs that raised, overstayed, outgrew their memory or killed their worker, ordered by point and seed.

        Columns: `point`, the factors' levels, `seed`, what `sim.sweeps.broken.Broken` says of them, `run` and `hash`.
        """
        columns = ", ".join(field.name for field in fields(Broken))
        return self._with_factors(
            self.sql(
                f"SELECT point, design.seed, {columns}, run, scenario AS hash FROM design JOIN failures ON key = run "
                "ORDER BY point, design.seed"
            )
        )

    @property
    @_checked
    def asked(self) -> int:
        """How many runs the experiment asks for, each once: points that mean the same share theirs."""
        return int(self.rows("SELECT COUNT(DISTINCT run) FROM design")[0][0])

    @property
    def ended(self) -> dict[str, int]:
        """How many of these ended in which way: a count for each state, and for each kind of failure, that occurs."""
        states, kinds = (
            f"SELECT {how}, COUNT(*) FROM {table} WHERE key IN (SELECT run FROM design) GROUP BY {how}"
            for how, table in (("state", "runs"), ("kind", "failures"))
        )
        return dict(self.rows(f"{states} UNION ALL {kinds}"))

    @property
    @_checked
    def standing(self) -> dict[str, Any]:
        """How far the sweep has come.

        Returns:
            `runs` asked for, `finished` in which `states`, `failed` by kind, `missing`; `complete`, whether it came to its end;
            and `besides`, how many runs of an earlier design or source are stored.
        """
        asked, ended = self.asked, self.ended
        failed = {kind: ended.pop(kind) for kind in KINDS if kind in ended}
        finished = sum(ended.values())
        missing = asked - finished - sum(failed.values())
        complete = self.sessions[-1].get("ended") != ""
        others = "SELECT COUNT(*) FROM runs WHERE key NOT IN (SELECT run FROM design)"
        if not complete and self.experiment.precision:  # its later rounds may ask for more seeds
            later = "seed > (SELECT MAX(seed) FROM design) AND scenario IN (SELECT scenario FROM points)"
            others += f" AND NOT ({later})"
        besides = self.rows(others)[0][0]
        return {
            "runs": asked, "finished": finished, "states": ended, "failed": failed, "missing": missing,
            "complete": complete, "besides": besides,
        }  # fmt: skip

    @cached_property
    @_checked
    def points(self) -> pd.DataFrame:
        """The factors' levels at each point, and `hash`, its scenario's."""
        rows = self.rows("SELECT point, factors, scenario FROM points ORDER BY point")
        found = [{"point": point, **json.loads(text), "hash": scenario} for point, text, scenario in rows]
        return pd.DataFrame(found, columns=["point", *self.factors, "hash"])

    def _with_factors(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with the levels at its points after the first column."""
        levels = self.points.set_index("point").loc[frame["point"], list(self.factors)].reset_index(drop=True)
        return pd.concat([frame[["point"]], levels, frame.drop(columns="point")], axis=1)

    @property
    @_checked
    def scenarios(self) -> pd.DataFrame:
        """The scenarios of the design: `hash`, and each dotted key in which they differ; see `parameters` for all."""
        return self._scenarios(whole=False)

    @property
    @_checked
    def parameters(self) -> pd.DataFrame:
        """Every value of every scenario of the design: `hash`, and all dotted keys.

        A key that a scenario does not have, of a mechanism that is off in it, is missing. Lists are in JSON.
        """
        return self._scenarios(whole=True)

    def _scenarios(self, whole: bool) -> pd.DataFrame:
        """Tables that nothing touched are told once, however many scenarios there are."""
        read = dict(self._tables())
        first = next(iter(read.values()), {})
        touched = {
            name
            for tables in read.values()
            for name in (*first, *tables)
            if tables.get(name) is not first.get(name) and tables.get(name) != first.get(name)
        }
        columns: dict[str, dict[str, Any]] = {}
        for key, tables in read.items():
            for name, value in _texts({one: tables[one] for one in tables if one in touched}):
                columns.setdefault(name, {})[key] = value
        frame = pd.DataFrame({"hash": list(read)})
        own = {name: frame["hash"].map(values) for name, values in columns.items()}
        if whole:
            order = dict(_texts(first))
            same = {name: value for name, value in order.items() if name not in own}
            own |= pd.DataFrame(same, index=frame.index).to_dict("series")
            return pd.concat(
                [frame["hash"], pd.DataFrame({name: own[name] for name in (*order, *own)})], axis=1
            )
        varying = {name: one for name, one in own.items() if one.nunique(dropna=False) > 1}
        return pd.concat([frame["hash"], pd.DataFrame(varying, index=frame.index)], axis=1)

    def _tables(self, *hashes: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Hash and tables of scenarios: those of the design, in its order, unless others are asked for."""
        wanted = "= ?" if hashes else "IN (SELECT scenario FROM points)"
        rows = self.rows(
            "SELECT hash, tables, base FROM scenarios LEFT JOIN "
            "(SELECT scenario, MIN(point) AS point FROM points GROUP BY scenario) ON scenario = hash "
            f"WHERE hash {wanted} ORDER BY point",
            hashes,
        )
        bases: dict[str | None, dict[str, Any]] = {}
        for key, text, base in rows:
            if base is not None and base not in bases:
                ((found,),) = self.rows("SELECT tables FROM scenarios WHERE hash = ?", [base])
                bases[base] = json.loads(found)
            yield key, json.loads(text) if base is None else patched(bases[base], json.loads(text))

    @_checked
    def scenario(self, of: int | str, known: Iterable[Mechanism] = ()) -> Scenario:
        """The scenario of a point, or of a hash, ready to be lived again.

        Args:
            of: the point's number, or the scenario's hash.
            known: mechanisms of one's own that it may have, in place of those that are installed.

        Raises:
            InputError: there is none, or it has mechanisms that are not at hand.
        """
        found = self.points["hash"][self.points["point"] == of]
        for key, tables in self._tables(of if isinstance(of, str) else found.item() if len(found) else ""):
            return parse(tables, f"scenario {key}", known=[type(one) for one in known])
        allowed = f"one of {len(self.points):,} points, by number, or a scenario's hash"
        raise InputError([Fault("scenario", f"found {of!r}", allowed, str(self.folder))])

    @cached_property
    def departments(self) -> tuple[str, ...]:
        """The departments of all `runs`, by name."""
        return tuple(dict.fromkeys(name for names in self.departments_of.values() for name in names))

    @cached_property
    @_checked
    def longest(self) -> int:
        """Weeks of the longest of `runs`."""
        last = self.rows("SELECT MAX(weeks) FROM series WHERE run IN (SELECT run FROM design)")[0][0] or 0
        if not 0 <= last <= MOST_WEEKS:
            raise ValueError(f"a run of {last} weeks")
        return int(last)

    @cached_property
    @_checked
    def departments_of(self) -> dict[str, list[str]]:
        """The departments of the scenarios of `runs`, by hash."""
        found = dict(self.rows("SELECT hash, departments FROM scenarios WHERE departments NOT NULL"))
        return {key: json.loads(found[key]) for key in self.runs["hash"].unique()}

    @property
    @_checked
    def notices(self) -> tuple[str, ...]:
        """What was assumed about the scenarios' people."""
        rows = self.rows(
            "SELECT notices FROM points JOIN scenarios ON hash = scenario WHERE notices NOT NULL ORDER BY point"
        )
        return tuple(dict.fromkeys(notice for (text,) in rows for notice in json.loads(text)))

    @_checked
    def series(self, name: str, runs: Runs = None) -> np.ndarray:
        """A weekly series of each run: float64[runs, 1 + weeks], rows as in `runs`; nan after the end of shorter runs.

        Args:
            name: of `sim.sweeps.series.SERIES`.
            runs: rows of `runs`, or their keys; all of them unless given.

        Raises:
            InputError: there is no such series or run.
        """
        return timelines.grid(self, (name,), runs).values[name]

    @_checked
    def adoption(self, runs: Runs = None) -> np.ndarray:
        """Adoption by department: float64[runs, 1 + weeks, departments], nan where a run has no such department."""
        return timelines.grid(self, (), runs, departments=self.departments).adoption

    @_checked
    def timelines(
        self, *names: str, runs: Runs = None, weeks: Weeks = None, departments: Iterable[str] | None = None
    ) -> pd.DataFrame:
        """Series in long form; no more is read than is asked for.

        Args:
            names: of `sim.sweeps.series.SERIES`; all of them, or with `departments` none, unless given.
            runs: rows of `runs`, or their keys; all of them unless given.
            weeks: a week, several, or a slice; all of them unless given.
            departments: names, for their adoption too.

        Returns:
            A row for each run, week and department, if asked for: the factors' levels, `seed`, `run`, `department`,
            `week`, the series, and `adoption`. A series whose name a factor has is called weekly_NAME.

        Raises:
            InputError: there is no such series, run, week or department.
        """
        return timelines.long(self, names, runs, weeks, departments)

    def replay(self, run: str, known: Iterable[Mechanism] = ()) -> Record:
        """A run lived again: see `sim.sweeps.replaying.replay`."""
        from sim.sweeps.replaying import replay

        return replay(self, run, known)


def _texts(tables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Dotted keys and values, lists and empty tables in JSON, so that every value is a plain one."""
    for name, value in flat(tables):
        yield name, json.dumps(value) if isinstance(value, list | dict) else value


def load_results(path: str | Path) -> Results:
    """The results in a folder, or under `results/` by the name of their experiment.

    Raises:
        InputError: there are none, another version of Unsilo wrote them, or their file is damaged.
    """
    for folder in (Path(path), FOLDER / path):
        if (folder / FILE).is_file():
            return Results(folder)
    known = sorted(file.parent.name for file in FOLDER.glob(f"*/{FILE}"))
    allowed = f"a folder with results; in {FOLDER}/ there are {', '.join(known) or 'none'}"
    raise InputError(
        [Fault("results", f"found {str(path)!r}", allowed, nearest=nearest_name(str(path), known))]
    )
