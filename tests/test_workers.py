"""Worker processes: what they are given, how they come to be, and what becomes of it when they die."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path

import pytest
from trouble import Trouble

from sim.scenario import load
from sim.sweeps import Limits, sweep
from sim.sweeps.forking import start_process
from sim.sweeps.processes import Processes
from sim.sweeps.since import Since
from sim.sweeps.work import Finished, Job, Parcel, Unlike
from sim.sweeps.worker import Worker
from tests.troubled import LINUX, SMALL, script, troubled


def test_a_run_whose_worker_was_killed_by_somebody_else_is_lived_again():
    worker = Worker()
    plan = load("baseline", SMALL).with_mechanism(Trouble(pause=0.5))
    worker.give([Job(n, "own", lambda: plan, n) for n in (1, 2)])
    pool = Processes(1)
    pool._crew = [worker]
    while not worker._up or worker._warming:
        pool.ended(0.05)
    worker._process.kill()
    ended = []
    while pool.in_hand:
        ended += pool.ended(0.2)
    pool.stop()
    assert [(job.number, type(end)) for job, end in ended] == [(1, Finished), (2, Finished)]


@LINUX
def test_what_is_sent_to_a_worker_that_takes_nothing_in_is_not_waited_for():
    """Python's lock is held by the run that hangs; a pipe holds some 200 kB."""
    plan = load("baseline", SMALL).with_mechanism(Trouble(hangs=[1]))
    pool = Processes(1, Limits(2.0))
    pool.submit([Job(1, "own", lambda: plan, 1)])
    while not pool._crew[0]._ready:
        pool.ended(0.05)
    time.sleep(0.5)
    parcel = replace(Parcel.of(plan), asks=("os:path", "x" * 10**6))
    began = time.monotonic()
    pool.submit([Job(2, "large", lambda: parcel, 2)])
    assert time.monotonic() - began < 1.0
    ended = []
    while pool.in_hand:
        ended += pool.ended(0.2)
    pool.stop()
    assert [(job.number, end.kind) for job, end in ended] == [(1, "timeout"), (2, "raised")]


def test_once_halted_a_worker_that_dies_leaves_its_runs():
    worker = Worker()
    plan = load("baseline", SMALL).with_mechanism(Trouble(pause=0.5))
    worker.give([Job(n, "own", lambda: plan, n) for n in (1, 2)])
    pool = Processes(1)
    pool._crew = [worker]
    while not worker._ready:
        pool.ended(0.05)
    pool.halt()
    worker._process.kill()
    ended = []
    while pool.in_hand:
        ended += pool.ended(0.2)
    assert ended == []
    assert worker._process is None
    pool.submit([Job(3, "own", lambda: plan, 3)])
    while pool.in_hand:
        ended += pool.ended(0.2)
    pool.stop()
    assert [(job.number, type(end)) for job, end in ended] == [(3, Finished)]


@LINUX
def test_workers_that_are_replaced_leave_no_files_open():
    plan = load("baseline", SMALL).with_mechanism(Trouble(dies=list(range(100))))
    pool = Processes(1)

    def opened_after(numbers):
        for number in numbers:
            pool.submit([Job(number, "own", lambda: plan, number)])
            while pool.in_hand:
                pool.ended(0.2)
        return len(os.listdir("/proc/self/fd"))

    try:
        few = opened_after(range(1, 3))
        assert opened_after(range(3, 9)) <= few
    finally:
        pool.stop()


def test_time_before_a_run_was_given_does_not_count(tmp_path):
    experiment, plans = troubled(4, pause=0.3)

    def dawdle(standing):
        time.sleep(1.2)

    results = sweep(experiment, tmp_path, workers=2, plans=plans, limits=Limits(0.9), progress=dawdle)
    assert len(results.runs) == 4


def command(folder, *words, **environment):
    """A sweep from the command line in a folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", "sim", "sweep", "quickstart", *words], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **environment}, check=False, timeout=300,
    )  # fmt: skip


def test_where_no_socket_can_have_a_name_workers_come_to_be_without_a_server(tmp_path):
    long = tmp_path / ("t" * 90)
    long.mkdir()
    done = command(tmp_path, "--workers", "1", TMPDIR=str(long))
    assert done.returncode == 0, done.stderr
    assert not list(long.iterdir())


@LINUX
def test_that_no_process_can_be_started_is_one_message(tmp_path):
    (tmp_path / "limit.py").write_text(
        "import resource, sys\nfrom sim.cli import unsilo\nif __name__ == '__main__':\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))\n"
        "    sys.argv = ['unsilo', 'sweep', 'quickstart', '--workers', '16', '--quiet']\n    unsilo()\n"
    )
    done = subprocess.run(
        [sys.executable, "limit.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    assert done.returncode == 1
    assert "unsilo: worker processes cannot be started: [Errno 24] Too many open files" in done.stderr
    assert "sim/sweeps" not in done.stderr, "no traceback of ours"


def test_a_run_that_has_ended_is_heard_before_it_is_late():
    """The sweep was busy with something else when it ended."""
    plan = load("baseline", SMALL).with_mechanism(Trouble(pause=0.5))
    pool = Processes(1, Limits(1.0))
    pool.submit([Job(1, "own", lambda: plan, 1)])
    worker = pool._crew[0]
    while not worker._ready:
        pool.ended(0.05)
    time.sleep(1.5)
    worker.heard.seconds = 10.0
    ended = []
    while pool.in_hand:
        ended += pool.ended(0.2)
    pool.stop()
    assert [type(end) for _, end in ended] == [Finished]


def test_threads_of_a_daemon_start_processes_side_by_side(tmp_path):
    (script := tmp_path / "script.py").write_text("""
