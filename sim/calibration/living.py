"""Living: candidates, firms and arms crossed in one sweep, which goes on where it stopped, and the surveys of its firms.

Each firm has luck of its own, the same for every candidate and in every arm: firms vary as firms do, and comparisons
between candidates and arms are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import PrivateAttr

from sim.calibration.plan import SPONSORSHIP, Plan
from sim.calibration.statistics import OWN, Survey, crossing
from sim.claims.cache import Cache
from sim.claims.living import Tell
from sim.claims.readouts import Readout
from sim.organisation import run
from sim.sweeps import Results, Standing, points, sweep, timelines
from sim.sweeps.experiment import Experiment
from sim.sweeps.factor import Factor

NAME, CACHE = "calibration", "readouts.jsonl"
LUCK = 1_000_000  # seeds that firms of one seed of the calibration may have

_KNOWS = Readout(read="knows")


class Lives(Experiment):
    """A grid of candidates, firms and arms: what these change is for `whose` to say, as their keys are none of a scenario's."""

    _whose: Callable[[Mapping[str, Any]], dict[str, Any]] = PrivateAttr()

    @classmethod
    def of(
        cls, plan: Plan, whose: Callable[[Mapping[str, Any]], dict[str, Any]], luck: int, **axes: Sequence[Any]
    ) -> Lives:  # fmt: skip
        """The grid of some axes, label = levels, `firm` among them; firm 0 has the seed `luck`."""
        factors = [Factor(label=name, key=name, values=list(levels)) for name, levels in axes.items()]
        made = cls(
            name=NAME, title="Calibration", scenario=plan.prior.scenario, set=dict(plan.held), factors=factors,
            replicates=1, first_seed=luck,
        )  # fmt: skip
        made._whose, made._file = whose, plan.prior.file
        return made

    @property
    def owner(self) -> list[str]:
        """The calibration, whatever its scenario."""
        return [NAME]

    def changes_at(self, levels: Mapping[str, Any]) -> dict[str, Any]:
        """What a candidate, a firm and an arm change; the arm has the last word."""
        return self._whose(levels)

    def seeds_at(self, levels: Mapping[str, Any]) -> range:
        """The firm's own luck."""
        return range(self.first_seed + levels["firm"], self.first_seed + levels["firm"] + 1)


def survey(
    plan: Plan, candidates: Sequence[Mapping[str, float]], firms: range, arms: Sequence[str], seed: int, folder: Path,
    workers: int | None = None, progress: Callable[[Standing], None] | None = None, tell: Tell | None = None,
    again: Tell | None = None,
) -> tuple[list[Survey], int]:  # fmt: skip
    """Live what is not stored yet, and survey the firms.

    Args:
        plan: prior and patterns.
        candidates: coefficients by label.
        firms: numbers of firms of the prior.
        arms: arms, `own` among them.
        seed: of the firms' luck.
        folder: where results go and may be already.
        workers: as for `sweep`.
        progress: as for `sweep`.
        tell: told how many of how many points have been worked out.
        again: if given, firms are also asked who knows the policy, for which runs are lived again; told how far that is.

    Returns:
        A survey of each candidate, over firms of which all runs have finished, and of how many firms that is not true.
    """
    drawn = {firm: plan.firm(firm) for firm in firms}

    def whose(levels: Mapping[str, Any]) -> dict[str, Any]:
        moved = plan.coefficients(candidates[levels["candidate"]])
        return moved | drawn[levels["firm"]] | plan.patterns.arms[levels["arm"]].set

    lives = Lives.of(
        plan, whose, (seed - 1) * LUCK + 1, candidate=range(len(candidates)), firm=firms, arm=arms
    )
    points(lives, tell=tell)
    results = sweep(lives, folder, workers, progress)
    shape = len(candidates), len(firms), len(arms)
    read = {name: one.reshape(shape) for name, one in _read(results, int(np.prod(shape))).items()}
    whole = ~np.isnan(read["stage"]).any(axis=(0, 2))
    if again is not None:
        own = arms.index(OWN)
        read["knows"] = np.full(shape, np.nan)
        read["knows"][:, :, own] = _knows(results, lives, plan, folder, shape[:2], again)
    levels = np.array([plan.firms[firm].factors[SPONSORSHIP] for firm in firms], float)
    years = np.array([drawn[firm].get("weeks", plan.base.weeks) for firm in firms]) / 52.0
    surveys: list[Survey] = [
        {
            arm: {name: one[candidate, whole, place] for name, one in read.items()}
            | {"sponsorship": levels[whole], "years": years[whole]}
            for place, arm in enumerate(arms)
        }
        for candidate in range(len(candidates))
    ]
    return surveys, int((~whole).sum())


def _read(results: Results, size: int) -> dict[str, np.ndarray]:
    """What is read off the runs, in the order of points: float64[points] each, nan where one has not finished."""
    frame = results.runs
    at = frame["point"].to_numpy()

    def placed(values: Any, where: np.ndarray) -> np.ndarray:
        column = np.full(size, np.nan)
        column[where] = values
        return column

    read = {name: placed(frame[name], at) for name in ("stage", "A", "C", "V", "relapses")}
    read["siloed"] = placed(frame["state"] == "siloed", at)
    own = frame[frame["arm"] == OWN]
    found = timelines.grid(results, ("A", "served"), own, departments=results.departments)
    last = found.here.sum(axis=1) - 1
    there = own["point"].to_numpy()
    read["served"] = placed(found.values["served"][np.arange(len(own)), last], there)
    read["crossing"] = placed(crossing(found.adoption, found.values["A"]), there)
    return read


def _knows(
    results: Results, lives: Lives, plan: Plan, folder: Path, shape: tuple[int, int], tell: Tell
) -> np.ndarray:
    """Share of staff who know the policy in the last week, in the arm `own`: float64[candidates, firms]."""
    frame = results.runs
    own, cache = frame[frame["arm"] == OWN], Cache(folder / CACHE)
    due = own[[cache.get(key, _KNOWS, None) is None for key in own["run"]]]
    for done, row in enumerate(due.itertuples(index=False)):
        tell(done, len(due))
        levels = {"candidate": row.candidate, "firm": row.firm, "arm": row.arm}
        record = run(plan.base.replaced(lives.changes_at(levels)), int(row.seed))
        cache.put(row.run, _KNOWS, _KNOWS.of_record(record))
    tell(len(due), len(due))
    knows = np.full(shape, np.nan)
    first = lives.factors[1].values[0]
    knows[own["candidate"].to_numpy(int), own["firm"].to_numpy(int) - first] = [
        cache.get(key, _KNOWS, np.nan) for key in own["run"]
    ]
    return knows
