"""Executors: whatever becomes of a run or its worker, the others go on and nothing of theirs is lost."""

import importlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from trouble import Trouble

from benchmarks.contents import content
from benchmarks.kills import running
from sim import source
from sim.errors import InputError
from sim.mechanisms import Mechanism
from sim.scenario import load
from sim.sweeps import Broken, Experiment, Limits, key, living, load_results, points, sweep
from sim.sweeps.executors import InProcess, start
from sim.sweeps.processes import Processes
from sim.sweeps.runner import completed
from sim.sweeps.work import Finished, Job, Parcel
from sim.sweeps.worker import Worker
from tests.stored import replaced, rostered

SMALL = {"organisation.employees": 60, "weeks": 60}
LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see processes")


def troubled(replicates=8, **trouble):
    """An experiment of one point in which some seeds make trouble, and its scenario."""
    plan = load("baseline", SMALL).with_mechanism(Trouble(**trouble))
    return Experiment(name="troubled", scenario="own", replicates=replicates), {"own": plan}


def failures(results):
    """Kind, attempts and error of each run that was set aside, by its seed."""
    found = results.failures
    return {row.seed: (row.kind, row.attempts, row.error) for row in found.itertuples()}


def gone(group):
    """Whether all processes of a group end within some seconds."""
    until = time.monotonic() + 20
    while running(group) and time.monotonic() < until:
        time.sleep(0.05)
    return not running(group)


EVERYTHING = {
    "raises": [2], "leaves": [3], "exits": [4], "dies": [5], "crashes": [6], "sleeps": [7], "hangs": [8], "eats": [9],
}  # fmt: skip


@LINUX
def test_runs_that_break_are_set_aside_and_the_others_go_on(tmp_path):
    experiment, plans = troubled(20, **EVERYTHING)
    results = sweep(experiment, tmp_path, workers=2, plans=plans, limits=Limits(6.0, 2**29))
    assert set(results.runs["seed"]) == {1, *range(10, 21)}
    found = failures(results)
    assert {seed: one[:2] for seed, one in found.items()} == {
        2: ("raised", 1), 3: ("raised", 1), 4: ("died", 2), 5: ("died", 2), 6: ("died", 2), 7: ("timeout", 1),
        8: ("timeout", 1), 9: ("memory", 1),
    }  # fmt: skip
    assert found[2][2] == "ZeroDivisionError: no budget"
    assert found[3][2] == "SystemExit: enough"
    assert "exit code 0" in found[4][2]
    assert "SIGKILL" in found[5][2]
    assert "SIGSEGV" in found[6][2]
    assert "longer than 6 s" in found[7][2]
    where = dict(zip(results.failures["seed"], results.failures["traceback"], strict=True))
    for seed in (2, 3, 6, 7, 8, 9):
        assert "trouble.py" in where[seed], (seed, where[seed])
    assert "in step" in where[8]


@LINUX
def test_a_lot_with_a_bad_run_loses_nothing_of_the_good_ones(tmp_path):
    """Each good run is lived to its end once, though it shares lots with runs that end their worker."""
    marks = tmp_path / "marks"
    trouble = {"dies": [20, 40, 60], "sleeps": [50]}
    experiment, plans = troubled(120, marks=str(marks), **trouble)
    results = sweep(experiment, tmp_path / "r", workers=2, plans=plans, limits=Limits(2.0))
    assert len(results.runs) == 116
    lived = Counter(map(int, marks.read_text().split()))
    assert {seed: times for seed, times in lived.items() if times > 1} == dict.fromkeys(trouble["dies"], 2)


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


