"""Executors: whatever becomes of a run or its worker, the others go on and nothing of theirs is lost."""

from collections import Counter
from unittest.mock import patch

import pytest
from trouble import Trouble

from benchmarks.contents import content
from sim.errors import InputError
from sim.mechanisms import Mechanism
from sim.scenario import load
from sim.sweeps import Broken, Experiment, Limits, living, sweep
from sim.sweeps.executors import InProcess, start
from sim.sweeps.runner import completed
from sim.sweeps.work import Finished, Job, Parcel
from tests.troubled import LINUX, SMALL, failures, troubled

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


def test_of_words_without_end_so_many_are_kept_as_can_be_stored():
    broken = Broken("raised", "x" * 10**6, "begin " + "x" * 10**6 + " end").shortened()
    assert len(broken.error) == 500
    assert len(broken.traceback) < 101_000
    assert broken.traceback.startswith("begin x") and broken.traceback.endswith("x end")
    assert "900,010 characters" in broken.traceback


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
        ({"workers": -1}, "workers: found -1; 0 to 1,024"),
        ({"workers": 100_000}, "workers: found 100,000; 0 to 1,024"),
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
    def live(*_, **__):
        raise Wordless

    plan = load("baseline", {"organisation.employees": 20, "weeks": 1})
    with patch.object(living, "live", live):
        broken = living.attempt(plan, 1)
    assert (broken.kind, broken.error) == ("raised", "Wordless")
