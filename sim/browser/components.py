"""What a page is made of: Solara components, each a function of a frame."""

from __future__ import annotations

import json
import math
from html import escape

import numpy as np
import solara

from sim.browser.frame import Frame, Scene

SHAPES = (
    "M1,0A1,1,0,1,1,-1,0A1,1,0,1,1,1,0Z",
    "M-.9,-.9H.9V.9H-.9Z",
    "M0,-1.2L1.1,.8H-1.1Z",
    "M0,-1.25L1.05,0L0,1.25L-1.05,0Z",
)
"""Circle, square, triangle, diamond, as paths of radius 1: in grey, the shape tells ways apart."""

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442")
"""Okabe & Ito's colours, which the colour-blind can tell apart; black is kept for the ways that all may share."""

POINTS = 160  # most points of a line in the chart


def _mark(way: int, departments: int) -> tuple[str, str]:
    """Shape and colour of a way."""
    if way < departments:
        return SHAPES[way % len(SHAPES)], COLOURS[way % len(COLOURS)]
    return SHAPES[(way - departments) % len(SHAPES)], "#000000"


def art(scene: Scene) -> str:
    """What the network's canvas needs but once, as JSON; the last of its marks is for practising nothing."""
    d = len(scene.departments)
    marks = [_mark(way, d) for way in range(d + len(scene.shared))]
    return json.dumps(
        {
            "departments": scene.departments,
            "shared": scene.shared,
            "own": scene.own_ways,
            "marks": [*marks, (SHAPES[0], "#ffffff")],
            "discs": scene.discs.round(4).tolist(),
            "places": scene.places.round(4).tolist(),
            "spacing": scene.spacing,
            "ties": scene.ties.tolist(),
        }
    )


def states(frame: Frame) -> str:
    """One character a person: "0" for practising nothing, then one for each way."""
    return "".join(map(chr, (frame.way.astype(int) + ord("1")).tolist()))


@solara.component_vue("network.vue")
def NetworkCanvas(art: str, states: str, label: str) -> None:  # noqa: N802
    """The canvas; big lists go as strings, since Solara would walk a list at every render."""


@solara.component
def Network(frame: Frame) -> None:  # noqa: N802
    """Everybody by department, drawn once and recoloured each week by the way they practise."""
    drawn = solara.use_memo(lambda: art(frame.scene), [frame.scene])
    practising = int((frame.way >= 0).sum())
    label = f"Network in week {frame.week}: {practising} of {frame.way.size} people practise something"
    NetworkCanvas(art=drawn, states=states(frame), label=label)


def adoption_chart(frame: Frame) -> str:
    """Adoption by department over the weeks, as SVG; lines carry the marks of the departments' ways and end in names."""
    left, right, top, bottom, wide, high = 40, 310, 34, 440, 430, 486
    weeks = frame.scene.weeks

    def x(week: float) -> float:
        return left + (right - left) * week / weeks

    def y(share: float) -> float:
        return bottom - (bottom - top) * share

    title = "Practising, % of the staff that the practices are meant for"
    parts = [f'<text x="{left - 34}" y="14">{title}</text>']
    for percent in (0, 25, 50, 75, 100):
        at = y(percent / 100)
        parts.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{at}" y2="{at}"/>')
        parts.append(f'<text class="end" x="{left - 6}" y="{at + 4}">{percent}</text>')
    for week in _ticks(weeks):
        parts.append(f'<text class="mid" x="{x(week):.1f}" y="{bottom + 18}">{week}</text>')
    parts.append(f'<text class="mid" x="{(left + right) / 2}" y="{bottom + 36}">week</text>')

    d = len(frame.scene.departments)
    lines = [
        (escape(name), values, *_mark(row, d), "line")
        for row, (name, values) in enumerate(zip(frame.scene.departments, frame.adoption.T, strict=True))
        if not np.isnan(values[-1])
    ]
    lines.append(("all", frame.overall, "", "currentColor", "all"))
    shown = sorted({*range(0, frame.week, max(1, math.ceil(frame.week / POINTS))), frame.week})
    heights = _apart([y(values[-1]) for _, values, *_ in lines], 17.0, bottom)
    for (name, values, shape, colour, kind), height in zip(lines, heights, strict=True):
        points = " ".join(f"{x(week):.1f},{y(values[week]):.1f}" for week in shown)
        parts.append(f'<polyline class="{kind}" stroke="{colour}" points="{points}"/>')
        if shape:
            spots = [(x(week), y(values[week])) for week in range(frame.week, -1, -max(1, weeks // 8))]
            for across, down in [*spots, (right + 26, height)]:
                place = f"translate({across:.1f},{down:.1f}) scale(4)"
                parts.append(f'<path class="mark" d="{shape}" fill="{colour}" transform="{place}"/>')
        else:
            parts.append(f'<path class="all" stroke="{colour}" d="M{right + 21},{height:.1f}h10"/>')
        end = f"M{x(frame.week):.1f},{y(values[-1]):.1f}"
        parts.append(f'<path class="lead" d="{end}L{right + 18},{height:.1f}"/>')
        parts.append(f'<text x="{right + 35}" y="{height + 4:.1f}">{name}</text>')
    label = f"Adoption by department up to week {frame.week}; {frame.overall[-1]:.0%} overall"
    return f'<svg class="unsilo-chart" viewBox="0 0 {wide} {high}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _ticks(weeks: int) -> range:
    """Whole years, or a part of one on short runs; six ticks at most."""
    step = next((s for s in (1, 2, 4, 13, 26, 52) if weeks / s <= 6), 52 * math.ceil(weeks / 312))
    return range(0, weeks + 1, step)


def _apart(heights: list[float], gap: float, lowest: float) -> list[float]:
    """The heights moved as little as it takes for labels not to overlap, from the lowest label up."""
    moved = list(heights)
    floor = lowest + gap
    for i in sorted(range(len(heights)), key=lambda i: -heights[i]):
        floor = moved[i] = min(heights[i], floor - gap)
    return moved


@solara.component
def Adoption(frame: Frame) -> None:  # noqa: N802
    """How many practise in each department, week by week."""
    solara.HTML(tag="div", unsafe_innerHTML=adoption_chart(frame))


@solara.component
def Now(frame: Frame) -> None:  # noqa: N802
    """Week, stage and state, and the finding so far in a sentence."""
    words = (
        f"<b>Week {frame.week}</b> of {frame.scene.weeks}",
        f"Stage <b>{escape(frame.stage)}</b>",
        f"State <b>{escape(frame.state)}</b>",
    )
    text = " · ".join(f"<span>{word}</span>" for word in words)
    solara.HTML(tag="div", classes=["unsilo-now"], unsafe_innerHTML=f"{text}<p>{escape(frame.sentence)}</p>")
