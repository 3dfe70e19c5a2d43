"""How a number that steers behaviour is declared: with name, unit, range, meaning and source, in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

ASSUMED = "assumed"
_KINDS: dict[Any, Any] = {bool: np.bool_, int: np.int64, float: np.float64}


class Section(BaseModel):
    """A table of a scenario: every key is declared, unknown ones are refused, and values never change in a run.

    `derived` says what kernels read beside the parameters: for each name bool, int or float, and how it follows from them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True)
    derived: ClassVar[Mapping[str, tuple[type, Callable[[Any], Any]]]] = {}

    @cached_property
    def coefficients(self) -> np.ndarray:
        """What kernels read of it: a record array of one row - `on`, then all parameters and derived ones that are numbers."""
        layout = self.layout()
        values = {name: of(self) for name, (_, of) in self.derived.items()} | {"on": True}
        return np.array(
            [tuple(values.get(name, getattr(self, name, None)) for name in layout.names or ())], layout
        )

    def model_copy(self, **kwargs: Any) -> Self:
        """A copy, see pydantic; what was computed from its values, like its coefficients, is computed anew."""
        copied = super().model_copy(**kwargs)
        for name in vars(copied).keys() - type(self).model_fields.keys():
            del vars(copied)[name]
        return copied

    @classmethod
    def layout(cls) -> np.dtype:
        """How the coefficients lie."""
        return layout_of(cls)

    @model_validator(mode="before")
    @classmethod
    def _left_out(cls, data: Any) -> Any:
        """`key = false` leaves out a key that need not be given: TOML has no word for nothing."""
        if not isinstance(data, dict):
            return data
        optional = _optional(cls)
        return {key: value for key, value in data.items() if value is not False or key not in optional}


@cache
def _optional(kind: type[Section]) -> frozenset[str]:
    """The keys that need not be given."""
    return frozenset(name for name, field in kind.model_fields.items() if field.default is None)


@cache
def layout_of(kind: type[Section]) -> np.dtype:
    """One object a class, for a kernel compares layouts at every call."""
    numbers = {name: of.annotation for name, of in kind.model_fields.items() if of.annotation in _KINDS}
    numbers |= {name: of for name, (of, _) in kind.derived.items()}
    return np.dtype([("on", np.bool_), *((name, _KINDS[of]) for name, of in numbers.items())])


def parameter(
    default: Any,
    meaning: str,
    *,
    unit: str = "",
    source: str = ASSUMED,
    **limits: Any,
) -> Any:
    """A scenario key with its meaning, unit, allowed range and source.

    Args:
        default: the value that holds where a scenario is silent; `...` where it must speak.
        meaning: one sentence for people who read `unsilo show`.
        unit: e.g. "share", "weeks", "1/week"; empty for a name or a switch.
        source: where the default comes from, or "assumed".
        limits: pydantic's `ge`, `gt`, `le`, `lt`, `min_length` and the like.
    """
    return Field(default, description=meaning, json_schema_extra={"unit": unit, "source": source}, **limits)


def share(default: Any, meaning: str, *, source: str = ASSUMED) -> Any:
    """A parameter in 0..1."""
    return parameter(default, meaning, unit="share", source=source, ge=0.0, le=1.0)


def rate(default: float, meaning: str, *, source: str = ASSUMED) -> Any:
    """A parameter that is a chance, or a share of the way gone, per week."""
    return parameter(default, meaning, unit="1/week", source=source, ge=0.0, le=1.0)


def weight(default: float, meaning: str, *, source: str = ASSUMED, most: float = 10.0) -> Any:
    """A dimensionless coefficient of 0 or more."""
    return parameter(default, meaning, unit="weight", source=source, ge=0.0, le=most)
