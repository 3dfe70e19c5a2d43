"""docs/model.md: its tables are the code's, it speaks of every parameter, and what it says gives the engine's numbers."""

import re
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sim.cli import files
from sim.cli.reference import TABLES, blocks, defaults, event_table, written
from sim.mechanisms import SCHEDULE, Mechanism
from sim.mechanisms.events import Events
from sim.organisation import Organisation
from sim.record import WEEKLY
from sim.scenario import load
from tests import offices_by_text, weeks_by_text
from tests.by_text import generated_ties, key_of, key_with
from tests.people_by_text import adopted, chosen

FILE = Path(__file__).parents[1] / "docs" / "model.md"
TEXT = FILE.read_text(encoding="utf-8")
BY_HAND = re.sub(r"<!-- generated.*?<!-- end -->", "", TEXT, flags=re.S)


def test_tables_are_what_the_code_declares():
    assert written(TEXT) == TEXT, "run: python -m sim.cli.reference docs/model.md"


def test_every_parameter_and_column_has_its_table():
    asked = [f"parameters {name}" for name in defaults()] + [f"columns {name}" for name in TABLES]
    assert sorted(blocks(TEXT)) == sorted([*asked, "events", "baseline", "week"])
    for name, kind in Events.kinds.items():
        for key in {name, *kind.model_fields} - {"what", "week"}:
            assert f"`{key}`" in event_table("") or f"**{key}**" in event_table("")


def test_a_default_is_told_in_full():
    for group in defaults().values():
        for key, value, *_ in group.values():
            kind = next((one for one in SCHEDULE if one.name == key.split(".")[0]), None)
            exact = kind.model_fields[key.split(".")[1]].default if kind and key.count(".") == 1 else None
            if isinstance(exact, float):
                assert float(value) == exact


def test_show_prints_the_same_rows(monkeypatch):
    shown = []
    monkeypatch.setattr(files, "table", lambda headers, rows, right="": shown.extend(map(tuple, rows)))
    files.show.callback("baseline", True, {}, False)
    own = {row[0]: row for row in shown}
    plan = load("baseline")
    for head, rows in defaults().items():
        for key, row in rows.items():
            if (
                "NAME" in key
                or "[]" in key
                or key in ("title", "about")
                or head in ("organisation", "returns")
            ):
                continue
            told = list(own[key])
            if plan[head] or head not in {kind.name for kind in SCHEDULE}:
                told[1] = row[1]  # the scenario's value, not the default
            assert told == row


def sections():
    """The text of each submodel, by the table of parameters in it."""
    parts = re.split(r"^#+ ", TEXT, flags=re.M)
    return {
        name: re.sub(r"<!-- generated.*?<!-- end -->", "", part, flags=re.S)
        for part in parts
        for name in re.findall(r"<!-- generated: parameters (\w+)", part)
    }


SAID = {  # in other words, or one by one in a table
    "run": {"title", "about", "weeks"},
    "organisation": {
        "size",
        "function",
        "departments",
        "firms",
        "owners",
        "roster",
        "ties",
        "reports",
        "disconnected",
    },
    "practices": {"kind", "effort", "risk", "coordination", "pioneers", "fit"},
    "strategy": {"innovation", "knowledge", "investment", "customers", "talent", "suppliers"},
    "returns": {"name", "unit", "by", "outcomes"},
}


@pytest.mark.parametrize("table", defaults())
def test_the_text_says_what_every_parameter_does(table):
    told = set(re.findall(r"\w+", sections()[table]))
    missing = {key.split(".")[-1] for key in defaults()[table]} - told - SAID.get(table, set())
    assert not missing


def test_the_text_names_every_series_of_the_record():
    assert set(WEEKLY) <= set(re.findall(r"\w+", BY_HAND[BY_HAND.index("## 8.") :]))


@pytest.mark.parametrize("seed", [3, 11])
def test_ties_are_those_of_section_5_3(seed):
    plan = load("baseline", {"organisation.employees": 70, "weeks": 1})
    org = Organisation(plan, seed)
    e, d = org.employees, org.departments
    key = [
        key_with(key_of(name), number)
        for name, size in zip(org.department_names, d.size, strict=True)
        for number in range(size)
    ]
    assert e.key.tolist() == key
    told = generated_ties(plan.network, org.functions, d.size.tolist(), e.level.tolist(), key, seed)
    source, target, weight = org.ties.edges()
    assert told == {
        (i, j): w for i, j, w in zip(source.tolist(), target.tolist(), weight.tolist(), strict=True)
    }


def witness(behind, kept):
    """A mechanism that keeps all tables as it finds them behind another."""

    class Witness(Mechanism):
        name = f"behind_{behind}"
        after = behind

        def step(self, org):
            tables = {name: getattr(org, name) for name in TABLES}
            copies = {
                name: {column: getattr(table, column).copy() for column in table.columns}
                for name, table in tables.items()
            }
            ties = tuple(part.copy() for part in org.ties)
            kept[behind] = SimpleNamespace(
                **copies, ties=ties, stage=org.stage, ledger=org.ledger[org.week].copy()
            )

    return Witness()


