"""Dask: the same bytes from a real scheduler and workers, whatever happens to these, and one message where there are none."""

import importlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from trouble import Trouble

from benchmarks.contents import content
from sim import cli
from sim.errors import InputError
from sim.scenario import load
from sim.sweeps import Experiment, Factor, Limits, cluster, likeness, load_results, sweep
from sim.sweeps.work import Finished, Job
from sim.sweeps.worker import TRIES
from tests.stored import replaced, rostered

dask = pytest.importorskip("dask", reason="dask is not installed: pip install '.[cluster]'")
distributed = pytest.importorskip(
    "distributed", reason="dask.distributed is not installed: pip install '.[cluster]'"
)

HOME = Path(__file__).parents[1]
SMALL = {"organisation.employees": 60, "weeks": 60}
EXPERIMENT = Experiment(
    name="spread", scenario="baseline", set=SMALL, replicates=20,
    factors=[Factor(key="funding.level", values=[0.2, 0.8], label="funding")],
)  # fmt: skip


class Cluster:
    """A scheduler and workers in processes of their own, on this machine's loopback address alone."""

    def __init__(self, folder, stack):
        self.folder, self.stack = folder, stack
        self.scheduler = self._run(
            "dask_scheduler", "--port", "0", "--scheduler-file", folder / "scheduler.json"
        )
        while not (folder / "scheduler.json").exists():
            time.sleep(0.05)
        while not (text := (folder / "scheduler.json").read_text()):
            time.sleep(0.05)
        self.address = text.partition('"address": "')[2].partition('"')[0]
        self.workers = []

    def _run(self, program, *options, path=(HOME, HOME / "tests")):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
        command = [
            sys.executable,
            "-m",
            f"distributed.cli.{program}",
            "--host",
            "127.0.0.1",
            "--no-dashboard",
            *options,
        ]
        log = self.stack.enter_context((self.folder / f"{program}-{time.monotonic()}.log").open("w"))
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=self.folder,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.stack.callback(self.end, process)
        return process

    def end(self, process):
        """Kill a process with all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def work(self, *options, path=(HOME, HOME / "tests")):
        """One more worker."""
        more = ("--nthreads", 1, "--local-directory", self.folder, *options)
        self.workers.append(self._run("dask_worker", self.address, *more, path=path))
        with distributed.Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(len([one for one in self.workers if one.poll() is None]), timeout=60)
        return self.workers[-1]


@contextmanager
def started(folder, workers):
    with ExitStack() as stack:
        one = Cluster(folder, stack)
        for _ in range(workers):
            one.work()
        yield one


def edited(folder):
    """A copy of the package in which the engine is not what it is here."""
    shutil.copytree(HOME / "sim", folder / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("scenarios", "experiments"):
        shutil.copytree(HOME / name, folder / "sim" / name)
    with (folder / "sim" / "luck.py").open("a") as file:
        file.write("# edited\n")
    return folder


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with started(tmp_path_factory.mktemp("two"), 2) as one:
        yield one


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    sweep(EXPERIMENT, folder, workers=0)
    return content(folder)


def test_a_cluster_gives_the_same_bytes(two, whole, tmp_path):
    sweep(EXPERIMENT, tmp_path, dask=two.address)
    assert content(tmp_path) == whole


def test_a_local_one_gives_the_same_bytes(whole, tmp_path):
    sweep(EXPERIMENT, tmp_path, dask="local", workers=1)
    assert content(tmp_path) == whole


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory take Linux")
def test_runs_that_break_are_set_aside_and_no_worker_of_dask_dies_of_them(two, tmp_path):
    trouble = Trouble(raises=[2], exits=[4], dies=[5], crashes=[6], sleeps=[7], hangs=[8], eats=[9])
    plans = {"own": load("baseline", SMALL).with_mechanism(trouble)}
    experiment = Experiment(name="troubled", scenario="own", replicates=12)
    results = sweep(experiment, tmp_path, dask=two.address, plans=plans, limits=Limits(6.0, 2**29))
    assert set(results.runs["seed"]) == {1, 3, 10, 11, 12}
    found = results.failures
    assert list(zip(found["seed"], found["kind"], found["attempts"], strict=True)) == [
        (2, "raised", 1), (4, "died", 2), (5, "died", 2), (6, "died", 2), (7, "timeout", 1), (8, "timeout", 1),
        (9, "memory", 1),
    ]  # fmt: skip
    assert "trouble.py" in found["traceback"][0]
    assert all(worker.poll() is None for worker in two.workers)


def test_a_worker_that_is_killed_in_the_middle_costs_nothing(whole, tmp_path):
    with started(tmp_path, 2) as one:
        killed = []

        def kill(standing):
            if standing.fresh >= 5 and not killed:
                killed.append(one.workers[0])
                one.end(one.workers[0])

        sweep(EXPERIMENT, tmp_path / "r", dask=one.address, progress=kill)
        assert killed
    assert content(tmp_path / "r") == whole


def test_a_scheduler_that_is_lost_is_said_and_the_sweep_goes_on_without_it(whole, tmp_path):
    with started(tmp_path, 1) as one, dask.config.set({"distributed.comm.timeouts.connect": "2s"}):

        def kill(standing):
            if standing.fresh >= 5 and one.scheduler.poll() is None:
                one.end(one.scheduler)

        with pytest.raises(cluster.BrokenExecutor, match="the scheduler is gone"):
            sweep(EXPERIMENT, tmp_path / "r", dask=one.address, progress=kill)
    sweep(EXPERIMENT, tmp_path / "r", workers=1)
    assert content(tmp_path / "r") == whole


@pytest.mark.parametrize("lost", ["worker", "scheduler"])
def test_who_is_lost_while_code_is_compared_is_not_taken_for_unlike(whole, tmp_path, monkeypatch, lost):
    with started(tmp_path, 2) as one, dask.config.set({"distributed.comm.timeouts.connect": "2s"}):
        back, gone = cluster.Cluster._back, []

        def kill(self, seconds):
            if not gone:
                gone.append(one.workers[0] if lost == "worker" else one.scheduler)
                one.end(gone[0])
            return back(self, seconds)

        monkeypatch.setattr(cluster.Cluster, "_back", kill)
        if lost == "worker":
            began = time.monotonic()
            sweep(EXPERIMENT, tmp_path / "r", dask=one.address)
            assert time.monotonic() - began < cluster._COMPARING  # it was not waited for
            assert content(tmp_path / "r") == whole
        else:
            with pytest.raises(cluster.BrokenExecutor, match="the scheduler is gone"):
                sweep(EXPERIMENT, tmp_path / "r", dask=one.address)
            assert not (tmp_path / "r").exists()
        assert gone


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="nobody can be stopped here")
def test_a_worker_that_does_not_answer_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_COMPARING", 3.0)
    with started(tmp_path, 0) as one, distributed.Client(one.address, set_as_default=False) as client:
        one.work("--no-nanny")
        os.kill(one.workers[0].pid, signal.SIGSTOP)
        began = time.monotonic()
        executor = cluster.Cluster(client, Limits())
        executor.check([load("baseline", SMALL)], lambda: False)
        executor.stop()
        assert 3.0 <= time.monotonic() - began < 6.0


def test_that_there_are_no_workers_is_said_until_some_come(tmp_path):
    with started(tmp_path, 0) as one:
        command = [sys.executable, "-m", "sim", "sweep", "quickstart", "--dask", one.address]
        environment = {**os.environ, "PYTHONPATH": str(HOME)}
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        one.stack.callback(one.end, process)
        assert ", no workers: waiting for some" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="nobody can be stopped here")
def test_a_scheduler_that_falls_silent_is_said_and_ctrl_c_is_heard(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_SILENT", 4.0)
    seen = []

    def fall_silent(standing):
        if standing.fresh >= 5 and not seen:
            seen.append("silent")
            os.kill(one.scheduler.pid, signal.SIGSTOP)
        if seen == ["silent"] and not standing.workers:
            seen.append("said")
            signal.raise_signal(signal.SIGINT)

    with started(tmp_path, 1) as one:
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            sweep(EXPERIMENT, tmp_path / "r", dask=one.address, progress=fall_silent)
        assert seen == ["silent", "said"]
        assert time.monotonic() - began < 40.0
    assert len(load_results(tmp_path / "r").runs) >= 5


HANGS = """
import sys
from sim import load
from sim.sweeps import Experiment, sweep
from trouble import Trouble

