"""Team: who the people of the hub are, whom they are drawn from, and where the ties that they bring land."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.kernels import kernel
from sim.luck import combine, foremost, key_of
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, share
from sim.tables import TRYING

if TYPE_CHECKING:
    from sim.organisation import Organisation


class Team(Mechanism):
    """Employees who become the hub's members when governance is founded, in a form that has desks (claims 30, 34, 35, 41).

    They know each other, up to a number, reach out to other departments, and may lead by practising. Ties that land one by
    one in many departments are what rewiring is to complex contagion; several into one circle of colleagues make a wide
    bridge (Centola & Macy 2007).
    """

    per_hundred: float = parameter(
        1.0,
        "members for each 100 staff, at least one",
        unit="people",
        source="field: 11-16 in larger firms",
        gt=0,
        le=100,
    )
    drawn: Literal["departments", "owners"] = parameter(
        "departments", "from all departments in turn, or from the owner departments alone", source="claim 34"
    )
    chosen: Literal["leaders", "savvy", "random"] = parameter(
        "leaders", "whom most people heed, whose threshold is lowest, or by lot", source="claim 35"
    )
    colleagues: int = parameter(
        12,
        "members whom each knows at most: those next to them in their turns",
        unit="people",
        source="assumed: as many as the mean number of contacts",
        ge=0,
        le=1000,
    )
    ties: int = parameter(3, "ties that each member opens to another department", unit="ties", ge=0, le=100)
    land: Literal["scattered", "bundled"] = parameter(
        "scattered",
        "each tie in another department, or all of a member's in one circle of colleagues",
        source="claim 30",
    )
    strength: int = parameter(
        3, "weight of these ties, and of those between members", unit="weight", ge=1, le=1000
    )
    practising: float = share(
        1.0, "part of the members who begin to practise all that is meant for their department"
    )

    def attend(self, org: Organisation) -> None:
        """Appoint the members."""
        territory = org.firms.territory[org.departments.firm]
        for here in np.unique(territory):
            rooms = np.flatnonzero(territory == here)
            members = self.members(org, rooms)
            self.reach_out(org, members, rooms)
            self.lead(org, members)

    def members(self, org: Organisation, rooms: np.ndarray) -> np.ndarray:
        """Rows of the members from these departments, which take turns; in each the first of its own order is taken."""
        e, d = org.employees, org.departments
        count = max(1, round(self.per_hundred * d.size[rooms].sum() / 100.0))
        lot = org.luck.uniform("team", e.key, org.week)
        last = e.threshold if self.chosen == "savvy" else lot
        if self.chosen == "leaders":
            last = -org.ties.strengths() * e.influence
        queues = [np.zeros(0, np.int64)]  # where no department is an owner nobody is drawn
        queues += [
            room.start + foremost(last[room], lot[room], count)
            for room in map(org.rows_of, rooms[d.owner[rooms]] if self.drawn == "owners" else rooms)
        ]
        turn = np.concatenate([np.arange(len(queue)) for queue in queues])
        return np.concatenate(queues)[np.argsort(turn, kind="stable")][:count]

    def reach_out(self, org: Organisation, members: np.ndarray, rooms: np.ndarray) -> None:
        """Tie members to each other, and each to people of departments that come in turn after their own."""
        e = org.employees
        place = np.arange(members.size)
        steps = range(1, 1 + min(members.size, self.colleagues) // 2)
        source, target = [np.tile(members, len(steps))], [members[place - by] for by in steps]
        if rooms.size > 1 and self.ties:
            own = combine(e.key[members], np.uint64(key_of("team")))
            which = combine(own[:, None], np.arange(self.ties, dtype=np.uint64))
            turn = (place[:, None] + np.arange(self.ties)) % (rooms.size - 1)
            turn += turn >= np.searchsorted(rooms, e.department[members])[:, None]  # all rooms but one's own
            landed = self.landing(org, rooms[turn], org.luck.uniform("team", which, org.week))
            source.append(np.repeat(members, [len(rows) for rows in landed]))
            target += landed
        org.tie(np.concatenate(source), np.concatenate([members[:0], *target]), self.strength)

    def landing(self, org: Organisation, others: np.ndarray, luck: np.ndarray) -> list[np.ndarray]:
        """Whom members' outward ties reach in these departments, int[m, ties], by luck, float64[m, ties]: rows for each."""
        d = org.departments
        rows = d.first[others] + (luck * d.size[others]).astype(np.int64)
        if self.land == "scattered":
            return list(rows)
        return [
            self.circle(org, org.rows_of(room), first)
            for room, first in zip(others[:, 0], rows[:, 0], strict=True)
        ]

    def circle(self, org: Organisation, room: slice, first: int) -> np.ndarray:
        """Somebody and, of their department's rows, the contacts first: as many as a member has ties."""
        known = org.ties.indices[org.ties.indptr[first] : org.ties.indptr[first + 1]]
        near = known[(known >= room.start) & (known < room.stop) & (known != first)]
        rest = np.setdiff1d(np.arange(room.start, room.stop), [*near, first])
        return np.array([first, *near, *rest])[: self.ties]

    def lead(self, org: Organisation, members: np.ndarray) -> None:
        """Let members begin what is meant for their department and they do not practise, in the department's habit."""
        e, d = org.employees, org.departments
        luck = org.luck.uniform("team leads", e.key[members], org.week)
        here = e.department[members]
        begin = d.meant[here].T & (e.practising[:, members] == 0) & (luck < self.practising)
        practices, which = np.nonzero(begin)
        org.move(members[which], practices, TRYING, d.habit[here[which], practices])


@Team.weekly
@kernel
def appointed(rules, week, luck, org):
    """Whether members are appointed: in the week in which governance, with desks, is founded."""
    return week == org.whole.now[0].founded and rules.governance[0].desks