@pytest.mark.parametrize(
    "more",
    [
        {"governance.founded": 12, "governance.locus": 0.3},
        {
            "governance.form": "holistic",
            "governance.founded": 5,
            "funding.level": 1.5,
            "teaching.colleagues": 0.8,
        },
        {"governance.form": "multiple_hubs", "governance.founded": 3, "strategy.kind": "media"},
    ],
)
def test_weeks_are_those_of_sections_7_16_and_7_17(more):
    seed, kept = 5, {}
    plan = load(
        "baseline", {"organisation.employees": 60, "weeks": 60, "sponsorship.engagement": 0.8, **more}
    )
    for behind in ("influence", "adoption", "ways"):
        plan = plan.with_mechanism(witness(behind, kept))
    org, moved, asked, changed = Organisation(plan, seed), 0, 0, 0
    while org.running:
        org.step()
        ends = [kept[one] for one in ("influence", "adoption", "ways")]
        before, between, after = (one.employees for one in ends)
        d, now = ends[0].departments, ends[1].departments
        moves, asks = adopted(org, before, d, seed)
        rung = before["rung"].copy()
        for (k, i), to in moves.items():
            rung[k, i] = to
        assert np.array_equal(rung, between["rung"])
        assert {(int(k), int(i)) for k, i in np.argwhere(between["asked"] != before["asked"])} == asks
        way = between["way"].copy()
        for (k, i), to in chosen(org, between, now, seed).items():
            way[k, i] = to
        assert np.array_equal(way, after["way"])
        moved, asked, changed = moved + len(moves), asked + len(asks), changed + (way != between["way"]).sum()
    assert moved > 50 and changed > 5
    assert asked > 0 or plan["governance"].form == "holistic"


FORMS = {
    "hub": {"organisation.firms": 2, "alliance": {"acquainted": 0.1}, "governance.staff_per_liaison": 9.0},
    "firms": {"organisation.firms": 2, "alliance": {"desk": False, "pool": False}, "measurement.delay": 9},
    "central": {
        "governance.form": "centralised",
        "funding": {"mode": "fixed", "level": 0.2, "schedule": [{"week": 30, "level": 0.6}]},
    },
    "own": {
        "governance.form": "decentralised",
        "approval.requests": 2.0,
        "governance.paying_engagement": 0.6,
    },
    "hubs": {"governance.form": "multiple_hubs", "governance.tie_after": 5, "governance.tie_rate": 0.5},
    "holistic": {"governance.form": "holistic", "teaching.colleagues": 0.7, "funding.level": 1.2},
}


def lived(plan, seed, sections):
    """Live a scenario; each week, each mechanism's name with the state behind the one before it, and behind itself."""
    kept, order = {}, [one.name for one in plan.mechanisms]
    before = {name: order[order.index(name) - 1] for name in sections}
    for behind in {*sections, *before.values()}:
        plan = plan.with_mechanism(witness(behind, kept))
    org = Organisation(plan, seed)
    while org.running:
        org.step()
        for name in sections:
            yield org, name, deepcopy(kept[before[name]]), kept[name]


def differences(told, found):
    """The columns in which two states differ."""
    return [
        (name, column)
        for name in TABLES
        for column, value in getattr(found, name).items()
        if not np.allclose(getattr(told, name)[column], value, rtol=1e-9, atol=1e-12)
    ]


@pytest.mark.parametrize("more", FORMS.values(), ids=FORMS)
def test_executives_money_and_desks_are_those_of_the_text(more):
    few = {"organisation.employees": 90, "weeks": 90, "governance.founded": 20, "sponsorship.engagement": 0.6}
    plan, seed = load("baseline", few).replaced(more), 8
    names = (
        "sponsorship",
        "funding",
        "governance",
        "approval",
        "teaching",
        "best_practice",
        "worth",
        "measurement",
    )
    for org, name, told, found in lived(plan, seed, names):
        getattr(offices_by_text, name)(org, told, seed)
        assert not differences(told, found), (org.week, name)
        assert np.allclose(told.ledger, found.ledger), (org.week, name)
    assert org.record.served.any() and org.employees.taught.max() > 20


@pytest.mark.parametrize("firms", [1, 2])
def test_people_and_what_goes_wrong_are_those_of_the_text(firms):
    lively = {
        "organisation": {"employees": 80, "firms": firms}, "weeks": 100, "events": False, "alliance": {"acquainted": 0.2},
        "digital": {"chance": 0.9, "most": 1}, "incidents": {"base": 0.6, "process": True}, "governance.founded": 10,
        "sponsorship.engagement": 0.8, "turnover.base": 0.02, "committee": False, "programmes.reporting": "pooled",
    }  # fmt: skip
    plan, seed, left, online = load("everything").replaced(lively), 4, 0, 0
    names = ("duties", "guidance", "learning", "influence", "voice", "programmes", "incidents", "rumours")
    for org, name, told, found in lived(plan, seed, (*names, "digital", "turnover")):
        result = getattr(weeks_by_text, name)(org, told, seed)
        if name in names:
            assert not differences(told, found), (org.week, name)
        elif name == "digital":
            (indptr, indices, weights), most = found.ties, plan["digital"].most
            rows = range(org.employees.rows)
            spare = [(i, at) for i in rows for at in range(indptr[i + 1] - most, indptr[i + 1])]
            assert result == {frozenset((i, int(indices[at]))) for i, at in spare if weights[at]}, org.week
            online = max(online, len(result))
        else:
            stay = np.setdiff1d(np.arange(org.employees.rows), list(result))
            assert result == set(np.flatnonzero(found.employees["hires"] != told.employees["hires"]).tolist())
            assert np.allclose(told.employees["satisfaction"][stay], found.employees["satisfaction"][stay])
            left += len(result)
    assert left > 20 and online > 5 and org.incidents.sum() > 3
