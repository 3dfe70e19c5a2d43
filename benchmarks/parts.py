"""Where the time goes: what each mechanism costs in a run of the engine, and each part in a run of the plain model."""

from __future__ import annotations

import statistics
from time import process_time

from benchmarks import plain
from benchmarks.measure import Figure, Part, by_turns, lived, scenario, seconds, timed
from benchmarks.plain import happenings
from benchmarks.plain.desk import Hub
from benchmarks.plain.organisation import PlainOrganisation
from benchmarks.plain.people import Employee
from benchmarks.plain.record import Record as PlainRecord
from sim import organisation
from sim.cli.common import table
from sim.mechanisms.week import begin_week
from sim.scenario import Scenario

PLAIN_PARTS: tuple[Part, ...] = (
    ("building", PlainOrganisation, "__init__"),
    ("events", happenings, "script"),
    ("hub", Hub, "work"),
    ("learning", Employee, "learn"),
    ("exposure", Employee, "look"),
    ("belief", Employee, "believe"),
    ("decisions", Employee, "decide"),
    ("moves and ways", PlainOrganisation, "settle"),
    ("digital and outside", PlainOrganisation, "meet_others"),
    ("worth and voice", PlainOrganisation, "value"),
    ("measurement, programmes", PlainOrganisation, "measure"),
    ("incidents", happenings, "go_wrong"),
    ("rumours", PlainOrganisation, "talk"),
    ("turnover", PlainOrganisation, "turn_over"),
    ("recording", PlainRecord, "keep"),
)


def stepped(plan: Scenario, seed: int) -> dict[str, float]:
    """CPU seconds of a run's parts, lived mechanism by mechanism; a real run lives whole weeks in one kernel call."""
    start = process_time()
    org = organisation.Organisation(plan, seed)
    took = dict.fromkeys(["building", *(one.name for one in org.mechanisms), "recording"], 0.0)
    took["building"] = process_time() - start
    while org.week < plan.weeks:
        begin_week(org.state)
        for mechanism in org.mechanisms:
            start = process_time()
            mechanism.step(org)
            took[mechanism.name] += process_time() - start
        start = process_time()
        org.record.write(org)
        took["recording"] += process_time() - start
    org.close()
    return took


def engine(sizes: tuple[int, ...], runs: int) -> list[Figure]:
    """The table of what each mechanism costs at some sizes, medians of some runs; and what a run costs in one."""
    columns, ends = [], []
    for employees in sizes:
        plan = scenario("everything", employees)
        stepped(plan.replaced({"weeks": 2}), 0)
        organisation.run(plan.replaced({"weeks": 2}), 0)
        found = [stepped(plan, seed) for seed in range(runs)]
        columns.append({name: statistics.median(one[name] for one in found) for name in found[0]})
        ends.append(
            (statistics.median(seconds(organisation.run, plan, seed) for seed in range(runs)), lived(plan))
        )

    def cells(name: str, part: float, column: int) -> list[str]:
        whole, number = ends[column]
        return [f"{1000 * part:.1f}", f"{100 * part / whole:.0f}", f"{1e9 * part / number:.2f}"]

    rows = [
        [name, *(text for n, one in enumerate(columns) for text in cells(name, one[name], n))]
        for name in columns[0]
    ]
    rows.append(
        ["sum", *(text for n, one in enumerate(columns) for text in cells("sum", sum(one.values()), n))]
    )
    rows.append(["a run", *(text for n, (whole, _) in enumerate(ends) for text in cells("a run", whole, n))])
    print("the engine with every mechanism on, 260 weeks: CPU ms, % of a run, ns an employee-practice-week")
    print(
        "(each mechanism called by itself, which costs some microseconds a call; in a run one kernel call lives all for weeks)"
    )
    heads = [text for size in sizes for text in (f"{size:,}: ms", "%", "ns")]
    table(["part", *heads], rows, " " + "r" * len(heads))
    return []


def plain_model(employees: int) -> list[Figure]:
    """The same of the plain model, in percent; timing every employee's methods costs much, so shares are rough."""
    plan = scenario("everything", employees)
    with timed(PLAIN_PARTS) as spent:
        whole = seconds(plain.run, plan, 1)
    spent["between them"] = whole - sum(spent.values())
    print(f"the plain model's time, {employees:,} employees")
    table(["part", "share"], [[label, f"{100 * took / whole:.0f} %"] for label, took in spent.items()], " r")
    return []


def whole(employees: int, runs: int) -> list[Figure]:
    """What every mechanism costs beside the baseline's."""
    plans = {name: scenario(name, employees) for name in ("baseline", "everything")}
    took = by_turns({name: (organisation.run, plan, runs) for name, plan in plans.items()})
    baseline, everything = (sorted(one)[len(one) // 2] for one in took.values())
    counts = " : ".join(f"{len(plans[name].mechanisms)}" for name in ("everything", "baseline"))
    found = f"{everything / baseline:.2f} x ({counts} mechanisms)"
    return [Figure(f"{employees:,} employees: every mechanism on, to the baseline's", found)]
