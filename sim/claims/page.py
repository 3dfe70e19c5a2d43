"""The page: the table as found, pictures of the most telling claims, and why the model says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.claims import verdicts
from sim.claims.experiment import Trial
from sim.claims.rows import Row
from sim.claims.sections import Explanation
from sim.claims.telling import LOOKED, Line, sentence, stale
from sim.pages import Marks

MARKS = Marks("<!-- found: written by `unsilo claims --write` -->", "<!-- end of what was found -->")

Explained = tuple[Explanation, Sequence[Line]]
"""An explanation, and the findings of its claim in its file."""


def markdown(
    rows: Mapping[int, Row], lines: Mapping[int, Sequence[Line]], how: str, explained: Sequence[Explained] = (),
    pictures: Mapping[int, str] | None = None,
) -> str:  # fmt: skip
    """What was found as a block of a page.

    Args:
        rows: the claims.
        lines: the findings of each.
        how: how they came about, in a sentence or two.
        explained: why the model says so, claim by claim.
        pictures: addresses of the figures as the page sees them, by the claim.
    """
    pictures = pictures or {}
    trials = {line.finding.trial.name: line.finding.trial for some in lines.values() for line in some}
    told = [verdicts.RULE, "", how, "", f"**{sentence(lines)}**", ""]
    shown = [one for one in explained if one[0].row in pictures]
    if shown:
        told += ["### With pictures", ""]
        for one, some in shown:
            told += [*_picture(rows[one.row], one, some, pictures[one.row]), ""]
    others = [one for one in explained if one[0].row not in pictures]
    if others:
        told += ["### Why, of others", ""]
        told += [f"- **{one.row}, {rows[one.row].claim}.** {_why(one, some)}" for one, some in others]
        told.append("")
    told += ["### All of them", "", *_table(rows, lines), "", "### What is looked at", "", *_scales(trials)]
    return "\n".join(told)


def _picture(row: Row, one: Explanation, lines: Sequence[Line], address: str) -> list[str]:
    found = [f"- {_emphasised(line.verdict)}: {line.claim.says}: {line.size}" for line in lines]
    return [
        f"#### {one.row}: {row.claim}",
        "",
        f"![{one.title}]({address})",
        "",
        _why(one, lines),
        "",
        *found,
    ]


def _emphasised(verdict: str) -> str:
    said = verdict.removesuffix(" *")
    return f"*{said}*" + " \\*" * (said != verdict)


def _why(one: Explanation, lines: Sequence[Line]) -> str:
    wrong = stale(one, lines)
    return f"{one.why} ({wrong}: to be looked at again.)" if wrong else one.why


def _table(rows: Mapping[int, Row], lines: Mapping[int, Sequence[Line]]) -> list[str]:
    """A row for each finding; the first of a claim says what it is."""
    head = "| claim | what it says | asked, and the means of the arms | found (95 % interval) | smallest | verdict | outside |"
    table = [head, "|---" * 7 + "|"]
    for number, row in rows.items():
        says = f"{row.claim} ({row.source}; {row.tag}, {row.sign})"
        some = [[line.asked, line.size, f"{line.smallest:g}", line.verdict] for line in lines[number]]
        first, *rest = some or [[f"not run: {row.why}", "-", "-", "-"]]
        for cells in ([str(number), says, *first, row.outside or "?"], *(["", "", *one, ""] for one in rest)):
            table.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return table


def _scales(trials: Mapping[str, Trial]) -> list[str]:
    """The read-outs in words, with their smallest sizes of interest."""
    scales = {key: scale for trial in trials.values() for key, scale in trial.scales.items()}
    read = {claim.read for trial in trials.values() for claim in trial.experiment.claims}
    table = ["| key | what it is | unit | smallest size of interest | as that is |", "|---" * 5 + "|"]
    for key, scale in scales.items():
        if key in read:
            alike = len(set(scale.smallest.values())) == 1
            each = [f"{size:g}" + f" ({how})" * (how != "end") for how, size in scale.smallest.items()]
            sizes = each[0] if alike else "; ".join(each)
            what = f"{scale.words}: {scale.means}" if scale.means else scale.words
            table.append(f"| `{key}` | {what} | {scale.unit} | {sizes} | {scale.because} |")
    return table


def how_lived(runs: int, seeds: range, looked: bool) -> str:
    """How the findings came about."""
    command = f"`unsilo claims --runs {runs} --seed {seeds[0]} --write docs/claims.md`"
    said = f"{runs} seeds of each arm, {seeds[0]} to {seeds[-1]}: {command}. Pictures are of the same runs."
    mark = (
        f" Where a line is marked {LOOKED}, its arms or read-out were chosen once runs with other seeds had been seen."
        if looked
        else ""
    )
    return said + mark
