"""The library of what-ifs: every shipped scenario says what it stands for and why, and does something.

`docs/library.md` is the library as a page. When a scenario or its comment changes, write it anew: python tests/test_library.py
"""

import re
import textwrap
from pathlib import Path

import pytest

from sim import library, shipped
from sim.errors import InputError
from sim.library import LABELS, SECTIONS
from sim.organisation import run
from sim.reading import overlay, read_toml
from sim.scenario import Scenario, load, parse
from sim.sweeps import load_experiment

PAGE = Path(__file__).parents[1] / "docs" / "library.md"
CLAIMS = range(1, 81)
SAME = {"hub_and_spoke": "baseline"}  # a name of its own for what another does
NO_WHAT_IF = {"everything"}
LIBRARY = shipped.names("scenarios")


def file(name: str) -> Path:
    return shipped.folder("scenarios") / f"{name}.toml"


def comment(name: str) -> dict[str, str]:
    """The parts of a scenario's leading comment, by their labels, in their order."""
    return library.comment(file(name))


def small(plan: Scenario, **changes: int) -> Scenario:
    return plan.replaced({"organisation.employees": 120, **changes})


def digests(plan: Scenario) -> list[str]:
    plan = plan.replaced({"organisation.employees": 240})  # enough for a hub's team of more than one
    return [run(plan, seed).digest() for seed in (1, 2)]


def leaves(table: dict, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Paths of what a file sets: values, empty tables, and events also as a whole."""
    found = []
    for key, value in table.items():
        here = (*path, key)
        if here[0] == "events" and len(here) == 2:
            found.append(here)
        found += leaves(value, here) if isinstance(value, dict) and value else [here]
    return found


def left_out(table: dict, path: tuple[str, ...]) -> dict:
    """The table without what stands at a path."""
    key, *rest = path
    if rest:
        return {**table, key: left_out(table[key], tuple(rest))}
    return {name: value for name, value in table.items() if name != key}


def page() -> str:
    """`docs/library.md` as the files have it."""
    many = len(LIBRARY) - len(NO_WHAT_IF)
    blocks = [
        "# The library of what-ifs",
        f"{many} named scenarios, each an organisation that somebody who has been through it may recognise. The sources' claims "
        "are hypotheses: what a model makes of them is a finding, whether it agrees or not, so no number here was chosen for how "
        "a what-if comes out. Claims go by their numbers, as everywhere in the project; *on* names the scenario that one differs "
        "from.",
        "    unsilo show sponsor_leaves                             its parameters, with units, ranges and sources\n"
        "    unsilo compare baseline sponsor_leaves --runs 40       what it changes, under the same luck\n"
        "    unsilo compare rumour_with_crowd rumour_without_crowd  pairs that differ in one thing\n"
        "    unsilo sweep library                                   all of them beside the baseline",
        "Each file begins with the three parts below, which `unsilo show` prints. `unsilo new my.toml --extends sponsor_leaves` "
        "starts one of your own.",
    ]
    for section, names in SECTIONS.items():
        blocks.append(f"## {section}")
        for name in names:
            stands, sources, numbers = (comment(name)[label] for label in LABELS)
            on = read_toml(file(name)).get("extends")
            about = f" (on `{on}`)" if on else ""
            blocks.append(
                f"**`{name}`**{about}. {stands[0].upper()}{stands[1:]} *Sources:* {sources} *Numbers:* {numbers}"
            )
    whole = [
        block
        if block.startswith("    ")
        else textwrap.fill(block, 130, break_long_words=False, break_on_hyphens=False)
        for block in blocks
    ]
    return "\n\n".join(whole) + "\n"


def test_there_are_at_least_25_what_ifs():
    assert len(set(LIBRARY) - NO_WHAT_IF - set(SAME) - {"baseline"}) >= 25


@pytest.mark.parametrize("name", LIBRARY)
def test_a_leading_comment_says_what_it_stands_for_what_the_sources_say_and_whence_its_numbers(name):
    parts = comment(name)
    assert tuple(parts) == LABELS
    for label, text in parts.items():
        assert text.endswith("."), label
        assert len(text) < 500, label
    cited = " ".join(re.findall(r"\(claims? ([\d, -]+)", parts["Sources say"]))
    claims = {int(one) for one in re.findall(r"\d+", cited)}
    assert claims <= set(CLAIMS)
    assert claims or name in NO_WHAT_IF
    assert re.search(r"assumed|claim|\b(19|20)\d\d\b|default|range|[Tt]hose of|baseline", parts["Numbers"])


@pytest.mark.parametrize("name", LIBRARY)
def test_a_comment_names_no_scenario_that_does_not_ship(name):
    assert set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", " ".join(comment(name).values()))) <= set(LIBRARY)


@pytest.mark.parametrize("name", LIBRARY)
def test_a_what_if_differs_from_what_it_extends(name):
    parent = read_toml(file(name)).get("extends")
    if name in SAME:
        assert load(name).hash() == load(SAME[name]).hash()
    elif parent:
        assert load(name).hash() != load(parent).hash()
        assert load(name).title != load(parent).title


def test_no_two_titles_or_lines_about_are_alike():
    plans = [load(name) for name in LIBRARY]
    for field in ("title", "about"):
        assert len({getattr(plan, field) for plan in plans}) == len(plans)
    assert max(len(plan.about) for plan in plans) < 120


@pytest.mark.parametrize("name", LIBRARY)
def test_it_lives_thirty_weeks_small_and_its_whole_run_without_a_note(name):
    assert run(small(load(name), weeks=30), 1).week == 30
    whole = run(small(load(name)), 1)
    assert whole.week == whole.plan.weeks
    assert whole.notices == ()


@pytest.mark.parametrize("name", sorted(set(LIBRARY) - {"baseline"} - NO_WHAT_IF))
def test_every_key_that_it_sets_changes_the_run(name):
    """Left out, so that what it extends has its way, at least one of two runs is another."""
    data = read_toml(file(name))
    base = load(data.pop("extends")).tables()
    own = {key: value for key, value in data.items() if key not in ("title", "about")}
    whole = digests(parse(overlay(base, own)))
    assert whole == digests(load(name))
    for path in leaves(own):
        try:
            without = parse(overlay(base, left_out(own, path)))
        except InputError:  # an event's week, say, which it cannot do without
            continue
        assert digests(without) != whole, ".".join(path)


def test_the_library_s_experiment_runs_every_what_if_beside_the_baseline():
    names = load_experiment("library").scenarios
    assert names[0] == "baseline"
    assert sorted(names) == sorted(set(LIBRARY) - NO_WHAT_IF - set(SAME))


def test_the_page_is_what_the_files_say():
    listed = [name for names in SECTIONS.values() for name in names]
    assert sorted(listed) == LIBRARY
    assert PAGE.read_text() == page(), "write it anew: python tests/test_library.py"


if __name__ == "__main__":
    PAGE.write_text(page())