import os, threading
from multiprocessing import current_process
from sim.sweeps.forking import start_process

def start():
    try:
        start_process(print).join()
    except BaseException as error:
        wrong.append(error)

if __name__ == "__main__":
    wrong, before = [], dict(os.environ)
    current_process()._config["daemon"] = True
    threads = [threading.Thread(target=start) for _ in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not wrong, wrong
    assert current_process().daemon
    assert os.environ == before
""")
    home = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run([sys.executable, script], env=home, check=True, timeout=120)


def test_a_script_that_sweeps_whenever_it_is_imported_is_told_so(tmp_path):
    process = script(tmp_path, guard="")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "start runs under `if __name__ == '__main__':`" in said
    assert "worker processes end as soon as they start" in said


def give(pool, *jobs):
    """Give each of the workers one, in their order."""
    for worker, job in zip(pool._crew, jobs, strict=True):
        worker.give([job])


def until_all_have_spoken(pool, *numbers):
    """Wait without looking on: what comes of each waits in its pipe."""
    for worker in (pool._crew[number] for number in numbers):
        until = time.monotonic() + 60.0
        while worker._process.is_alive() and not worker._pipe.poll() and time.monotonic() < until:
            time.sleep(0.1)
    time.sleep(1.0)


def plain(number, code=None):
    plan = load("baseline", SMALL)
    return Job(number, f"plain {code}", lambda: plan, number, code)


def told(pool):
    """Numbers of runs that ended, until there is nothing in hand or something is wrong; and what that is."""
    numbers = []
    try:
        while pool.in_hand:
            numbers += [job.number for job, _ in pool.ended(5.0)]
    except (BrokenExecutor, Unlike) as error:
        return numbers, error
    finally:
        pool.stop()
    return numbers, None


def test_what_has_ended_is_told_before_it_is_said_that_a_worker_has_other_code():
    pool = Processes(2)
    give(pool, plain(1), plain(2))
    while not all(worker._ready for worker in pool._crew) or pool.in_hand:
        pool.ended(0.1)
    give(pool, plain(3, (("source", "other"),)), plain(4))
    until_all_have_spoken(pool, 0, 1)
    numbers, wrong = told(pool)
    assert numbers == [4]
    assert isinstance(wrong, Unlike) and wrong.differences == ("has other source",)
    assert pool.in_hand == 1, "a sweep that has nothing in hand is taken to be at its end"
    assert not pool.room(ahead=True)


@pytest.mark.parametrize("lacking", ["sim.sweeps.worker.start_process", "threading.Thread.start"])
def test_what_has_ended_is_told_before_it_is_said_that_no_worker_can_be_started(monkeypatch, lacking):
    def refuse(*_):
        raise BrokenExecutor("no") if "process" in lacking else RuntimeError("can't start new thread")

    pool = Processes(2)
    pool._crew[1].give([plain(1)])
    until_all_have_spoken(pool, 1)
    monkeypatch.setattr(lacking, refuse)
    pool._crew[0].give([plain(2)])
    numbers, wrong = told(pool)
    assert numbers == [1]
    assert isinstance(wrong, BrokenExecutor) and ("new thread" in str(wrong)) == ("Thread" in lacking)
    assert pool.in_hand == 1


def test_time_counts_only_while_somebody_looks_on(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    heard = Since()
    for seconds in (0.2, 0.3, 1000.0):  # suspended for the last
        clock[0] += seconds
        heard.look()
    assert 0.5 <= heard.seconds <= 1.5
    clock[0] += 0.1
    before = heard.seconds
    heard.look(counts=False)
    assert heard.seconds == before
    heard.now()
    assert heard.seconds == 0.0


def threads_of_workers():
    return [one for one in threading.enumerate() if one.name.endswith("(_deliver)")]


def test_ctrl_c_while_a_worker_starts_or_is_stopped_leaves_nothing(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    before = len(threads_of_workers())
    with monkeypatch.context() as patched:
        patched.setattr("sim.sweeps.worker.start_process", interrupted)
        with pytest.raises(KeyboardInterrupt):
            Worker().give([plain(1)])
    worker = Worker()
    worker.give([plain(1)])
    process = worker._process
    with monkeypatch.context() as patched:
        patched.setattr(type(process), "kill", interrupted)
        with pytest.raises(KeyboardInterrupt):
            worker.stop()
    assert process.is_alive()
    worker.stop()
    assert not worker.handles
    with pytest.raises(ValueError, match="closed"):
        process.is_alive()
    until = time.monotonic() + 10.0
    while len(threads_of_workers()) > before and time.monotonic() < until:
        time.sleep(0.05)
    assert len(threads_of_workers()) == before


NOISY = """
from pathlib import Path
from sim import load
from sim.mechanisms import Mechanism
from sim.sweeps import Experiment, sweep

class Noisy(Mechanism):
    def step(self, org):
        print("words", flush=True)

if __name__ == "__main__":
    plan = load("baseline", {"organisation.employees": 60, "weeks": 60}).with_mechanism(Noisy())
    results = sweep(Experiment(name="own", scenario="own", replicates=4), "r", workers=1, plans={"own": plan})
    Path("said").write_text(f"{len(results.runs)} {results.failures['error'].tolist()}")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="takes a shell")