WILD = """
import sys
from sim import load
from sim.sweeps import Experiment, sweep
from trouble import Trouble

if __name__ == "__main__":
    found = []
    for name, trouble in (("calm", {}), ("wild", {"forks": [2, 5], "bears": [3], "ends_others": [4]})):
        plan = load("baseline", {"organisation.employees": 60, "weeks": 60}).with_mechanism(Trouble(**trouble))
        asked = Experiment(name=name, scenario="own", replicates=30)
        results = sweep(asked, name, workers=int(sys.argv[1]), plans={"own": plan})
        assert len(results.runs) == 30, results.failures["traceback"].tolist()
        found.append(results.timelines().drop(columns="run"))
    print(found[0].equals(found[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing can fork here")
@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_a_run_forks_or_starts_changes_nothing_of_others(tmp_path, workers):
    (tmp_path / "script.py").write_text(WILD)
    home = Path(__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "script.py", workers], cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (home, home / "tests")))},
    )  # fmt: skip
    try:
        said, errors = process.communicate(timeout=60)
        assert said.split()[-1] == "True"
        assert "Traceback" not in errors
        assert gone(process.pid)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("workers", [0, 2])
def test_people_that_are_edited_while_a_sweep_runs_end_it_and_are_nobody_elses(tmp_path, workers):
    experiment = rostered(tmp_path)
    whole = sweep(experiment, tmp_path / "whole", workers=0).timelines().set_index("seed")

    def edit(standing):
        if standing.fresh >= 3:
            replaced(tmp_path / "ties.csv", "source,target\np0,p1\n")

    with pytest.raises(
        InputError, match="files: something was edited while it ran: a process has other people; what was"
    ):
        sweep(experiment, tmp_path / "r", workers=workers, progress=edit)
    stored = load_results(tmp_path / "r").timelines().set_index("seed")
    assert 0 < len(stored) < len(whole)
    again = sweep(experiment, tmp_path / "r", workers=workers)
    assert len(again.runs) == 30 and again.standing["besides"] > 0, "it goes on with what is there now"
    assert stored.equals(whole.loc[stored.index.unique()])


class Edits(Mechanism):
    """Writes into the file of ties in the middle of a run."""

    ties: str = ""

    def step(self, org):
        if org.week == 5 and org.seed == 3:
            Path(self.ties).write_text("source,target\np0,p1\n")


@pytest.mark.parametrize("workers", [0, 1])
def test_people_that_are_edited_while_a_run_may_read_them_are_none_it_is_sure_of(tmp_path, workers):
    experiment = rostered(tmp_path)
    plans = {"own": load("baseline", experiment.set).with_mechanism(Edits(ties=str(tmp_path / "ties.csv")))}
    asked = Experiment(name="own", scenario="own", replicates=5)
    with pytest.raises(InputError, match="a process has other people"):
        sweep(asked, tmp_path / "r", workers=workers, plans=plans)
    assert set(load_results(tmp_path / "r").runs["seed"]) == {1, 2}


def test_points_at_hand_are_those_of_the_people_that_are_there(tmp_path):
    experiment = rostered(tmp_path)
    ties = tmp_path / "ties.csv"
    first = points(experiment)
    ties.rename(tmp_path / "away.csv")
    for _ in range(2):
        with pytest.raises(InputError):
            points(experiment)
    replaced(ties, "source,target\np0,p1\n")
    assert points(experiment, most=1)[0].hash == points(experiment)[0].hash != first[0].hash


def test_a_mechanism_of_a_module_that_is_run_is_lived_by_workers(tmp_path):
    (home := tmp_path / "pkg").mkdir()
    (home / "__init__.py").touch()
    (home / "helper.py").write_text("X = 1\n")
    text = SCRIPT.format(tests=str(Path(__file__).parent), trouble="", replicates=3, limits="", guard="")
    text = textwrap.dedent(text).replace("Trouble()", "Quiet()").rpartition("main()")[0]
    own = (
        "from sim import Mechanism\n\n\nclass Quiet(Mechanism):\n    def step(self, org):\n        pass\n\n\n"
    )
    (home / "study.py").write_text(
        f"{own}{text}if __name__ == '__main__':\n    from pkg import helper\n    main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pkg.study"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1:] == ["3 0"], done.stderr


def test_a_process_that_comes_later_lives_no_run_by_code_that_was_edited(tmp_path, monkeypatch):
    text = """
