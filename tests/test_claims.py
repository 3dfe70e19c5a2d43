"""Claims as experiments: files and their faults, contrasts against simulated truth, the one rule, and small runs."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sim.claims import contrasts, living, verdicts
from sim.claims.experiment import load_trial, load_trials
from sim.claims.page import MARKS, markdown
from sim.claims.readouts import Readout
from sim.claims.rows import FILE, folder, load_rows, numbers
from sim.claims.scales import SCALES, load_scales, standard
from sim.claims.sections import Claim
from sim.claims.telling import lines_of
from sim.cli import unsilo
from sim.errors import InputError
from sim.figures import claims as figures
from sim.organisation import run

PAGE = Path(__file__).parents[1] / "docs" / "claims.md"

SMALL = """
title = "Small"
about = "With and without governance, on a small scale."
set = { "organisation.employees" = 60, "weeks" = 40, "governance.founded" = 4 }

[changes.none]
"governance.form" = "none"

[changes.poor]
"funding.level" = 0.1

[arms]
usual = {}
none = { changes = ["none"] }
poor = { changes = ["poor"] }
poor_none = { changes = ["none", "poor"] }
again = { set = { "funding.level" = 0.5 } }     # what the baseline has: these runs are shared

[[claims]]
row = 16
says = "without governance, departments apart"
read = "V"
arms = ["usual", "none"]
expected = "+"
chosen_after_a_look = true

[[claims]]
row = 17
says = "with little money, adoption over all weeks"
read = "A"
how = "mean"
arms = ["again", "poor"]
expected = "-"
smallest = 0.01
sign = "built in"

[[claims]]
row = 18
says = "governance x money, on effective departments"
read = "extension"
contrast = "interaction"
arms = ["poor_none", "none", "poor", "usual"]
expected = "?"
smallest = 0.1

[[claims]]
row = 8
says = "marketing is the first"
read = "adoption"
how = "week reached"
level = 0.05
contrast = "extreme"
arms = ["usual"]
departments = ["marketing", "sales", "it"]
expected = "-"
smallest = 1.0

[[claims]]
row = 19
says = "firms that stall"
read = "share stalled"
contrast = "level"
arms = ["usual"]
expected = "+"
smallest = 0.1

[[explanations]]
row = 17
title = "Money"
found = ["built in"]
why = "Money buys courses. Without it nobody is taught."

[[explanations.panels]]
kind = "dots"
read = "share stalled"
arms = { usual = ["usual"], poor = ["poor"] }

[[explanations.panels]]
kind = "lines"
read = "extension"
x = "money"
at = ["little", "usual"]
arms = { hub = ["poor", "usual"], "no hub" = ["poor_none", "none"] }

[[explanations.panels]]
kind = "weeks"
read = "rumour"
weeks = [4, 40]
arms = { usual = ["usual"], poor = ["poor"] }

[[explanations]]
row = 18
found = ["no direction said"]
why = "As it is."

[[explanations]]
row = 16
title = "Governance"
found = ["agrees"]
why = "As it is."

[[explanations.panels]]
kind = "differences"
read = "A"
arms = { "no hub" = ["usual", "none"] }

[[explanations.panels]]
kind = "lines"
read = "adoption"
departments = ["marketing", "sales"]
arms = { usual = ["usual"] }
"""


@pytest.fixture
def place(tmp_path) -> Path:
    """A folder of claims of one's own: the shipped rows and one small experiment."""
    where = tmp_path / "own"
    where.mkdir()
    shutil.copy(folder() / FILE, where / FILE)
    shutil.copy(folder() / SCALES, where / SCALES)
    (where / "small.toml").write_text(SMALL)
    return where


def faults(file: Path) -> str:
    with pytest.raises(InputError) as error:
        load_trial(file)
    return str(error.value)


def test_every_claim_stands_once_and_is_asked_about_or_says_why_not():
    rows = load_rows(folder())
    assert list(rows) == list(range(1, 81))
    asked = set().union(*(trial.rows for trial in load_trials(folder())))
    for number, row in rows.items():
        assert (number in asked) != bool(row.why), number


