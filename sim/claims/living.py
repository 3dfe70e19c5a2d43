"""Living: all arms of all experiments in one sweep, which goes on where it stopped, and what claims read off its runs.

Arms have the same seeds, hence the same luck, and those that mean the same organisation share their runs. What a store
does not keep is read off the run lived again, once, and stands beside it in a file by the run's key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.claims import contrasts
from sim.claims.contrasts import Estimate
from sim.claims.experiment import Claim, Trial
from sim.claims.readouts import Readout
from sim.organisation import run
from sim.outcome import Outcome
from sim.scenario import Scenario
from sim.sweeps import Standing, sweep
from sim.sweeps.design import Point, points
from sim.sweeps.experiment import SCENARIO, Experiment
from sim.sweeps.results import FOLDER, Results
from sim.sweeps.series import SERIES

NAME = "claims"
CACHE = "readouts.jsonl"

Tell = Callable[[int, int], None]
"""Called with how many of how many runs have been lived again."""


class Arms(Experiment):
    """All arms as one sweep: a folder of claims stays theirs, whichever are asked about and however they change."""

    @property
    def owner(self) -> list[str]:
        """The claims, whatever their arms."""
        return [NAME]


@dataclass(frozen=True)
class Finding:
    """What was found of one claim.

    Attributes:
        trial: the experiment.
        claim: what is asked.
        found: the contrast; None if an arm has no run.
        means: of each of its columns.
    """

    trial: Trial
    claim: Claim
    found: Estimate | None
    means: tuple[float, ...]


def live(
    trials: Sequence[Trial], rows: Sequence[int], runs: int, folder: Path | None = None, workers: int | None = None,
    progress: Callable[[Standing], None] | None = None, again: Tell | None = None, changes: Mapping[str, Any] | None = None,
) -> list[Finding]:  # fmt: skip
    """Live what is not stored yet of the arms that some claims compare, and tell what was found of each.

    Args:
        trials: the experiments.
        rows: the claims' numbers.
        runs: seeds 1 ... of each arm.
        folder: where results go and may be already; `results/claims` unless given.
        workers: as for `sweep`.
        progress: as for `sweep`.
        again: told how many runs have been lived again.
        changes: further values that hold in every arm, to try small.
    """
    asked = [(trial, claim) for trial in trials for claim in trial.experiment.claims if claim.row in rows]
    if not asked:
        return []
    every = sum(len(trial.experiment.claims) for trial in trials)
    plans = {trial.arm(name): trial.plans[name] for trial, claim in asked for name in claim.arms}
    if changes:
        plans = {name: plan.replaced(changes) for name, plan in plans.items()}
    experiment = Arms(name=NAME, title="The claims", scenarios=list(plans), replicates=runs)
    place = folder or FOLDER / NAME
    results = sweep(experiment, place, workers, progress, plans)
    found = Reading(results, place, {point.factors.get(SCENARIO, name): point for point, name in
                                     zip(points(experiment, plans), plans, strict=True)}, plans, experiment.seeds)  # fmt: skip
    found.live_again(asked, again or (lambda done, total: None))
    return [
        _finding(found, trial, claim, every) for trial, claim in sorted(asked, key=lambda one: one[1].row)
    ]


def _finding(reading: Reading, trial: Trial, claim: Claim, claims: int) -> Finding:
    values = np.column_stack([reading.values(trial.arm(arm), readout) for _, arm, readout in claim.columns])
    whole = values[~np.isnan(values).any(axis=1)]
    if not len(whole):
        return Finding(trial, claim, None, ())
    down = claim.expected == "-"
    found = contrasts.estimate(
        values, claim.contrast, claim.doses, down, claim.against, claim.is_share, claims
    )
    return Finding(trial, claim, found, tuple(whole.mean(axis=0).tolist()))


class Reading:
    """What claims read off the runs of arms."""

    def __init__(
        self, results: Results, place: Path, points: Mapping[str, Point], plans: Mapping[str, Scenario], seeds: range
    ) -> None:  # fmt: skip
        self._points, self._plans, self._seeds = points, plans, seeds
        frame = results.runs
        self._results = results
        self._runs = dict(zip(frame["run"], frame.to_dict("records"), strict=True))
        self._cache = Cache(place / CACHE)

    def values(self, arm: str, readout: Readout) -> np.ndarray:
        """A read-out of an arm: float64[seeds], nan where the run has not finished."""
        keys = [self._points[arm].key(seed) for seed in self._seeds]
        if not readout.weekly:
            weeks = self._plans[arm].weeks
            return np.array([
                readout.of_outcome(_outcome(self._runs[key]), weeks) if key in self._runs else np.nan for key in keys
            ])  # fmt: skip
        if readout.read in SERIES:
            there = [seed for seed, key in zip(self._seeds, keys, strict=True) if key in self._runs]
            runs = pd.DataFrame({"point": self._points[arm].index, "seed": there})
            series = dict(zip(there, self._results.series(readout.read, runs), strict=True))
            end = self._plans[arm].weeks + 1
            return np.array([
                readout.of_series(series[seed][:end]) if seed in series else np.nan for seed in self._seeds
            ])  # fmt: skip
        return np.array([self._cache.get(key, readout, np.nan) for key in keys])

    def live_again(self, asked: Sequence[tuple[Trial, Claim]], tell: Tell) -> None:
        """Read off runs lived again what the store does not keep, as far as it has not been."""
        due: dict[str, tuple[str, int, list[Readout]]] = {}
        for arm, seed, readout in self._wanted(asked):
            key = self._points[arm].key(seed)
            if key in self._runs and self._cache.get(key, readout, None) is None:
                due.setdefault(key, (arm, seed, []))[2].append(readout)
        for done, (key, (arm, seed, wanted)) in enumerate(due.items()):
            tell(done, len(due))
            record = run(self._plans[arm], seed)
            for readout in wanted:
                self._cache.put(key, readout, readout.of_record(record))
        tell(len(due), len(due))

    def _wanted(self, asked: Sequence[tuple[Trial, Claim]]) -> Iterator[tuple[str, int, Readout]]:
        for trial, claim in asked:
            if claim.weekly and claim.read not in SERIES:
                for _, arm, readout in claim.columns:
                    yield from ((trial.arm(arm), seed, readout) for seed in self._seeds)


def _outcome(row: Mapping[str, Any]) -> Outcome:
    """The outcome in a row of `Results.runs`, where never and none are nan."""
    values = {field.name: row[field.name] for field in fields(Outcome)}
    for name in ("first_converged", "delay"):
        values[name] = None if np.isnan(values[name]) else values[name]
    return Outcome(**values)


class Cache:
    """Read-outs by the keys of their runs, a line each; a line that was cut off when the process ended is passed over."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[tuple[str, str], float] = {}
        text = file.read_text("utf-8") if file.is_file() else ""
        for line in text.splitlines():
            try:
                key, readout, value = json.loads(line)
            except ValueError:
                continue
            self._known[key, readout] = value
        if text and not text.endswith("\n"):
            with file.open("a", encoding="utf-8") as out:
                out.write("\n")

    def get(self, key: str, readout: Readout, otherwise: Any) -> Any:
        """The read-out of a run, or another value where it is not known."""
        return self._known.get((key, _spec(readout)), otherwise)

    def put(self, key: str, readout: Readout, value: float) -> None:
        """Keep it."""
        if (key, _spec(readout)) not in self._known:
            self._known[key, _spec(readout)] = value
            with self._file.open("a", encoding="utf-8") as out:
                out.write(json.dumps([key, _spec(readout), value]) + "\n")


def _spec(readout: Readout) -> str:
    return readout.model_dump_json(include=set(Readout.model_fields), exclude_none=True)
