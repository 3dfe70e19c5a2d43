"""People, ties and reporting lines from CSV files, checked so that every fault is found and reported at once.

A file is UTF-8 with a header; columns not named here are ignored, and so are blanks around a value.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from sim.errors import Fault, InputError, nearest_name
from sim.luck import key_of
from sim.staff import Staff, heads_by_lines, levels, lines_by_contacts
from sim.tables import NOBODY
from sim.ties import Ties

_ENDS = {"source": "source", "target": "target"}  # columns of a file of pairs
_HEAVIEST = 32767  # strength that 16 bits hold
_COMPARISONS = 50_000  # of ids in search of the nearest; unknown ids beyond that get no hint
_CHAIN = 8  # people of a circle of managers that a message names
_LONGEST = 60  # characters of a value that a message shows, or that has a nearest


def read_roster(people: Path, ties: Path, reports: Path | None = None) -> tuple[Staff, Ties]:
    """Staff and contact network from files.

    People: columns id, department (or dept) and, if you like, manager (an id, or empty) and function. Ties:
    source, target and, if you like, weight. Reports: source, target; source reports to target.

    A pair that is named more than once, in one direction or both, is one tie of its greatest weight.
    Reporting lines are taken as they are, and heads and top executive follow from them (see
    `sim.staff.heads_by_lines`); without any, they follow from contacts (`sim.staff.lines_by_contacts`). A
    department's function is the commonest among its members, or its own name where no column says.

    Raises:
        InputError: with every fault of all the files.
    """
    files = _Files()
    files.read_people(people)
    files.read_ties(ties)
    if reports is not None:
        files.read_reports(reports)
    files.check_lines()
    if files.faults:
        raise InputError(files.faults)
    return files.staff_and_ties()


def digest(paths: Iterable[Path]) -> str:
    """A hash of the content of files, in their order; their names do not count.

    Raises:
        InputError: a file cannot be read.
    """
    faults: list[Fault] = []
    contents = [_bytes(path, faults) or b"" for path in paths]
    if faults:
        raise InputError(faults)
    return _digest(contents)


def _digest(contents: Iterable[bytes]) -> str:
    content = hashlib.blake2b(digest_size=16)
    for data in contents:
        content.update(len(data).to_bytes(8, "little") + data)
    return content.hexdigest()


class _Files:
    """What the files say, with people numbered in the order of the roster, and what is wrong with them."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.contents: list[bytes] = []  # of the files, as they were when they were read
        self.row: dict[str, int] = {}
        self.department: list[str] = []
        self.function: list[str] | None = None
        self.manager: list[int] = []
        self.line_of: dict[int, tuple[Path, int, str]] = {}  # where the manager of a person is named
        self.source: list[int] = []
        self.target: list[int] = []
        self.weight: list[int] = []
        self.to_oneself = 0
        self.hints: dict[str, str] = {}

    def read_people(self, path: Path) -> None:
        """Take in ids, departments, functions and managers."""
        table = self._table(path, {"id": "id", "department": "dept"}, ("manager", "function"))
        first: dict[str, int] = {}
        functions, managers = [], []
        for line, (name, department, manager, function) in table:
            if not department:
                self._fault(path, line, "department", department, "a department for everybody")
            if not name:
                self._fault(path, line, "id", name, "an id for everybody")
            elif name in self.row:
                self._fault(path, line, "id", name, f"each id once, and line {first[name]} has it")
            else:
                self.row[name], first[name] = len(self.row), line
                self.department.append(department)
                functions.append(function)
                managers.append((line, manager))
        if not self.row and not self.faults:
            self.faults.append(Fault("file", "nobody in it", "a line for each person", str(path)))
        if "function" in table.columns:
            self.function = functions
        self.manager = [NOBODY] * len(self.row)
        for person, (line, manager) in enumerate(managers):
            if manager:
                self._report(path, line, "manager", person, manager)

    def read_ties(self, path: Path) -> None:
        """Take in who is in touch with whom."""
        for line, (source, target, weight) in self._table(path, _ENDS, ("weight",)):
            strength = _strength(weight) if weight else 1
            if not strength:
                self._fault(
                    path, line, "weight", weight, f"a whole number, 1 to {_HEAVIEST}, or nothing for 1"
                )
            a = self._person(path, line, "source", source)
            b = self._person(path, line, "target", target)
            if a == b:
                self.to_oneself += 1
            else:
                self.source.append(a)
                self.target.append(b)
                self.weight.append(strength)

    def read_reports(self, path: Path) -> None:
        """Take in who reports to whom."""
        for line, (source, target) in self._table(path, _ENDS, ()):
            self._report(path, line, "target", self._person(path, line, "source", source), target)

    def _table(self, path: Path, needed: dict[str, str], optional: tuple[str, ...]) -> _Table:
        """A file, read once and for all."""
        data = _bytes(path, self.faults)
        self.contents.append(data or b"")
        return _Table(path, data, needed, optional, self.faults)

    def _report(self, path: Path, line: int, column: str, person: int, manager: str) -> None:
        """Take in one reporting line."""
        boss = self._person(path, line, column, manager)
        if person == NOBODY or boss == NOBODY:
            return
        if self.manager[person] in (NOBODY, boss):
            self.manager[person] = boss
            self.line_of.setdefault(person, (path, line, column))
        else:
            other, at, _ = self.line_of[person]
            self._fault(
                path, line, column, manager, f"one manager a person, and {other.name} line {at} has one"
            )

    def _person(self, path: Path, line: int, column: str, name: str) -> int:
        """The row of an id; NOBODY, and a fault, if the roster does not have it."""
        person = self.row.get(name, NOBODY)
        if person == NOBODY and self.row:
            if name not in self.hints:
                affordable = (len(self.hints) + 1) * len(self.row) <= _COMPARISONS and len(name) < _LONGEST
                self.hints[name] = nearest_name(name, self.row) if affordable else ""
            self._fault(path, line, column, name, "an id of the roster", self.hints[name])
        return person

    def _fault(self, path: Path, line: int, column: str, value: str, allowed: str, nearest: str = "") -> None:
        where = f"line {line}, column {column!r}"
        self.faults.append(Fault(where, f"found {_show(value)}", f"allowed: {allowed}", str(path), nearest))

    def check_lines(self) -> None:
        """Find the people who are, through others or at once, their own managers."""
        names = list(self.row)
        seen = [NOBODY] * len(names)  # from whom the person was first reached
        for start in range(len(names)):
            person, way = start, []
            while person != NOBODY and seen[person] == NOBODY:
                seen[person] = start
                way.append(person)
                person = self.manager[person]
            if person != NOBODY and seen[person] == start:
                circle = way[way.index(person) :]
                path, line, column = self.line_of[person]
                chain = " -> ".join(_show(names[one]) for one in [*circle, person][:_CHAIN])
                chain += " -> ..." if len(circle) >= _CHAIN else ""
                self._fault(
                    path, line, column, names[self.manager[person]], f"no circle of managers: {chain}"
                )

    def staff_and_ties(self) -> tuple[Staff, Ties]:
        """Everybody sorted by department, with heads and top executive."""
        departments = {name: number for number, name in enumerate(dict.fromkeys(self.department))}
        unsorted = np.array([departments[name] for name in self.department], np.int32)
        order = np.argsort(unsorted, kind="stable")
        department, ids = unsorted[order], list(self.row)
        place = np.empty(len(order) + 1, np.int32)  # of everybody, and last of nobody
        place[order], place[NOBODY] = np.arange(len(order)), NOBODY
        source, target = place[np.array(self.source, np.intp)], place[np.array(self.target, np.intp)]
        ties = Ties.from_edges(len(order), source, target, np.array(self.weight, np.int16))
        manager = place[np.array(self.manager)[order]]
        contacts = np.diff(ties.indptr)
        notices = []
        if self.to_oneself:
            notices.append(f"{self.to_oneself} ties of people to themselves are left out")
        if (manager == NOBODY).all():
            manager, head, top = lines_by_contacts(department, contacts)
            notices.append(
                "no reporting lines: departments report to their best-connected member, and these heads to "
                "the best-connected of them, the top executive"
            )
        else:
            head, top = heads_by_lines(department, manager, contacts)
            rootless = int((manager == NOBODY).sum()) - 1
            if rootless:
                notices.append(
                    f"{rootless} people besides the top executive have no manager: they report to nobody"
                )
        staff = Staff(
            departments=tuple(departments),
            functions=self._functions(departments),
            department=department,
            manager=manager,
            level=levels(manager, head, top),
            head=head,
            tops=np.array([top], np.int32),
            firm=np.zeros(len(head), np.int32),
            key=np.array([key_of(f"roster/{ids[person]}") for person in order], np.uint64),
            ids=tuple(ids[person] for person in order),
            notices=tuple(notices),
            files=_digest(self.contents),
        )
        return staff, ties

    def _functions(self, departments: Iterable[str]) -> tuple[str, ...]:
        """The commonest function of each department's members; its own name where no column says."""
        if self.function is None:
            return tuple(departments)
        counts: dict[str, Counter[str]] = {name: Counter() for name in departments}
        for name, function in zip(self.department, self.function, strict=True):
            counts[name][function] += bool(function)
        return tuple(count.most_common(1)[0][0] for count in counts.values())