def test_the_page_tells_each_claim_once_and_its_example_is_an_experiment(tmp_path):
    text = PAGE.read_text()
    told = re.findall(r"^\| (\d+) \|", text, re.M)
    assert [int(number) for number in told] == list(range(1, 81))
    (block,) = re.findall(r"```toml\n(.*?)```", text, re.S)
    (tmp_path / "example.toml").write_text(block)
    assert load_trial(tmp_path / "example.toml").rows == {60}


def test_the_page_explains_every_contradiction_and_shows_ten_light_pictures():
    text = PAGE.read_text()
    row, contradicted = 0, set()
    for cells in re.findall(r"^\| (\d*) \|.*\| ([a-z][a-z ]*)(?: \*)? \| [^|]* \|$", text, re.M):
        row = int(cells[0] or row)
        if cells[1] == "contradicts":
            contradicted.add(row)
    pictured = {int(number) for number in re.findall(r"^#### (\d+):", text, re.M)}
    told = pictured | {int(number) for number in re.findall(r"^- \*\*(\d+), ", text, re.M)}
    assert contradicted and contradicted <= told
    assert "to be looked at again" not in text
    assert len(pictured) == 10
    for number in pictured:
        picture = PAGE.parent / "claims" / f"claim-{number:02d}.png"
        assert f"](claims/{picture.name})" in text
        assert picture.stat().st_size < 60_000


def test_sizes_of_interest_go_by_the_read_out_and_say_why():
    scales = load_scales(folder())
    assert all(scale.because and scale.smallest for scale in scales.values())
    for trial in load_trials(folder()):
        for claim in trial.experiment.claims:
            assert trial.because(claim), (trial.name, claim.says)
            assert claim.smallest or trial.smallest(claim) == standard(claim, scales)


