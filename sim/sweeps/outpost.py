"""On a worker of Dask: each of its threads has a process of ours live runs, if it has what the sweep has."""

from __future__ import annotations

import platform
import threading
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sim.roster import digest
from sim.scenario import Scenario
from sim.sweeps.executors import Processes
from sim.sweeps.key import code_digest
from sim.sweeps.work import Ended, Job, Parcel
from sim.sweeps.worker import Limits

_DECIDING = ("unsilo", "mesa", "numpy", "scipy", "numba", "llvmlite", "pydantic")

Code = tuple[tuple[str, str], ...]
"""What a run's result hangs on beside its scenario and seed: names and versions or digests."""

_DIGESTS = ("source", "people")
Sent = tuple[str, Parcel, int, Code]
"""A run as it crosses: name of a scenario and itself, a seed, and what the run hangs on."""


class Unlike(Exception):  # noqa: N818
    """A worker has not what is here, so its runs might give other results."""


@lru_cache(maxsize=4096)
def code_of(parcel: Parcel) -> Code:
    """What a scenario's runs hang on, as it is in this process."""
    plan = parcel.open()
    files = _files(plan)
    people = (("people", digest([Path(file) for file in files])),) if files else ()
    return (*_versions(), ("source", code_digest(plan)), *people)


@cache
def _versions() -> Code:
    """Versions that decide results, Python's without its last part."""
    found = [("python", ".".join(platform.python_version_tuple()[:2]))]
    for name in _DECIDING:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            found.append((name, "none"))
    return tuple(found)


def _files(plan: Scenario) -> tuple[str, ...]:
    people = plan.organisation
    return tuple(file for file in (people.roster, people.ties, people.reports) if file)


def differences(worker: str, said: Code | BaseException, here: Code) -> list[str]:
    """In words, what a worker has otherwise than it is here."""
    if isinstance(said, BaseException):
        return [f"worker {worker} cannot read what it is sent ({type(said).__name__}: {said})"]
    there = dict(said)
    return [
        f"worker {worker} has "
        + (f"other {name}" if name in _DIGESTS else f"{name} {there.get(name)}, not {mine}")
        for name, mine in here
        if there.get(name) != mine
    ]


_here = threading.local()


def live_lot(
    runs: Sequence[Sent],
    limits: Limits,
    warm: Sequence[Sent] = (),
) -> list[Ended]:
    """On a worker of Dask: have this thread's process live runs, after living others small."""
    from distributed import get_worker

    for _, parcel, _, code in (*runs, *warm):
        if (mine := code_of(parcel)) != code:
            raise Unlike("; ".join(differences(get_worker().address, mine, code)))
    crew: Processes | None = getattr(_here, "crew", None)
    if crew is None or crew.limits != limits:
        if crew:
            crew.stop()
        crew = _here.crew = Processes(1, limits)
    jobs = [_job(number, one) for number, one in enumerate(runs)]
    ends: dict[int, Ended] = {}
    try:
        crew.warm([_job(0, one) for one in warm], lambda: False)
        if jobs:
            crew.submit(jobs)
        while crew.in_hand:
            ends |= {job.number: end for job, end in crew.ended(1.0)}
    except BaseException:
        crew.stop()
        del _here.crew
        raise
    return [ends[job.number] for job in jobs]


def _job(number: int, sent: Sent) -> Job:
    name, parcel, seed, _ = sent
    return Job(number, name, lambda: parcel, seed)
