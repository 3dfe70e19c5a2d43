"""The record: what is kept of a run - weekly series of the organisation, its departments, practices and executives."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.cuts import classify, weekly_states
from sim.kernels import kernel
from sim.measures import MEASURES, summed
from sim.outcome import Outcome, sentence
from sim.tables import Struct
from sim.tally import measure

if TYPE_CHECKING:
    from sim.organisation import Organisation
    from sim.scenario import Scenario

WEEKLY = (
    *MEASURES, "alignment", "stage", "practising", "engagement", "understanding", "budget", "spent", "worth",
    "served", "reach", "knows", "made", "cleared", "waited", "given_up", "withdrawn", "waiting", "hollow", "left",
    "satisfaction", "rumour", "incidents",
)  # fmt: skip
"""Series of the organisation; shares are of staff, counts of the week, `spent` in units, `waited` in weeks summed.

`hollow` is a share of practising pairs of person and practice, see `outcome.Cuts`; 0 where nobody practises.
"""


class Series(
    Struct,
    fields=(
        "weekly", "staff", "adoption", "by_practice", "served", "executives", "habits", "spent", "worth", "practised",
        "backing",
    ),
):  # fmt: skip
    """What is kept week by week; row 0 is the start, row t the state after t weeks.

    Attributes:
        weekly: float64[1 + weeks, series], columns in the order of `WEEKLY`.
        staff: int64[1 + weeks, departments], people in each.
        adoption: float64[1 + weeks, departments], practising pairs over meant pairs (nan where none is meant).
        by_practice: float64[1 + weeks, practices], adoption of each practice over meant staff.
        served: bool[1 + weeks, departments], a desk or policy serves the department.
        executives: float64[1 + weeks, departments + firms], engagement of the heads and, last, of the top of each firm.
        habits: int16[1 + weeks, departments, practices], commonest way in the department.
        spent: float64[1 + weeks, departments, uses], the ledger, in units.
        worth: float64[1 + weeks, departments, practices], realised worth V.
        practised: int64[1 + weeks, departments, practices], staff who practise.
        backing: float64[1 + weeks, departments, practices], support of the practice to that of the mean one.
    """


@dataclass
class Record:
    """A run's record; the arrays of `series` are attributes of it.

    Attributes:
        plan: the scenario.
        seed: the seed.
        departments: names, the columns of `adoption`, `served`, `habits` and `spent`.
        functions: what each department does.
        meant: bool[departments, practices], the practice is meant for the department.
        practices: names, the columns of `by_practice`.
        series: what is kept week by week.
        now: one row of `tables.NOW`, the organisation's.
        notices: what was assumed about its people, or does nothing, for the user to see.
        files: digest of the files that its people were read from; "" if there are none.
    """

    plan: Scenario
    seed: int
    departments: tuple[str, ...]
    functions: tuple[str, ...]
    meant: np.ndarray
    practices: tuple[str, ...]
    series: Series
    now: np.ndarray
    notices: tuple[str, ...] = ()
    files: str = ""

    @property
    def week(self) -> int:
        """The last week that was kept."""
        return int(self.now["kept"][0])

    def __getattr__(self, name: str) -> np.ndarray:
        """An array of `series`."""
        if name not in Series.fields:
            raise AttributeError(f"a record has no attribute {name!r}")
        return getattr(self.series, name)

    @classmethod
    def blank(cls, org: Organisation) -> Record:
        """An empty record, as long as the scenario's run."""
        weeks, d, k = org.plan.weeks + 1, org.departments.rows, org.practices.rows
        series = Series.of({
            "weekly": np.zeros((weeks, len(WEEKLY))), "staff": np.zeros((weeks, d), np.int64),
            "adoption": np.zeros((weeks, d)), "by_practice": np.zeros((weeks, k)),
            "served": np.zeros((weeks, d), np.bool_), "executives": np.zeros((weeks, org.executives.rows)),
            "habits": np.zeros((weeks, d, k), np.int16), "spent": org.ledger, "worth": np.zeros((weeks, d, k)),
            "practised": np.zeros((weeks, d, k), np.int64), "backing": np.zeros((weeks, d, k)),
        })  # fmt: skip
        return cls(
            org.plan, org.seed, org.department_names, org.functions, org.departments.meant.copy(),
            org.practice_names, series, org.whole.now, org.notices, org.files,
        )  # fmt: skip

    def write(self, org: Organisation) -> None:
        """Keep the week that `org` has just lived."""
        keep(org.week, self.plan.outcome.hollow_below, org.state, self.series)

    def __getitem__(self, name: str) -> np.ndarray:
        """A weekly series of the organisation, up to the week reached: float64[1 + week]."""
        return self.weekly[: self.week + 1, WEEKLY.index(name)]

    def digest(self) -> str:
        """A digest of every byte kept: equal digests, equal runs."""
        content = hashlib.blake2b(digest_size=16)
        for name in Series.fields:
            content.update(getattr(self.series, name).tobytes())
        return content.hexdigest()

    @property
    def states(self) -> np.ndarray:
        """The organisation's state in each week: int8[1 + week], an index into `outcome.STATES`."""
        return weekly_states(self["A"], self["C"], self["V"], self["alignment"], self.plan.outcome)

    @property
    def outcome(self) -> Outcome:
        """What became of the run by the week reached."""
        return classify({name: self[name] for name in WEEKLY}, self.plan.outcome)

    @property
    def sentence(self) -> str:
        """The finding in one plain sentence."""
        return sentence(self.outcome, self.week)


