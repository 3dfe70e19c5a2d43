"""What is read from a store: as much as is asked for, in the order of the design, and what did not finish too."""

import json
import shutil
import sqlite3
import zlib
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.organisation import run
from sim.sweeps import Broken, Experiment, Factor, load_results, points, run_key, sweep
from sim.sweeps.layout import FILE
from sim.sweeps.patches import Patches, patched
from sim.sweeps.series import SERIES
from sim.sweeps.store import Store
from tests.stored import EXPERIMENT, asked, design, finished, stored

RAISED = Broken("raised", "ValueError: no budget", "Traceback ...", 1, 0.5)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return stored(tmp_path_factory.mktemp("whole"))


def picked(frame, **wanted):
    for column, values in wanted.items():
        if values is not None:
            frame = frame[frame[column].isin(values)]
    return frame.reset_index(drop=True)


@given(
    runs=st.none() | st.sets(st.integers(0, 7)),
    weeks=st.none() | st.sets(st.integers(0, 30), min_size=1),
    names=st.lists(st.sampled_from(SERIES), unique=True, min_size=1),
    departments=st.none() | st.lists(st.sampled_from(["sales", "shop", "hr"]), unique=True),
)
def test_a_part_of_the_timelines_is_that_part_of_all(whole, runs, weeks, names, departments):
    all_of = whole.timelines(*names, departments=None if departments is None else whole.departments)
    chosen = None if runs is None else whole.runs.iloc[sorted(runs)]
    part = whole.timelines(
        *names, runs=chosen, weeks=None if weeks is None else sorted(weeks), departments=departments
    )
    wanted = picked(all_of, run=None if runs is None else set(chosen["run"]), week=weeks)
    if departments is not None:
        wanted = picked(wanted, department=departments)
        order = ["run", "department", "week"]
        part, wanted = (one.sort_values(order).reset_index(drop=True) for one in (part, wanted))
    pd.testing.assert_frame_equal(part, wanted, check_dtype=len(wanted) > 0)


def test_adoption_by_department_in_long_form(whole):
    long = whole.timelines(departments=["shop"])
    assert list(long.columns) == ["weeks", "departments", "seed", "run", "department", "week", "adoption"]
    assert set(long["departments"]) == {"with a shop"}
    assert len(long) == 2 * 31 + 2 * 21
    row = whole.runs.index[whole.runs["run"] == long["run"][0]][0]
    place = whole.departments.index("shop")
    assert np.array_equal(long["adoption"][:31], whole.adoption()[row, :31, place].astype(np.float32))
    assert whole.timelines("A", runs=whole.runs["run"][0], weeks=slice(-3, None))["week"].tolist() == [
        28,
        29,
        30,
    ]
    assert whole.timelines("A", runs=whole.runs["run"][:2], weeks=7)["week"].tolist() == [7, 7]


def test_no_more_is_unpacked_than_is_asked_for(tmp_path):
    """All other runs are spoilt, and of one run all but the beginning."""
    results = stored(tmp_path)
    first, second = results.runs["run"][:2]
    db = sqlite3.connect(tmp_path / FILE)
    ((packed,),) = db.execute("SELECT data FROM series WHERE run = ?", [first])
    whole_a = results.series("A")
    db.execute("UPDATE series SET data = x'00' WHERE run NOT IN (?, ?)", [first, second])
    plain = zlib.decompress(packed)
    cut = zlib.compressobj()
    beginning = cut.compress(plain[: 2 * 31 + 5 * 31]) + cut.flush(zlib.Z_FULL_FLUSH)
    db.execute("UPDATE series SET data = ? WHERE run = ?", [beginning + b"no zlib at all", first])
    db.commit()
    assert np.array_equal(results.series("A", runs=[second])[0], whole_a[1])
    assert np.array_equal(results.timelines("A", runs=first)["A"], whole_a[0, :31])
    for spoilt in (
        lambda: results.timelines("A"),
        lambda: results.timelines("V", runs=first),
        lambda: results.timelines(runs=first, departments=["hr"]),
    ):
        with pytest.raises(InputError, match="a store that Unsilo wrote, undamaged"):
            spoilt()


