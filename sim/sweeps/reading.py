"""Reading experiments: a file to a checked `Experiment`, with the faults of all that can be looked through in one go."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim import shipped
from sim.errors import Fault, InputError, nearest_name
from sim.reading import checked, read_toml, with_lines
from sim.sweeps.design import MOST, Tell, at_hand, once, points, value_faults
from sim.sweeps.experiment import Experiment
from sim.sweeps.factor import Factor
from sim.sweeps.sampling import Formless

_HANGS = {"replicates": "precision.least", "scenario": "scenario", "scenarios": "scenario"}
"""What is not looked at where a part that it hangs on is misformed."""

_LISTED = re.compile(r"\b(constraints|design\.rows)\.(\d+)")


def load_experiment(name: str | Path, tell: Tell | None = None) -> Experiment:
    """The experiment of a file or of a shipped name, checked to the last of its points, which it keeps for `points`.

    More than `MOST` points are not worked out here, as that takes long; `sweep` does it before the first run.

    Args:
        name: the file or the name.
        tell: told how far it has come with its points.

    Raises:
        InputError: with every fault found.
    """
    file = shipped.find("experiments", str(name))
    if file is None:
        known = shipped.names("experiments")
        allowed = f"a .toml file that is there, or one of {', '.join(known)}"
        raise InputError(
            [Fault("experiment", f"found {str(name)!r}", allowed, nearest=nearest_name(str(name), known))]
        )
    file = file.resolve()
    data = {"name": file.stem} | read_toml(file)
    experiment, faults = checked(Experiment, data, "", str(file))
    numbers = range(len(experiment.factors)) if experiment else _sound_factors(data, faults)
    sound = experiment or checked(Experiment, _without(data, faults, numbers))[0]
    if sound is not None:
        sound._file, sound._text = file, file.read_text("utf-8-sig")
        labels = _labels(data)
        unknown = [label for number, label in enumerate(labels) if number not in numbers]
        formless = any(fault.where.startswith("design") for fault in faults)
        found = _faults_of_part(sound, unknown, formless) if unknown or formless else _faults(sound, tell)
        hanging = {_HANGS.get(fault.where) for fault in faults}
        faults += [_renumbered(fault, numbers) for fault in found if fault.where not in hanging]
    if experiment and not experiment.name:
        faults.append(
            Fault(
                "name",
                "found ''",
                "a name for its results' folder, or none: it is the file's then",
                str(file),
            )
        )
    if faults or experiment is None:
        raise InputError(_placed(faults, data, file))
    return experiment


def _faults(experiment: Experiment, tell: Tell | None) -> list[Fault]:
    """What is wrong with an experiment."""
    if experiment.count > MOST:
        return _faults_of_part(experiment, [], formless=False)
    try:
        points(experiment, tell=tell)
    except InputError as error:
        return list(error.faults)
    return []


def _faults_of_part(part: Experiment, unknown: Sequence[str], formless: bool) -> list[Fault]:
    """What is wrong with what is left of an experiment without some factors, of these labels, or without its design."""
    if formless:
        part = part.model_copy(update={"design": Formless()})
    bases, faults = at_hand(part, {}, unknown)
    return once(faults + [fault for base in bases.values() for fault in value_faults(part, base)])


def _sound_factors(data: Mapping[str, Any], faults: list[Fault]) -> list[int]:
    """The numbers of the factors that have the form of one."""
    wrong = {fault.where.split(".")[1] for fault in faults if fault.where.startswith("factors.")}
    listed = data.get("factors")
    return [n for n in range(len(listed)) if str(n) not in wrong] if isinstance(listed, list) else []


def _without(data: Mapping[str, Any], faults: list[Fault], numbers: Sequence[int]) -> dict[str, Any]:
    """The data without its misformed parts, so that what is left can be looked through in the same go."""
    wrong = {fault.where.split(".")[0] for fault in faults} - {"factors"}
    factors = data.get("factors")
    sound = {"factors": [factors[n] for n in numbers]} if isinstance(factors, list) else {}
    return {key: value for key, value in data.items() if key not in wrong and key != "factors"} | sound


def _renumbered(fault: Fault, numbers: Sequence[int]) -> Fault:
    """The fault with its factor's number in the file in place of that among the sound ones."""
    match = re.match(r"factors\.(\d+)(.*)", fault.where)
    if not match:
        return fault
    return replace(fault, where=f"factors.{numbers[int(match[1])]}{match[2]}")


def _placed(faults: list[Fault], data: Mapping[str, Any], file: Path) -> list[Fault]:
    """The faults with lines, and with factors called by their labels instead of their numbers."""
    lines = file.read_text("utf-8-sig").splitlines()
    headers = [n for n, text in enumerate(lines, 1) if re.match(r"\s*\[\[\s*factors\s*\]\]", text)]
    labels = _labels(data)
    placed = []
    for fault in with_lines(faults, file):
        if match := re.match(r"(line \d+, )?factors\.(\d+)(.*)", fault.where):
            number = int(match[2])
            line = f"line {headers[number]}, " if number < len(headers) else match[1] or ""
            fault = replace(fault, where=f"{line}factor {labels[number]}{match[3]}")
        placed.append(replace(fault, where=_LISTED.sub(_counted, fault.where)))
    return placed


def _counted(match: re.Match[str]) -> str:
    """An item of a list as people count: its place from 1."""
    return f"{match[1]}, {'number' if match[1] == 'constraints' else 'row'} {int(match[2]) + 1}"


def _labels(data: Mapping[str, Any]) -> list[str]:
    """The labels of a file's factors, or their numbers where they have none."""
    labels = []
    listed = data.get("factors")
    for number, given in enumerate(listed if isinstance(listed, list) else [], 1):
        named = {key: given.get(key, "") for key in ("label", "key")} if isinstance(given, dict) else {}
        factor, _ = checked(Factor, named)
        labels.append((factor and factor.name) or str(number))
    return labels
