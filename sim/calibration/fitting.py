"""Fitting: a sample of candidates, the best of them over more firms, and what is accepted reported over firms never seen."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.calibration.living import survey
from sim.calibration.patterns import Fit, Target
from sim.calibration.plan import PRIOR, Plan
from sim.calibration.statistics import Estimate, Survey, estimate, point, resampled
from sim.claims.living import Tell
from sim.errors import Fault, InputError
from sim.sweeps import Standing
from sim.sweeps.sampling import Sobol

Shown = Callable[[str], AbstractContextManager[Callable[[Standing], None]]]
"""Opens the progress of a stage, by what it says."""


FOUND = "found.json"
"""What was found, in the folder of the runs; numbers that there are none of, nan and infinite ones, are null."""


@dataclass(frozen=True)
class Fitted:
    """What a calibration found.

    Attributes:
        fit: how much was lived.
        shipped: the coefficients as they ship, by label.
        accepted: the accepted candidates, the best first: coefficients by label.
        losses: of these, over the firms by which they were accepted; of what ships over the same firms, last.
        before: by statistic, estimated over the last firms with what ships.
        after: the same with the best candidate.
        spread: by statistic, least and greatest value over the accepted candidates.
        loss: of fitted and of held-out targets over the last firms: before, after, and the 95 % interval of the difference.
        failed: firms that are left out, as a run of theirs did not finish.
    """

    fit: Fit
    shipped: Mapping[str, float]
    accepted: Sequence[Mapping[str, float]]
    losses: Sequence[float]
    before: Mapping[str, Estimate]
    after: Mapping[str, Estimate]
    spread: Mapping[str, tuple[float, float]]
    loss: Mapping[str, tuple[float, float, float, float]]
    failed: int

    def save(self, folder: Path) -> None:
        """Write it into the folder of its runs; equal findings give equal bytes."""
        (folder / FOUND).write_text(json.dumps(_plain(asdict(self)), indent=1) + "\n", "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Fitted:
        """What was written there.

        Raises:
            InputError: there is nothing, or it makes no sense.
        """
        file = folder / FOUND
        try:
            told = _number(json.loads(file.read_text("utf-8")))
            told["fit"] = Fit(**told["fit"])
            for name in ("before", "after"):
                told[name] = {key: Estimate(**one) for key, one in told[name].items()}
            return cls(**told)
        except (OSError, ValueError, TypeError, KeyError) as error:
            allowed = f"what `unsilo calibrate --out {folder}` has written"
            raise InputError([Fault("--report", str(error), allowed, str(file))]) from None


def _plain(told: Any) -> Any:
    """The same for JSON."""
    if isinstance(told, Fit):
        return told.model_dump()
    if isinstance(told, dict):
        return {key: _plain(one) for key, one in told.items()}
    if isinstance(told, list | tuple):
        return [_plain(one) for one in told]
    return None if isinstance(told, float) and not math.isfinite(told) else told


def _number(told: Any) -> Any:
    """The same from JSON."""
    if isinstance(told, dict):
        return {key: _number(one) for key, one in told.items()}
    if isinstance(told, list):
        return [_number(one) for one in told]
    return math.nan if told is None else told


def loss_of(targets: Sequence[Target], values: Mapping[str, float]) -> float:
    """The sum of squared distances from the bands, in sampling errors of the field."""
    return math.fsum(target.distance(values[target.statistic]) ** 2 for target in targets)


def calibrate(
    plan: Plan, fit: Fit, folder: Path, workers: int | None, shown: Shown, tell: Tell, again: Tell
) -> Fitted:  # fmt: skip
    """Fit, and report over firms that took no part in it; what is stored already is not lived again.

    Raises:
        InputError: the prior has too few firms, or the sample of candidates is none.
    """
    asked = fit.firms + fit.more_firms + fit.last_firms
    if (there := len(plan.firms)) < asked:
        allowed = f"at least {asked:,}: {fit.firms} + {fit.more_firms} + {fit.last_firms}"
        raise InputError(
            [Fault("design.points", f"leaves {there:,} firms", allowed, str(plan.prior.file or PRIOR))]
        )
    patterns, failed = plan.patterns, 0
    targets = patterns.targets(fitted=True)

    def live(
        stage: str, candidates: Sequence[Mapping[str, float]], firms: range, wanted: Sequence[Target], last: bool = False
    ) -> list[Survey]:  # fmt: skip
        nonlocal failed
        arms = patterns.arms_of(list(wanted))
        words = f"{stage}: {len(candidates)} candidates, {len(firms)} firms, {len(arms)} arms"
        with shown(words) as show:
            found, lost = survey(
                plan, candidates, firms, arms, fit.seed, folder, workers, show, tell, again if last else None
            )
        failed += lost
        return found

    def losses(surveys: Sequence[Survey]) -> list[float]:
        return [
            loss_of(targets, {one.statistic: point(one.statistic, each) for one in targets})
            for each in surveys
        ]

    ships = plan.shipped
    tried = [ships, *sampled(plan, fit)]
    first = losses(live("screening", tried, range(fit.firms), targets))
    order = sorted(range(len(tried)), key=lambda n: (first[n], _moved(plan, tried[n]), n))[: fit.survivors]
    kept = [tried[n] for n in sorted({0, *order})]
    until = fit.firms + fit.more_firms
    second = losses(live("survivors", kept, range(fit.firms, until), targets))
    order = sorted(range(len(kept)), key=lambda n: (second[n], _moved(plan, kept[n]), n))[: fit.accepted]
    final = [ships, *(kept[n] for n in order)]
    every = patterns.targets()
    surveys = live("the last word", final, range(until, asked), every, last=True)
    names = [one.statistic for one in every]
    values = {name: [point(name, each) for each in surveys[1:]] for name in names}
    return Fitted(
        fit, ships, final[1:], [*(second[n] for n in order), second[0]],
        {name: estimate(name, surveys[0]) for name in names}, {name: estimate(name, surveys[1]) for name in names},
        {name: (min(found), max(found)) for name, found in values.items()},
        {"fitted": _compared(targets, *surveys[:2]), "held out": _compared(patterns.targets(False), *surveys[:2])},
        failed,
    )  # fmt: skip


def sampled(plan: Plan, fit: Fit) -> list[dict[str, float]]:
    """Candidates: a scrambled Sobol' sample of the coefficients' ranges.

    Raises:
        InputError: their number is no power of two.
    """
    moves, design = plan.patterns.moves, Sobol(points=fit.candidates, seed=fit.seed)
    if faults := [Fault("candidates", one.found, one.allowed) for one in design.faults(moves)]:
        raise InputError(faults)
    names = [one.name for one in moves]
    return [dict(zip(names, row, strict=True)) for row in design.settings(moves, lambda factor: None)]


def _moved(plan: Plan, candidate: Mapping[str, float]) -> float:
    """How far a candidate lies from what ships, each coefficient in parts of its range, evenly as it is sampled."""
    parts = []
    for one in plan.patterns.moves:
        ends = np.array([candidate[one.name], plan.shipped[one.name], one.low, one.high], float)
        here, there, low, high = np.log(ends) if one.distribution == "loguniform" else ends
        parts.append((here - there) / (high - low))
    return math.hypot(*parts)


def _compared(targets: Sequence[Target], before: Survey, after: Survey) -> tuple[float, float, float, float]:
    """Loss before and after, and the 95 % interval of after less before, by bootstrap over the firms, paired."""
    losses = [
        loss_of(targets, {one.statistic: point(one.statistic, each) for one in targets})
        for each in (before, after)
    ]
    again = [
        np.sum(
            [
                [one.distance(value) ** 2 for value in resampled(one.statistic, each).tolist()]
                for one in targets
            ],
            axis=0,
        )
        for each in (before, after)
    ]
    with np.errstate(invalid="ignore"):  # infinite where no firm tells
        change = again[1] - again[0]
    change = change[np.isfinite(change)]
    low, high = np.quantile(change, [0.025, 0.975]) if change.size else (math.nan, math.nan)
    return losses[0], losses[1], float(low), float(high)
