"""Sections of a claims file: arms, what claims ask of them, and why the model answers as it does, with what shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from sim.claims import contrasts
from sim.claims.contrasts import Kind
from sim.claims.readouts import SERIES, Readout, Wrong
from sim.claims.rows import LAST, Sign
from sim.claims.verdicts import Expected
from sim.parameters import Section, parameter


class Arm(Section):
    """An organisation that is compared with others: a scenario, and what is different in it."""

    scenario: str | None = parameter(None, "shipped name of its scenario; the experiment's unless given")
    changes: list[str] = parameter([], "names of the changes that are made in it")
    set: dict[str, Any] = parameter({}, "further values under dotted keys; false drops a table")


class Claim(Readout):
    """What one claim is after: a read-out, a contrast of arms, and what its source expects."""

    row: int = parameter(..., "number of the claim", ge=1, le=LAST)
    says: str = parameter(..., "what is asked, in a few words", min_length=1)
    contrast: Kind = parameter("difference", "what is made of the arms")
    arms: list[str] = parameter(..., "names of the arms, in the contrast's order", min_length=1)
    doses: list[float] = parameter([], "of a slope: the arms' doses")
    departments: list[str] = parameter(
        [], "in place of several arms: departments of one, whose adoption is read"
    )
    against: float = parameter(0.0, "of a level: what it is compared with", allow_inf_nan=False)
    expected: Expected = parameter(..., "what the source says: + more, - less, 0 no difference, ? nothing")
    smallest: float | None = parameter(
        None, "smallest size of interest, in the read-out's unit; the read-out's own unless given", gt=0.0,
        allow_inf_nan=False,
    )  # fmt: skip
    because: str = parameter("", "why that size, where it is not the read-out's own")
    sign: Sign | None = parameter(None, "built in or emergent, where it is not as the whole row")
    chosen_after_a_look: bool = parameter(
        False, "whether its arms or read-out were chosen once runs were seen"
    )

    @property
    def columns(self) -> list[tuple[str, str, Readout]]:
        """What is contrasted: its name, the arm, and what is read there."""
        if not self.departments:
            return [(arm, arm, self) for arm in self.arms]
        arm = self.arms[0]
        return [(one, arm, self.model_copy(update={"department": one})) for one in self.departments]

    @property
    def direction(self) -> Expected:
        """What the source expects of the contrast, as that is oriented."""
        return "+" if self.expected == "-" and self.contrast in contrasts.ORIENTED else self.expected


class Panel(Readout):
    """One plot of a figure: a read-out of arms, told by labels.

    `dots` has an arm a label, `differences` two (second minus first), `lines` one for each place of its x axis, and `weeks`
    one whose series is drawn. Where `lines` has `departments` for its places, each label has one arm.
    """

    kind: Literal["dots", "differences", "lines", "weeks"] = parameter(..., "how it is drawn")
    title: str = parameter("", "what it shows, where there are several")
    x: str = parameter("", "of lines: what varies along the x axis")
    at: list[float | str] = parameter([], "of lines: the places on the x axis, numbers or names")
    departments: list[str] = parameter([], "of lines, in place of `at`: departments, whose adoption is read")
    arms: dict[str, list[str]] = parameter(..., "labels, and the arms that each shows", min_length=1)

    @property
    def places(self) -> list[float | str]:
        """What stands along the x axis, if anything."""
        return [*(self.at or self.departments)]

    @property
    def columns(self) -> list[tuple[str, int, str, Readout]]:
        """What is read: label, place, arm and read-out."""
        if not self.departments:
            return [(label, n, arm, self) for label, arms in self.arms.items() for n, arm in enumerate(arms)]
        return [
            (label, n, arms[0], self.model_copy(update={"department": one}))
            for label, arms in self.arms.items()
            for n, one in enumerate(self.departments)
        ]

    def wrong(self, length: int) -> Iterator[Wrong]:
        """What is wrong with it, in runs of so many weeks."""
        read = self.columns[0][3] if self.departments else self
        yield from Readout.wrong(read, length)
        if bool(self.places) != (self.kind == "lines") or (self.at and self.departments):
            allowed = "`at` or `departments` with kind = 'lines', neither otherwise"
            yield "at", f"beside kind = {self.kind!r}", allowed, ""
        if self.kind == "weeks" and (self.how is not None or self.read not in SERIES):
            yield (
                "read",
                f"{self.read!r}, how = {self.how!r}",
                "a series of which all weeks are drawn, no how",
                "",
            )
        number = {"dots": 1, "weeks": 1, "differences": 2, "lines": 1 if self.departments else len(self.at)}
        for label, arms in self.arms.items():
            if len(arms) != number[self.kind]:
                allowed = f"{number[self.kind]} a label here, kind = {self.kind!r}"
                yield f"arms.{label}", f"found {len(arms)}", allowed, ""


class Explanation(Section):
    """Why the model says what it says of a claim, and a figure of it where there are panels."""

    row: int = parameter(..., "number of the claim", ge=1, le=LAST)
    why: str = parameter(..., "why, in two sentences that were checked", min_length=1)
    found: list[str] = parameter(
        ..., "verdicts of the claim in this file for which it holds, in their order", min_length=1
    )
    title: str = parameter("", "title of the figure")
    panels: list[Panel] = parameter([], "its panels, side by side", max_length=3)


class Experiment(Section):
    """A small experiment that several claims may share."""

    title: str = parameter(..., "a name for people", min_length=1)
    about: str = parameter(..., "what it compares, in one sentence", min_length=1)
    scenario: str = parameter("baseline", "shipped name of the scenario that arms change")
    set: dict[str, Any] = parameter({}, "other values that hold in every arm, under dotted keys")
    changes: dict[str, dict[str, Any]] = parameter(
        {}, "changes that arms make, by name: values under dotted keys"
    )
    arms: dict[str, Arm] = parameter(..., "the arms, by name", min_length=1)
    claims: list[Claim] = parameter(..., "what is asked of them", min_length=1)
    explanations: list[Explanation] = parameter([], "why what is found is found")
