"""Runs on a Dask cluster: each of its workers has processes of ours live them, as a sweep on one machine does.

So a run that hangs, crashes or eats too much costs a process of ours and never a worker of Dask, and Python's lock, which
a run holds most of the time, does not keep Dask from its own work. Scenarios cross as plain tables.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Any

from sim.errors import Fault, InputError
from sim.scenario import Scenario
from sim.sweeps.broken import Broken
from sim.sweeps.executors import GLANCE
from sim.sweeps.forking import signals_held
from sim.sweeps.likeness import code_of
from sim.sweeps.outpost import Sent, lacking, live_lot
from sim.sweeps.work import Ended, Job, Packer, Parcel, Unlike
from sim.sweeps.worker import TRIES, Limits
from sim.wings import cores

_ANSWER = 5.0  # seconds in which a scheduler answers
_COMPARING = (
    60.0  # seconds that workers have to compare their code before one goes on without them: they do later
)
_COUNT = 2.0  # seconds between looks at how many workers there are
_ALLOWED = "the address of a Dask scheduler that runs, as tcp://host:8786, or local"

_UNWATCHED = {
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
}
"""What Dask measures of itself many times a second, and nobody looks at where it is one's own: a twentieth of a sweep."""

LOCAL = "local"
"""The address that stands for a scheduler and workers of one's own, on this machine."""


@contextmanager
def connect(address: str, workers: int | None, limits: Limits) -> Iterator[Cluster]:
    """An executor of the workers of a Dask scheduler.

    Args:
        address: of the scheduler, as `tcp://host:8786` or `tls://host:8786`; `local` starts one here.
        workers: how many of them a local one has: one a usable core unless given.
        limits: what one run may take.

    Raises:
        InputError: Dask is not installed, nobody answers, or the workers do not have the code that is here.
    """
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError:
        raise InputError(
            [Fault("dask", "dask.distributed is not installed", "pip install '.[cluster]'")]
        ) from None
    if workers is not None and address != LOCAL:
        raise InputError(
            [Fault("workers", f"{workers}, and a scheduler", "one of them: Dask's workers are its own")]
        )
    if address != LOCAL:
        _sound(address)
    with _quiet():
        own, client = None, None
        try:
            if address == LOCAL:
                with dask.config.set(_UNWATCHED), signals_held():
                    own = LocalCluster(
                        n_workers=workers or cores(),
                        threads_per_worker=1,
                        host="127.0.0.1",
                        dashboard_address=None,
                    )
            else:
                _ask(address)
            client = Client(own or address, timeout=_ANSWER, set_as_default=False)
        except Exception as error:
            if own:
                own.close()
            reason = str(error).partition("\n")[0] or type(error).__name__
            where = "" if address in reason else f" at {address}"
            raise InputError([Fault("dask", f"no scheduler answers{where}: {reason}", _ALLOWED)]) from None
        try:
            yield Cluster(client, limits)
        finally:
            client.close()
            if own:
                own.close()


def _sound(address: str) -> None:
    """Refuse what cannot be an address before Dask tries it, and TLS that Dask has no certificates for."""
    from distributed.security import Security

    if not re.fullmatch(r"(tcp|tls|ws|wss|ucx)://[^/\s]+:\d+", address):
        raise InputError([Fault("dask", f"{address!r} is no address", _ALLOWED)])
    if address.startswith(("tls:", "wss:")) and not Security().get_connection_args("client").get(
        "ssl_context"
    ):
        allowed = "certificates for it in Dask's configuration, under distributed.comm.tls"
        raise InputError([Fault("dask", f"{address} is to be spoken to in TLS", allowed)])