def test_what_is_not_there_is_named_with_the_nearest(whole):
    with pytest.raises(InputError) as error:
        whole.timelines("alignement", runs=["0" * 32], weeks=[40], departments=["sale"])
    assert [(fault.found, fault.nearest) for fault in error.value.faults] == [
        ("no series 'alignement'", "alignment"),
        ("no department 'sale'", "sales"),
        (f"no run '{'0' * 32}'", ""),
        ("no week 40", ""),
    ]
    with pytest.raises(InputError, match="point 9, seed 9 has not finished"):
        whole.series("A", runs=pd.DataFrame({"point": [9], "seed": [9]}))
    with pytest.raises(InputError, match=r"found 99; one of 4 points"):
        whole.scenario(99)
    with pytest.raises(InputError, match=r"weeks: found 'x'; a week, several, or a slice"):
        whole.timelines("A", weeks="x")
    for odd in ("10", [1.5], True, np.arange(31) > 20, slice(0.5, None), 10**30):
        with pytest.raises(InputError, match=r"weeks: found .*; a week, several, or a slice"):
            whole.timelines("A", weeks=odd)
    assert whole.timelines("A", weeks=np.int64(7))["week"].unique().tolist() == [7]
    for odd in (0, [0, 1], whole.runs["A"] > 0, whole.runs.iloc[3], whole.runs[["A", "V"]]):
        with pytest.raises(InputError, match=r"runs: found .*; rows of \.runs, or keys"):
            whole.timelines("A", runs=odd)
    for names in ((["A", "V"],), (3,)):
        with pytest.raises(InputError, match="no series"):
            whole.timelines(*names)
    with pytest.raises(InputError, match="departments: found 3; names"):
        whole.timelines(departments=3)
    assert whole.timelines(departments=["sales", "sales"])["department"].unique().tolist() == ["sales"]
    with pytest.raises(InputError, match=r"run: found 1; its key, the beginning of one, or 'point:seed'"):
        whole.replay(1)


def test_nothing_is_read_before_it_is_asked_for(tmp_path, monkeypatch):
    stored(tmp_path).close()
    seen = []
    connect = sqlite3.connect

    def traced(*args, **words):
        db = connect(*args, **words)
        db.set_trace_callback(seen.append)
        return db

    monkeypatch.setattr(sqlite3, "connect", traced)
    results = load_results(tmp_path)
    assert [query for query in seen if "FROM" in query] == []
    assert results.standing["finished"] == 8
    assert not [query for query in seen if "FROM series" in query or "resolved" in query]


def test_scenarios_show_where_they_differ_and_parameters_all(whole):
    differing = whole.scenarios
    assert list(differing) == [
        "hash", "weeks", "organisation.departments.shop.size", "organisation.departments.shop.function",
    ]  # fmt: skip
    assert list(differing["hash"]) == list(whole.points["hash"])
    assert list(differing["weeks"]) == [30, 30, 20, 20]
    assert differing["organisation.departments.shop.size"].isna().tolist() == [True, False, True, False]
    everything = whole.parameters
    assert (everything["funding.level"] == points(EXPERIMENT)[0].plan["funding"].level).all()
    assert (everything["organisation.owners"] == '["marketing"]').all()
    assert differing["weeks"].equals(everything["weeks"])


def test_scenarios_come_back_as_they_went_in_though_stored_as_they_differ(whole):
    for point in design():
        assert whole.scenario(point.index) == whole.scenario(point.hash) == point.plan
        assert json.dumps(whole.scenario(point.index).tables()) == json.dumps(point.plan.tables())
        ((text,),) = whole.rows("SELECT tables FROM resolved WHERE hash = ?", [point.hash])
        assert json.loads(text) == point.plan.tables()
    sizes = whole.sql("SELECT LENGTH(tables) AS size, base FROM scenarios")
    assert sizes["size"].max() > 5000
    assert (sizes["size"][sizes["base"].notna()] < 200).all()


def test_a_factor_of_scenarios_is_shown_by_their_names(tmp_path):
    experiment = Experiment(
        name="two",
        scenarios=["baseline", "no_governance"],
        set={"organisation.employees": 60, "weeks": 5},
        replicates=1,
    )
    results = sweep(experiment, tmp_path, workers=0)
    assert list(results.runs["scenario"]) == ["baseline", "no_governance"]
    assert list(results.points["hash"]) == [point.hash for point in points(experiment)]
    assert "governance.form" in results.scenarios


def test_a_series_gives_way_to_a_factor_of_its_name(tmp_path):
    factor = Factor(key="sponsorship.engagement", values=[0.2, 0.8])
    experiment = EXPERIMENT.model_copy(update={"factors": [factor], "replicates": 1, "set": {"weeks": 5}})
    long = sweep(experiment, tmp_path, workers=0).timelines("engagement", "budget")
    assert list(long.columns) == ["engagement", "seed", "run", "week", "weekly_engagement", "budget"]
    assert set(long["engagement"]) == {0.2, 0.8}


