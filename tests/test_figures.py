"""Figures: what is drawn is what the runs say, and every file says which runs it shows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from itertools import pairwise, product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib.text
import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread
from scipy import stats

from sim import cli
from sim.analysis.comparison import Comparison
from sim.errors import InputError
from sim.figures import FIGURES, adoption, difference, draw, phase, plot, save_difference, shares, wanted
from sim.figures.selection import select
from sim.mechanisms.maturity import STAGES
from sim.outcome import STATES, Outcome
from sim.scenario import load
from sim.sweeps import Experiment, sweep

KEYS = {
    "governance": "governance.form",
    "sponsorship": "sponsorship.engagement",
    "funding": "funding.level",
    "mandate": "governance.mandate",
}
End = Callable[..., tuple[str, float]]


class Made:
    """Results of runs that nobody lived: `end(seed, **levels)` says in which state and at which A one ends."""

    def __init__(
        self, end: End, seeds: int = 4, weeks: int = 120, departments: int = 3, missing: tuple[int, ...] = (),
        figures: tuple[str, ...] = (), **factors: list[Any],
    ) -> None:  # fmt: skip
        asked = [{"key": KEYS[label], "label": label, "values": levels} for label, levels in factors.items()]
        self.experiment = Experiment(
            name="made", scenario="baseline", factors=asked, replicates=seeds, figures=list(figures)
        )
        self.factors, self.weeks, self.folder = factors, weeks, Path("made")
        self.departments = tuple(f"department_{n}" for n in range(departments))
        rows = []
        for point, at in enumerate(product(*factors.values())):
            levels = dict(zip(factors, at, strict=True))
            for seed in range(1, seeds + 1):
                state, A = end(seed, **levels)
                values = dict.fromkeys((field.name for field in fields(Outcome)), 0.0)
                values |= {"state": state, "A": A, "first_converged": np.nan}
                rows.append({"point": point, **levels, "seed": seed, **values})
        frame = pd.DataFrame(rows)
        self.points = frame[["point", *factors]].drop_duplicates()
        self.missing = frame.iloc[list(missing)]
        self.runs = frame.drop(index=list(missing)).reset_index(drop=True)

    def series(self, name: str) -> np.ndarray:
        """A grows evenly; a run has its last state, and the stage of that number, from the middle on."""
        week = np.arange(self.weeks + 1)
        if name == "A":
            return np.outer(self.runs["A"], week / self.weeks)
        late = self.runs["state"].map(STATES.index).to_numpy()[:, None] + (name == "stage")
        return np.where(week < self.weeks / 2, float(name == "stage"), late)

    def adoption(self) -> np.ndarray:
        """The first department adopts as the organisation does, the last four tenths as much."""
        return self.series("A")[:, :, None] * np.linspace(1, 0.4, len(self.departments))

    def scenario(self, point: int) -> Any:
        return load("baseline", {"weeks": self.weeks})


FORMS = ["none", "decentralised", "hub_and_spoke"]


def mixed(seed: int, governance: str = "none", sponsorship: float = 0.5, **_: Any) -> tuple[str, float]:
    """Hubs converge from a sponsorship of .5 on, half of the other runs are siloed, and odd seeds stall."""
    if governance == "hub_and_spoke" and sponsorship >= 0.5:
        return "converged", 0.8 + seed / 100
    return ("stalled", 0.1) if seed % 2 else ("siloed", 0.3 + 0.1 * FORMS.index(governance) + seed / 100)


def caption(figure: Any) -> str:
    return " ".join(figure._supxlabel.get_text().split())


def title(figure: Any) -> str:
    return " ".join(figure._suptitle.get_text().split())


def test_phase_map_names_the_commonest_state_of_each_cell() -> None:
    def end(seed: int, governance: str, sponsorship: float, funding: float) -> tuple[str, float]:
        if governance == "none":
            return ("siloed" if seed <= 3 else "mixed"), sponsorship
        return ("converged" if funding > 0.5 or seed <= 2 else "stalled"), sponsorship

    made = Made(end, governance=["none", "holistic"], funding=[0.1, 1.0], sponsorship=[0.2, 0.4])
    selection = select(made, {}, room=3, axes=2)
    drawn = phase.table(selection).set_index(["governance", "sponsorship", "funding"]).sort_index()
    assert phase.levers(selection) == ("sponsorship", "funding", "governance")
    assert len(drawn) == 8
    assert (drawn["n"] == 4).all()
    assert (drawn.loc["none", "state"] == "siloed").all()
    assert (drawn.loc["none", "siloed"] == 0.75).all()
    assert (drawn.loc[("holistic", slice(None), 1.0), "state"] == "converged").all()
    assert (drawn.loc[("holistic", slice(None), 0.1), "state"] == "split").all()
    assert (drawn[list(STATES)].sum(axis=1) == 1).all()
    figure = draw(made, "phase")
    written = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert written.count("siloed\n75\u00a0%") == 4
    assert written.count("split") == 2
    assert title(figure).endswith("holistic 2 of 4, none 0 of 4")


def test_names_take_the_y_axis_and_a_lone_factor_the_x_axis() -> None:
    for both in (
        {"governance": FORMS, "sponsorship": [0.1, 0.9]},
        {"sponsorship": [0.1, 0.9], "governance": FORMS},
    ):
        assert phase.levers(select(Made(mixed, **both), {}, room=3, axes=2)) == (
            "sponsorship",
            "governance",
            None,
        )
    alone = Made(mixed, governance=FORMS)
    assert phase.levers(select(alone, {}, room=3, axes=2)) == ("governance", None, None)


def test_axes_have_the_units_of_what_they_set() -> None:
    figure = draw(Made(mixed, governance=FORMS, funding=[0.1, 0.5]), "phase")
    assert figure.axes[0].get_xlabel() == "funding (units/head/year)"
    assert figure.axes[0].get_ylabel() == "governance"


def test_adoption_bands_are_percentiles_of_the_runs() -> None:
    made = Made(mixed, seeds=9, governance=FORMS)
    drawn = adoption.table(select(made, {}, room=1))
    for level, d in product(FORMS, range(3)):
        rows = np.flatnonzero(made.runs["governance"] == level)
        here = drawn[(drawn["level"] == level) & (drawn["department"] == f"department_{d}")]
        values = made.adoption()[rows, :, d]
        assert here["week"].tolist() == list(range(121))
        assert np.allclose(here["median"], np.median(values, axis=0))
        assert np.allclose(here["low"], np.quantile(values, 0.1, axis=0))
        assert np.allclose(here["high"], np.quantile(values, 0.9, axis=0))
        assert (here["n"] == 9).all()


def test_adoption_that_is_alike_is_said_to_be() -> None:
    alike = Made(
        lambda seed, governance: ("mixed", 0.001 + 0.001 * FORMS.index(governance)), governance=FORMS
    )
    assert title(draw(alike, "adoption")) == (
        "Departments end as far apart at all levels, with governance hub and spoke at 0 % in all of them"
    )
    assert title(draw(Made(mixed, governance=FORMS), "adoption")).startswith(
        "Departments end furthest apart with"
    )


def test_of_one_department_it_is_said_where_it_ends_highest() -> None:
    made = Made(mixed, seeds=1, departments=1, governance=FORMS, sponsorship=[0.5])
    assert title(draw(made, "adoption")) == (
        "Adoption ends highest with governance hub and spoke, at 81 %, and lowest with none, at 10 %"
    )
    alike = Made(lambda seed, governance: ("mixed", 0.2), departments=1, governance=FORMS)
    assert title(draw(alike, "adoption")) == "Adoption ends at 20 % at all levels"
    alone = Made(lambda seed: ("mixed", 0.2), departments=1)
    assert title(draw(alone, "adoption")) == "Adoption ends at 20 %"


def test_long_names_beside_each_other_do_not_touch() -> None:
    names = ["none", "decentralised", "centralised", "hub_and_spoke", "multiple_hubs", "holistic"]
    made = Made(lambda seed, governance: ("mixed", 0.2), governance=names)
    figure = draw(made, "phase")
    boxes = [text.get_window_extent() for text in figure.axes[0].get_xticklabels()]
    assert all(left.x1 + 4.0 < right.x0 for left, right in pairwise(boxes))


def test_names_of_one_long_word_stand_slanted_beside_each_other_and_whole() -> None:
    names = [f"Kommunikationsabteilung{n}" for n in range(6)]
    figure = draw(Made(lambda seed, governance: ("mixed", 0.2), governance=names), "phase")
    labels = figure.axes[0].get_xticklabels()
    assert [label.get_text() for label in labels] == names
    ends = [label.get_transform().transform(label.get_position())[0] for label in labels]
    slant = np.radians(labels[0].get_rotation())
    for label, (left, right) in zip(labels, pairwise(ends), strict=False):
        label.set_rotation(0)
        assert (right - left) * np.sin(slant) > label.get_window_extent().height


def test_of_many_departments_the_extremes_are_shown() -> None:
    figure = draw(Made(mixed, departments=11), "adoption")
    shown = [ax.get_title() for ax in figure.axes]
    assert shown == [f"department {n}" for n in (0, 1, 2, 3, 7, 8, 9, 10)]
    assert "4 highest and 4 lowest of 11 departments" in caption(figure)


def test_shares_of_states_have_wilson_intervals() -> None:
    made = Made(mixed, seeds=5, governance=FORMS)
    drawn = shares.table(select(made, {}, room=1), "state")
    last = drawn[drawn["week"] == 120].set_index(["level", "name"])
    assert last.loc[("none", "stalled"), "share"] == 0.6
    assert last.loc[("none", "siloed"), "share"] == 0.4
    assert last.loc[("hub_and_spoke", "converged"), "share"] == 1.0
    for _, row in last.iterrows():
        exact = stats.binomtest(round(5 * row["share"]), 5).proportion_ci(0.95, method="wilson")
        assert (row["low"], row["high"]) == pytest.approx((exact.low, exact.high))
    assert np.allclose(drawn.groupby(["level", "week"])["share"].sum(), 1)


def test_stages_of_one_run_are_its_ribbon() -> None:
    made = Made(lambda seed: ("siloed", 0.4), seeds=1, weeks=52)
    drawn = shares.table(select(made, {}, room=1), "stage")
    ribbon = drawn[drawn["share"] == 1].sort_values("week")
    names = [f"{n} {name}" for n, name in enumerate(STAGES, 1)]
    assert ribbon["name"].tolist() == [names[0]] * 26 + [names[STATES.index("siloed")]] * 27
    figure = draw(made, "stages")
    assert title(figure) == "The run ends in stage 3 engagement"
    assert sorted(text.get_text() for text in figure.axes[0].texts) == ["1", "3"]


def test_difference_pairs_runs_of_the_same_seed() -> None:
    made = Made(mixed, seeds=6, missing=(1, 15), governance=FORMS)
    selection = difference.selection(made, {})
    assert selection.levels["governance"] == ["none", "hub_and_spoke"]
    a, b = difference.pairs(selection)
    assert made.runs["seed"].iloc[a].tolist() == made.runs["seed"].iloc[b].tolist() == [1, 3, 5, 6]
    drawn = difference.table(selection)
    end = [made.runs["A"].to_numpy()[side] for side in (b, a)]
    interval = stats.ttest_rel(*end).confidence_interval(0.95)
    assert drawn["mean"].iloc[-1] == pytest.approx(np.mean(end[0] - end[1]))
    assert (drawn["low"].iloc[-1], drawn["high"].iloc[-1]) == pytest.approx((interval.low, interval.high))
    assert difference.comparison(selection).flips == {("stalled", "converged"): 3, ("siloed", "converged"): 1}
    figure = draw(made, "difference")
    assert "4 of 4 runs end in another state" in title(figure)
    assert "2 of 12 runs have not finished" in caption(figure)


def test_one_pair_has_no_interval() -> None:
    made = Made(mixed, seeds=1, governance=FORMS)
    assert difference.table(difference.selection(made, {}))[["low", "high"]].isna().all(axis=None)
    assert title(draw(made, "difference")).endswith("+71 points; converged instead of stalled")


def test_names_vary_first_and_numbers_are_held_in_the_middle() -> None:
    made = Made(mixed, sponsorship=[0.9, 0.1, 0.3], governance=FORMS, mandate=[0.2, 0.4])
    selection = select(made, {}, room=1)
    assert selection.free == ["governance"]
    assert selection.levels == {"sponsorship": [0.3], "governance": FORMS, "mandate": [0.4]}
    assert "all with sponsorship 0.3 and mandate 0.4" in caption(draw(made, "states"))
    asked = select(made, {"sponsorship": [0.1, 0.9]}, room=1)
    assert asked.free == ["sponsorship"]
    assert asked.levels["governance"] == ["none"]


def test_captions_tell_runs_seeds_and_what_is_missing() -> None:
    figure = draw(Made(mixed, missing=(3, 11), governance=FORMS), "states")
    assert (
        "n = 3 to 4 runs a panel (seeds 1-4); 2 of 12 runs have not finished. Experiment: made."
        in caption(figure).replace("\u00a0", " ")
    )


def test_levels_without_a_finished_run_are_left_blank() -> None:
    made = Made(mixed, missing=(0, 1, 2, 3), governance=FORMS)
    for name in ("adoption", "stages", "states"):
        assert "no run" in [text.get_text() for ax in draw(made, name).axes for text in ax.texts]
    assert difference.selection(made, {}).levels["governance"] == ["decentralised", "hub_and_spoke"]


def test_axes_are_labelled_at_the_left_and_where_no_panel_follows_below() -> None:
    panels = draw(Made(mixed, seeds=1, sponsorship=[0.1, 0.2, 0.3, 0.4, 0.5]), "stages").axes
    assert [bool(ax.get_xlabel()) for ax in panels] == [False, False, True, True, True]
    assert [ax.xaxis.get_tick_params()["labelbottom"] for ax in panels] == [False, False, True, True, True]
    panels = draw(Made(mixed, governance=FORMS, sponsorship=[0.1, 0.9]), "adoption").axes
    assert [ax.get_ylabel() for ax in panels] == [
        "none",
        "",
        "",
        "decentralised",
        "",
        "",
        "hub and spoke",
        "",
        "",
    ]


CASES: dict[str, dict[str, Any]] = {
    "one run": {"seeds": 1, "weeks": 60},
    "one factor": {"sponsorship": [0.1, 0.9]},
    "many levels": {"seeds": 2, "mandate": [n / 10 for n in range(7)], "sponsorship": [0.1, 0.5]},
}


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_cut_off_and_the_legend_keeps_clear(case: str) -> None:
    made = Made(mixed, **CASES[case])
    for name, kind in FIGURES.items():
        if sum(len(levels) > 1 for levels in made.factors.values()) < kind.factors:
            continue
        figure = draw(made, name)
        page = figure.bbox
        for text in figure.findobj(matplotlib.text.Text):
            if text.get_text() and text.get_visible():
                box = text.get_window_extent()
                assert page.x0 <= box.x0 <= box.x1 <= page.x1 + 1, (name, text.get_text())
                assert page.y0 <= box.y0 <= box.y1 <= page.y1 + 1, (name, text.get_text())
        lowest = figure._suptitle.get_window_extent().y0
        assert all(legend.get_window_extent().y1 < lowest for legend in figure.legends)
        for ax in figure.axes:
            assert ax.get_window_extent().y1 < lowest
            assert all(not legend.get_window_extent().overlaps(ax.bbox) for legend in figure.legends)


def test_files_of_a_sweep(tmp_path: Path, small: Callable[..., Any], capsys: Any) -> None:
    experiment = Experiment(
        name="little", scenario="little", replicates=2,
        factors=[{"key": "governance.form", "label": "governance", "values": FORMS[1:]},
                 {"key": "sponsorship.engagement", "label": "sponsorship", "values": [0.2, 0.8]}],
    )  # fmt: skip
    results = sweep(experiment, tmp_path / "little", workers=0, plans={"little": small(weeks=60)})
    written = plot(results)
    assert [path.relative_to(tmp_path / "little" / "figures").name for path in written] == [
        f"{name}.{ending}" for name in FIGURES for ending in ("png", "svg")
    ]
    for png, svg in zip(written[::2], written[1::2], strict=True):
        assert imread(png).shape[2] == 4
        root = ElementTree.parse(svg).getroot()
        assert root.tag.endswith("svg")
        words = " ".join(" ".join(root.itertext()).split())
        assert "n = 2" in words
        assert "seeds 1-2" in words
        assert ("sponsorship (share)" if "phase" in svg.name else "week (tick:") in words
    asked = ("--figure", "phase", "--where", "sponsorship=0.2", "--format", "svg", "--out", str(tmp_path))
    assert _unsilo("plot", str(tmp_path / "little"), *asked) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "phase.svg")]
    again = plot(results, ["states", "difference"], folder=tmp_path / "again")
    for path in again:
        assert path.read_bytes() == (tmp_path / "little" / "figures" / path.name).read_bytes()


def _unsilo(*words: str) -> int:
    """The exit code of a command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["unsilo", *words])
        try:
            cli.main()
        except SystemExit as stop:
            return int(stop.code or 0)
    return 0