def _ask(address: str) -> None:
    """See that a scheduler answers: a client would wait for ever for one that is connected and silent.

    Raises:
        OSError: there is nobody, or nothing is said in time.
    """
    from distributed.core import rpc
    from distributed.security import Security

    async def ask() -> None:
        async with rpc(
            address, timeout=_ANSWER, connection_args=Security().get_connection_args("client")
        ) as one:
            found = await asyncio.wait_for(one.identity(), 1.5 * _ANSWER)
            if found.get("type") != "Scheduler":
                raise OSError(f"it is a {found.get('type', 'stranger')} of Dask")

    def asked() -> None:
        try:
            said.put(asyncio.run(ask()))
        except Exception as error:
            said.put(error)

    said: SimpleQueue[Exception | None] = SimpleQueue()
    threading.Thread(target=asked, daemon=True).start()  # whoever calls may have a loop of their own
    try:
        wrong = said.get(timeout=2.0 * _ANSWER)
    except Empty:
        wrong = TimeoutError()
    if isinstance(wrong, TimeoutError):
        wrong = TimeoutError("it is connected, and says nothing")
    if wrong:
        raise wrong


class Cluster:
    """Lives runs on the workers of a Dask scheduler, however many it has at the time."""

    span = 0.5

    def __init__(self, client: Any, limits: Limits) -> None:
        self._client, self._limits = client, limits
        self._lots: dict[Any, list[Job]] = {}
        self._done: SimpleQueue[Any] = SimpleQueue()
        self._deaths: dict[int, int] = {}  # workers of Dask that died with a run alone in hand, by its number
        self._packed = Packer()
        self._threads, self._counted = 0, -_COUNT

    @property
    def workers(self) -> int:
        """Threads of the scheduler's workers, each of which has a process of ours."""
        if time.monotonic() - self._counted > _COUNT:
            with self._reached():
                self._threads, self._counted = sum(self._client.nthreads().values()), time.monotonic()
        return self._threads

    @property
    def in_hand(self) -> int:
        """Runs given and not ended."""
        return sum(map(len, self._lots.values()))

    def check(self, plans: Iterable[Scenario], stopped: Callable[[], bool]) -> None:
        """See that the workers there are have what is here; those that come or answer later look for themselves."""
        wrong: list[str] = []
        parcels, until = [_sealed(Parcel.of(plan)) for plan in plans], time.monotonic() + _COMPARING
        with self._reached():
            asked = {
                self._client.submit(lacking, parcels, workers=[worker], pure=False): worker
                for worker in self._client.nthreads()
            }
        for future in asked:
            future.add_done_callback(self._done.put)
        while asked and time.monotonic() < until and not stopped():
            for future in self._back(GLANCE):
                if worker := asked.pop(future, ""):  # not of one that came back under the same address
                    wrong += [f"worker {worker} {one}" for one in self._lacking(future)]
            with self._reached():
                there = self._client.nthreads()
            asked = {future: worker for future, worker in asked.items() if worker in there}
        if wrong:
            raise _unlike(dict.fromkeys(wrong))

    def _lacking(self, future: Any) -> list[str]:
        """What a worker that was asked lacks; nothing where it is gone."""
        from distributed.scheduler import KilledWorker

        if future.status == "finished":
            with self._reached():
                found: list[str] = future.result()
            return found
        error = future.exception() if future.status == "error" else None
        if error is None or isinstance(error, KilledWorker):
            return []
        return [f"cannot read what it is sent ({type(error).__name__}: {error})"]

    def warm(self, jobs: Sequence[Job], stopped: Callable[[], bool]) -> None:
        """One worker compiles what the first run takes, for those that share its files."""
        for job in jobs[:1]:
            future = self._client.submit(live_lot, [], self._limits, self._parcels([job]), pure=False)
            future.add_done_callback(self._done.put)
            while not stopped() and not future.done():
                self._back(GLANCE)

    def room(self, ahead: bool) -> int:
        """How many workers have nothing to do, and with `ahead` as many again."""
        return max(0, self.workers * (2 if ahead else 1) - len(self._lots))

    def submit(self, jobs: Sequence[Job]) -> None:
        """Have any worker live them, one after another."""
        with self._reached():
            future = self._client.submit(live_lot, self._parcels(jobs), self._limits, pure=False)
        self._lots[future] = list(jobs)
        future.add_done_callback(self._done.put)

    def ended(self, seconds: float) -> list[tuple[Job, Ended]]:
        """What has come back."""
        done = [future for future in self._back(seconds) if future in self._lots]
        whole = [future for future in done if future.status == "finished"]
        ended: list[tuple[Job, Ended]] = []
        with self._reached():
            for future, ends in zip(whole, self._client.gather(whole), strict=True):
                jobs = self._lots.pop(future)
                ended += zip(jobs, ends, strict=True)
                for job in jobs:
                    self._deaths.pop(job.number, None)
        for future in done:
            if future in self._lots:
                ended += self._failed(self._lots.pop(future), future)
        return ended

    def _back(self, seconds: float) -> list[Any]:
        """Futures that are done; waits so long for the first.

        Raises:
            BrokenExecutor: the scheduler is gone.
        """
        done: list[Any] = []
        with suppress(Empty):
            done.append(self._done.get(timeout=seconds))
            while True:
                done.append(self._done.get_nowait())
        if not done and self._client.status not in ("running", "connecting"):
            raise BrokenExecutor("the scheduler is gone")
        return done

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """What Dask raises when its scheduler is gone is many things."""
        try:
            yield
        except Exception as error:
            if self._client.status == "running" and not isinstance(error, OSError):
                raise
            raise BrokenExecutor("the scheduler is gone") from error

    def slowest(self) -> None:
        """The worker that lives a run knows, and does not tell."""

    def halt(self) -> None:
        """What has begun is waited for; where there are no workers, nothing has."""
        self._counted = -_COUNT
        if not self.workers:
            with self._reached():
                self._client.cancel(list(self._lots))
            self._lots.clear()

    def _parcels(self, jobs: Sequence[Job]) -> list[Sent]:
        """Runs as they cross."""
        return [(job.scenario, _sealed(self._packed(job)), job.seed) for job in jobs]

    def _failed(self, jobs: list[Job], future: Any) -> list[tuple[Job, Ended]]:
        """What becomes of runs whose lot came to nothing: each is tried alone, and set aside if that fails too."""
        from distributed.scheduler import KilledWorker

        if (
            future.status in ("lost", "cancelled") and self._client.status == "running"
        ):  # a worker died before it was fetched
            self.submit(jobs)
            return []
        if future.status != "error":
            raise BrokenExecutor("the scheduler is gone")
        error = future.exception()
        if isinstance(error, Unlike):
            raise _unlike(f"worker {error.worker} {one}" for one in error.differences)
        if not isinstance(error, KilledWorker):
            raise BrokenExecutor(f"{type(error).__name__}: {error}") from error
        ended: list[tuple[Job, Ended]] = []
        for job in jobs:
            deaths = self._deaths[job.number] = self._deaths.get(job.number, 0) + 1
            if len(jobs) == 1 and deaths >= TRIES:
                ended.append(
                    (job, Broken("died", "the workers of Dask died that had it in hand", "", deaths))
                )
            else:
                self.submit([job])
        return ended


def _sealed(parcel: Parcel) -> Parcel:
    """With what its runs hang on here, which is to be so wherever they are lived."""
    return replace(parcel, code=code_of(parcel))


def _unlike(found: Iterable[str]) -> InputError:
    allowed = (
        "the same code, versions and files on each worker as here, "
        "and mechanisms of one's own in a module that it can import"
    )
    return InputError([Fault("dask", "; ".join(found), allowed)])


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask tells of workers that come and go, and of versions, in words of its own; what matters is said here."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]
    before = {logger: logger.level for logger in map(logging.getLogger, names)}
    for logger in before:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="distributed")
            yield
    finally:
        for logger, level in before.items():
            logger.setLevel(level)
