"""Likeness: whether a run would give elsewhere what it gives here, by what it hangs on beside its scenario and seed."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from sim.errors import InputError
from sim.roster import digest
from sim.scenario import Scenario
from sim.sweeps.key import code_digest
from sim.sweeps.work import Code, Parcel, Unlike

_DECIDING = ("unsilo", "mesa", "numpy", "scipy", "numba", "llvmlite", "pydantic")
_DIGESTS = ("source", "people")


@cache
def code(source: str, people: str = "") -> Code:
    """What runs hang on in this process, by digests of their source and of the files of their people, if they have any."""
    return (*versions(), ("source", source), *((("people", people),) if people else ()))


def code_of(plan: Scenario, people: str | None = None) -> Code:
    """What a scenario's runs hang on here: with people of a digest, if they have been read, or as their files are now."""
    if people is None:
        files = plan.organisation.files
        people = digest(files) if files else ""
    return code(code_digest(plan), people)


@cache
def versions() -> Code:
    """Versions that decide results, Python's without its last part."""
    found = [("python", ".".join(platform.python_version_tuple()[:2]))]
    for name in _DECIDING:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            found.append((name, "none"))
    return tuple(found)


def compare(sent: Parcel | Scenario, wanted: Code | None, people: str | None = None) -> None:
    """See that this process has what the runs of a scenario hang on where they come from.

    Args:
        sent: the scenario.
        wanted: what its runs hang on there.
        people: digest of the files of its people as they were read; as they are now unless given.

    Raises:
        Unlike: it has not.
        InputError: files of people are there and cannot be read, now.
        OSError: nor can it be said whether they are there.
        MemoryError: there is not enough to tell.
    """
    if wanted is None:
        return
    try:
        plan = sent.open() if isinstance(sent, Parcel) else sent
        code_digest(plan)
    except (MemoryError, OSError):
        raise
    except (Exception, SystemExit) as error:
        text = f"cannot read what it is sent ({type(error).__name__}: {error})"
        raise Unlike((text,)) from error
    files = plan.organisation.files if people is None else ()
    if lost := [f"has no file {path}" for path in files if not path.exists()]:
        raise Unlike(lost)
    found = code_of(plan, people)
    if found != wanted:
        raise Unlike(differences(found, wanted))


def glance(sent: Parcel | Scenario, wanted: Code | None) -> None:
    """See the same as far as it can be told now.

    Raises:
        Unlike: it has not.
    """
    try:
        compare(sent, wanted)
    except (InputError, OSError, MemoryError):
        return


def differences(there: Code, here: Code) -> tuple[str, ...]:
    """What somebody has there otherwise than it is here, in words that follow a name."""
    found = dict(there)
    return tuple(
        f"has other {name}" if name in _DIGESTS else f"has {name} {found.get(name)}, not {mine}"
        for name, mine in here
        if found.get(name) != mine
    )