@kernel
def hollow(below, org):
    """How many practising pairs of person and practice experience less worth than `below`."""
    d = org.departments
    tally, experienced, pairs = d.tally, d.experienced, 0
    departments, practices, ways = tally.shape
    for here in range(departments):
        for k in range(practices):
            for w in range(ways):
                pairs += tally[here, k, w] * (experienced[here, k, w] < below)
    return pairs


@kernel
def keep(week, hollow_below, org, series):
    """Write a week into the series; the organisation's in the order of `WEEKLY`."""
    measure(org)
    e, d, x, whole, now = org.employees, org.departments, org.executives, org.whole, org.whole.now[0]
    size, fit, staff, measured = d.size, d.fit, len(e.key), whole.measures
    series.adoption[week], series.by_practice[week], series.habits[week] = (
        whole.adoption, whole.by_practice, d.habit,
    )  # fmt: skip
    series.staff[week], series.served[week], series.executives[week] = size, d.guided, x.engagement
    series.worth[week], series.practised[week], series.backing[week] = d.worth, d.practised, d.backing
    worth = aligned = money = reached = 0.0
    for here in range(len(size)):
        share, fits = size[here] / staff, fit[here].sum()
        aligned += share * d.alignment[here]
        money += share * d.budget[here]
        reached += share * d.guided[here]
        worth += share * (d.measured[here].sum() / fits if fits > 0.0 else 0.0)
    row, at, practising = series.weekly[week], len(measured), d.practised.sum()
    row[:at] = measured
    for one in (
        aligned, float(now.stage), float(practising), x.engagement.mean(), x.understanding.mean(), money,
        series.spent[week].sum(), worth, reached, now.in_contact / staff, e.knows.sum() / staff,
    ):  # fmt: skip
        row[at] = one
        at += 1
    row[at : at + len(org.requests)] = org.requests
    at += len(org.requests)
    for one in (
        float(d.waiting.sum()), hollow(hollow_below, org) / max(1, practising), float(org.left[week]),
        summed(e.satisfaction, 0, staff) / staff, summed(e.rumour, 0, staff) / staff, float(org.incidents[week].sum()),
    ):  # fmt: skip
        row[at] = one
        at += 1
    now.kept = week