def test_wrong_scales_are_told(place):
    (place / SCALES).write_text(
        'A = { words = "adoption", unit = "share", smallest = { end = 0.0 } }\nVV = { words = "x", unit = "y" }\n'
        'C = { unit = "y" }\n'
    )
    with pytest.raises(InputError) as error:
        load_trials(place)
    told = str(error.value)
    assert f"{place / SCALES}: line 1, A.smallest: found 0 for 'end'; a size above 0" in told
    assert "line 2, VV: no read-out; one of A," in told
    assert "line 3, C.words: is missing" in told


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("says = \"firms that stall\"", "say = \"x\"", "claim 5.say: unknown key; known here:"),
        ("arms = [\"usual\"]", "arms = [\"usuall\"]", "claim 5.arms: found 'usuall'; one of usual, none"),
        ("arms = [\"usual\"]", "arms = [\"usuall\"]", "did you mean 'usual'?"),
        ("\"share stalled\"", "\"share stalling\"", "did you mean 'share stalled'?"),
        ("\"extension\"", "\"extention\"", "did you mean 'extension'?"),
        ("contrast = \"level\"", "contrast = \"levl\"", "did you mean 'level'?"),
        ("expected = \"?\"", "expected = \"more\"", "claim 3.expected: found 'more'; allowed:"),
        ("row = 19", "row = 81", "claim 5.row: found 81"),
        ("contrast = \"interaction\"", "contrast = \"difference\"", "takes two arms"),
        ("contrast = \"interaction\"", "contrast = \"slope\"", "one for each arm of a slope"),
        ("how = \"mean\"", "how = \"week reached\"", "claim 2.level: a week is reached at a level"),
        ("how = \"mean\"", "weeks = [10, 400]", "claim 2.weeks: found [10, 400]; first and last week, 0 to 40"),
        ("read = \"extension\"", "read = \"relapses\"\nhow = \"mean\"", "'relapses' has no weeks"),
        ("read = \"extension\"", "read = \"adoption\"", "department and read = 'adoption' together"),
        ("\"marketing\", \"sales\"", "\"marketing\", \"sale\"", "did you mean 'sales'?"),
        ("changes = [\"poor\"]", "changes = [\"pore\"]", "arms.poor.changes: found 'pore'; one of none, poor"),
        ("[changes.none]", "[changes.none]\n\"governance.forms\" = 1", "arms.none, governance.forms: unknown key"),
        ("none = {", "none = { scenario = \"baselin\", ", "did you mean 'baseline'?"),
        ("none = { changes", "none = { set = { weeks = 50 }, changes", "of different lengths"),
        ("smallest = 0.1\n", "smallest = 0.0\n", "found 0.0"),
        ("read = \"V\"", "read = \"practising\"", "claim 1.smallest: is missing; a size, or one for 'end' of 'practising'"),
        ("kind = \"dots\"", "kind = \"dot\"", "did you mean 'dots'?"),
        ("kind = \"dots\"", "kind = \"differences\"", "explanation 1.panel 1.arms.usual: found 1; 2 a label here"),
        ("at = [\"little\", \"usual\"]", "at = [1.0]", "explanation 1.panel 2.arms.hub: found 2; 1 a label here"),
        ("hub = [\"poor\", \"usual\"]", "hub = [\"poor\", \"usul\"]", "did you mean 'usual'?"),
        ("read = \"rumour\"", "read = \"rumor\"", "did you mean 'rumour'?"),
        ("read = \"rumour\"", "read = \"relapses\"", "a series of which all weeks are drawn"),
        ("weeks = [4, 40]", "weeks = [4, 41]", "explanation 1.panel 3.weeks: found [4, 41]"),
        ("departments = [\"marketing\", \"sales\"]\narms", "departments = [\"marketin\"]\narms", "did you mean 'marketing'?"),
        ("found = [\"built in\"]", "found = [\"built\"]", "did you mean 'built in'?"),
        ("found = [\"built in\"]", "found = [\"agrees\", \"agrees\"]", "2 verdicts; one for each of the 1 claims"),
        ("title = \"Money\"\n", "", "explanation 1.title: is missing"),
        ("title = \"Small\"", "titel = \"Small\"", "titel: unknown key"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_key_by_key(place, old, new, said):
    file = place / "small.toml"
    assert old in SMALL
    file.write_text(SMALL.replace(old, new))
    told = faults(file)
    assert said in told
    assert all(line.startswith(str(file)) for line in told.splitlines())


def test_rows_that_are_missing_or_wrong_are_told(place):
    text = (place / FILE).read_text()
    kept = [line for line in text.splitlines() if not line.startswith("7 =")]
    wrong = [
        re.sub('tag = "mechanism"', 'tag = "mechanisms"', line) if line.startswith("9 =") else line
        for line in kept
    ]
    (place / FILE).write_text(
        "\n".join([*wrong, '81 = { source = "S0", claim = "x", tag = "property", sign = "emergent" }'])
    )
    with pytest.raises(InputError) as error:
        load_rows(place)
    told = str(error.value)
    assert "7: is missing" in told
    assert "9.tag: found 'mechanisms'" in told and "did you mean 'mechanism'?" in told
    assert "81: no claim has this number" in told


def test_numbers_and_ranges():
    assert numbers(("17", "30-32", "31")) == [17, 30, 31, 32]
    assert numbers(()) == list(range(1, 81))
    for word in ("0", "81", "5-3", "x", "3-", "-3"):
        with pytest.raises(InputError, match=r"numbers or rising ranges"):
            numbers((word,))


TRUTH = [
    ("level", [0.3], (), 0.3),
    ("difference", [0.2, 0.5], (), 0.3),
    ("interaction", [0.0, 0.2, 0.3, 0.9], (), 0.4),
    ("interaction", [0.0, 0.1, 0.1, 0.2, 0.1, 0.2, 0.2, 0.8], (), 0.5),
    ("main", [0.0, 0.2, 0.3, 0.9], (), 0.5),
    ("slope", [0.0, 0.2, 0.4], (1.0, 2.0, 3.0), 0.2),
    ("order", [0.0, 0.1, 0.4], (), 0.1),
    ("extreme", [0.5, 0.2, 0.4], (), 0.1),
    ("inner", [0.1, 0.4, 0.2], (), 0.2),
    ("inner", [0.1, 0.2, 0.3, 0.5], (), -0.2),
]


@pytest.mark.parametrize(("kind", "means", "doses", "truth"), TRUTH)
def test_intervals_hold_the_truth_19_times_in_20(kind, means, doses, truth):
    rng, held = np.random.default_rng(1), 0
    for _ in range(600):
        luck = rng.normal(0.0, 1.0, (25, 1))  # which arms share
        values = np.array(means) + luck + rng.normal(0.0, 0.3, (25, len(means)))
        found = contrasts.estimate(values, kind, doses)
        if kind == "level":
            assert found.pairs == 25
        held += found.low <= truth <= found.high
        assert found.wide_low == found.low and found.low <= found.value <= found.high
    assert held >= 0.925 * 600
    if len(contrasts.parts(kind, len(means), doses)[0]) == 1:
        assert held <= 0.975 * 600


@pytest.mark.parametrize(
    ("kind", "chances"),
    [
        ("level", [0.1]),
        ("difference", [0.1, 0.3]),
        ("interaction", [0.1, 0.3, 0.3, 0.9]),
        ("extreme", [0.9, 0.5, 0.2]),
    ],
)
def test_intervals_of_shares_hold_the_truth(kind, chances):
    rng, held = np.random.default_rng(2), 0
    truth = {"level": 0.1, "difference": 0.2, "interaction": 0.4, "extreme": 0.4}[kind]
    for _ in range(300):
        values = (rng.random((30, 1)) < np.array(chances)).astype(float)  # the same luck in all arms
        found = contrasts.estimate(values, kind, share=True)
        held += found.low - 1e-9 <= truth <= found.high + 1e-9
    assert held >= 0.925 * 300


def test_a_claim_of_less_turns_order_extreme_and_inner_round():
    values = np.random.default_rng(3).normal([0.5, 0.2, 0.4], 0.01, (20, 3))
    assert contrasts.estimate(values[:, [1, 0, 2]], "extreme", down=True).low > 0.1
    assert contrasts.estimate(values, "inner", down=True).low > 0.1
    assert contrasts.estimate(values[:, [0, 2, 1]], "order", down=True).low > 0.05
    assert contrasts.estimate(values[:, :2], "difference", down=True).high < 0.0


def test_a_seed_that_an_arm_lacks_is_left_out_of_all():
    values = np.array([[0.0, 1.0], [0.0, np.nan], [0.0, 2.0]])
    found = contrasts.estimate(values, "difference")
    assert (found.value, found.pairs) == (1.5, 2)


def test_more_claims_make_wider_intervals():
    values = np.random.default_rng(4).normal(size=(20, 2))
    found = contrasts.estimate(values, "difference", claims=50)
    assert found.wide_low < found.low < found.high < found.wide_high


@pytest.mark.parametrize(
    ("low", "high", "expected", "said"),
    [
        (0.2, 0.4, "+", verdicts.AGREES),
        (0.01, 0.4, "+", verdicts.AGREES),
        (0.01, 0.04, "+", verdicts.NONE),
        (-0.04, 0.04, "+", verdicts.NONE),
        (-0.04, 0.2, "+", verdicts.UNDECIDED),
        (-0.4, -0.2, "+", verdicts.CONTRADICTS),
        (-0.4, -0.2, "-", verdicts.AGREES),
        (0.2, 0.4, "-", verdicts.CONTRADICTS),
        (-0.04, 0.04, "0", verdicts.AGREES),
        (0.01, 0.2, "0", verdicts.UNDECIDED),
        (0.1, 0.2, "0", verdicts.CONTRADICTS),
        (0.1, 0.2, "?", verdicts.OPEN),
    ],
)
def test_the_one_rule(low, high, expected, said):
    assert verdicts.verdict(low, high, expected, 0.1 if (low, high) == (0.1, 0.2) else 0.05) == said


def test_readouts_are_what_a_record_says(small):
    record = run(small(), 1)
    for readout, value in [
        (Readout(read="A"), record.outcome.A),
        (Readout(read="weeks_to_convergence"), 104.0),
        (Readout(read="share stalled"), float(record.outcome.state == "stalled")),
        (Readout(read="A", how="mean", weeks=[10, 20]), record["A"][10:21].mean()),
        (Readout(read="knows"), record["knows"][-1]),
        (Readout(read="A", how="week reached", level=2.0), 104.0),
        (Readout(read="A", how="week reached", level=0.0), 0.0),
        (Readout(read="adoption", department="marketing"), record.adoption[-1, record.departments.index("marketing")]),
        (Readout(read="by_practice", practice="listening", how="max"), record.by_practice[:, 0].max()),
    ]:  # fmt: skip
        assert readout.of_record(record) == pytest.approx(value), readout


def test_findings_are_those_of_the_runs(place, tmp_path):
    (trial,) = load_trials(place)
    findings = living.live([trial], range(1, 81), 3, tmp_path / "into", workers=0).findings
    assert [one.claim.row for one in findings] == [8, 16, 17, 18, 19]
    for finding in findings:
        claim = finding.claim
        values = np.array(
            [
                [readout.of_record(run(trial.plans[arm], seed)) for _, arm, readout in claim.columns]
                for seed in (1, 2, 3)
            ]
        )
        down = claim.expected == "-"
        again = contrasts.estimate(
            values, claim.contrast, claim.doses, down, claim.against, claim.is_share, 5
        )
        assert vars(finding.found) == pytest.approx(vars(again), abs=1e-6, nan_ok=True)
        assert finding.means == pytest.approx(values.mean(axis=0), abs=1e-6)


def test_panels_show_what_runs_say(place, tmp_path):
    (trial,) = load_trials(place)
    told = living.live([trial], [16, 17], 4, tmp_path / "into", workers=0, seed=7)
    assert told.seeds == range(7, 11)
    money, hub = (one for _, one in told.explained[::-1])
    runs = {
        arm: [run(trial.plans[arm], seed) for seed in told.seeds]
        for arm in ("usual", "none", "poor", "poor_none")
    }
    stalled, lines, weeks = (figures.table(told.reading, trial, panel) for panel in money.panels)
    assert list(stalled["label"]) == ["usual", "poor"]
    assert list(stalled["mean"]) == [
        np.mean([one.outcome.state == "stalled" for one in runs[arm]]) for arm in ("usual", "poor")
    ]
    assert stalled["low"].between(0, 1).all() and (stalled["n"] == 4).all()
    wide = Readout(read="extension")
    for (_, row), arm in zip(lines.iterrows(), ("poor", "usual", "poor_none", "none"), strict=True):
        values = np.array([wide.of_record(one) for one in runs[arm]])
        assert row["mean"] == pytest.approx(values.mean())
        assert (row["low"], row["high"]) == pytest.approx(contrasts.interval(values, False, np.ones(1), 0.05))
    assert len(weeks) == 2 * 37 and list(weeks["place"][:2]) == [4, 5]
    change, places = (figures.table(told.reading, trial, panel) for panel in hub.panels)
    apart = [
        none.outcome.A - usual.outcome.A for usual, none in zip(runs["usual"], runs["none"], strict=True)
    ]
    assert change["mean"].item() == pytest.approx(np.mean(apart), abs=1e-6)
    assert list(places["place"]) == [0, 1]
    assert places["mean"].iloc[1] == pytest.approx(
        np.mean([one.adoption[-1, 1] for one in runs["usual"]]), abs=1e-6
    )
    for one in (money, hub):
        drawn = figures.draw(told.reading, trial, one, told.seeds)
        assert len(drawn.axes) == len(one.panels)
        assert "n\u00a0=\u00a04 seeds (7-10)" in drawn._supxlabel.get_text()
    with pytest.raises(InputError, match=r"set: small: usual, weeks: found \[4, 40\]"):
        living.live([trial], [17], 2, tmp_path / "short", workers=0, changes={"weeks": 30})


def test_workers_read_off_what_this_process_does(place, tmp_path):
    trials, caches = load_trials(place), []
    for workers in (0, 2):
        into = tmp_path / str(workers)
        told = []
        living.live(trials, [17, 18], 2, into, workers=workers, again=lambda *at, told=told: told.append(at))
        caches.append(sorted((into / living.CACHE).read_text().splitlines()))
        assert told[0] == (0, 8) and told[-1] == (8, 8)
    assert caches[0] == caches[1] and len(caches[0]) == 2 * 4 + 2 * 2


def test_interrupted_or_not_the_table_is_the_same(place, tmp_path):
    rows, trials = load_rows(place), load_trials(place)

    def table(into: Path, runs: int, asked=range(1, 81)) -> str:
        return markdown(rows, lines_of(rows, living.live(trials, asked, runs, into, workers=0).findings), "")

    whole = table(tmp_path / "whole", 4)
    table(tmp_path / "broken", 2, asked=[18])
    cache = tmp_path / "broken" / living.CACHE
    cache.write_text(cache.read_text()[:-20])  # cut off in the middle of a line
    calls = []

    def stop(standing):
        calls.append(standing)
        if standing.fresh >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        living.live(trials, range(1, 81), 4, tmp_path / "broken", workers=0, progress=stop)
    assert calls
    assert table(tmp_path / "broken", 4) == whole
    lines = [json.loads(line) for line in cache.read_text().splitlines() if line.endswith("]")]
    assert len(lines) == len({(key, spec) for key, spec, _ in lines}) == 4 * (4 + 3 + 2 + 2)


def test_the_command_tells_all_rows_once_and_writes_them_into_a_page(place, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n{MARKS.begin}\nwhat stood here\n{MARKS.end}\nafter\n")
    words = [
        "claims",
        "--from",
        str(place),
        "--runs",
        "3",
        "--workers",
        "0",
        "--quiet",
        "--into",
        str(tmp_path / "into"),
    ]
    done = CliRunner().invoke(unsilo, [*words, "--write", str(page)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    text = page.read_text()
    assert text.startswith("# Before\n") and text.endswith("after\n") and "what stood here" not in text
    assert [int(n) for n in re.findall(r"^\| (\d+) \|", text, re.M)] == list(range(1, 81))
    assert "3 seeds of each arm, 1 to 3" in text
    assert "without governance, departments apart † (V)" in text and "† (A" not in text
    assert "![Money](page/claim-17.png)" in text and "](page/claim-16.png)" in text
    assert {path.name for path in (tmp_path / "page").iterdir()} == {"claim-16.png", "claim-17.png"}
    assert "- **18, " in text and "As it is." in text
    done = CliRunner().invoke(unsilo, [*words, "16-18", "--json"], catch_exceptions=False)
    told = json.loads(done.stdout)
    assert list(told["claims"]) == ["16", "17", "18"]
    assert told["claims"]["17"]["findings"][0]["verdict"] == "built in"
    assert told["claims"]["16"]["findings"][0]["means"][0]["of"] == "usual"


def test_a_page_without_marks_is_refused(tmp_path):
    (tmp_path / "page.md").write_text("no marks")
    with pytest.raises(InputError, match="no marks"):
        MARKS.write(tmp_path / "page.md", "x")


def test_an_explanation_of_other_verdicts_is_said_to_be_one(place, tmp_path):
    (place / "small.toml").write_text(SMALL.replace('found = ["no direction said"]', 'found = ["agrees"]'))
    page = tmp_path / "page.md"
    page.write_text(f"{MARKS.begin}\n{MARKS.end}\n")
    words = ["claims", "--from", str(place), "--runs", "2", "--workers", "0", "--quiet", "--seed", "5"]
    done = CliRunner().invoke(unsilo, [*words, "--into", str(tmp_path / "into"), "--write", str(page)])
    assert done.exit_code == 0
    assert "why claim 18 comes out as it does: written for agrees; found no direction said" in done.stderr
    assert (
        "As it is. (written for agrees; found no direction said: to be looked at again.)" in page.read_text()
    )
    assert "2 seeds of each arm, 5 to 6" in page.read_text()


def test_what_cannot_be_written_is_told_before_anything_is_lived(place, tmp_path):
    (tmp_path / "file").write_text("x")
    for option, path in (("--figures", tmp_path / "file" / "x"), ("--write", tmp_path / "none" / "page.md")):
        with pytest.raises(InputError, match=f"{option}: "):
            CliRunner().invoke(
                unsilo, ["claims", "--from", str(place), "--into", str(tmp_path / "into"), option, str(path)],
                catch_exceptions=False,
            )  # fmt: skip
    assert not (tmp_path / "into").exists()


@pytest.mark.parametrize("smallest", ["0.0001", "0.9"])
def test_a_sign_that_is_built_in_and_comes_out_reversed_is_told_however_small(place, tmp_path, smallest):
    turned = SMALL.replace('expected = "-"\nsmallest = 0.01', f'expected = "+"\nsmallest = {smallest}')
    assert turned != SMALL
    (place / "small.toml").write_text(turned)
    words = ["claims", "17", "--from", str(place), "--runs", "8", "--workers", "0", "--quiet"]
    done = CliRunner().invoke(unsilo, [*words, "--into", str(tmp_path / "into")])
    assert done.exit_code == 1
    assert "Claim 17: built in, yet reversed" in done.stderr


def test_claims_know_their_read_outs_by_name():
    claim = Claim(row=1, says="x", read="A", arms=["a", "b"], expected="+", smallest=0.1)
    assert not claim.weekly and not claim.is_share
