"""Faults: what claims and explanations of a file ask that their experiment cannot answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sim.claims import contrasts
from sim.claims.readouts import KNOWN, Wrong
from sim.claims.scales import SCALES, Scale, standard
from sim.claims.sections import Claim, Experiment, Explanation, Panel
from sim.claims.verdicts import ALL
from sim.errors import nearest_name
from sim.scenario import Scenario


def faults_of(
    experiment: Experiment, plans: Mapping[str, Scenario], scales: Mapping[str, Scale]
) -> Iterator[Wrong]:
    """What is wrong with what claims and explanations ask: where, what was found, what is allowed, the nearest name.

    Args:
        experiment: the file's content.
        plans: its arms' scenarios, as far as they could be worked out.
        scales: of what is read.
    """
    weeks = max((plan.weeks for plan in plans.values()), default=0)
    for number, claim in enumerate(experiment.claims):
        yield from _within(f"claims.{number}", _unknown("arms", claim.arms, list(experiment.arms)))
        yield from _within(f"claims.{number}", _wrong(claim, weeks, scales))
        there = [plans[arm] for arm in claim.arms if arm in plans]
        yield from _within(f"claims.{number}", _strange(claim, there))
    for number, one in enumerate(experiment.explanations):
        yield from _within(f"explanations.{number}", _misexplained(one, experiment, plans, weeks))


def _within(place: str, faults: Iterable[Wrong]) -> Iterator[Wrong]:
    for key, *rest in faults:
        found, allowed, near = rest
        yield f"{place}.{key}", found, allowed, near


def _unknown(key: str, found: Iterable[str], known: list[str]) -> Iterator[Wrong]:
    for name in found:
        if name not in known:
            yield key, f"found {name!r}", f"one of {', '.join(known)}", nearest_name(name, known)


def _wrong(claim: Claim, weeks: int, scales: Mapping[str, Scale]) -> Iterator[Wrong]:
    yield from claim.columns[0][2].wrong(weeks)
    if claim.departments and (claim.read != "adoption" or len(claim.arms) != 1):
        found = f"beside read = {claim.read!r} and {len(claim.arms)} arms"
        yield "departments", found, "of adoption, in one arm", ""
    number = len(claim.departments) or len(claim.arms)
    yield from ((*one, "") for one in contrasts.wrong(claim.contrast, number, len(claim.doses)))
    if claim.against and claim.contrast != "level":
        yield "against", f"beside contrast = {claim.contrast!r}", "only of a level", ""
    if claim.smallest is None and claim.read in KNOWN and standard(claim, scales) is None:
        allowed = f"a size, or one for {claim.how or 'end'!r} of {claim.read!r} in {SCALES}"
        yield "smallest", "is missing", allowed, ""


def _strange(readout: Claim | Panel, plans: list[Scenario]) -> Iterator[Wrong]:
    """Departments and practices that an arm has not."""
    for plan in plans:
        names = list(plan.organisation.names())
        yield from _unknown("departments", readout.departments, names)
        yield from _unknown("department", filter(None, [readout.department]), names)
        yield from _unknown("practice", filter(None, [readout.practice]), list(plan.practices))


def _misexplained(
    one: Explanation, experiment: Experiment, plans: Mapping[str, Scenario], weeks: int
) -> Iterator[Wrong]:
    asked = [claim for claim in experiment.claims if claim.row == one.row]
    if len(asked) != len(one.found):
        yield (
            "found",
            f"{len(one.found)} verdicts",
            f"one for each of the {len(asked)} claims here of that row",
            "",
        )
    yield from _unknown("found", one.found, list(ALL))
    if one.panels and not one.title:
        yield "title", "is missing", "a figure has one", ""
    for number, panel in enumerate(one.panels):
        arms = [arm for some in panel.arms.values() for arm in some]
        there = [plans[arm] for arm in arms if arm in plans]
        for faults in (
            _unknown("arms", arms, list(experiment.arms)),
            panel.wrong(weeks),
            _strange(panel, there),
        ):
            yield from _within(f"panels.{number}", faults)