import time

from sim.mechanisms import Mechanism


class Mine(Mechanism):
    def step(self, org):
        if org.week == 5 and org.seed == 4:
            time.sleep(1000)
"""
    (file := tmp_path / "mine_later.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    mine = importlib.import_module("mine_later")
    plans = {"own": load("baseline", SMALL).with_mechanism(mine.Mine())}

    def edit(standing):
        if standing.fresh >= 2:
            replaced(file, f"{text}# other\n")

    experiment = Experiment(name="own", scenario="own", replicates=30)
    with pytest.raises(
        InputError, match="files: something was edited while it ran: a process has other source"
    ):
        sweep(experiment, tmp_path / "r", workers=1, plans=plans, limits=Limits(2.0), progress=edit)
    assert len(load_results(tmp_path / "r").runs) < 30


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


def test_of_words_without_end_so_many_are_kept_as_can_be_stored():
    broken = Broken("raised", "x" * 10**6, "begin " + "x" * 10**6 + " end").shortened()
    assert len(broken.error) == 500
    assert len(broken.traceback) < 101_000
    assert broken.traceback.startswith("begin x") and broken.traceback.endswith("x end")
    assert "900,010 characters" in broken.traceback


def test_a_run_that_has_ended_is_heard_before_it_is_late():
    """The sweep was busy with something else when it ended."""
    plan = load("baseline", SMALL).with_mechanism(Trouble(pause=0.5))
    pool = Processes(1, Limits(1.0))
    pool.submit([Job(1, "own", lambda: plan, 1)])
    worker = pool._crew[0]
    while not worker._ready:
        pool.ended(0.05)
    time.sleep(1.5)
    worker.seconds = 10.0
    ended = []
    while pool.in_hand:
        ended += pool.ended(0.2)
    pool.stop()
    assert [type(end) for _, end in ended] == [Finished]


class Ending(Mechanism):
    """Ends a run in a way that few expect."""

    def step(self, org):
        raise GeneratorExit("no more")


def test_whatever_a_run_raises_it_has_raised(tmp_path):
    plans = {"own": load("baseline", SMALL).with_mechanism(Ending())}
    experiment = Experiment(name="ending", scenario="own", replicates=2)
    for workers in (0, 1):
        found = sweep(experiment, tmp_path / str(workers), workers=workers, plans=plans).failures
        assert set(zip(found["kind"], found["error"], found["attempts"], strict=True)) == {
            ("raised", "GeneratorExit: no more", 1)
        }
        assert found["traceback"].str.contains("in step").all()


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


def test_limits_that_nobody_can_keep_are_refused():
    with (
        pytest.raises(InputError, match="0, and a limit of time or memory; 1 or more"),
        start(0, Limits(1.0)),
    ):
        pass
    for wrong, said in (((0.0,), "more than 0 seconds"), ((None, 1000), "256 MB or more")):
        with pytest.raises(InputError, match=said):
            Limits(*wrong)


def test_a_mechanism_that_workers_could_not_build_anew_is_refused_before_anything_is_written(tmp_path):
    class Inner(Mechanism):
        pass

    plans = {"own": load("baseline", SMALL).with_mechanism(Inner())}
    experiment = Experiment(name="inner", scenario="own", replicates=2)
    with pytest.raises(InputError, match="mechanism Inner: is defined in a function"):
        sweep(experiment, tmp_path / "r", workers=1, plans=plans)
    assert not (tmp_path / "r").exists()
    assert len(sweep(experiment, tmp_path / "r", workers=0, plans=plans).runs) == 2


class Before(Mechanism):
    """Asks for a place in the week behind a mechanism that is not there."""

    after = "influence"


def test_a_scenario_that_is_packed_comes_out_as_it_went_in():
    plan = load("everything")
    for one in (plan, plan.with_mechanism(Before()), plan.without("influence").with_mechanism(Before())):
        assert Parcel.of(one).open() == one


class Recorder:
    """Stands for an executor that takes `seconds` a run, and remembers the lots that it was given."""

    def __init__(self, seconds, workers=2, span=0.2):
        self.seconds, self.workers, self.span = seconds, workers, span
        self.lots, self.hand, self.halted = [], [], False

    @property
    def in_hand(self):
        return len(self.hand)

    def room(self, ahead):
        return self.workers * (2 if ahead else 1) - len(self.hand)

    def submit(self, jobs):
        self.lots.append(len(jobs))
        self.hand.append(jobs)

    def ended(self, seconds):
        one = Finished(None, 1, b"", (), (), self.seconds)
        return [(job, one) for job in self.hand.pop(0)] if self.hand else []

    def halt(self):
        self.halted = True


@pytest.mark.parametrize(("seconds", "size"), [(0.01, 20), (0.05, 4), (5.0, 1), (1e-9, 200)])
def test_short_runs_are_handed_over_several_at_a_time_and_shared_out_at_the_end(seconds, size):
    executor, jobs = Recorder(seconds), [Job(n, "", None, n) for n in range(3000)]
    ended = [job for some in completed(executor, jobs, lambda: False) for job, _ in some]
    assert sorted(ended) == jobs
    assert executor.lots[:2] == [1, 1]
    assert max(executor.lots) == size
    assert executor.lots[-1] == 1


def test_once_stopped_nothing_new_is_begun():
    executor, jobs = Recorder(0.05), [Job(n, "", None, n) for n in range(100)]
    seen = []
    for some in completed(executor, jobs, lambda: len(executor.lots) >= 8):
        seen += some
    assert executor.halted
    assert len(seen) == sum(executor.lots) < 30


SCRIPT = """
    import sys, time
    from sim import load
    from sim.sweeps import Broken, Experiment, Limits, sweep
    sys.path.append({tests!r})
    from trouble import Trouble

    def main():
        plan = load("baseline", {{"organisation.employees": 60, "weeks": 60}}).with_mechanism(Trouble({trouble}))
        experiment = Experiment(name="script", scenario="own", replicates={replicates})
        tell = lambda standing: print(standing.stored, flush=True)
        results = sweep(experiment, "r", workers=2, plans={{"own": plan}}, progress=tell, limits=Limits({limits}))
        print(len(results.runs), len(results.failures))

    {guard}main()