def test_a_series_gives_way_to_two_factors(tmp_path):
    keys = {"engagement": "sponsorship.engagement", "weekly_engagement": "sponsorship.spread"}
    factors = [Factor(key=key, label=label, values=[0.2]) for label, key in keys.items()]
    experiment = EXPERIMENT.model_copy(update={"factors": factors, "replicates": 1, "set": {"weeks": 5}})
    long = sweep(experiment, tmp_path, workers=0).timelines("engagement")
    assert list(long.columns) == [*keys, "seed", "run", "week", "weekly_weekly_engagement"]


tables = st.recursive(
    st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text("xé", max_size=2)
    | st.lists(st.integers(), max_size=3),
    lambda below: st.dictionaries(st.text("abc", min_size=1, max_size=2), below, max_size=4),
)  # fmt: skip


@given(
    base=st.dictionaries(st.text("abc", min_size=1, max_size=2), tables),
    other=st.dictionaries(st.text("abc", min_size=1, max_size=2), tables),
    swaps=st.booleans(),
)
def test_patches_make_others_to_the_byte_or_not_at_all(base, other, swaps):
    whole = {**base, **other} if swaps else other
    patch = Patches(base).to(whole)
    if patch is None:
        return
    assert json.dumps(patched(base, patch)) == json.dumps(whole)
    db = sqlite3.connect(":memory:")
    ((merged,),) = db.execute("SELECT json_patch(?, ?)", [json.dumps(base), json.dumps(patch)])
    assert json.loads(merged) == whole


def test_scenarios_whose_keys_come_in_another_order_are_stored_whole():
    base = {"departments": {"sales": 1, "it": 2}, "weeks": 3}
    assert Patches(base).to({"departments": {"it": 2, "sales": 1}, "weeks": 3}) is None
    assert Patches(base).to({"weeks": 3, "departments": {"sales": 1, "it": 2}}) is None
    assert Patches(base).to({"departments": {"sales": 1}, "weeks": 3.0}) == {
        "departments": {"it": None},
        "weeks": 3.0,
    }


def test_scenarios_are_stored_against_any_that_is_whole(tmp_path):
    """Tables whose keys come in two orders, as no patch makes one of the other: two are whole, at every start."""
    tables = [
        {"weeks": n, "departments": dict.fromkeys(names, 5)}
        for n in range(4)
        for names in (("it", "hr"), ("hr", "it"))
    ]
    plans = [SimpleNamespace(tables=lambda one=one: one) for one in tables]
    made = [SimpleNamespace(index=n, factors={}, hash=str(n), plan=plan) for n, plan in enumerate(plans)]
    for some in (made[:4], made):
        with Store(tmp_path, EXPERIMENT, {}) as target:
            target.plan(some, [(one.index, 1, one.hash) for one in some])
    results = load_results(tmp_path)
    assert results.sql("SELECT COUNT(*) AS n FROM scenarios WHERE base IS NULL")["n"][0] == 2
    assert [json.dumps(one) for _, one in results._tables()] == [json.dumps(one) for one in tables]


def test_failures_are_shown_in_order_and_stay_missing(tmp_path):
    keys = list(finished())
    results = stored(tmp_path, keys[3:], {keys[2]: Broken("died", "killed by signal 9"), keys[0]: RAISED})
    failures = results.failures
    assert list(failures.columns) == [
        "point", "weeks", "departments", "seed", "kind", "error", "traceback", "attempts", "seconds", "run", "hash",
    ]  # fmt: skip
    assert list(failures["run"]) == [keys[0], keys[2]]
    assert list(failures["kind"]) == ["raised", "died"]
    assert {name: failures[name][0] for name in asdict(RAISED)} == asdict(RAISED)
    assert list(results.missing["run"]) == keys[:3]
    assert results.standing == {
        "runs": 8, "finished": 5, "states": {"stalled": 5}, "failed": {"raised": 1, "died": 1}, "missing": 1,
        "complete": False, "besides": 0,
    }  # fmt: skip


def test_a_run_that_finishes_later_has_not_failed_and_one_that_finished_cannot(tmp_path):
    key, other, *_ = finished()
    point, seed, done = finished()[key]
    stored(tmp_path, [], {key: RAISED, other: RAISED}).close()
    with Store(tmp_path, EXPERIMENT, {}) as target:
        assert target.plan(design(), asked()) == set()
        target.set_aside(key, point.hash, seed, Broken("timeout", "took longer than 1 s", "", 2, 1.0))
        again = load_results(tmp_path).failures.set_index("run").loc[key]
        assert (again["kind"], again["attempts"], again["traceback"]) == ("timeout", 3, "")
        target.add([(key, point.hash, seed, done)])
        assert list(load_results(tmp_path).failures["run"]) == [other]
        target.set_aside(key, point.hash, seed, RAISED)
    results = load_results(tmp_path)
    assert list(results.failures["run"]) == [other]
    assert list(results.runs["run"]) == [key]


