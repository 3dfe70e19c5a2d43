"""Whether convergence outlives the hub."""

from contextlib import suppress

from sim import load
from sim.analysis.outliving import outlives_hub
from sim.cli import main
from sim.organisation import run
from sim.outcome import CONVERGED

STRONG = {"organisation.employees": 120, "sponsorship.engagement": 0.9, "sponsorship.sponsor_engagement": 0.9}


def test_it_is_what_the_same_run_with_the_hub_closed_says():
    plan = load("baseline", STRONG)
    first = run(plan, 1).outcome.first_converged
    closed = plan.replaced({"weeks": 400, "events.end": {"what": "desk_closed", "week": first + 1}})
    assert outlives_hub(plan, 1) is bool(run(closed, 1).states[first + 53] == CONVERGED)


def test_it_is_lost_where_practising_needs_the_hubs_guidance():
    needed = load("baseline", {
        **STRONG, "adoption.lapse_routine": 0.2, "adoption.lapse_routine_lead": 0.5, "adoption.relearn": 0.5,
        "adoption.attempt": 0.5, "adoption.guidance_weight": 9.0, "adoption.hurdle": 4.0,
    })  # fmt: skip
    assert outlives_hub(load("baseline", STRONG), 1) is True
    assert outlives_hub(needed, 1) is False


def test_without_a_desk_there_is_nothing_to_outlive():
    assert outlives_hub(load("no_governance", {"organisation.employees": 60, "weeks": 60}), 1) is None


def test_the_command_says_so(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["unsilo", "run", "baseline", "--close-hub", "--set", "weeks=10"])
    with suppress(SystemExit):
        main()
    assert "nothing for convergence to outlive" in capsys.readouterr().out
