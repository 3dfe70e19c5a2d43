"""Frames: what a page shows of one week, copied out of the organisation into plain arrays.

Components draw frames and never the live model, so a page may draw one week while the next is being lived.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.mechanisms.maturity import STAGES
from sim.outcome import STATES

if TYPE_CHECKING:
    from sim.organisation import Organisation

GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))
GAP = 1.12  # a department's disc with the space around it, as a multiple of the disc
LEAST_SEAT = 0.1  # of the largest department's people: space for a small one's name
MOST_TIES = 8000  # drawn; more is a grey blot


@dataclass(frozen=True, eq=False)
class Scene:
    """What stays the same through a run: who sits where on the picture, and who knows whom.

    Attributes:
        weeks: length of the run.
        departments: D names.
        own_ways: departments have ways of their own; otherwise there is but one.
        shared: names of the ways that no department had before: the desks' ways, or the only one.
        discs: float64[D, 3], centre and radius of each department's disc; the picture is the unit square.
        places: float64[n, 2], where each employee is drawn.
        spacing: distance between neighbours in a disc.
        ties: int32[m, 2], pairs of employees, of which `MOST_TIES` at most.
    """

    weeks: int
    departments: tuple[str, ...]
    own_ways: bool
    shared: tuple[str, ...]
    discs: np.ndarray
    places: np.ndarray
    spacing: float
    ties: np.ndarray

    @classmethod
    def of(cls, org: Organisation) -> Scene:
        """The scene of an organisation: departments on a circle, their people in spirals by number.

        Luck and levers have no part in who is drawn where, so pictures of two runs can be laid side by side.
        """
        d, ties = org.departments, org.ties
        discs, scale = _discs(d.size)
        number = np.arange(org.employees.rows) - np.repeat(d.first, d.size)
        radius = scale * np.sqrt(number + 0.5)
        spiral = np.stack([np.cos(GOLDEN_ANGLE * number), np.sin(GOLDEN_ANGLE * number)], axis=1)
        centre = np.repeat(discs[:, :2], d.size, axis=0)
        source = np.repeat(np.arange(ties.n, dtype=np.int32), np.diff(ties.indptr))
        pairs = np.stack([source, ties.indices], axis=1)[source < ties.indices]
        return cls(
            org.plan.weeks, org.department_names, org.ways > 1, _shared_ways(org), discs,
            centre + radius[:, None] * spiral, scale * math.sqrt(math.pi), pairs[:: max(1, math.ceil(len(pairs) / MOST_TIES))],
        )  # fmt: skip


def _discs(size: np.ndarray) -> tuple[np.ndarray, float]:
    """Discs of equal density on the smallest circle that seats them in order; and the radius of a disc of one."""
    radius = GAP * np.sqrt(np.maximum(size, LEAST_SEAT * size.max()))
    low, high = radius.max(), radius.sum()
    for _ in range(60):
        middle = (low + high) / 2.0
        crowded = np.arcsin(np.minimum(1.0, radius / middle)).sum() > math.pi
        low, high = (middle, high) if crowded else (low, middle)
    half = np.arcsin(np.minimum(1.0, radius / high))
    half += (math.pi - half.sum()) / len(half)
    turn = 2.0 * np.cumsum(half) - half - half[0] - math.pi / 2.0
    around = 0.0 if len(half) == 1 else high
    centre = around * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    least = (centre - radius[:, None]).min(axis=0)
    extent = (centre + radius[:, None]).max(axis=0) - least
    scale = 1.0 / extent.max()
    centre = (centre - least - extent / 2.0) * scale + 0.5
    return np.column_stack([centre, np.sqrt(size) * scale]), scale


def _shared_ways(org: Organisation) -> tuple[str, ...]:
    if org.ways == 1:
        return ("practises",)
    desks = org.desks.rows
    governance = org.plan["governance"]
    if desks == 0:
        return ()
    one = "desk" if governance.form == "centralised" else "hub"
    return (f"the {one}'s way",) if desks == 1 else tuple(f"{one} {n + 1}'s way" for n in range(desks))


@dataclass(frozen=True, eq=False)
class Frame:
    """One week of an organisation.

    Attributes:
        scene: what stays the same.
        week: the week, 0 being the start.
        stage: name of the stage of maturity, with its number.
        state: the organisation's state, one of `sim.outcome.STATES`.
        sentence: the finding up to this week.
        way: int16[n], the way in which each employee practises most of what they practise; -1 for nothing. A way
            is a department's row, or D and up for `scene.shared`.
        adoption: float64[1 + week, D], nan where nothing is meant for the department.
        overall: float64[1 + week], adoption over the whole organisation.
    """

    scene: Scene
    week: int
    stage: str
    state: str
    sentence: str
    way: np.ndarray
    adoption: np.ndarray
    overall: np.ndarray

    @classmethod
    def of(cls, org: Organisation, scene: Scene) -> Frame:
        """The frame of the week that the organisation has reached."""
        record = org.record
        return cls(
            scene, org.week, f"{org.stage} of {len(STAGES)}, {STAGES[org.stage - 1]}", STATES[record.states[-1]],
            record.sentence, _main_way(org), record.adoption[: org.week + 1].copy(), record["A"].copy(),
        )  # fmt: skip


def _main_way(org: Organisation) -> np.ndarray:
    """Each employee's commonest way, the first of equals: int16[n]."""
    e = org.employees
    practices, rows = np.nonzero(e.practising)
    cells = rows * org.ways + e.way[practices, rows]
    counts = np.bincount(cells, minlength=e.rows * org.ways).reshape(e.rows, org.ways)
    first_shared = org.departments.rows if org.ways == 1 else 0
    return np.where(counts.any(axis=1), first_shared + counts.argmax(axis=1), -1).astype(np.int16)
