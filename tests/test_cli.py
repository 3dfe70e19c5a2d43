"""The command line as people meet it: what it prints, and exit code 2 with one message a fault for wrong input."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sim.cli import COMMANDS, main
from sim.mechanisms import Events, Turnover, schedule
from sim.scenario import load, parameters
from sim.shipped import names

SMALL = ["--set", "organisation.employees=60", "--set", "weeks=40"]


@pytest.fixture
def unsilo(capsys, monkeypatch):
    """Call the command line in this process: exit code, standard output, standard error."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["unsilo", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        out = capsys.readouterr()
        return code, out.out, out.err

    return call


def test_help_names_every_command_and_needs_no_engine():
    text = "import sys; sys.argv = ['unsilo', '--help']\nfrom sim.cli import main\ntry: main()\nexcept SystemExit: pass\n"
    text += "print([m for m in ('numpy', 'mesa', 'numba', 'pydantic', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parents[1])  # fmt: skip
    for name in COMMANDS:
        assert name in done.stdout
    assert done.stdout.strip().endswith("[]"), "help must be instant: import nothing heavy"


def test_python_dash_m_sim_is_the_command():
    done = subprocess.run([sys.executable, "-m", "sim", "check", "baseline"], capture_output=True, text=True,
                          check=True, cwd=Path(__file__).parents[1])  # fmt: skip
    assert done.stdout == "baseline: the scenario is right\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(unsilo, name):
    code, out, _ = unsilo(name, "--help")
    assert code == 0
    assert out.startswith(f"Usage: unsilo {name}")


def test_an_experiment_of_scenarios_alone_is_checked_as_one(unsilo):
    assert unsilo("check", "library")[1] == "library: the experiment is right\n"


def test_scenarios_lists_what_ships(unsilo):
    code, out, _ = unsilo("scenarios")
    assert "[bold]" not in out
    assert code == 0
    for name in ("baseline", "media_strategy", "holistic", "sponsorship_funding_governance", "quickstart"):
        assert name in out
    heads = [
        "What kind of strategy",
        "business_strategy",
        "What is measured",
        "followers_as_goal",
        "experiment",
    ]
    assert sorted(heads, key=out.index) == heads
    for name in names("scenarios"):
        assert len(re.findall(rf"^ *{name} ", out, re.M)) == 1 + (name in names("experiments")), name
    found = json.loads(unsilo("scenarios", "--json")[1])
    assert found["scenarios"]["no_governance"]["title"] == "No governance"


def test_show_gives_value_unit_range_meaning_and_source(unsilo):
    code, out, _ = unsilo("show", "baseline", "--set", "funding.level=0.25")
    assert code == 0
    line = next(line for line in out.splitlines() if line.strip().startswith("funding.level"))
    for part in ("0.25", "units/head/year", "0..2"):
        assert part in line
    assert json.loads(unsilo("show", "baseline", "--json")[1])["funding"]["level"] == 0.5


def test_show_says_what_a_scenario_stands_for_what_sources_say_and_whence_its_numbers(unsilo, tmp_path):
    _, out, _ = unsilo("show", "rumour_with_crowd")
    assert "\nStands for: a public blunder in marketing" in out
    assert "(claim 66)" in out and "\nNumbers: week 208" in out
    (tmp_path / "own.toml").write_text('# a note\nextends = "baseline"\n')
    assert "Stands for" not in unsilo("show", str(tmp_path / "own.toml"))[1]


def test_show_groups_parameters_by_mechanism_and_lists_those_that_are_off_if_asked(unsilo):
    def heads(out):
        return [line.split("]")[0][1:] for line in out.splitlines() if line.startswith("[")]

    def keys(out):
        return {line.split()[0] for line in out.splitlines() if line.startswith(" turnover.")}

    _, out, _ = unsilo("show", "baseline")
    shown = heads(out)
    assert "[funding] Budgets, fixed by a schedule or earned by evidence" in out
    assert "turnover" not in shown and "turnover" in out.splitlines()[-1]
    _, out, _ = unsilo("show", "baseline", "--all")
    assert heads(out)[: len(shown)] == shown
    assert set(heads(out)[len(shown) :]) - {"events.NAME"} == {kind.name for kind in schedule()} - set(shown)
    assert "[turnover] off." in out
    assert keys(out) == {f"turnover.{key}" for key in Turnover.model_fields}
    assert "[turnover] off." not in unsilo("show", "everything", "--all")[1]


def test_show_all_tells_what_can_be_scripted_and_breaks_no_key(unsilo):
    _, out, _ = unsilo("show", "everything", "--all")
    words = {line.split()[0] for line in out.splitlines() if line.strip()}
    assert {key for key, *_ in parameters(load("everything")) if "." in key} <= words
    kinds = out[out.index("[events.NAME]") :]
    for name, kind in Events.kinds.items():
        assert f"\n{name}: {(kind.__doc__ or '').splitlines()[0]}" in kinds
        assert set(kind.model_fields) - {"what", "week"} <= set(kinds.split())


def test_new_writes_a_file_that_checks_and_can_be_uncommented(unsilo, tmp_path):
    file = tmp_path / "mine.toml"
    assert unsilo("new", file, "--extends", "no_governance")[0] == 0
    assert unsilo("check", file)[0] == 0
    text = file.read_text()
    keys = [line for line in text.splitlines() if line.startswith("# ")]
    assert len(keys) > 100
    everything = [line[2:] if line.startswith("# ") else line for line in text.splitlines()]
    file.write_text("\n".join(line for line in everything if not line.endswith("= null")))
    code, out, err = unsilo("check", file)
    assert (code, err) == (0, ""), out
    code, _, err = unsilo("new", file)
    assert code == 2
    assert "File exists" in err
    assert unsilo("new", tmp_path / "mine.txt")[0] == 2
    assert unsilo("new", tmp_path / "nowhere" / "mine.toml")[0] == 2


