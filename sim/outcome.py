"""What became of a run, and how that is said; `sim.cuts` tells it from the run's weekly series."""

from __future__ import annotations

from dataclasses import dataclass

STATES = ("stalled", "mixed", "siloed", "converged", "collapsed")
STALLED, MIXED, SILOED, CONVERGED, COLLAPSED = range(5)


@dataclass(frozen=True)
class Outcome:
    """What became of one run.

    Attributes:
        state: class of the run, the state of its last week.
        silo_kind: "level", "way" or "both" if the last week is siloed, see `sim.cuts`; "" if it is not.
        A: of the last week, as are the other measures, alignment, stage, reach and hollow.
        hollow: share of practising pairs of person and practice whose experienced worth is below the cut (claim 72);
            all of them where no mechanism gives worth, 0 where nobody practises.
        first_converged: first week in the state converged; None is censored at the run's end, never dropped.
        weeks_converged: weeks in the state converged.
        weeks_siloed: weeks in the state siloed.
        relapses: stages of maturity lost, counted by falls, where a stage is what has held.
        skips: rises of it by more than one stage at once.
        merged_stages: 1 if stage 3 or a later one was reached without ever having stood at 2 (claim 23), else 0.
        practitioner_weeks: practising pairs of person and practice, summed over the weeks.
        spent: summed over the weeks.
        delay: mean weeks that cleared requests waited; None if none was cleared.
    """

    state: str
    silo_kind: str
    A: float
    A_min: float
    C: float
    V: float
    ICC: float
    gap: float
    JSD: float
    alignment: float
    stage: int
    reach: float
    hollow: float
    first_converged: int | None
    weeks_converged: int
    weeks_siloed: int
    peak_A: float  # noqa: N815
    peak_V: float  # noqa: N815
    relapses: int
    skips: int
    merged_stages: int
    practitioner_weeks: int
    spent: float
    delay: float | None


_APART = {
    "way": "but departments do it in different ways",
    "level": "most in some departments and few in others",
    "both": "most in some departments and few in others, and in different ways",
    "": "but departments differ in whether and how",
}


def sentence(outcome: Outcome, weeks: int) -> str:
    """The finding of a run of `weeks` weeks, said plainly."""
    practise = f"{_percent(outcome.A)} of the staff it is meant for practise"
    separation = f"(V {outcome.V:.2f})".replace(" 0.", " .")
    first = outcome.first_converged
    lost = f" It had converged in week {first}." if first is not None else ""
    if outcome.state == "converged" and first is not None:
        again = ", lost it and did so again" if outcome.weeks_converged < weeks - first + 1 else ""
        return f"Converged in week {first}{again}: {practise}, nearly all in one way."
    if outcome.state == "siloed":
        apart = _APART[outcome.silo_kind]
        since = f"siloed in {outcome.weeks_siloed} of {weeks} weeks"
        return f"Broke into silos: {practise}, {apart} {separation}; {since}.{lost}"
    if outcome.state == "collapsed":
        return f"Collapsed: after {weeks} weeks {practise}, down from {_percent(outcome.peak_A)}.{lost}"
    if outcome.state == "stalled":
        return f"Stalled: after {weeks} weeks {practise}; the most ever was {_percent(outcome.peak_A)}.{lost}"
    return f"Mixed: after {weeks} weeks {practise}, neither converged nor siloed {separation}.{lost}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"
