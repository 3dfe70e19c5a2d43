"""The documentation is true: what it shows runs, and the files it names are there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sim import load_results
from sim.sweeps import load_experiment, points
from sim.sweeps.layout import OUTCOMES

ROOT = Path(__file__).parents[1]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
BLOCKS = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.S))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_python_in_the_documentation_runs(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if "__main__" in block:  # a script, which its workers import
        (tmp_path / "script.py").write_text(block)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "script.py"], env=environment, check=True, timeout=300)
        return
    exec(compile(block, "documentation", "exec"), {"__name__": "documentation"})


def test_experiments_in_the_documentation_are_sound(tmp_path):
    """The first block is whole; the others take the place of its tables of the same name, or add a factor to it."""
    whole, *others = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "experiments.md").read_text(), re.S)
    tables = dict(re.findall(r"^(\[\w+\])\n(.*?)(?=^\[|\Z)", whole, re.S | re.M))
    file = tmp_path / "shown.toml"
    for block in ("", *others):
        name = block.partition("\n")[0]
        kept = whole.replace(f"{name}\n{tables[name]}", "") if name in tables else whole
        if 'kind = "saltelli"' in block:
            kept = re.sub("constraints = .*", "", kept)
        if "[precision]" in block:
            kept = kept.replace("replicates = 5", "replicates = 400")
        file.write_text(f"{kept}\n{block}")
        assert points(load_experiment(file))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_in_the_documentation_exist(page):
    named = re.findall(r"`((?:sim|docs|scenarios|experiments|tests|benchmarks)/[\w./]*)`", page.read_text())
    named += [link for link in re.findall(r"\]\(([\w./-]+)\)", page.read_text()) if "://" not in link]
    missing = [path for path in named if not (ROOT / path).exists() and not (page.parent / path).exists()]
    assert not missing


@pytest.fixture(scope="module")
def funding(tmp_path_factory):
    """The results that docs/results.md is about."""
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "results.md").read_text(), re.S)
    folder = tmp_path_factory.mktemp("funding")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        names = {"__name__": "documentation"}
        exec(compile(block, "documentation", "exec"), names)
        return load_results(folder / "results" / "funding")


def test_sql_in_the_documentation_runs(funding):
    first, second = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "results.md").read_text(), re.S)
    assert list(funding.sql(first)["funding"]) == [0.2, 0.8]
    assert list(funding.sql(second)["level"]) == [0.2, 0.8]


def test_every_column_of_the_store_is_documented_and_no_other(funding):
    table, told = "", {}
    for row in re.findall(r"^\|(.*?)\|(.*?)\|.*\|$", (ROOT / "docs" / "results.md").read_text(), re.M):
        table = row[0].strip(" `") or table
        told.setdefault(table, []).extend(re.findall(r"`(\w+)`", row[1]))
    for table in funding.sql("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")["name"]:
        there = list(funding.sql("SELECT name FROM pragma_table_info(?)", [table])["name"])
        if table == "runs":
            there = [name for name in there if name not in OUTCOMES[1:-1]]
        assert sorted(told[table]) == sorted(there), table