@pytest.mark.parametrize("first", ["", "import os, sys; sys.stderr = sys.stderr or open(os.devnull, 'w')"])
@pytest.mark.parametrize("closed", ["2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-", "1>&-"])
def test_mechanisms_may_print_where_nobody_has_said_where_to(tmp_path, closed, first):
    (tmp_path / "script.py").write_text(f"{first}\n{NOISY}")
    command = f"'{sys.executable}' script.py {closed}"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run(command, shell=True, cwd=tmp_path, env=environment, check=True, timeout=100)
    assert (tmp_path / "said").read_text() == "4 []"


def test_workers_import_nothing_from_the_working_folder_that_the_command_does_not(tmp_path):
    (tmp_path / "random.py").write_text("raise RuntimeError('of the working folder')")
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "script.py").write_text(SAFE)
    done = subprocess.run(
        [sys.executable, "there/script.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    home = Path(__file__).parents[1]
    assert (done.stdout.split(), done.stderr) == (
        ["3", "None", str(home), str(home / "sim" / "__init__.py")],
        "",
    )


def test_what_a_script_has_beside_it_under_names_of_pythons_library_is_no_matter(tmp_path):
    """The command has imported the library's by the time that it runs the script, or the script's later than that."""
    for name in ("types", "operator", "re", "queue"):
        (tmp_path / "helpers").mkdir(exist_ok=True)
        place = tmp_path / "helpers" if name == "queue" else tmp_path
        (place / f"{name}.py").write_text("raise RuntimeError('of the script')")
    late = 'import sim.sweeps, sys\nfor one in ("helpers", "gone", "a:folder"): sys.path.insert(0, one)\n'
    for name in ("folder", "a:folder"):
        (tmp_path / name).mkdir()
    (tmp_path / "folder" / "numpy.py").write_text("raise RuntimeError('of half a name')")
    (tmp_path / "script.py").write_text(f"import types, operator, re, queue\n{late}{SAFE}")
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    assert done.stdout.startswith("3 None"), done.stderr


def test_processes_are_given_back_what_decides_imports_whoever_starts_others_meanwhile(monkeypatch):
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    ends = [Pipe(duplex=False) for _ in range(6)]
    with ThreadPoolExecutor(len(ends)) as pool:
        list(pool.map(lambda end: start_process(tell_imports, end[1]), ends))
    told = [ours.recv() for ours, _ in ends]
    assert told == [(None, str(Path(__file__).parents[1]))] * len(ends)


def tell_imports(pipe):
    pipe.send((os.environ.get("PYTHONSAFEPATH"), os.environ.get("PYTHONPATH")))


def test_workers_have_the_package_of_the_command_and_not_another_that_is_installed(tmp_path):
    """As in a clone, beside an installed release; no run is lived, for kernels are cached by the path of their package."""
    for name in ("sim", "scenarios", "experiments"):
        (tmp_path / name).symlink_to(Path(__file__).parents[1] / name)
    (tmp_path / "script.py").write_text(SAFE.replace("    def step(self, org):\n", LEAVES))
    for words in (["script.py"], ["-m", "script"]):
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env=environment,
        )
        assert done.stdout.split()[0] == "0", done.stderr
        assert done.stdout.split()[-1] == str(tmp_path / "sim" / "__init__.py"), done.stderr
        (tmp_path / "seen").unlink()


LEAVES = """
    def model_post_init(self, context):
        from multiprocessing import parent_process
        if parent_process():
            self.step(None)
            os._exit(0)

    def step(self, org):
"""
SAFE = """
import sim
import os
from sim import load
from sim.mechanisms import Mechanism
from sim.sweeps import Experiment, sweep

class Tells(Mechanism):
    def step(self, org):
        import random
        with open("seen", "w") as file:
            file.write(f"{os.environ.get('PYTHONSAFEPATH')} {os.environ.get('PYTHONPATH')} {sim.__file__}")

if __name__ == "__main__":
    plan = load("baseline", {"organisation.employees": 60, "weeks": 60}).with_mechanism(Tells())
    results = sweep(Experiment(name="own", scenario="own", replicates=3), "r", workers=1, plans={"own": plan})
    print(len(results.runs), open("seen").read())
"""