def test_check_lists_the_faults_of_all_files(unsilo, tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('extends = "baseline"\n[funding]\nlevel = 9\nmoed = 1\n')
    code, out, err = unsilo("check", "baseline", wrong, "quickstart", tmp_path / "none.toml")
    assert code == 2
    assert "baseline: the scenario is right" in out
    assert "quickstart: the experiment is right" in out
    assert err.count("unsilo: ") == 3
    assert "did you mean 'mode'?" in err
    assert "3 faults found" in err


def test_run_prints_stages_outcome_and_a_sentence(unsilo):
    code, out, err = unsilo("run", "baseline", "--seed", 1, "--set", "weeks=120")
    assert (code, err) == (0, "")
    for part in (
        "6 departments, 120 weeks, seed 1",
        "1 planning",
        "State by week: stalled 0-",
        "marketing",
        "C (commonest way)",
    ):
        assert part in out
    assert out.strip().splitlines()[-1].endswith(".")
    result = json.loads(unsilo("run", "baseline", *SMALL, "--json")[1])
    assert result["outcome"]["state"] == "stalled"
    assert result["stages"][0][0] == 0
    assert result["stages"][-1][1] == 40


def test_run_on_the_people_and_ties_of_a_real_organisation(unsilo, data):
    folder = data("krackhardt_hightech")
    code, out, err = unsilo("run", "baseline", "--roster", folder / "people.csv", "--ties", folder / "advice.csv",
                            "--reports", folder / "reports_to.csv", "--set", "weeks=40")  # fmt: skip
    assert code == 0
    assert "5 departments" in out
    assert "note: every practice fits 0.5" in err


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["run", "basline"], ["'basline'", "did you mean 'baseline'?"]),
        (["run", "baseline", "--set", "funding.levl=1"], ["funding.levl", "did you mean 'level'?"]),
        (["run", "baseline", "--set", "funding.level"], ["is not KEY=VALUE"]),
        (["run", "baseline", "--roster", "none.csv"], ["a roster and its ties go together"]),
        (["run", "baseline", "--roster", "none.csv", "--ties", "none.csv"], ["none.csv"]),
        (["run", "baseline", "--seed", "x"], ["'x' is not a valid integer"]),
        (["rnu"], ["No such command 'rnu'", "Did you mean 'run'?"]),
        (["compare", "baseline", "no_such"], ["'no_such'"]),
        (["compare", "baseline", "baseline", "--runs", "1"], ["--runs"]),
        (["show", "."], ["a .toml file"]),
    ],
)
def test_wrong_input_is_one_message_and_exit_code_2(unsilo, arguments, parts):
    code, out, err = unsilo(*arguments)
    assert code == 2
    assert "Traceback" not in err + out
    for part in parts:
        assert part in err


SWEPT = """
scenario = "baseline"
[[factors]]
key = "funding.level"
values = [0.1, 0.5]
"""
RANGED = (
    SWEPT.replace("values = [0.1, 0.5]", "low = 0.9\nhigh = 0.1") + '[design]\nkind = "sobol"\npoints = 4\n'
)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (
            SWEPT.replace("level", "levle"), [],
            "line 3, factor levle: unknown key 'funding.levle'; a key that `unsilo show` lists for the scenario"
            " (did you mean 'funding.level'?)",
        ),
        (
            SWEPT.replace("values", "value"), [],
            "line 3, factor level.value: unknown key; known here: key, keys, values, shares, low, high, distribution, mean, sd,"
            " mode, levels, label, names (did you mean 'values'?)",
        ),
        (RANGED, [], "line 3, factor level: a range from 0.9 to 0.1; low below high"),
        (
            "replicates = 60_000\n" + SWEPT, [],
            "replicates: 60,000 at each of 2 points: 120,000 runs; 100,000 runs or fewer, or --yes if you mean it",
        ),
        (
            SWEPT, ["--dask", "tcp://127.0.0.1:1"],
            "the address of a Dask scheduler that runs, as tcp://host:8786, or local",
        ),
    ],
)  # fmt: skip
def test_a_wrong_sweep_is_one_message_and_leaves_nothing(unsilo, tmp_path, monkeypatch, text, options, said):
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(text)
    code, out, err = unsilo("sweep", "mine.toml", "--quiet", *(options or ["--workers", "0"]))
    assert (code, out) == (2, "")
    (message,) = err.strip().splitlines()
    assert message.endswith(said)
    assert options or message.startswith(f"unsilo: {tmp_path / 'mine.toml'}: ")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]


def test_compare_reports_paired_differences_with_intervals(unsilo):
    code, out, _ = unsilo("compare", "baseline", "no_governance", "--runs", 4, "--workers", 1, *SMALL)
    assert code == 0
    for part in ("adoption at the end", "Over 4 pairs of runs", "95 % interval"):
        assert part in out
    result = json.loads(
        unsilo("compare", "baseline", "no_governance", "--runs", 4, "--workers", 1, *SMALL, "--json")[1]
    )
    assert result["pairs"] == 4
    assert {one["name"] for one in result["differences"]} >= {"A", "weeks_to_convergence", "share stalled"}