def test_the_experiment_may_choose_its_figures(tmp_path: Path) -> None:
    made = Made(mixed, figures=("states",), governance=FORMS)
    assert plot(made, formats=["svg"], folder=tmp_path) == [tmp_path / "states.svg"]


def test_a_comparison_is_drawn_into_one_file(tmp_path: Path) -> None:
    def outcome(state: str, A: float) -> Outcome:
        blank = dict.fromkeys((field.name for field in fields(Outcome)), 0)
        return Outcome(**{**blank, "state": state, "A": A, "first_converged": None, "spent": 10.0})

    pairs = tuple((outcome("stalled", 0.1), outcome("converged", 0.8 + n / 100)) for n in range(3))
    baseline = load("baseline")
    comparison = Comparison(baseline, load("no_funding"), (4, 5, 6), pairs)
    path = save_difference(comparison, tmp_path / "new" / "pair.svg")
    words = " ".join(" ".join(ElementTree.parse(path).getroot().itertext()).split())
    assert f"{load('no_funding').title} instead of Baseline: adoption at the end +71 points" in words
    assert "n = 3 pairs (seeds 4-6)" in words
    assert "practitioner-weeks" not in words, "there is no share of a mean of nothing"
    with pytest.raises(InputError, match=r"ends in \.png or \.svg"):
        save_difference(comparison, tmp_path / "pair.pdf")


