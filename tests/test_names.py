"""Nobody's name enters a store or an export, not even in what a failing run says."""

import random
import re
import string

import pytest

from sim.mechanisms import Mechanism
from sim.scenario import load
from sim.sweeps import Broken, Experiment, Factor, sweep
from sim.sweeps.exporting import export
from sim.sweeps.names import PSEUDONYM, Names
from sim.sweeps.replaying import save
from sim.sweeps.store import Store

luck = random.Random(1)
IDS = ["".join(luck.choices(string.ascii_uppercase, k=9)) for _ in range(38)] + [
    "Ottoline María  Ruizberg",
    "O'Briensen",
]


class Tattler(Mechanism):
    """Names people when it fails."""

    def step(self, org):
        if org.week == 3 and org.seed == 2:
            raise KeyError(f"{IDS} know nothing of {IDS[0]}, said\n{IDS[-2]}")


@pytest.fixture
def roster(tmp_path):
    rows = [f"{name},{('sales', 'it')[n % 2]},{IDS[0] if n else ''}" for n, name in enumerate(IDS)]
    ties = [f"{name},{IDS[(n * 7 + 1) % len(IDS)]}" for n, name in enumerate(IDS)]
    files = {"roster": ["id,department,manager", *rows], "ties": ["source,target", *ties]}
    for name, lines in files.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    return {name: tmp_path / f"{name}.csv" for name in files}


def swept(folder, roster):
    files = {f"organisation.{name}": str(path) for name, path in roster.items()}
    plan = load("baseline", {"organisation.departments": {}, "weeks": 10, **files}).with_mechanism(Tattler())
    factor = Factor(key="funding.level", values=[0.2, 0.8])
    experiment = Experiment(name="real", scenario="real", factors=[factor], replicates=2)
    return sweep(experiment, folder, workers=0, plans={"real": plan})


def test_stores_exports_and_records_name_nobody(tmp_path, roster):
    results = swept(tmp_path / "results", roster)
    assert (len(results.runs), len(results.failures)) == (2, 2)
    assert PSEUDONYM in results.failures["error"][0] and PSEUDONYM in results.failures["traceback"][0]
    assert 'test_names.py", line ' in results.failures["traceback"][0]
    for to in ("csv", "parquet"):
        export(results, to)
    save(results.replay("0:1", known=[Tattler()]), tmp_path / "results" / "run.npz")
    files = [path for path in (tmp_path / "results").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".sqlite", ".csv", ".parquet", ".npz"}
    parts = {part for name in IDS for part in (name, repr(name), *re.findall(r"\w\w\w\w+", name))}
    for path in files:
        content = path.read_bytes()
        assert not [part for part in parts if part.encode() in content], path
    assert str(tmp_path) not in (tmp_path / "results" / "csv" / "scenarios.csv").read_text()


def test_where_the_roster_is_gone_the_message_is_not_kept(tmp_path, roster):
    results = swept(tmp_path / "results", roster)
    key, scenario, seed = results.sql("SELECT key, scenario, seed FROM failures").iloc[0]
    roster["ties"].unlink()
    with Store(results.folder, results.experiment, {}) as store:
        store.set_aside(
            key, scenario, int(seed), Broken("raised", f"KeyError: {IDS[3]}", f"... {IDS[4]}", 1, 2.0)
        )
    again = results.failures.set_index("run").loc[key]
    assert again["error"] == "KeyError: its message is not kept: the roster cannot be read any more"
    assert (again["traceback"], again["attempts"], again["seconds"]) == ("", 2, 2.0)


@pytest.mark.parametrize(
    ("content", "said", "kept"),
    [
        ("id,department\n7,it\n12,it", "no 7, 12 or 127", f"no {PSEUDONYM}, {PSEUDONYM} or 127"),
        (
            "id,department\n7,it",
            'File "a.py", line 7, in step\n7',
            f'File "a.py", line 7, in step\n{PSEUDONYM}',
        ),
        ("id,dept\nann,it\nann lee,it", "ann\tlee, Ann and ann", f"{PSEUDONYM}, Ann and {PSEUDONYM}"),
        ("Source , TARGET\nbob, eve ", "bob eve it", f"{PSEUDONYM} {PSEUDONYM} it"),
        ("id,manager\na.b@c.de,x+y", "a.b@c.de (x+y) a-b@c", f"{PSEUDONYM} ({PSEUDONYM}) a-b@c"),
        ("id\nO'Brien\nann", r"\nO\'Brien: \\ann", rf"\n{PSEUDONYM}: \\{PSEUDONYM}"),
        ("id\nann lee", r"'ann\tlee' and ann\\nlee, joann", rf"'{PSEUDONYM}' and {PSEUDONYM}, joann"),
        ("id\n(*)\n", "(*) (**)", f"{PSEUDONYM} (**)"),
        ('id,department\n"bo\nb",it', "bo b", PSEUDONYM),
        ("\ufeffid,department\nbob,it", "bob", PSEUDONYM),
        ("id,department\n\x00bob,it", "no department", "no department"),
        ("", "nobody", "nobody"),
    ],
)
def test_ids_are_taken_out_as_whole_words(tmp_path, content, said, kept):
    (tmp_path / "people.csv").write_text(content, encoding="utf-8")
    names = Names([tmp_path / "people.csv"])
    assert names.out_of(Broken("raised", "E", said)).traceback == kept


def test_many_ids_take_no_time(tmp_path):
    """A hundred thousand ids, and a message that names two of them a hundred times."""
    (tmp_path / "people.csv").write_text("\n".join(["id", *(f"p{n}" for n in range(100_000))]))
    names = Names([tmp_path / "people.csv"])
    for _ in range(100):
        assert (
            names.out_of(Broken("raised", "E: p7, p99999 and p100000")).error
            == f"E: {PSEUDONYM}, {PSEUDONYM} and p100000"
        )
