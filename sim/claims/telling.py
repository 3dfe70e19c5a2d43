"""Telling: findings as rows of a table, each claim once, with what was asked, what was found, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.claims import verdicts
from sim.claims.contrasts import Estimate
from sim.claims.living import Finding
from sim.claims.rows import Row
from sim.errors import Fault, InputError

BEGIN, END = "<!-- found: written by `unsilo claims --write` -->", "<!-- end of what was found -->"


class Line:
    """A finding beside its row."""

    def __init__(self, row: Row, finding: Finding) -> None:
        self.finding, self.claim, self._row = finding, finding.claim, row

    @property
    def sign(self) -> str:
        """Built in or emergent."""
        return self.claim.sign or self._row.sign

    @property
    def verdict(self) -> str:
        """The verdict, by the one rule; * where it holds for all claims at once."""
        found = self.finding.found
        if found is None:
            return "not run: no arm has finished"
        if self.sign == "built in":
            return verdicts.BUILT_IN
        said = self._said(found.low, found.high)
        holds = said not in (verdicts.UNDECIDED, verdicts.OPEN) and said == self._said(
            found.wide_low, found.wide_high
        )
        return f"{said}{' *' * holds}"

    @property
    def reversed(self) -> bool:
        """Whether the sign that is built in lies on the wrong side for sure: something in the model has broken."""
        found = self.finding.found
        return (
            self.sign == "built in"
            and found is not None
            and self._said(found.wide_low, found.wide_high) == verdicts.CONTRADICTS
        )

    def _said(self, low: float, high: float) -> str:
        return verdicts.verdict(low, high, self.claim.direction, self.claim.smallest)

    @property
    def size(self) -> str:
        """The contrast with its interval."""
        found = self.finding.found
        return f"{found.value:+.3g} ({found.low:+.3g} to {found.high:+.3g})" if found else "-"

    @property
    def asked(self) -> str:
        """What was looked at, and the means of the arms."""
        names = [name for name, _, _ in self.claim.columns]
        means = ", ".join(f"{name} {mean:.3g}" for name, mean in zip(names, self.finding.means, strict=False))
        kind = "" if self.claim.contrast in ("difference", "level") else f", {self.claim.contrast}"
        return f"{self.claim.says} ({_readout(self.finding)}{kind}): {means}"

    def as_dict(self) -> dict[str, Any]:
        """The finding for machines."""
        found: Estimate | None = self.finding.found
        return {
            "experiment": self.finding.trial.name, "says": self.claim.says, "read": _readout(self.finding),
            "contrast": self.claim.contrast, "means": [
                {"of": name, "mean": mean}
                for (name, _, _), mean in zip(self.claim.columns, self.finding.means, strict=False)
            ],
            "expected": self.claim.expected, "smallest": self.claim.smallest, "sign": self.sign,
            "found": vars(found) if found else None, "verdict": self.verdict,
        }  # fmt: skip


def _readout(finding: Finding) -> str:
    claim = finding.claim
    words = [claim.read, claim.department or claim.practice or "", claim.how or ""]
    if claim.level is not None:
        words.append(f"{claim.level:g}")
    if claim.weeks:
        words.append("weeks {}-{}".format(*claim.weeks))
    return " ".join(filter(None, words))


def lines_of(rows: Mapping[int, Row], findings: Iterable[Finding]) -> dict[int, list[Line]]:
    """The findings of each row that is asked for; none where no experiment asks about it."""
    lines: dict[int, list[Line]] = {number: [] for number in rows}
    for finding in findings:
        lines[finding.claim.row].append(Line(rows[finding.claim.row], finding))
    return lines


def table_of(rows: Mapping[int, Row], lines: Mapping[int, Sequence[Line]]) -> list[list[str]]:
    """A table's rows: a claim with its source, tag and outside evidence, and below it a row for each finding."""
    told = []
    for number, row in rows.items():
        why = "" if lines[number] else f"not run: {row.why}"
        told.append(
            [f"{number} {row.source}", f"{row.tag}, {row.sign}", row.claim, "", why, row.outside or "?"]
        )
        for line in lines[number]:
            told.append(
                ["", "" if line.sign == row.sign else line.sign, line.asked, line.size, line.verdict, ""]
            )
    return told


def sentence(lines: Mapping[int, Sequence[Line]]) -> str:
    """The finding, plainly: how many verdicts there are of each kind."""
    every = [line for some in lines.values() for line in some]
    emergent = [line.verdict.removesuffix(" *") for line in every if line.sign == "emergent"]
    kinds = (verdicts.AGREES, verdicts.CONTRADICTS, verdicts.NONE, verdicts.UNDECIDED, verdicts.OPEN)
    counted = ", ".join(f"{emergent.count(kind)} {kind}" for kind in kinds if kind in emergent)
    without = sum(not some for some in lines.values())
    many = "claim" if len(lines) == 1 else "claims"
    return (
        f"{len(lines)} {many}, {without} of them without an experiment; {len(emergent)} emergent contrasts: "
        f"{counted or 'none'}; {len(every) - len(emergent)} built in, of which the size is told."
    )


def markdown(rows: Mapping[int, Row], lines: Mapping[int, Sequence[Line]], how: str) -> str:
    """The table as a block of a page, one row a claim."""
    head = "| claim | what it says | tag | asked, and the means of the arms | found (95 % interval) | verdict | outside |"
    told = [verdicts.RULE, "", how, "", sentence(lines), "", head, "|---" * 7 + "|"]
    for number, row in rows.items():
        some = lines[number]
        cells = [
            f"{number} ({row.source})", row.claim, f"{row.tag}, {row.sign}",
            "<br>".join(line.asked for line in some) or f"not run: {row.why}",
            "<br>".join(line.size for line in some) or "-",
            "<br>".join(line.verdict for line in some) or "-",
            row.outside or "?",
        ]  # fmt: skip
        told.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return "\n".join(told)


def write(page: Path, block: str, begin: str = BEGIN, end: str = END) -> None:
    """Put the block between the marks of a page.

    Raises:
        InputError: the page cannot be read, or has no marks.
    """
    text = page.read_text("utf-8") if page.is_file() else ""
    before, first, rest = text.partition(begin)
    _, last, after = rest.partition(end)
    if not first or not last:
        raise InputError(
            [Fault("--write", "no marks to write between", f"a page with {begin} and {end}", str(page))]
        )
    page.write_text(f"{before}{begin}\n\n{block}\n\n{end}{after}", "utf-8")
