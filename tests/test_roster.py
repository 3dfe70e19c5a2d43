"""Roster files: what a good one means, and that a bad one is refused with everything that is wrong with it."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from sim.luck import key_of
from sim.roster import digest, read_roster
from sim.staff import HEAD, MANAGER, NOBODY, STAFF, TOP

PEOPLE = """\
id,department,manager,function,shoe size
ann,Board,,,40
bob,Shop,ann,sales,41
cat,Shop,bob,marketing,42
dan,Lab,ann,product,43
eve,Shop,bob,sales,44
"""
TIES = """\
source,target,weight
ann,bob,3
bob,ann,5
cat,eve,
dan,dan,1
cat,dan,2
"""
REPORTS = "source,target\nbob,ann\ncat,bob\n"


@pytest.fixture
def read(tmp_path):
    """Read a roster from the content of its files; a missing one is not written."""

    def reader(people=PEOPLE, ties=TIES, reports=None):
        for name, content in (("people", people), ("ties", ties), ("reports", reports)):
            if content is not None:
                data = content if isinstance(content, bytes) else content.encode()
                (tmp_path / f"{name}.csv").write_bytes(data)
        files = [tmp_path / "people.csv", tmp_path / "ties.csv"]
        return read_roster(*files, *([] if reports is None else [tmp_path / "reports.csv"]))

    return reader


@pytest.fixture
def faults(read):
    """The messages of a roster that is refused, without the folder."""

    def messages(*contents, **more):
        with pytest.raises(InputError) as error:
            read(*contents, **more)
        return [str(fault).rsplit("/", 1)[-1] for fault in error.value.faults]

    return messages


def bosses(staff):
    return {
        name: None if boss == NOBODY else staff.ids[boss]
        for name, boss in zip(staff.ids, staff.manager, strict=True)
    }


def strengths(staff, ties):
    source = np.repeat(np.arange(ties.n), np.diff(ties.indptr))
    rows = zip(source, ties.indices, ties.weights, strict=True)
    return {(staff.ids[a], staff.ids[b]): int(weight) for a, b, weight in rows}


# --- good files


def test_a_roster(read):
    staff, ties = read()
    assert staff.departments == ("Board", "Shop", "Lab")
    assert staff.functions == ("", "sales", "product")
    assert staff.ids == ("ann", "bob", "cat", "eve", "dan")
    assert staff.department.tolist() == [0, 1, 1, 1, 2]
    assert bosses(staff) == {"ann": None, "bob": "ann", "cat": "bob", "dan": "ann", "eve": "bob"}
    assert staff.level.tolist() == [TOP, HEAD, STAFF, STAFF, HEAD]
    assert [staff.ids[row] for row in staff.head] == ["ann", "bob", "dan"]
    assert staff.ids[staff.top] == "ann"
    assert staff.key.tolist() == [key_of(f"roster/{name}") for name in staff.ids]
    assert staff.notices == ("1 ties of people to themselves are left out",)
    expected = {("ann", "bob"): 5, ("cat", "eve"): 1, ("cat", "dan"): 2}
    assert strengths(staff, ties) == expected | {(b, a): weight for (a, b), weight in expected.items()}


@pytest.mark.parametrize(
    "written",
    [
        PEOPLE.replace("\n", "\r\n"),
        b"\xef\xbb\xbf" + PEOPLE.encode(),
        PEOPLE.replace("department", " Dept "),
        PEOPLE.replace(",Shop,", ", Shop ,"),
        PEOPLE.replace("ann,Board", '"ann","Board"'),
        "\n" + PEOPLE.replace("dan,", "\ndan,") + "\n\n",
        PEOPLE.replace("shoe size", ""),
    ],
    ids=["crlf", "bom", "dept", "blanks", "quotes", "empty lines", "nameless column"],
)
def test_ways_to_write_the_same(read, written):
    expected, found = read()[0], read(written)[0]
    for name in ("departments", "functions", "ids", "top", "notices"):
        assert getattr(found, name) == getattr(expected, name)
    for name in ("department", "manager", "level", "head", "key"):
        assert np.array_equal(getattr(found, name), getattr(expected, name))


def test_keys_do_not_depend_on_the_order_of_the_file(read):
    header, *lines = PEOPLE.splitlines()
    forwards, backwards = read()[0], read("\n".join([header, *reversed(lines)]))[0]
    assert backwards.departments == ("Shop", "Lab", "Board")
    assert dict(zip(forwards.ids, forwards.key, strict=True)) == dict(
        zip(backwards.ids, backwards.key, strict=True)
    )
    assert bosses(forwards) == bosses(backwards)


def test_reports_in_a_file_of_their_own(read):
    people = PEOPLE.replace("bob,Shop,ann", "bob,Shop,").replace("dan,Lab,ann", "dan,Lab,bob")
    staff, _ = read(people, reports=REPORTS)
    assert bosses(staff) == {"ann": None, "bob": "ann", "cat": "bob", "dan": "bob", "eve": "bob"}


def test_the_commonest_function_is_the_departments(read):
    people = "id,dept,function\na,x,\nb,x,sales\nc,x,\nd,x,\ne,y,it\nf,y,law\ng,y,law\nh,z,\n"
    assert read(people, "source,target\n")[0].functions == ("sales", "law", "")


def test_a_nameless_column_is_none_of_the_asked(read):
    staff, ties = read("id,dept,\na,x,b\nb,y,a\n", "source,target,\na,b,7\n")
    assert staff.functions == ("x", "y")
    assert strengths(staff, ties) == {("a", "b"): 1, ("b", "a"): 1}


def test_without_reporting_lines_the_best_connected_lead(read):
    people = "id,dept\na,x\nb,x\nc,y\nd,y\ne,y\n"
    staff, _ = read(people, "source,target\na,b\nb,c\nb,d\nd,e\nd,c\nd,a\n")
    assert bosses(staff) == {"a": "b", "b": "d", "c": "d", "d": None, "e": "d"}
    assert [staff.ids[row] for row in staff.head] == ["b", "d"]
    assert staff.functions == ("x", "y")
    assert "no reporting lines" in staff.notices[0]
    assert staff.level.tolist() == [STAFF, HEAD, STAFF, TOP, STAFF]


def test_of_several_without_a_manager_the_one_with_most_below_is_the_top(read):
    people = "id,dept,manager\na,x,\nb,y,a\nc,z,\nd,z,c\ne,z,d\nf,x,\n"
    staff, _ = read(people, "source,target\n")
    assert staff.ids[staff.top] == "c"
    assert bosses(staff) == {"a": None, "f": None, "b": "a", "c": None, "d": "c", "e": "d"}
    assert staff.notices == ("2 people besides the top executive have no manager: they report to nobody",)


def test_who_heads_a_department(read):
    lines = [
        "boss,x,",
        "aide,x,boss",
        "vice,x,boss",
        "hand,x,vice",
        "deep,y,hand",
        "high,y,boss",
        "low,y,deep",
    ]
    staff, _ = read("id,dept,manager\n" + "\n".join(lines), "source,target\n")
    assert [staff.ids[row] for row in staff.head] == ["vice", "high"]
    assert staff.level[staff.ids.index("hand")] == MANAGER
    alone, _ = read("id,dept,manager\n" + "\n".join([*lines[:3], "hand,y,vice"]), "source,target\n")
    assert [alone.ids[row] for row in alone.head] == ["boss", "hand"]


def test_krackhardts_managers(data):
    folder = data("krackhardt_hightech")
    staff, ties = read_roster(folder / "people.csv", folder / "advice.csv", folder / "reports_to.csv")
    heads = dict(zip(staff.departments, (staff.ids[row] for row in staff.head), strict=True))
    assert heads == {"0.0": "7", "1.0": "21", "2.0": "14", "3.0": "18", "4.0": "2"}
    assert staff.ids[staff.top] == "7"
    assert staff.notices == ()
    given_level = {
        line.split(",")[0]: float(line.split(",")[3])
        for line in (folder / "people.csv").read_text().splitlines()[1:]
    }
    assert {
        name: 4 - max(1, level) for name, level in zip(staff.ids, staff.level, strict=True)
    } == given_level
    assert len(ties.indices) == 2 * 145


def test_the_mail_of_a_research_institution(data):
    folder = data("email_eu_core")
    staff, ties = read_roster(folder / "people.csv", folder / "ties.csv")
    assert (staff.n, len(staff.departments), len(ties.indices)) == (1005, 42, 2 * 16064)
    assert staff.notices[0].startswith("642 ties")
    assert (staff.manager == NOBODY).sum() == 1


# --- bad files


def test_everything_wrong_is_said_at_once(faults):
    people = "id,department,manager\nann,Board,\nbob,,ann\nbob,Shop,\n,Shop,\ncarl,Shop,anne\ndan,Shop\n"
    ties = "source,target,weight\nann,carl,-1\ncarl,karl,1.5\n,ann,0\nann,carl,x\n"
    found = faults(people, ties)
    assert found == [
        "people.csv: line 3, column 'department': found ''; allowed: a department for everybody",
        "people.csv: line 4, column 'id': found 'bob'; allowed: each id once, and line 3 has it",
        "people.csv: line 5, column 'id': found ''; allowed: an id for everybody",
        "people.csv: line 7: 2 values; 3 values, as in the header",
        "people.csv: line 6, column 'manager': found 'anne'; allowed: an id of the roster (did you mean 'ann'?)",
        "ties.csv: line 2, column 'weight': found '-1'; allowed: a whole number, 1 to 32767, or nothing for 1",
        "ties.csv: line 3, column 'weight': found '1.5'; allowed: a whole number, 1 to 32767, or nothing for 1",
        "ties.csv: line 3, column 'target': found 'karl'; allowed: an id of the roster (did you mean 'carl'?)",
        "ties.csv: line 4, column 'weight': found '0'; allowed: a whole number, 1 to 32767, or nothing for 1",
        "ties.csv: line 4, column 'source': found ''; allowed: an id of the roster",
        "ties.csv: line 5, column 'weight': found 'x'; allowed: a whole number, 1 to 32767, or nothing for 1",
    ]


@pytest.mark.parametrize(
    ("people", "ties", "expected"),
    [
        (None, TIES, "people.csv: file: No such file or directory; a readable CSV file"),
        ("", TIES, "people.csv: file: empty; a header with id, department"),
        ("id,dept\n", TIES, "people.csv: file: nobody in it; a line for each person"),
        (
            PEOPLE.encode() + b"f\xff,Lab,,,1\n",
            TIES,
            "people.csv: line 7: not UTF-8 text; a CSV file in UTF-8",
        ),
        (
            PEOPLE.replace("department", "departmnt"),
            TIES,
            "people.csv: line 1, header: no column 'department' in 'id, departmnt, manager, function, shoe size'; "
            "needed: id, department (did you mean 'departmnt'?)",
        ),
        (
            PEOPLE.replace("shoe size", "Manager"),
            TIES,
            "people.csv: line 1, header: column 'manager' twice; each column once",
        ),
        (PEOPLE, None, "ties.csv: file: No such file or directory; a readable CSV file"),
        (
            PEOPLE,
            TIES + '"ann"s,bob,1\n',
            "ties.csv: line 7: ',' expected after '\"'; comma-separated values",
        ),
        (
            PEOPLE,
            TIES + "ann,cat,40000\n",
            "ties.csv: line 7, column 'weight': found '40000'; "
            "allowed: a whole number, 1 to 32767, or nothing for 1",
        ),
        (
            PEOPLE.replace("bob,Shop,ann", "bob,Shop,eve"),
            TIES,
            "people.csv: line 3, column 'manager': found 'eve'; "
            "allowed: no circle of managers: 'bob' -> 'eve' -> 'bob'",
        ),
        (
            PEOPLE.replace("ann,Board,", "ann,Board,ann"),
            TIES,
            "people.csv: line 2, column 'manager': found 'ann'; "
            "allowed: no circle of managers: 'ann' -> 'ann'",
        ),
    ],
)
def test_what_is_wrong(faults, people, ties, expected):
    assert faults(people, ties) == [expected]


def test_reports_must_agree_with_the_roster(faults):
    assert faults(reports="source,target\ncat,ann\nbob,zed\n") == [
        "reports.csv: line 2, column 'target': found 'ann'; "
        "allowed: one manager a person, and people.csv line 4 has one",
        "reports.csv: line 3, column 'target': found 'zed'; allowed: an id of the roster",
    ]


def test_all_files_are_read_before_complaining(faults):
    found = faults("id,dept\na,x\na,x\n", "source,targt\n", reports="")
    assert [message.split(":")[0] for message in found] == ["people.csv", "ties.csv", "reports.csv"]


def test_every_circle_is_named_once(faults):
    people = "id,dept,manager\n" + "".join(
        f"{one},x,{other}\n" for one, other in ["ab", "ba", "ca", "de", "ed"]
    )
    found = faults(people, "source,target\n")
    assert [message.rsplit(": ", 1)[1] for message in found] == ["'a' -> 'b' -> 'a'", "'d' -> 'e' -> 'd'"]


def test_messages_stay_short(faults):
    long = "x" * 5000
    ring = "".join(f"{one},y,{(one + 1) % 40}\n" for one in range(40))
    found = faults(f"id,dept,manager\n{ring}{long},,{long}{long}\n", "source,target\n")
    assert len(found) == 3
    assert max(map(len, found)) < 300


def test_no_notice_names_anybody(read):
    people = "id,dept,manager\nXavier,x,\nYvonne,y,Xavier\nZoe,z,\n"
    for staff, _ in (
        read(people, "source,target\nZoe,Zoe\n"),
        read(people.replace(",Xavier", ","), TIES[:21]),
    ):
        assert staff.notices
        assert not any(name in notice for name in staff.ids for notice in staff.notices)


# --- the digest


def test_the_digest_is_of_content_and_order(tmp_path):
    one, two, three = (tmp_path / name for name in "abc")
    one.write_bytes(b"12")
    two.write_bytes(b"3")
    three.write_bytes(b"12")
    assert digest([one, two]) == digest([three, two])
    assert digest([one, two]) != digest([two, one])
    split = tmp_path / "d"
    split.write_bytes(b"123")
    assert len({digest([one, two]), digest([split]), digest([one]), digest([])}) == 4
    with pytest.raises(InputError) as error:
        digest([one, tmp_path / "e", tmp_path / "f"])
    assert len(error.value.faults) == 2


# --- mutations


@st.composite
def mutated(draw, content):
    """Bytes with a few edits: bytes replaced, lines lost, doubled or swapped with those of another file."""
    data = content.encode()
    for _ in range(draw(st.integers(1, 4))):
        lines = data.split(b"\n")
        at = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.integers(0, 3))
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(at, draw(st.sampled_from((PEOPLE + TIES + REPORTS).encode().split(b"\n"))))
        else:
            first = draw(st.integers(0, len(lines[at])))
            last = draw(st.integers(first, min(len(lines[at]), first + 4)))
            wild = st.sampled_from(
                [b"", b",", b'"', b"\r", b"ann", b"\x00", b"\xff", b"-1", b"1e9", b"nan", b" "]
            )
            lines[at] = (
                lines[at][:first] + draw(wild if kind == 2 else st.binary(max_size=4)) + lines[at][last:]
            )
        data = b"\n".join(lines)
    return data


@settings(max_examples=400)
@given(mutated(PEOPLE), mutated(TIES), st.none() | mutated(REPORTS), st.integers(0, 7))
def test_a_mutated_roster_is_refused_or_sound(people, ties, reports, kept):
    contents = (PEOPLE if kept & 1 else people, TIES if kept & 2 else ties, REPORTS if kept & 4 else reports)
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, content in zip("ptr", contents, strict=True):
            if content is not None:
                files.append(Path(folder, name))
                files[-1].write_bytes(content.encode() if isinstance(content, str) else content)
        try:
            staff, ties = read_roster(*files)
        except InputError as error:
            assert error.faults
            return
    assert ties.n == staff.n == len(staff.ids) == len(set(staff.ids)) == len(set(staff.key.tolist()))
    assert (np.diff(staff.department) >= 0).all()
    assert np.array_equal(staff.department[staff.head], np.arange(len(staff.departments)))
    assert staff.manager[staff.top] == NOBODY
    assert (ties.weights >= 1).all()
    for person in range(staff.n):
        steps = 0
        while person != NOBODY:
            person, steps = staff.manager[person], steps + 1
        assert steps <= staff.n
