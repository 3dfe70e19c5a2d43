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
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Future
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from sim.errors import Fault, InputError, nearest_name
from sim.scenario import Scenario
from sim.sweeps.broken import Broken
from sim.sweeps.forking import signals_held
from sim.sweeps.likeness import code_of
from sim.sweeps.outpost import Sent, lacking, live_lot
from sim.sweeps.processes import GLANCE
from sim.sweeps.since import Since
from sim.sweeps.stopping import surely
from sim.sweeps.work import Ended, Job, Packer, Parcel, Unlike
from sim.sweeps.worker import TRIES, Limits
from sim.wings import cores

_ANSWER = 5.0  # seconds in which a scheduler answers
_COMPARING = (
    60.0  # seconds that workers have to compare their code before one goes on without them: they do later
)
_COUNT = 2.0  # seconds between looks at how many workers there are
_SILENT = 20.0  # seconds after which a scheduler that says nothing has no workers to speak of
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
                        silence_logs=logging.CRITICAL,
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
        cluster = Cluster(client, limits)
        try:
            yield cluster
        finally:
            surely(partial(_leave, cluster, client, own))


def _leave(cluster: Cluster, client: Any, own: Any) -> None:
    cluster.stop()
    with suppress(Exception):  # of a scheduler that is silent, or gone
        client.close(_ANSWER)
    if own:
        own.close()


