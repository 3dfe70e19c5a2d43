"""Living: all arms of all experiments in one sweep, which goes on where it stopped, and what claims read off its runs.

Arms have the same seeds, hence the same luck, and those that mean the same organisation share their runs. What a store
does not keep is read off the run lived again, once, and stands beside it in a file by the run's key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.claims import contrasts
from sim.claims.cache import Cache
from sim.claims.contrasts import Estimate
from sim.claims.experiment import Trial
from sim.claims.readouts import Readout
from sim.claims.sections import Claim, Explanation
from sim.errors import Fault, InputError
from sim.outcome import Outcome
from sim.record import Record
from sim.scenario import Scenario
from sim.sweeps import Standing, sweep
from sim.sweeps.design import points
from sim.sweeps.experiment import SCENARIO, Experiment
from sim.sweeps.results import FOLDER
from sim.sweeps.runner import answers
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


@dataclass(frozen=True)
class Told:
    """What came of living: a finding for each claim, and what explanations' panels show.

    Attributes:
        findings: by the number of the claim.
        explained: explanations of these claims, each with its experiment.
        reading: what is read off the runs; None where no claim is asked about.
        seeds: of each arm.
    """

    findings: list[Finding]
    explained: list[tuple[Trial, Explanation]]
    reading: Reading | None
    seeds: range


def live(
    trials: Sequence[Trial], rows: Sequence[int], runs: int, folder: Path | None = None, workers: int | None = None,
    progress: Callable[[Standing], None] | None = None, again: Tell | None = None, changes: Mapping[str, Any] | None = None,
    seed: int = 1,
) -> Told:  # fmt: skip
    """Live what is not stored yet of the arms that some claims compare, and tell what was found of each.

    Args:
        trials: the experiments.
        rows: the claims' numbers.
        runs: how many seeds each arm has.
        folder: where results go and may be already; `results/claims` unless given.
        workers: as for `sweep`.
        progress: as for `sweep`.
        again: told how many runs have been lived again.
        changes: further values that hold in every arm, to try small.
        seed: the first seed.

    Raises:
        InputError: with the changes an arm is impossible, or ends before what claims look at.
    """
    asked = [(trial, claim) for trial in trials for claim in trial.experiment.claims if claim.row in rows]
    explained = [(trial, one) for trial in trials for one in trial.experiment.explanations if one.row in rows]
    every = sum(len(trial.experiment.claims) for trial in trials)
    wanted = [
        *((trial.arm(arm), readout, False) for trial, claim in asked for _, arm, readout in claim.columns),
        *((trial.arm(arm), readout, panel.kind == "weeks") for trial, one in explained for panel in one.panels
          for _, _, arm, readout in panel.columns),
    ]  # fmt: skip
    every_plan = {trial.arm(name): plan for trial in trials for name, plan in trial.plans.items()}
    plans = {arm: every_plan[arm].replaced(changes or {}) for arm, _, _ in wanted}
    faults = {
        str(fault): fault
        for arm, readout, _ in wanted
        for key, found, allowed, _ in Readout.wrong(readout, plans[arm].weeks)
        for fault in [Fault(f"set: {arm}, {key}", found, allowed)]
    }
    if faults:
        raise InputError(faults.values())
    experiment = Arms(name=NAME, title="The claims", scenarios=list(plans), replicates=runs, first_seed=seed)
    if not plans:
        return Told([], [], None, experiment.seeds)
    reading = Reading(experiment, plans, folder or FOLDER / NAME, workers, progress)
    reading.live_again(wanted, again or (lambda done, total: None), workers)
    findings = [
        _finding(reading, trial, claim, every) for trial, claim in sorted(asked, key=lambda one: one[1].row)
    ]
    return Told(findings, sorted(explained, key=lambda one: one[1].row), reading, experiment.seeds)


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
    """What is read off the runs of arms."""

    def __init__(
        self, experiment: Arms, plans: Mapping[str, Scenario], place: Path, workers: int | None,
        progress: Callable[[Standing], None] | None,
    ) -> None:  # fmt: skip
        self._plans, self._seeds = plans, experiment.seeds
        self._results = sweep(experiment, place, workers, progress, plans)
        named = zip(points(experiment, plans), plans, strict=True)
        self._points = {point.factors.get(SCENARIO, name): point for point, name in named}
        frame = self._results.runs
        self._runs = dict(zip(frame["run"], frame.to_dict("records"), strict=True))
        self._cache = Cache(place / CACHE)

    def values(self, arm: str, readout: Readout) -> np.ndarray:
        """A read-out of an arm: float64[seeds], nan where the run has not finished."""
        if not readout.weekly:
            weeks = self._plans[arm].weeks
            return np.array([
                readout.of_outcome(_outcome(self._runs[key]), weeks) if key in self._runs else np.nan
                for key in self._keys(arm)
            ])  # fmt: skip
        if readout.read not in SERIES:
            return np.array([self._cache.get(key, readout, np.nan) for key in self._keys(arm)])
        series = self._stored(arm, readout)
        return np.array([
            readout.of_series(series[seed]) if seed in series else np.nan for seed in self._seeds
        ])  # fmt: skip

    def weeks(self, arm: str, readout: Readout) -> np.ndarray:
        """The weeks of a series that a read-out looks at, of an arm: float64[seeds that have finished, weeks]."""
        if readout.read in SERIES:
            return np.array([readout.part(series) for series in self._stored(arm, readout).values()])
        found = [self._cache.get(key, readout, None, weekly=True) for key in self._keys(arm)]
        return np.array([one for one in found if one is not None])

    def live_again(
        self, wanted: Iterable[tuple[str, Readout, bool]], tell: Tell, workers: int | None
    ) -> None:
        """Read off runs lived again what the store does not keep, as far as it has not been.

        Args:
            wanted: arm, read-out, and whether all its weeks are wanted.
            tell: told how many of how many runs have been.
            workers: as for `sweep`.
        """
        due: dict[str, tuple[str, int, list[tuple[Readout, bool]]]] = {}
        for arm, readout, weekly in wanted:
            if readout.read in SERIES or not (weekly or readout.weekly):
                continue
            for key, seed in zip(self._keys(arm), self._seeds, strict=True):
                if key in self._runs and self._cache.get(key, readout, None, weekly) is None:
                    due.setdefault(key, (arm, seed, []))[2].append((readout, weekly))
        if not due:
            return
        runs = [(self._plans[arm], seed, _asked(some)) for arm, seed, some in due.values()]
        keys = list(due)
        tell(0, len(due))
        for done, (number, told) in enumerate(answers(runs, workers), 1):
            for (readout, weekly), value in zip(due[keys[number]][2], told, strict=True):
                self._cache.put(keys[number], readout, value, weekly)
            tell(done, len(due))

    def _keys(self, arm: str) -> list[str]:
        return [self._points[arm].key(seed) for seed in self._seeds]

    def _stored(self, arm: str, readout: Readout) -> dict[int, np.ndarray]:
        """A series that the store keeps, of the runs that have finished, by their seeds."""
        keys = zip(self._seeds, self._keys(arm), strict=True)
        there = [seed for seed, key in keys if key in self._runs]
        runs = pd.DataFrame({"point": self._points[arm].index, "seed": there})
        end = self._plans[arm].weeks + 1
        series = self._results.series(readout.read, runs)
        return {seed: one[:end] for seed, one in zip(there, series, strict=True)}


def read_off(record: Record, asked: str) -> list[float | list[float]]:
    """Read-outs of a record: a number each, or the list of its weeks.

    Args:
        record: the record.
        asked: JSON of the read-outs, each beside whether all its weeks are wanted.
    """
    some = [(Readout(**fields), weekly) for fields, weekly in json.loads(asked)]
    return [
        readout.part(readout.series(record)).tolist() if weekly else readout.of_record(record)
        for readout, weekly in some
    ]


def _asked(some: Sequence[tuple[Readout, bool]]) -> tuple[str, str]:
    """What workers are to read off a run's record."""
    own = set(Readout.model_fields)
    asked = [(readout.model_dump(include=own, exclude_none=True), weekly) for readout, weekly in some]
    return f"{read_off.__module__}:{read_off.__name__}", json.dumps(asked)


def _outcome(row: Mapping[str, Any]) -> Outcome:
    """The outcome in a row of `Results.runs`, where never and none are nan."""
    values = {field.name: row[field.name] for field in fields(Outcome)}
    for name in ("first_converged", "delay"):
        values[name] = None if np.isnan(values[name]) else values[name]
    return Outcome(**values)
