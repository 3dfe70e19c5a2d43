"""Estimates: what a sweep would take, from the runs that are stored or from a few that are lived to see and forgotten."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.errors import Fault, InputError
from sim.organisation import Organisation
from sim.sweeps.design import MOST, left_out
from sim.sweeps.experiment import Experiment
from sim.sweeps.layout import FILE
from sim.sweeps.living import warm
from sim.sweeps.point import Point
from sim.sweeps.results import FOLDER, NothingError, Results
from sim.sweeps.series import pack
from sim.sweeps.store import check_owner
from sim.sweeps.work import Parcel

_TRIED = 4  # points whose runs are timed
_PATIENCE = 2.0  # seconds for which each of them is lived at the most
_ROW = 600  # bytes that a run takes beside its series: its outcome, its keys and their indices
_KNOWN = 20  # stored runs that tell more than a few timed ones


@dataclass(frozen=True)
class Estimate:
    """What a sweep would take.

    Attributes:
        points: how many.
        whole: whether all of them were worked out; if not, constraints may leave out some.
        left_out: settings of the design that break a constraint.
        runs: how many in all, at most if there is a precision.
        least: how many at least.
        stored: of these, how many are stored already.
        seconds: that a run takes.
        size: bytes that it takes on the disk.
        timed: from how many runs this was told.
        lived: whether these were lived for it, and not found stored.
    """

    points: int
    whole: bool
    left_out: int
    runs: int
    least: int
    stored: int
    seconds: float
    size: float
    timed: int
    lived: bool

    def to_go(self, workers: int) -> tuple[float, float]:
        """Seconds for what is not stored, at least and at most, on so many workers."""
        least, most = (
            max(0, runs - self.stored) * self.seconds / workers for runs in (self.least, self.runs)
        )
        return least, most

    @property
    def bytes(self) -> tuple[float, float]:
        """Of the store in the end, at least and at most."""
        return self.least * self.size, self.runs * self.size


def estimate(experiment: Experiment, design: Sequence[Point], results: Results | None) -> Estimate:
    """What the runs of an experiment's points would take that are not stored.

    Args:
        experiment: the experiment.
        design: its points, or the first of them.
        results: what is stored of it.

    Raises:
        InputError: no run of it can be lived.
    """
    points = {point.hash: point for point in design}  # those that mean the same share their runs
    whole = experiment.count <= MOST
    once = len(points) if whole else experiment.count
    runs = once * experiment.replicates
    here = None
    if results is not None:
        there = results.sql(
            "SELECT key, scenario, seed, seconds, LENGTH(data) AS size FROM runs JOIN series ON run = key"
        )
        asked = [
            one.seed in experiment.seeds
            and one.scenario in points
            and points[one.scenario].key(one.seed) == one.key
            for one in there.itertuples()
        ]
        here = there[np.array(asked, np.bool_)]
    stored = 0 if here is None else len(here)
    lived = here is None or stored < min(_KNOWN, runs)
    if here is None or lived:
        tried = [design[place] for place in np.unique(np.linspace(0, len(design) - 1, _TRIED).astype(int))]
        costs = np.array([_cost(point, experiment.first_seed) for point in tried])
    else:
        costs = here[["seconds", "size"]].to_numpy(float)
    seconds, size = costs.mean(axis=0).tolist()
    least = once * experiment.precision.least if experiment.precision else runs
    return Estimate(
        len(design) if whole else experiment.count,
        whole,
        left_out(experiment) if whole else 0,
        runs,
        least,
        stored,
        seconds,
        size + _ROW,
        len(costs),
        lived,
    )


def stored_of(experiment: Experiment) -> Results | None:
    """What is stored of an experiment, if anything is.

    Raises:
        InputError: another experiment's results are there.
    """
    place = FOLDER / experiment.name
    for folder in (FOLDER, place):
        if folder.exists() and not folder.is_dir():
            raise InputError([Fault("results", "no folder", "a folder that can be written", str(folder))])
    if not (place / FILE).exists():
        return None
    try:
        results = Results(place)
    except NothingError:
        return None
    check_owner(results.meta, experiment, place)
    return results


def _cost(point: Point, seed: int) -> tuple[float, float]:
    """Seconds and bytes of a point's run, reckoned from as many of its weeks as there is patience for."""
    plan = point.plan
    warm(Parcel.of(plan))
    began = time.perf_counter()
    org = Organisation(plan, seed)
    built = time.perf_counter()
    try:
        while org.running and time.perf_counter() - built < _PATIENCE:
            org.step()
        lived = time.perf_counter() - built
        share = plan.weeks / org.week
        return built - began + lived * share, len(pack(org.record)) * share
    finally:
        org.close()