def _sound(address: str) -> None:
    """Refuse what cannot be an address before Dask tries it, and TLS that Dask has no certificates for."""
    from distributed.security import Security

    if not re.fullmatch(r"(tcp|tls|ws|wss|ucx)://[^/\s]+:\d+", address):
        near = nearest_name(address, [LOCAL])
        raise InputError([Fault("dask", f"{address!r} is no address", _ALLOWED, nearest=near)])
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
            try:
                found = await asyncio.wait_for(one.identity(), 1.5 * _ANSWER)
            except OSError:
                raise
            except Exception as error:
                reason = str(error).partition("\n")[0]
                raise OSError(f"what it says is not what a scheduler says ({reason})") from error
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
    """Lives runs on the workers of a Dask scheduler, however many it has at the time.

    Nothing here waits for the scheduler, which may be silent: what it says comes in by itself.
    """

    span = 0.5

    def __init__(self, client: Any, limits: Limits) -> None:
        self._client, self._limits = client, limits
        self._lots: dict[Any, list[Job]] = {}
        self._deaths: dict[int, int] = {}  # workers of Dask that died with a run alone in hand, by its number
        self._packed = Packer()
        self._halted = self._stopped = False
        self._come: SimpleQueue[tuple[Any, Any]] = SimpleQueue()  # futures, and what they gave or raised
        self._awaited: set[Future[None]] = set()  # what goes on in Dask's loop for us
        self._there: dict[str, int] = {}  # threads of each worker
        self._asked = -_COUNT  # when the scheduler was last asked for them
        self._said: Since | None = None  # and since it has said so
        self._wrong: BrokenExecutor | InputError | None = None  # what keeps them from living any more

    @property
    def workers(self) -> int:
        """Threads of the scheduler's workers, each of which has a process of ours; none while it says nothing."""
        self._look()
        return sum(self._there.values()) if self._said and self._said.seconds < _SILENT else 0

    def _look(self) -> None:
        """Ask the scheduler for its workers every now and then, and wait for what it says only the first time."""
        if self._said:
            self._said.look()
        now = time.monotonic()
        if now - self._asked < _COUNT:
            return
        self._asked = now
        with self._reached():
            looked = self._later(self._count())
            if not self._said:
                with suppress(TimeoutError):
                    looked.result(_ANSWER)

    async def _count(self) -> None:
        self._there, self._said = dict(await self._client.scheduler.ncores()), Since()

    def _later(self, what: Coroutine[Any, Any, None]) -> Future[None]:
        """Have Dask's loop go on with something."""
        one = asyncio.run_coroutine_threadsafe(what, self._client.loop.asyncio_loop)
        self._awaited.add(one)
        one.add_done_callback(self._awaited.discard)
        return one

    def stop(self) -> None:
        """Wait for nothing any more."""
        self._stopped = True
        for one in list(self._awaited):
            one.cancel()

    @property
    def in_hand(self) -> int:
        """Runs given and not ended."""
        return sum(map(len, self._lots.values()))

    def check(self, plans: Iterable[Scenario], stopped: Callable[[], bool]) -> None:
        """See that the workers there are have what is here; those that come or answer later look for themselves."""
        wrong: list[str] = []
        parcels, until = (
            [replace(Parcel.of(plan), code=code_of(plan)) for plan in plans],
            time.monotonic() + _COMPARING,
        )
        self._look()
        asked = {self._have(lacking, parcels, workers=[worker]): worker for worker in self._there}
        while asked and time.monotonic() < until and not stopped():
            for future, found in self._back(GLANCE):
                if worker := asked.pop(future, ""):  # not of one that came back under the same address
                    wrong += [f"worker {worker} {one}" for one in _lacked(found)]
            self._tell()
            asked = {future: worker for future, worker in asked.items() if worker in self._there}
        if wrong:
            raise _unlike(dict.fromkeys(wrong))
        self._tell()

    def warm(self, jobs: Sequence[Job], stopped: Callable[[], bool]) -> None:
        """One worker compiles what the first run takes, for those that share its files."""
        for job in jobs[:1]:
            future = self._have(live_lot, [], self._limits, self._parcels([job]))
            while not stopped() and future not in dict(self._back(GLANCE)):
                self._tell()

    def room(self, ahead: bool) -> int:
        """How many workers have nothing to do, and with `ahead` as many again."""
        return 0 if self._wrong else max(0, self.workers * (2 if ahead else 1) - len(self._lots))

    def submit(self, jobs: Sequence[Job]) -> None:
        """Have any worker live them, one after another."""
        self._lots[self._have(live_lot, self._parcels(jobs), self._limits)] = list(jobs)

    def ended(self, seconds: float) -> list[tuple[Job, Ended]]:
        """What has come back.

        Raises, once all that has is told:
            BrokenExecutor: the scheduler is gone.
            InputError: a worker has other code or files than its runs are to be lived with.
        """
        ended: list[tuple[Job, Ended]] = []
        for future, found in self._back(0.0 if self._wrong else seconds):
            if future not in self._lots:
                continue
            jobs, failed = self._lots[future], isinstance(found, BaseException)
            try:
                ended += self._failed(jobs, found) if failed else self._ends(jobs, found)
                del self._lots[future]
            except (BrokenExecutor, InputError) as wrong:  # its runs stay in hand
                self._wrong = self._wrong or wrong
        if self._halted and not self.workers:
            self._lots.clear()
        if not ended:
            self._tell()
        return ended

    def _tell(self) -> None:
        if self._wrong:
            raise self._wrong

    def _ends(self, jobs: list[Job], ends: list[Ended]) -> Iterator[tuple[Job, Ended]]:
        for job in jobs:
            self._deaths.pop(job.number, None)
        return zip(jobs, ends, strict=True)

    def _have(self, task: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Have something done by a worker, and what comes of it put into the queue."""
        with self._reached():
            future = self._client.submit(task, *args, pure=False, **options)
            future.add_done_callback(self._done)
            return future

    def _done(self, future: Any) -> None:
        if not self._stopped:
            self._later(self._fetch(future))

    async def _fetch(self, future: Any) -> None:
        found: Any
        try:
            found = await self._client.gather(future, asynchronous=True)
        except Exception as error:
            found = error
        self._come.put((future, found))

    def _back(self, seconds: float) -> list[tuple[Any, Any]]:
        """Futures that are done, and what they gave or raised; waits so long for the first."""
        self._look()
        come: list[tuple[Any, Any]] = []
        with suppress(Empty):
            come.append(self._come.get(timeout=seconds))
            while True:
                come.append(self._come.get_nowait())
        lost = [found for _, found in come if isinstance(found, CancelledError)]
        if self._client.status not in (("running",) if lost else ("running", "connecting")):
            self._wrong = self._wrong or BrokenExecutor("the scheduler is gone")
        return come

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """What Dask raises when its scheduler is gone is many things."""
        try:
            yield
        except Exception as error:
            if self._client.status == "running" and not isinstance(error, OSError):
                raise
            self._wrong = self._wrong or BrokenExecutor("the scheduler is gone")

    def slowest(self) -> None:
        """The worker that lives a run knows, and does not tell."""

    def halt(self) -> None:
        """What has begun is waited for, as long as there are workers."""
        self._halted = True

    def _parcels(self, jobs: Sequence[Job]) -> list[Sent]:
        """Runs as they cross."""
        return [(job.scenario, self._packed(job), job.seed) for job in jobs]

    def _failed(self, jobs: list[Job], error: BaseException) -> list[tuple[Job, Ended]]:
        """What becomes of runs whose lot came to nothing: each is tried alone, and set aside if that fails too."""
        from distributed import KilledWorker

        if isinstance(error, CancelledError):  # its worker died before it was fetched
            self.submit(jobs)
            return []
        if isinstance(error, Unlike):
            raise _unlike(f"worker {error.worker} {one}" for one in error.differences)
        if not isinstance(error, KilledWorker):
            running = self._client.status == "running"
            text = f"{type(error).__name__}: {error}" if running else "the scheduler is gone"
            raise BrokenExecutor(text)
        ended: list[tuple[Job, Ended]] = []
        for job in jobs:
            deaths = self._deaths.get(job.number, 0) + (len(jobs) == 1)
            self._deaths[job.number] = deaths
            if deaths >= TRIES:
                del self._deaths[job.number]
                ended.append(
                    (job, Broken("died", "the workers of Dask died that had it in hand", "", deaths))
                )
            else:
                self.submit([job])
        return ended


def _lacked(found: Any) -> list[str]:
    """What a worker that was asked lacks; nothing where it is gone."""
    from distributed import KilledWorker

    if not isinstance(found, Exception):
        return list(found)
    if isinstance(found, CancelledError | KilledWorker):
        return []
    return [f"cannot read what it is sent ({type(found).__name__}: {found})"]


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