def test_runs_of_a_batch_are_stored_all_or_none(tmp_path):
    keys = list(finished())
    batch = [(key, finished()[key][0].hash, *finished()[key][1:]) for key in keys]
    with Store(tmp_path, EXPERIMENT, {}) as target:
        target.plan(design(), asked())
        target.set_aside(keys[1], batch[1][1], batch[1][2], RAISED)
        target.add(batch[:1])
        with pytest.raises(sqlite3.IntegrityError):
            target.add([*batch[1:], batch[0]])
        assert list(load_results(tmp_path).runs["run"]) == keys[:1]
        assert list(load_results(tmp_path).failures["run"]) == [keys[1]]
        target.add(batch[1:])
        target.add([])
    results = load_results(tmp_path)
    assert results.runs.equals(stored(tmp_path / "one").runs)
    assert results.failures.empty
    assert results.departments[-1] == "shop"


def test_an_experiment_may_ask_for_more_on_its_way(tmp_path):
    with Store(tmp_path, EXPERIMENT, {}) as target:
        target.plan(design(), asked())
        target.ask([(0, 3, run_key(design()[0].plan, 3))])
        assert load_results(tmp_path).asked == 9
        with pytest.raises(sqlite3.IntegrityError):
            target.ask([(0, 3, "another")])


def test_errors_are_one_line_without_addresses():
    broken = Broken("raised", "KeyError: <object at 0x7f00deadbeef>\n  and more" + "x" * 1000)
    assert broken.error.startswith("KeyError: <object at 0x...> and more")
    assert len(broken.shortened().error) == 500 and broken.shortened().error.endswith("...")


def test_what_is_stored_can_always_be_written():
    broken = Broken("raised", "no people in m\udcfcller.csv", 'File "m\udcfcller.csv"')
    assert broken.error.encode() == b"no people in m\\udcfcller.csv"
    assert broken.traceback.encode() == b'File "m\\udcfcller.csv"'


def test_results_that_are_open_follow_a_sweep_that_is_started_anew(tmp_path):
    results = stored(tmp_path)
    before = results.runs
    assert results.missing.empty
    one = EXPERIMENT.factors[0]
    other = EXPERIMENT.model_copy(
        update={"factors": [one.model_copy(update={"values": one.values[::-1]}), *EXPERIMENT.factors[1:]]}
    )
    again = points(other)
    with Store(tmp_path, other, {}) as target:
        target.plan(again, asked(again, other))
    assert results.missing.empty
    pd.testing.assert_frame_equal(results.runs, load_results(tmp_path).runs)
    assert not results.runs["weeks"].equals(before["weeks"])
    with pytest.raises(InputError, match="has not finished; rows of"):
        results.timelines("A", runs=before)


def test_a_store_that_somebody_locks_is_not_called_damaged(tmp_path, monkeypatch):
    results = stored(tmp_path)
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    results._db.execute("PRAGMA busy_timeout = 10")
    other.execute("BEGIN EXCLUSIVE")
    for read in (lambda: results.runs, lambda: results.sql("SELECT * FROM runs")):
        with pytest.raises(InputError, match="another program keeps it locked; try again"):
            read()
    other.close()
    assert len(results.runs) == 8
    results.close()
    with pytest.raises(InputError, match="has been closed; load the results again"):
        len(results.missing)


def test_a_query_takes_numbers_of_numpy(whole):
    seed = whole.runs["seed"][0]
    assert len(whole.sql("SELECT * FROM runs WHERE seed = ?", [seed])) == 4


def test_a_closed_store_that_is_still_open_elsewhere_has_everything_in_its_file(tmp_path):
    key, *_ = finished()
    point, seed, done = finished()[key]
    with Store(tmp_path, EXPERIMENT, {}) as target:
        target.plan(design(), asked())
        reader = load_results(tmp_path)
        assert reader.runs.empty
        target.add([(key, point.hash, seed, done)])
    (tmp_path / "copy").mkdir()
    shutil.copy(tmp_path / FILE, tmp_path / "copy")
    assert list(load_results(tmp_path / "copy").runs["run"]) == [key]
    reader.close()


def test_a_record_says_more_than_is_stored(whole):
    point = design()[0]
    record = whole.replay("0:1")
    assert record.digest() == run(point.plan, 1).digest()
