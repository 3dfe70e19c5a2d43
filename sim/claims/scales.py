"""Scales: what each read-out is in words, its unit, and from what size on a difference in it is of interest, whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sim.claims.readouts import KNOWN, Readout
from sim.errors import Fault, InputError, nearest_name
from sim.parameters import Section, parameter
from sim.reading import checked, read_toml, with_lines

SCALES = "readouts.toml"


class Scale(Section):
    """Of one read-out."""

    words: str = parameter(..., "what it is, in the fewest words", min_length=1)
    unit: str = parameter(..., "its unit", min_length=1)
    means: str = parameter("", "how it is told, in one line")
    smallest: dict[str, float] = parameter(
        {}, "smallest size of interest, by how a series is read; of an outcome under end"
    )
    because: str = parameter("", "why no smaller")

    def name(self, readout: Readout) -> str:
        """What is read, in words: the read-out, of what, and when."""
        of = readout.department or readout.practice
        return ", ".join(filter(None, [f"{self.words} ({of})" if of else self.words, readout.when]))

    def units(self, readout: Readout) -> str:
        """Its unit, which is weeks where a week is told or a share of staff is summed over weeks."""
        if readout.how == "week reached":
            return "week"
        return f"weeks x {self.unit}" if readout.how == "sum" and self.unit != "incidents" else self.unit


def standard(readout: Readout, scales: Mapping[str, Scale]) -> float | None:
    """The smallest size of interest that a read-out has, whoever asks; None where none is set."""
    scale = scales.get(readout.read)
    return scale.smallest.get(readout.how or "end") if scale else None


def load_scales(place: Path) -> dict[str, Scale]:
    """All scales of a folder of claims by read-out; none where it has no file of them.

    Raises:
        InputError: a read-out is unknown, or a scale wrong; every fault is listed.
    """
    file = place / SCALES
    if not file.is_file():
        return {}
    scales: dict[str, Scale] = {}
    faults: list[Fault] = []
    for key, data in read_toml(file).items():
        scale, wrong = checked(Scale, data, key, str(file))
        faults += wrong
        if key not in KNOWN:
            allowed = f"one of {', '.join(KNOWN)}"
            faults.append(Fault(key, "no read-out", allowed, str(file), nearest_name(key, KNOWN)))
        elif scale is not None:
            faults += [
                Fault(f"{key}.smallest", f"found {size:g} for {how!r}", "a size above 0", str(file))
                for how, size in scale.smallest.items()
                if not size > 0.0
            ]
            scales[key] = scale
    if faults:
        raise InputError(with_lines(faults, file))
    return scales