plan = load("baseline", {"organisation.employees": 60, "weeks": 60}).with_mechanism(Trouble(hangs=[2], marks=sys.argv[2]))
sweep(Experiment(name="hangs", scenario="own", replicates=2), "hangs", dask=sys.argv[1], plans={"own": plan})
"""


@pytest.fixture
def hanging(tmp_path):
    """A cluster of one worker, which lives a run that never ends, and the process that sweeps it."""
    with started(tmp_path, 0) as one:
        one.work("--no-nanny")
        (marks := tmp_path / "marks").touch()
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (HOME, HOME / "tests")))}
        command = [sys.executable, "-c", HANGS, one.address, marks]
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, start_new_session=True)
        one.stack.callback(one.end, process)
        until = time.monotonic() + 120
        while "2" not in marks.read_text().split() and time.monotonic() < until:
            time.sleep(0.1)
        yield one, process


def test_a_run_that_hangs_is_left_once_its_sweep_is_gone(hanging, whole, tmp_path):
    one, process = hanging
    one.end(process)
    sweep(EXPERIMENT, tmp_path / "r", dask=one.address)
    assert content(tmp_path / "r") == whole


def test_a_worker_of_dask_that_is_asked_to_end_does_so_though_a_run_hangs(hanging):
    one, _ = hanging
    one.workers[0].terminate()
    one.workers[0].wait(timeout=30)


def lived(executor):
    ended = {}
    while executor.in_hand:
        ended |= {job.number: end for job, end in executor.ended(0.2)}
    executor.stop()
    return ended


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="a worker of Dask dies with its group")
def test_a_run_that_takes_dasks_workers_with_it_is_set_aside_and_no_other_of_its_lot(tmp_path, monkeypatch):
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")
    plan = load("baseline", SMALL).with_mechanism(Trouble(kills_group=[1]))
    with started(tmp_path, 0) as one, distributed.Client(one.address, set_as_default=False) as client:
        for _ in range(4):
            one.work("--no-nanny")
        executor = cluster.Cluster(client, Limits())
        executor.submit([Job(seed, "own", lambda: plan, seed) for seed in (1, 2)])
        ended = lived(executor)
        until = time.monotonic() + 20.0
        while sum(worker.poll() is None for worker in one.workers) > 1 and time.monotonic() < until:
            time.sleep(0.1)  # one whose connections are closed may still be about to end
        assert sum(worker.poll() is None for worker in one.workers) == 1
    assert (ended[1].kind, ended[1].attempts) == ("died", 2)
    assert isinstance(ended[2], Finished)


def test_a_lot_that_dask_gives_up_is_lived_all_the_same(two):
    plan = load("baseline", SMALL).with_mechanism(Trouble(pause=1.0))
    with distributed.Client(two.address, set_as_default=False) as client:
        executor = cluster.Cluster(client, Limits())
        executor.submit([Job(1, "own", lambda: plan, 1)])
        client.cancel(list(executor._lots))
        assert isinstance(lived(executor)[1], Finished)


def both(executor):
    """Wait until what two lots came to is there to be told."""
    until = time.monotonic() + 60.0
    while executor._come.qsize() < 2 and time.monotonic() < until:
        time.sleep(0.1)


def test_what_has_ended_is_told_before_it_is_said_that_a_worker_has_other_code(two):
    plan = load("baseline", SMALL)
    with distributed.Client(two.address, set_as_default=False) as client:
        executor = cluster.Cluster(client, Limits())
        for number, code in enumerate((None, (("source", "other"),))):
            executor.submit([Job(number, f"own {number}", lambda: plan, 1, code)])
        both(executor)
        assert [job.number for job, _ in executor.ended(0.2)] == [0]
        assert executor.in_hand == 1, "a sweep that has nothing in hand is taken to be at its end"
        assert not executor.room(ahead=True)
        with pytest.raises(InputError, match="has other source; the same code"):
            executor.ended(0.2)
        executor.stop()


def test_what_has_ended_is_told_before_it_is_said_that_the_scheduler_is_gone(tmp_path):
    plan = load("baseline", SMALL)
    with (
        started(tmp_path, 1) as one,
        dask.config.set({"distributed.comm.timeouts.connect": "2s"}),
        distributed.Client(one.address, set_as_default=False) as client,
    ):
        executor = cluster.Cluster(client, Limits())
        executor.submit([Job(1, "own", lambda: plan, 1)])
        executor.submit([Job(2, "hangs", lambda: plan.with_mechanism(Trouble(sleeps=[2])), 2)])
        until = time.monotonic() + 60.0
        while executor._come.empty() and time.monotonic() < until:
            time.sleep(0.1)
        one.end(one.scheduler)
        both(executor)  # the second is given up by Dask
        assert [job.number for job, _ in executor.ended(0.2)] == [1]
        with pytest.raises(cluster.BrokenExecutor, match="the scheduler is gone"):
            executor.ended(0.2)
        assert executor.in_hand
        executor.stop()


def test_what_has_come_back_is_told_though_the_sweep_is_stopped_and_no_worker_is_left(tmp_path):
    plan = load("baseline", SMALL)
    with started(tmp_path, 1) as one, distributed.Client(one.address, set_as_default=False) as client:
        executor = cluster.Cluster(client, Limits())
        executor.submit([Job(1, "own", lambda: plan, 1)])
        until = time.monotonic() + 60.0
        while executor._come.empty() and time.monotonic() < until:
            time.sleep(0.1)
        one.end(one.workers[0])
        while executor.workers and time.monotonic() < until:
            time.sleep(0.1)
        executor.halt()
        assert [job.number for job, _ in executor.ended(0.2)] == [1]
        executor.stop()


def test_a_scheduler_that_is_gone_before_code_is_compared_is_said_at_once(two):
    client = distributed.Client(two.address, set_as_default=False)
    executor = cluster.Cluster(client, Limits())
    assert executor.workers == 2
    client.close()
    began = time.monotonic()
    with pytest.raises(cluster.BrokenExecutor, match="the scheduler is gone"):
        executor.check([load("baseline", SMALL)], lambda: False)
    assert time.monotonic() - began < cluster._COMPARING / 4
    executor.stop()


def test_deaths_that_are_told_are_not_counted_against_the_next_of_that_number(two):
    """Each round of a precision numbers its runs anew."""
    plan = load("baseline", SMALL)
    with distributed.Client(two.address, set_as_default=False) as client:
        executor, told = cluster.Cluster(client, Limits()), []
        executor.submit = lambda jobs: None
        for _ in range(2):
            job = Job(1, "own", lambda: plan, 1)
            for _ in range(TRIES):
                told += executor._failed([job], distributed.KilledWorker("lot", None, 0))
        assert [end.attempts for _, end in told] == [TRIES, TRIES]
        executor.stop()


def test_people_that_are_edited_while_a_cluster_sweeps_end_it(two, tmp_path):
    def edit(standing):
        if standing.fresh >= 3:
            replaced(tmp_path / "ties.csv", "source,target\np0,p1\n")

    experiment = rostered(tmp_path)
    with pytest.raises(InputError, match=r"worker tcp://127.0.0.1:\d+ has other people; the same code"):
        sweep(experiment, tmp_path / "r", dask=two.address, progress=edit)
    assert len(load_results(tmp_path / "r").runs) < 30


def test_an_edit_between_two_sweeps_is_lived_by_workers_that_stay(tmp_path, monkeypatch):
    """Their processes have loaded what was there before."""
    text = (
        "from sim.mechanisms import Mechanism\n\n\nclass Mine(Mechanism):\n"
        "    def step(self, org):\n        org.employees.belief[:] = {}\n"
    )
    file = tmp_path / "mine_edited.py"
    monkeypatch.syspath_prepend(tmp_path)
    with started(tmp_path, 0) as one:
        one.work(path=(HOME, tmp_path))
        found = []
        for belief in ("0.0", "1.00"):  # of unlike length, by which Python knows its byte code to be old
            file.write_text(text.format(belief))
            mine = importlib.reload(importlib.import_module("mine_edited"))
            plans = {"own": load("baseline", SMALL).with_mechanism(mine.Mine())}
            experiment = Experiment(name="own", scenario="own", replicates=2)
            there = sweep(experiment, tmp_path / f"there {belief}", dask=one.address, plans=plans)
            here = sweep(experiment, tmp_path / f"here {belief}", workers=0, plans=plans)
            assert content(there.folder) == content(here.folder)
            found.append(there.series("A")[:, -1].mean())
    assert found[0] < found[1]


def test_a_worker_with_other_code_is_refused_before_anything_is_written(tmp_path):
    with started(tmp_path, 0) as one:
        one.work(path=(edited(tmp_path / "other"),))
        one.work("--name", "bare", path=(HOME,))
        with pytest.raises(
            InputError, match=r"worker tcp://127.0.0.1:\d+ has other source; the same code"
        ) as said:
            sweep(EXPERIMENT, tmp_path / "r", dask=one.address)
        assert len(said.value.faults) == 1
        own = {"own": load("baseline", SMALL).with_mechanism(Trouble())}
        with pytest.raises(InputError, match="cannot read what it is sent"):
            sweep(Experiment(name="own", scenario="own"), tmp_path / "r", dask=one.address, plans=own)
    assert not (tmp_path / "r").exists()


def test_a_worker_with_other_code_that_comes_later_ends_the_sweep(tmp_path):
    other = edited(tmp_path / "other")
    with started(tmp_path, 1) as one:

        def come(standing):
            if len(one.workers) == 1:
                one.work(path=(other,))

        with pytest.raises(InputError, match=r"worker tcp://127.0.0.1:\d+ has other source; the same code"):
            sweep(EXPERIMENT, tmp_path / "r", dask=one.address, progress=come)


def test_a_mechanism_of_the_script_itself_is_lived_by_workers_of_ones_own(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("""
from sim import Mechanism, load, sweep
from sim.sweeps import Experiment

