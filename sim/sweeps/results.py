"""Results: what a sweep has stored, read when it is asked for, as frames and arrays in the order of the design."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.errors import Fault, InputError, nearest_name
from sim.scenario import Scenario, parse
from sim.sweeps.broken import Broken
from sim.sweeps.experiment import Experiment
from sim.sweeps.layout import FILE, OUTCOMES, layout_of, show
from sim.sweeps.patches import patched
from sim.sweeps.place import unreadable
from sim.sweeps.series import SERIES, unpack, unpack_adoption

FOLDER = Path("results")


class Results:
    """The runs of an experiment that have finished, opened read-only; a sweep may be adding to them meanwhile.

    Attributes:
        folder: where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        file = folder / FILE
        try:
            self._db = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
            layout = layout_of(self._db, folder)
            show(self._db, layout)
        except sqlite3.DatabaseError as error:
            raise unreadable(folder, error) from None
        if not layout:
            raise InputError([Fault(FILE, "is empty", "a store with an experiment in it", str(folder))])

    def sql(self, query: str, params: Sequence[Any] = ()) -> pd.DataFrame:
        """What a query of the store gives; its tables are described in `sim.sweeps.store`."""
        return pd.read_sql_query(query, self._db, params=list(params))

    @cached_property
    def meta(self) -> dict[str, str]:
        """What the store says of itself."""
        return dict(self._db.execute("SELECT key, value FROM meta"))

    @cached_property
    def experiment(self) -> Experiment:
        """The experiment, as it was last swept."""
        return Experiment.model_validate_json(self.meta["experiment"])

    @property
    def factors(self) -> dict[str, list[Any]]:
        """The levels of each factor, by label."""
        return self.experiment.axes

    @property
    def sessions(self) -> list[dict[str, Any]]:
        """When and on what the sweep was started, and resumed: one mapping a time."""
        rows = self._db.execute("SELECT started, provenance FROM sessions ORDER BY session")
        return [{"started": started, **json.loads(text)} for started, text in rows]

    @cached_property
    def runs(self) -> pd.DataFrame:
        """Finished runs, ordered by point and seed: `point`, the factors' levels, `seed`, the outcome, and `run`, the key."""
        columns = ", ".join(f'runs."{name}"' for name in OUTCOMES)
        frame = self.sql(
            f"SELECT design.point, design.seed, {columns}, design.run FROM design JOIN runs ON runs.key = design.run "
            "ORDER BY design.point, design.seed"
        )
        for name in ("first_converged", "delay"):
            frame[name] = frame[name].astype(float)
        return self._with_factors(frame)

    @property
    def missing(self) -> pd.DataFrame:
        """Runs that the experiment asks for and that have not finished: as `runs`, without an outcome."""
        return self._with_factors(
            self.sql(
                "SELECT point, seed, run FROM design WHERE run NOT IN (SELECT key FROM runs) ORDER BY point, seed"
            )
        )

    @property
    def failures(self) -> pd.DataFrame:
        """Runs that did not finish, ordered by point and seed.

        Columns: `point`, the factors' levels, `seed`, `run`, and what `sim.sweeps.broken.Broken` says of them.
        """
        columns = ", ".join(field.name for field in fields(Broken))
        return self._with_factors(
            self.sql(
                f"SELECT point, design.seed, run, {columns} FROM design JOIN failures ON key = run ORDER BY point, design.seed"
            )
        )

    @property
    def asked(self) -> int:
        """How many runs the experiment asks for."""
        return int(self._db.execute("SELECT COUNT(*) FROM design").fetchone()[0])

    @cached_property
    def points(self) -> pd.DataFrame:
        """The factors' levels at each point, and `scenario`, its hash."""
        rows = self._db.execute("SELECT point, factors, scenario FROM points ORDER BY point")
        found = [{"point": point, **json.loads(text), "scenario": scenario} for point, text, scenario in rows]
        return pd.DataFrame(found, columns=["point", *self.factors, "scenario"])

    def _with_factors(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with the levels at its points after the first column."""
        levels = self.points.set_index("point").loc[frame["point"], list(self.factors)].reset_index(drop=True)
        return pd.concat([frame[["point"]], levels, frame.drop(columns="point")], axis=1)

    @cached_property
    def scenarios(self) -> dict[str, dict[str, Any]]:
        """The resolved scenarios of the design by their hash, as tables."""
        rows = self._db.execute(
            "SELECT one.hash, one.tables, whole.tables FROM scenarios AS one "
            "LEFT JOIN scenarios AS whole ON whole.hash = one.base WHERE one.hash IN (SELECT scenario FROM points)"
        )
        return {
            key: patched(json.loads(base), json.loads(text)) if base else json.loads(text)
            for key, text, base in rows
        }

    def scenario(self, point: int) -> Scenario:
        """The scenario of a point, ready to be lived again.

        Raises:
            InputError: it has mechanisms that are not installed here.
        """
        return parse(self.scenarios[self.points.set_index("point").at[point, "scenario"]], f"point {point}")

    @cached_property
    def departments(self) -> tuple[str, ...]:
        """The departments of all scenarios, by name."""
        return tuple(dict.fromkeys(name for names in self._departments.values() for name in names))

    @property
    def notices(self) -> tuple[str, ...]:
        """What was assumed about the scenarios' people."""
        rows = self._db.execute(
            "SELECT notices FROM points JOIN scenarios ON hash = scenario WHERE notices NOT NULL ORDER BY point"
        )
        return tuple(dict.fromkeys(notice for (text,) in rows for notice in json.loads(text)))

    @cached_property
    def _departments(self) -> dict[str, list[str]]:
        rows = self._db.execute(
            "SELECT hash, departments FROM points JOIN scenarios ON hash = scenario "
            "WHERE departments NOT NULL ORDER BY point"
        )
        return {key: json.loads(text) for key, text in rows}

    def series(self, name: str) -> np.ndarray:
        """A weekly series of each run: float64[runs, 1 + weeks], rows as in `runs`; nan after the end of shorter runs.

        Raises:
            ValueError: it is none of `sim.sweeps.series.SERIES`.
        """
        if name not in SERIES:
            raise ValueError(f"no series {name!r}; known: {', '.join(SERIES)}")
        return self._filled((), lambda data, weeks, _: unpack(data, name, weeks))

    def adoption(self) -> np.ndarray:
        """Adoption by department: float64[runs, 1 + weeks, departments], nan where a run has no such department."""
        places = {
            key: [self.departments.index(one) for one in names] for key, names in self._departments.items()
        }

        def spread(data: bytes, weeks: int, scenario: str) -> np.ndarray:
            whole = np.full((weeks + 1, len(self.departments)), np.nan)
            whole[:, places[scenario]] = unpack_adoption(data, weeks, len(places[scenario]))
            return whole

        return self._filled((len(self.departments),), spread)

    def _filled(self, shape: tuple[int, ...], read: Callable[[bytes, int, str], np.ndarray]) -> np.ndarray:
        """What `read` makes of each run's data, weeks and scenario, in the order of `runs`."""
        rows = self.runs.groupby("run").indices
        out = np.full((len(self.runs), self._weeks + 1, *shape), np.nan)
        query = "SELECT run, data, weeks, scenario FROM series JOIN runs ON key = run WHERE run IN (SELECT run FROM design)"
        for run, data, weeks, scenario in self._db.execute(query):
            if run in rows:
                out[rows[run], : weeks + 1] = read(data, weeks, scenario)
        return out

    @cached_property
    def _weeks(self) -> int:
        """Length of the longest run."""
        return max((tables["weeks"] for tables in self.scenarios.values()), default=0)

    def timelines(self, *names: str) -> pd.DataFrame:
        """Series in long form: a row for each run and week, with the factors' levels, `seed`, `run`, `week` and the series.

        Args:
            names: of `sim.sweeps.series.SERIES`; all of them if none is named.
        """
        values = {name: self.series(name) for name in names or SERIES}
        here = ~np.isnan(next(iter(values.values())))
        row, week = np.nonzero(here)
        about = self.runs[[*self.factors, "seed", "run"]].iloc[row].reset_index(drop=True)
        return about.assign(week=week, **{name: value[here] for name, value in values.items()})


def load_results(path: str | Path) -> Results:
    """The results in a folder, or under `results/` by the name of their experiment.

    Raises:
        InputError: there are none, or another version of Unsilo wrote them.
    """
    for folder in (Path(path), FOLDER / path):
        if (folder / FILE).is_file():
            return Results(folder)
    known = sorted(file.parent.name for file in FOLDER.glob(f"*/{FILE}"))
    allowed = f"a folder with results; in {FOLDER}/ there are {', '.join(known) or 'none'}"
    raise InputError(
        [Fault("results", f"found {str(path)!r}", allowed, nearest=nearest_name(str(path), known))]
    )