def _bytes(path: Path, faults: list[Fault]) -> bytes | None:
    """The file's content, or None and a fault."""
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        faults.append(Fault("file", str(reason), "a readable CSV file", str(path)))
        return None


class _Table:
    """The asked columns of a CSV file, row by row; no rows if the file or its header is no good."""

    def __init__(
        self,
        path: Path,
        data: bytes | None,
        needed: dict[str, str],
        optional: tuple[str, ...],
        faults: list[Fault],
    ) -> None:
        """Read the header.

        Args:
            path: the file.
            data: what it holds; None if it cannot be read, which is said already.
            needed: columns that must be there, with another name by which each may go.
            optional: columns that may be there.
            faults: receives what is wrong, now and in the rows.
        """
        self.file, self.faults = str(path), faults
        self.asked = (*needed, *optional)
        self.columns: dict[str, int] = {}
        before = len(faults)
        text = None if data is None else _text(path, data, faults)
        self._reader = csv.reader(io.StringIO(text or "", newline=""), strict=True)
        self._header = next(self._lines(), [])
        if self._header:
            self.columns = self._find(needed)
        elif data is not None and len(faults) == before:
            faults.append(Fault("file", "empty", f"a header with {', '.join(needed)}", self.file))

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Line number and stripped values of each row, "" in a column that is not there."""
        width = len(self._header)
        picked = [self.columns.get(name, width) for name in self.asked]
        for cells in self._lines() if self.columns else ():
            if len(cells) == width:
                cells.append("")
                yield self._reader.line_num, [cells[at].strip() for at in picked]
            else:
                found, allowed = f"{len(cells)} values", f"{width} values, as in the header"
                self.faults.append(Fault(f"line {self._reader.line_num}", found, allowed, self.file))

    def _lines(self) -> Iterator[list[str]]:
        """The rows that are not blank, up to the first that is no CSV."""
        try:
            yield from filter(None, self._reader)
        except csv.Error as error:
            place = f"line {self._reader.line_num}"
            self.faults.append(Fault(place, str(error), "comma-separated values", self.file))

    def _find(self, needed: dict[str, str]) -> dict[str, int]:
        """Where the asked columns are; nothing if a needed one is missing or any is there twice."""
        header = [name.strip().casefold() for name in self._header]
        columns: dict[str, int] = {}
        place, wrong = f"line {self._reader.line_num}, header", []
        for name in self.asked:
            spelling = name if name in header else needed.get(name, name)
            if spelling in header:
                columns[name] = header.index(spelling)
                if header.count(spelling) > 1:
                    wrong.append(Fault(place, f"column {spelling!r} twice", "each column once", self.file))
            elif name in needed:
                found = f"no column {name!r} in {_show(', '.join(header))}"
                hint = nearest_name(name, header)
                wrong.append(Fault(place, found, f"needed: {', '.join(needed)}", self.file, hint))
        self.faults += wrong
        return {} if wrong else columns


def _text(path: Path, data: bytes, faults: list[Fault]) -> str | None:
    """The file's text, or None and a fault."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        faults.append(Fault(f"line {line}", "not UTF-8 text", "a CSV file in UTF-8", str(path)))
        return None


def _strength(text: str) -> int:
    """The strength that a text gives; 0 if it gives none."""
    try:
        value = float(text)
    except ValueError:
        return 0
    return int(value) if value.is_integer() and 1 <= value <= _HEAVIEST else 0


def _show(value: str) -> str:
    """A value as messages show it."""
    text = repr(value)
    return text if len(text) < _LONGEST else f"{text[: _LONGEST - 3]}..."
