"""On a worker of Dask: each of its threads has a process of ours live runs, if that has what the sweep has.

This imports no engine: only the processes need it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, Pipe

from sim.sweeps.forking import start_process
from sim.sweeps.processes import GLANCE, Processes
from sim.sweeps.work import Ended, Job, Parcel, Unlike
from sim.sweeps.worker import Limits

Sent = tuple[str, Parcel, int]
"""A run as it crosses: name of a scenario and itself, and a seed."""

_here = threading.local()


def lacking(parcels: Sequence[Parcel]) -> list[str]:
    """What processes here have otherwise than scenarios' runs hang on, or why they cannot tell, in words that follow a name.

    Raises:
        Reschedule: nobody waits for it any more.
    """
    wanted = _wanted()
    ours, theirs = Pipe(duplex=False)
    process = start_process(_tell, theirs, parcels)
    theirs.close()
    try:
        while not ours.poll(GLANCE):
            _go_on(wanted)
        found: list[str] = ours.recv()
    except EOFError:
        found = ["has processes that end as soon as they start"]
    finally:
        process.kill()  # it has said what it had to say
        process.join()
        ours.close()
    return found


def _tell(pipe: Connection, parcels: Sequence[Parcel]) -> None:
    """In a process of ours: compare, and send what is found."""
    from sim.sweeps.likeness import glance

    found: list[str] = []
    for parcel in parcels:
        try:
            glance(parcel, parcel.code)
        except Unlike as error:
            found += error.differences
    pipe.send(found)


def live_lot(runs: Sequence[Sent], limits: Limits, warm: Sequence[Sent] = ()) -> list[Ended]:
    """On a worker of Dask: have this thread's process live runs, after living others small.

    A process that is left of an earlier sweep may have loaded what has been edited since: a new one is asked then.

    Raises:
        Unlike: it has not what they hang on; its arguments name this worker.
        Reschedule: nobody waits for them any more.
    """
    left = hasattr(_here, "crew")
    try:
        return _lived(runs, limits, warm)
    except Unlike:
        if not left:
            raise
    return _lived(runs, limits, warm)


def _lived(runs: Sequence[Sent], limits: Limits, warm: Sequence[Sent]) -> list[Ended]:
    from distributed import get_worker

    crew: Processes | None = getattr(_here, "crew", None)
    if crew is None or crew.limits != limits:
        if crew:
            crew.stop()
        crew = _here.crew = Processes(1, limits)
    jobs = [_job(number, one) for number, one in enumerate(runs)]
    ends: dict[int, Ended] = {}
    wanted = _wanted()
    try:
        crew.warm([_job(0, one) for one in warm], lambda: not wanted())
        if jobs:
            crew.submit(jobs)
        while crew.in_hand:
            _go_on(wanted)
            ends |= {job.number: end for job, end in crew.ended(GLANCE)}
    except BaseException as error:
        crew.stop()
        del _here.crew
        if isinstance(error, Unlike):
            raise Unlike(error.differences, get_worker().address) from None
        raise
    return [ends[job.number] for job in jobs]


def _wanted() -> Callable[[], bool]:
    """Whether somebody still waits for what this thread does: its sweep may be gone, and the worker of Dask about to go."""
    from distributed import get_worker
    from distributed.worker import WORKER_ANY_RUNNING, thread_state

    worker, key = get_worker(), thread_state.key

    def wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state != "cancelled" and worker.status in WORKER_ANY_RUNNING

    return wanted


def _go_on(wanted: Callable[[], bool]) -> None:
    """Leave it where nobody waits; whoever asks for it meanwhile has it done anew."""
    if not wanted():
        from distributed import Reschedule

        raise Reschedule


def _job(number: int, sent: Sent) -> Job:
    name, parcel, seed = sent
    return Job(
        number, f"{name} {parcel.own} {parcel.code}", lambda: parcel, seed
    )  # of another sweep it may have other code
