"""The column engine beside one plain Mesa object an employee: how fast, and whether both tell the same story."""

from __future__ import annotations

import statistics
from functools import partial

import numpy as np
from scipy import stats

from benchmarks import plain
from benchmarks.measure import Figure, by_turns, lived, middle_and_range, scenario, times_as_long
from benchmarks.plain.organisation import PlainOrganisation
from sim import organisation
from sim.cli.common import table
from sim.scenario import Scenario
from sim.wings import threads_for

BARS = {1_000: 200, 20_000: 500}
WEEKS = (52, 104, 156, 208, 260)


def speeds(name: str, employees: int, runs: int, plain_runs: int) -> list[Figure]:
    """How many times as long the plain model takes."""
    plan = scenario(name, employees)
    threads = threads_for(employees)
    models = {
        "plain Mesa objects": (plain.run, plan, plain_runs),
        "column engine": (organisation.run, plan, runs),
    }
    if threads > 1:
        models[f"column engine, {threads} threads"] = (partial(organisation.run, threads=threads), plan, runs)
    took = by_turns(models)
    theirs, *ours = took.values()
    ratios = [times_as_long(theirs, one) for one in took.values()]
    rows = [
        [
            model,
            f"{len(times)}",
            *middle_and_range(times),
            f"{ratio:.0f}",
            interval if times is not theirs else "",
        ]
        for (model, times), (ratio, interval) in zip(took.items(), ratios, strict=True)
    ]
    print(
        f"{name}, {len(plan.mechanisms)} mechanisms: {employees:,} employees x {plan.weeks} weeks x"
        f" {len(plan.practices)} practices, building and recording included"
    )
    table(
        ["model", "runs", "s (median)", "range", "plain takes so many times as long", "95 %"], rows, " rrrrr"
    )
    bar = BARS.get(employees) if name == "everything" else None
    figures = []
    for used, (times, (ratio, interval)) in enumerate(zip(ours, ratios[1:], strict=True), 1):
        last = bar is not None and used == len(ours)  # as many threads as `unsilo run` takes
        where = f", {used} threads" if used > 1 else ", one thread" if len(ours) > 1 else ""
        what = f"{name}, {employees:,} employees{where}"
        middle, between = statistics.median(times), f", 95 % {interval}" if interval else ""
        figures += [
            Figure(
                f"{what}: plain Mesa objects take",
                f"{ratio:.0f} x{between} ({statistics.median(theirs):.2f} s : {middle:.4f} s)",
                f"≥ {bar} x" if last else "",
                ratio >= bar if last else None,
            ),
            Figure(f"{what}: pace", f"{lived(plan) / middle / 1e6:.1f} million cells/s"),
        ]
    return figures


Found = dict[str, float]


def engine_finds(plan: Scenario, seed: int) -> Found:
    """What an engine's run comes to."""
    org = organisation.Organisation(plan, seed)
    while org.week < plan.weeks:
        org.step()
    org.close()
    return {**read_outs(org.record), "digital ties": org.employees.digital.sum() / 2}


def plain_finds(plan: Scenario, seed: int) -> Found:
    """What a plain model's run comes to."""
    org = PlainOrganisation(plan, 1000 + seed)  # the network is drawn by the seed, and shall be another
    while org.week < plan.weeks:
        org.step()
    org.close()
    return {**read_outs(org.record), "digital ties": sum(len(e.online) for e in org.employees) / 2}


def read_outs(record: organisation.Record | plain.Record) -> Found:
    """The adoption curve, and what else both should agree in."""
    return {
        **{f"adoption A, week {week}": record["A"][week] for week in WEEKS},
        "separation V": record["V"][-1],
        "stage": record["stage"][-1],
        "people who left": record["left"].sum(),
        "incidents": record["incidents"].sum(),
        "mean satisfaction": record["satisfaction"].mean(),
        "mean rumour": record["rumour"].mean(),
        "hollow practising": record["hollow"].mean(),
        "units spent": record["spent"].sum(),
    }


def agreement(name: str, runs: int, employees: int = 300) -> list[Figure]:
    """Both models' read-outs with the interval of the difference: it must hold 0 in each, all of them together.

    Intervals are Welch's, 95 % each in the table; the verdict asks for intervals that hold jointly (Bonferroni).
    """
    plan = scenario(name, employees)
    ours = [engine_finds(plan, seed) for seed in range(runs)]
    theirs = [plain_finds(plan, seed) for seed in range(runs)]
    names = [key for key in ours[0] if np.ptp([one[key] for one in (*ours, *theirs)]) > 0.0]
    rows, agree = [], True
    for key in names:
        a, b = (np.array([one[key] for one in runs_of]) for runs_of in (ours, theirs))
        test = stats.ttest_ind(b, a, equal_var=False)
        each, jointly = test.confidence_interval(0.95), test.confidence_interval(1.0 - 0.05 / len(names))
        agree &= bool(jointly.low <= 0.0 <= jointly.high)
        interval = f"{each.low:+.3g} to {each.high:+.3g}"
        rows.append([key, f"{a.mean():.4g}", f"{b.mean():.4g}", f"{b.mean() - a.mean():+.3g}", interval])
    print(f"{name}: {employees} employees, {runs} runs a model")
    table(["read-out", "engine", "plain", "difference", "95 % interval"], rows, " rrrr")
    verdict = f"{'agree' if agree else 'DIFFER'} in {len(names)} read-outs at 95 % jointly"
    return [Figure(f"{name}: engine and plain model", verdict, "within sampling error", agree)]