class Calm(Mechanism):
    def step(self, org):
        pass

if __name__ == "__main__":
    plan = load("baseline", {"organisation.employees": 60, "weeks": 10}).with_mechanism(Calm())
    asked = Experiment(name="own", scenario="own", replicates=3)
    print(len(sweep(asked, "r", plans={"own": plan}, dask="local", workers=1).runs))
""")
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(HOME)}, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout == "3\n", done.stderr


def test_a_worker_of_dask_imports_no_engine():
    look = "import sys, sim.sweeps.outpost; print({'numba', 'mesa', 'numpy', 'pydantic'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", look], cwd=HOME, text=True) == "set()\n"


def test_differences_are_told_one_by_one():
    here = likeness.code_of(load("baseline"))
    there = tuple((name, "0.1" if name in ("numpy", "source") else value) for name, value in here)
    told = likeness.differences(there, here)
    assert told == (f"has numpy 0.1, not {dict(here)['numpy']}", "has other source")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://127.0.0.1:9", "no scheduler answers: Timed out trying to connect to tcp://127.0.0.1:9"),
        ("tcp://127.0.0.1:9/", "'tcp://127.0.0.1:9/' is no address; the address of a Dask scheduler"),
        (
            "lokal",
            "'lokal' is no address; the address of a Dask scheduler",
        ),
        ("nonsense://127.0.0.1:9", "'nonsense://127.0.0.1:9' is no address; the address of a Dask scheduler"),
        (
            "tls://127.0.0.1:9",
            "tls://127.0.0.1:9 is to be spoken to in TLS; certificates for it in Dask's config",
        ),
    ],
)
def test_a_scheduler_that_does_not_answer_is_one_message_and_leaves_nothing(tmp_path, address, said):
    command = [sys.executable, "-m", "sim", "sweep", "quickstart", "--dask", address]
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith(f"unsilo: dask: {said}")
    assert ("did you mean 'local'?" in done.stderr) == (address == "lokal")
    assert not list(tmp_path.iterdir())


def test_a_stranger_that_answers_is_no_scheduler(tmp_path, monkeypatch):
    def answer():
        with suppress(OSError):
            while one := stranger.accept()[0]:
                one.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                one.close()

    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        threading.Thread(target=answer, daemon=True).start()
        address = f"tcp://127.0.0.1:{stranger.getsockname()[1]}"
        with pytest.raises(InputError, match="no scheduler answers") as found:
            sweep(EXPERIMENT, dask=address)
        stranger.shutdown(socket.SHUT_RDWR)
    assert len(str(found.value).splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_what_answers_otherwise_than_a_scheduler_is_told_why(monkeypatch):
    class Odd:
        def __init__(self, *_, **__): ...

        async def __aenter__(self):
            return self

        async def __aexit__(self, *_): ...

        async def identity(self):
            raise TypeError("no such connector\nand more")

    monkeypatch.setattr("distributed.core.rpc", Odd)
    with pytest.raises(OSError, match=r"not what a scheduler says \(no such connector\)"):
        cluster._ask("tcp://127.0.0.1:9")


def test_a_scheduler_that_says_nothing_does_not_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_ANSWER", 1.0)
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(InputError, match="it is connected, and says nothing; the address of"):
            sweep(EXPERIMENT, dask=address)
    assert not list(tmp_path.iterdir())


def test_without_dask_the_message_names_what_to_install(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"dask.distributed is not installed; pip install '.\[cluster\]'"):
        CliRunner().invoke(cli.unsilo, ["sweep", "quickstart", "--dask", "local"], catch_exceptions=False)
    assert not list(tmp_path.iterdir())
