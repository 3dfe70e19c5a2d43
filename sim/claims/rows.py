"""Rows: the sources' claims by their numbers, each tagged once, whether or not an experiment asks about it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from sim import shipped
from sim.errors import Fault, InputError
from sim.parameters import Section, parameter
from sim.reading import checked, read_toml, with_lines

FILE = "rows.toml"
LAST = 80
"""Number of the last claim; the first is 1."""

Tag = Literal["mechanism", "read-out", "initial condition", "property"]
Sign = Literal["built in", "emergent"]


class Row(Section):
    """One claim."""

    source: str = parameter(..., "which of the five articles, S0 to S4, and the author where one is named")
    claim: str = parameter(..., "what it says, in one line", min_length=1)
    tag: Tag = parameter(..., "what it is in the model")
    sign: Sign = parameter(..., "built in: the sign is written into a rule; emergent: it is for runs to show")
    outside: str = parameter("", "what evidence from outside the sources says, in one line")
    why: str = parameter("", "why no experiment asks about it")


def folder() -> Path:
    """The folder of the shipped claims."""
    return shipped.folder("experiments") / "claims"


def load_rows(place: Path) -> dict[int, Row]:
    """All rows by number, in order.

    Raises:
        InputError: a row is missing, strange or wrong; every fault is listed.
    """
    file = place / FILE
    rows: dict[int, Row] = {}
    faults: list[Fault] = []
    for key, data in read_toml(file).items():
        row, wrong = checked(Row, data, key, str(file))
        faults += wrong
        if not key.isdecimal() or not 1 <= int(key) <= LAST:
            faults.append(Fault(key, "no claim has this number", f"1 to {LAST}", str(file)))
        elif row is not None:
            rows[int(key)] = row
    known = {*rows, *(int(one.where.split(".")[0]) for one in faults if one.where.split(".")[0].isdecimal())}
    faults += [
        Fault(str(number), "is missing", "every claim stands here once", str(file))
        for number in range(1, LAST + 1)
        if number not in known
    ]
    if faults:
        raise InputError(with_lines(faults, file))
    return dict(sorted(rows.items()))


def numbers(texts: tuple[str, ...]) -> list[int]:
    """The numbers that words such as `17 30-35` mean, in order; all of them where there is no word.

    Raises:
        InputError: a word is none.
    """
    asked: set[int] = set()
    for text in texts:
        first, dash, last = text.partition("-")
        ends = (first, last if dash else first)
        if not all(end.isdecimal() and 1 <= int(end) <= LAST for end in ends) or int(ends[0]) > int(ends[1]):
            raise InputError(
                [Fault("rows", f"found {text!r}", f"numbers or rising ranges of 1 to {LAST}, as 17 30-35")]
            )
        asked |= set(range(int(ends[0]), int(ends[1]) + 1))
    return sorted(asked) or list(range(1, LAST + 1))