"""


def script(folder, trouble="", replicates=6, limits="", guard="if __name__ == '__main__': "):
    """A sweep in a script of somebody's, in a group of processes of its own."""
    home = Path(__file__).parents[1]
    text = SCRIPT.format(
        tests=str(home / "tests"), trouble=trouble, replicates=replicates, limits=limits, guard=guard
    )
    (folder / "script.py").write_text(textwrap.dedent(text))
    environment = {**os.environ, "PYTHONPATH": str(home)}
    return subprocess.Popen(
        [sys.executable, "script.py"], cwd=folder, env=environment, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_a_script_that_sweeps_whenever_it_is_imported_is_told_so(tmp_path):
    process = script(tmp_path, guard="")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "start runs under `if __name__ == '__main__':`" in said
    assert "worker processes end as soon as they start" in said


@LINUX
@pytest.mark.parametrize("trouble", ["pause=1000.0", "hangs=list(range(100))"])
def test_workers_go_with_a_sweep_that_is_killed_whatever_they_are_doing(tmp_path, trouble):
    process = script(tmp_path, trouble)
    try:
        assert process.stdout.readline() == "0\n"
        until = time.monotonic() + 60
        while len(running(process.pid)) < 5 and time.monotonic() < until:  # with fork server and tracker
            time.sleep(0.05)
        time.sleep(0.5)
        process.kill()
        assert gone(process.pid)
    finally:
        process.kill()
        process.communicate()


@LINUX
def test_a_sweep_that_is_suspended_and_resumed_sets_nothing_aside(tmp_path):
    process = script(tmp_path, "pause=0.3", replicates=20, limits="1.5")
    for line in process.stdout:
        if int(line) >= 3:
            break
    os.killpg(process.pid, signal.SIGSTOP)
    time.sleep(3.0)
    os.killpg(process.pid, signal.SIGCONT)
    said, _ = process.communicate(timeout=60)
    assert said.splitlines()[-1] == "20 0"


@LINUX
@pytest.mark.parametrize(
    ("sent", "times", "trouble"),
    [(signal.SIGTERM, 1, "pause=1.0"), (signal.SIGINT, 2, "sleeps=list(range(3, 100))")],
)
def test_asked_to_stop_a_sweep_finishes_what_it_has_begun_and_asked_again_it_stops_now(
    tmp_path, sent, times, trouble
):
    process = script(tmp_path, trouble, replicates=40)
    for line in process.stdout:
        if int(line) == 2:
            break
    for _ in range(times):
        os.killpg(process.pid, sent)
        time.sleep(0.3)
    said, errors = process.communicate(timeout=30)
    assert process.returncode != 0
    assert errors.rstrip().endswith("KeyboardInterrupt"), errors
    assert errors.count("Traceback") == 1, errors
    assert gone(process.pid)
    stored = len(load_results(tmp_path / "r").runs)
    assert stored == int((said or line).split()[-1])
    assert (stored > 2) == (times == 1)
    assert stored < 10
    assert {path.name for path in (tmp_path / "r").iterdir()} == {"results.sqlite", ".lock"}


def test_in_this_process_runs_are_lived_one_by_one():
    executor = InProcess()
    plan = load("baseline", SMALL).with_mechanism(Trouble(raises=[2]))
    jobs = [Job(n, "own", lambda: plan, n) for n in (1, 2, 3)]
    kinds = [type(end).__name__ for some in completed(executor, jobs, lambda: False) for _, end in some]
    assert kinds == ["Finished", "Broken", "Finished"]


def test_contents_differ_when_anything_that_matters_does(tmp_path):
    experiment, plans = troubled(2)
    for name, replicates in (("a", 2), ("b", 2), ("c", 3)):
        changed = experiment.model_copy(update={"replicates": replicates})
        sweep(changed, tmp_path / name, workers=0, plans=plans)
    a, b, c = (content(tmp_path / name) for name in "abc")
    assert a == b != c


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"workers": -1}, "workers: found -1; 0 or more"),
        ({"workers": 0, "dask": "local"}, "workers: 0, and Dask; 1 or more"),
    ],
)
def test_workers_that_cannot_be_are_refused_before_anything_is_written(tmp_path, asked, message):
    experiment, plans = troubled(1)
    with pytest.raises(InputError, match=message):
        sweep(experiment, tmp_path / "none", plans=plans, **asked)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("limits", [{"memory": 10**30}, {"seconds": float("inf")}])
def test_limits_that_nothing_can_reach_are_refused(limits):
    with pytest.raises(InputError, match=f"{'memory' if 'memory' in limits else 'timeout'}: found"):
        Limits(**limits)


class Wordless(Exception):  # noqa: N818
    def __str__(self):
        raise ValueError("no words")


def test_an_error_whose_own_words_raise_is_told_by_its_name():
    def live(*_):
        raise Wordless

    plan = load("baseline", {"organisation.employees": 20, "weeks": 1})
    with patch.object(living, "live", live):
        broken = living.attempt(plan, 1)
    assert (broken.kind, broken.error) == ("raised", "Wordless")


def test_runs_are_keyed_by_the_engine_that_is_loaded_and_not_by_an_edit_of_it(monkeypatch):
    plan = load("baseline", {"organisation.employees": 20}).with_mechanism(Trouble())
    before = key.code_digest(plan)
    key._code.cache_clear()
    monkeypatch.setattr(source, "engine_files", dict)  # as if all of it were gone from the disk
    monkeypatch.setattr(key, "engine_files", dict, raising=False)
    assert key.code_digest(plan) == before
    key._code.cache_clear()
