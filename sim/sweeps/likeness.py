"""Likeness: whether a run would give elsewhere what it gives here, by what it hangs on beside its scenario and seed."""

from __future__ import annotations

import platform
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version

from sim.roster import digest
from sim.sweeps.key import code_digest
from sim.sweeps.work import Code, Parcel, Unlike, named

_DECIDING = ("unsilo", "mesa", "numpy", "scipy", "numba", "llvmlite", "pydantic")
_DIGESTS = ("source", "people")


def code_of(parcel: Parcel) -> Code:
    """What a scenario's runs hang on, as it is in this process."""
    return _code_of(parcel, tuple(map(named, parcel.own)))


@lru_cache(maxsize=4096)
def _code_of(parcel: Parcel, own: tuple[type, ...]) -> Code:
    """By the classes themselves: one that is loaded anew, after an edit, is another."""
    plan = parcel.open()
    files = plan.organisation.files
    people = (("people", digest(files)),) if files else ()
    return (*_versions(), ("source", code_digest(plan)), *people)


@cache
def _versions() -> Code:
    """Versions that decide results, Python's without its last part."""
    found = [("python", ".".join(platform.python_version_tuple()[:2]))]
    for name in _DECIDING:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            found.append((name, "none"))
    return tuple(found)


def compare(parcel: Parcel) -> None:
    """See that this process has what the runs of a scenario hang on where they come from.

    Raises:
        Unlike: it has not.
    """
    if parcel.code is None:
        return
    try:
        found = code_of(parcel)
    except Exception as error:
        text = f"cannot read what it is sent ({type(error).__name__}: {error})"
        raise Unlike((text,)) from error
    if found != parcel.code:
        raise Unlike(differences(found, parcel.code))


def differences(there: Code, here: Code) -> tuple[str, ...]:
    """What somebody has there otherwise than it is here, in words that follow a name."""
    found = dict(there)
    return tuple(
        f"has other {name}" if name in _DIGESTS else f"has {name} {found.get(name)}, not {mine}"
        for name, mine in here
        if found.get(name) != mine
    )
