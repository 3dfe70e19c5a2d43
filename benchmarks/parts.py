"""Where the time goes: what each mechanism costs in a run of the engine, and each part in a run of the plain model."""

from __future__ import annotations

from benchmarks import plain
from benchmarks.measure import Figure, Part, by_turns, lived, scenario, seconds, timed
from benchmarks.plain import happenings
from benchmarks.plain.desk import Hub
from benchmarks.plain.organisation import PlainOrganisation
from benchmarks.plain.people import Employee
from benchmarks.plain.record import Record as PlainRecord
from sim import organisation
from sim.cli.common import table
from sim.record import Record
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


def engine_parts(plan: Scenario) -> list[Part]:
    """What an engine run consists of."""
    steps = [(one.name, type(one), "step") for one in plan.mechanisms]
    return [("building", organisation.Organisation, "__init__"), *steps, ("recording", Record, "write")]


def engine(sizes: tuple[int, ...]) -> list[Figure]:
    """The table of what each mechanism costs at some sizes; each is timed, so the whole takes a little longer than it does."""
    columns = []
    for employees in sizes:
        plan = scenario("everything", employees)
        organisation.run(plan, 0)
        with timed(engine_parts(plan)) as spent:
            whole = seconds(organisation.run, plan, 1)
        spent["between them"] = whole - sum(spent.values())
        columns.append((whole, spent, lived(plan)))
    rows = []
    for label in columns[0][1]:
        row = [label]
        for whole, spent, cells in columns:
            row += [
                f"{1000 * spent[label]:.1f}",
                f"{100 * spent[label] / whole:.0f} %",
                f"{1e9 * spent[label] / cells:.2f}",
            ]
        rows.append(row)
    rows.append(
        [
            "all",
            *(
                text
                for whole, _, cells in columns
                for text in (f"{1000 * whole:.1f}", "", f"{1e9 * whole / cells:.2f}")
            ),
        ]
    )
    print("the engine's time with every mechanism on, 260 weeks: CPU ms, share, ns an employee-practice-week")
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