def test_wrong_names_are_listed_at_once() -> None:
    made = Made(mixed, governance=FORMS, sponsorship=[0.1, 0.9])
    with pytest.raises(InputError) as wrong:
        plot(made, ["phases", "states", "adaption"])
    assert [fault.nearest for fault in wrong.value.faults] == ["phase", "adoption"]
    with pytest.raises(InputError) as wrong:
        wanted(made, [("governence", "none"), ("governance", "hub_and_spokes"), ("sponsorship", "0.2")])
    assert [fault.nearest for fault in wrong.value.faults] == ["governance", "hub_and_spoke", ""]
    found = wanted(made, [("governance", "hub_and_spoke"), ("governance", "none"), ("sponsorship", ".90")])
    assert found == {"governance": ["none", "hub_and_spoke"], "sponsorship": [0.9]}
    with pytest.raises(InputError, match="no factor varies"):
        draw(made, "difference", {"governance": ["none"], "sponsorship": [0.1]})
    with pytest.raises(InputError, match="no factor 'form'"):
        draw(made, "states", {"form": ["none"]})
    with pytest.raises(InputError, match="no run has finished"):
        draw(Made(mixed, missing=(0, 1, 2, 3)), "states")


def test_the_command_lists_figures_and_refuses_wrong_words(capsys: Any) -> None:
    assert _unsilo("plot", "--list") == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in FIGURES)
    assert _unsilo("plot", "nowhere_at_all") == 2
    assert _unsilo("plot", "nowhere_at_all", "--where", "governance") == 2
    assert "LABEL=VALUE" in capsys.readouterr().err


def test_help_loads_no_plotting_library() -> None:
    code = "import sys, sim.cli.plotting; sys.exit(any(m in sys.modules for m in ('matplotlib', 'seaborn', 'pandas')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
