"""Unsilo beside other tools, wherever they know one of its rules: `pip install '.[bench]'`, `python -m benchmarks.others`.

Two rules are common ground, on one network, with the same first practitioners and the same parameters:

- threshold (Granovetter 1978): who sees at least their threshold's share of contacts practise, practises from the next week on;
- contagion (SI): each practising contact passes it on with one chance a week. Unsilo's hazard is 1 - exp(-q x share of contacts),
  which on a network where all have d contacts is the same for q = -d ln(1 - chance).

It wants an environment of its own: AgentPy installs a package `tests` that hides this project's.

Each tool is used as its own documentation does it. Importing and compiling is left out; building from a networkx graph counts.
What is not comparable is not here: ways, executives, money and governance have no counterpart in these tools.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from math import log
from time import process_time
from types import ModuleType
from typing import Any

import click
import networkx as nx
import numpy as np

from benchmarks.measure import Figure
from benchmarks.speed import closing
from sim.cli.common import table
from sim.organisation import Organisation
from sim.scenario import parse
from sim.tables import TRYING
from sim.ties import Ties

Live = Callable[
    [], Any
]  # lives through all weeks; how many practise at the start and after each, int[1 + weeks]


@dataclass(frozen=True)
class World:
    """What all tools get: a network, who begins, and the rule."""

    graph: nx.Graph
    first: list[int]
    weeks: int
    degree: int
    thresholds: np.ndarray | None = None  # of the rule by threshold, one a node
    chance: float = 0.0  # of contagion, by contact and week


def threshold_world(n: int) -> World:
    """A small world with a neighbourhood of first practitioners and thresholds around a quarter of one's contacts."""
    thresholds = np.clip(np.random.default_rng(2).normal(0.2, 0.1, n), 0.02, 1.0)
    graph = nx.watts_strogatz_graph(n, 12, 0.1, seed=1)
    return World(graph, list(range(n // 50)), 40, 12, thresholds=thresholds)


def contagion_world(n: int) -> World:
    """A random network in which everybody has twelve contacts, and one in a hundred practises."""
    return World(nx.random_regular_graph(12, n, seed=1), list(range(n // 100)), 100, 12, chance=0.01)


def unsilo(world: World, seed: int) -> Live:
    """Unsilo with its textbook switches: one practice, contacts alike, nothing else on."""
    n, rule = len(world.graph), {"rule": "threshold"}
    if world.thresholds is None:
        rule = {"rule": "hazard", "external": 0.0, "internal": -world.degree * log(1.0 - world.chance)}
    plan = parse(
        {
            "weeks": world.weeks,
            "organisation": {"departments": {"all": {"size": n}}, "owners": ["all"]},
            "practices": {"it": {"kind": "collaboration", "effort": 0.0, "risk": 0.0, "coordination": 0.0}},
            "influence": {"reports": 0.0, "manager": 0.0, "executives": 0.0, "spread": 0.0},
            "adoption": rule,
        }
    )
    org, (source, target) = Organisation(plan, seed), np.array(world.graph.edges).T
    org.set_ties(Ties.from_edges(n, source, target, np.ones(len(source))))
    if world.thresholds is not None:
        org.employees.threshold[:] = world.thresholds
    org.move(world.first, np.zeros(len(world.first), int), TRYING)

    def live() -> Any:
        while org.week < world.weeks:
            org.step()
        org.close()
        return [len(world.first), *org.record["practising"][1:]]

    return live


def ndlib(tool: ModuleType, world: World, seed: int) -> Live:
    """NDlib's ThresholdModel and SIModel, configured and run in one bunch of iterations."""
    epidemics, configuration = (
        import_module("ndlib.models.epidemics"),
        import_module("ndlib.models.ModelConfig"),
    )
    config = configuration.Configuration()
    if world.thresholds is not None:
        model = epidemics.ThresholdModel(world.graph, seed)
        for node, threshold in enumerate(world.thresholds.tolist()):
            config.add_node_configuration("threshold", node, threshold)
    else:
        model = epidemics.SIModel(world.graph, seed)
        config.add_model_parameter("beta", world.chance)
    config.add_model_initial_configuration("Infected", world.first)
    model.set_initial_status(config)
    return lambda: [one["node_count"][1] for one in model.iteration_bunch(world.weeks + 1, node_status=False)]


def agentpy(tool: ModuleType, world: World, seed: int) -> Live:
    """AgentPy's virus model: agents on an ap.Network, who pass it on; for thresholds they look before anybody moves.

    Its `run` builds, too, so that its building stands with its weeks.
    """

    class Person(tool.Agent):
        def setup(self) -> None:
            self.condition = 0

        def pass_on(self) -> None:
            for other in self.network.neighbors(self):
                if other.condition == 0 and self.p.chance > self.model.random.random():
                    other.condition = 1

        def look(self) -> None:
            seen = [other.condition for other in self.network.neighbors(self)]
            self.moved = sum(seen) >= self.threshold * len(seen)

    class Spread(tool.Model):
        def setup(self) -> None:
            self.agents = tool.AgentList(self, len(world.graph), Person)
            self.network = self.agents.network = tool.Network(self, world.graph)
            self.network.add_agents(self.agents, self.network.nodes)
            for node in world.first:
                self.agents[node].condition = 1
            if world.thresholds is not None:
                for one, threshold in zip(self.agents, world.thresholds.tolist(), strict=True):
                    one.threshold = threshold

        def update(self) -> None:
            self.record("active", sum(self.agents.condition))

        def step(self) -> None:
            if world.thresholds is None:
                self.agents.select(self.agents.condition == 1).pass_on()
            else:
                waiting = self.agents.select(self.agents.condition == 0)
                waiting.look()
                for one in waiting:
                    one.condition = int(one.moved)

    model = Spread({"steps": world.weeks, "seed": seed, "chance": world.chance})
    return lambda: list(model.run(display=False).variables.Spread["active"])


def starsim(tool: ModuleType, world: World, seed: int) -> Live | None:
    """Starsim's SIR on a StaticNet, in which nobody recovers or dies; it knows no rule by threshold."""
    if world.thresholds is not None:
        return None
    for_ever, never = tool.constant(v=tool.days(1e6)), tool.bernoulli(p=0.0)
    sim = tool.Sim(
        n_agents=len(world.graph),
        networks=tool.StaticNet(graph=world.graph),
        diseases=tool.SIR(
            beta=tool.probperday(world.chance), init_prev=never, dur_inf=for_ever, p_death=never
        ),
        start=0,
        dur=world.weeks - 1,  # its first result is that of the first step
        dt=tool.days(1),
        rand_seed=seed,
        verbose=0,
    )
    sim.init()
    sim.diseases.sir.set_prognoses(tool.uids(world.first))

    def live() -> Any:
        sim.run()
        return [len(world.first), *sim.results.sir.n_infected]

    return live


def tools() -> dict[str, Callable[[World, int], Live | None]]:
    """Unsilo and the others that are installed."""
    found: dict[str, Callable[[World, int], Live | None]] = {"unsilo": unsilo}
    for name, use in (("ndlib", ndlib), ("agentpy", agentpy), ("starsim", starsim)):
        with suppress(ModuleNotFoundError):
            tool = import_module(name)
            found[f"{name} {version(name)}"] = lambda world, seed, use=use, tool=tool: use(tool, world, seed)
    return found


def compared(rule: str, world: World, small: World, runs: int) -> list[Figure]:
    """Times and curves of all tools that know a rule."""
    n, figures, seconds, curves = len(world.graph), [], {}, {}
    for name, use in tools().items():
        warm = use(small, 0)
        if warm is None:
            continue
        warm()
        seconds[name], curves[name] = [], []
        for seed in range(1, runs + 1):
            start = process_time()
            live = use(world, seed)
            built = process_time()
            curves[name].append(live())
            seconds[name].append((built - start, process_time() - built))
    at = sorted({0, 5, 10, 20, world.weeks // 2, world.weeks})
    ours = np.array(curves["unsilo"]) / n
    quickest = statistics.median(sum(one) for one in seconds["unsilo"])
    rows = []
    for name, found in curves.items():
        theirs, took = np.array(found) / n, statistics.median(sum(one) for one in seconds[name])
        gaps = abs(theirs.mean(axis=0) - ours.mean(axis=0))
        error = (
            np.sqrt((ours.var(axis=0, ddof=1) + theirs.var(axis=0, ddof=1)) / runs) if runs > 1 else gaps * 0
        )
        week = int(gaps.argmax())
        build, live = (statistics.median(one[part] for one in seconds[name]) for part in (0, 1))
        gap = f"{gaps[week]:.4f} ± {error[week]:.4f} (week {week})"
        rows.append([name, f"{build:.3f}", f"{live:.3f}", f"{took / quickest:.1f}",
                     *(f"{theirs[:, t].mean():.3f}" for t in at), "" if name == "unsilo" else gap])  # fmt: skip
        if name != "unsilo":
            agree = bool((gaps <= 4.0 * error + 1e-12).all())
            what = f"{rule}, {n:,} nodes: {name} takes"
            figures.append(Figure(what, f"{took / quickest:.0f} x", "same curve", agree))
    print(f"{rule}: {n:,} nodes x {world.weeks} weeks, {runs} runs each; share practising by week")
    heads = ["tool", "building, s", "weeks, s", "ratio", *map(str, at), "greatest gap ± its standard error"]
    table(heads, rows, " rrr" + "r" * len(at))
    return figures


@click.command()
@click.option(
    "--nodes",
    type=int,
    multiple=True,
    default=(1_000, 10_000),
    show_default=True,
    help="Sizes of the network.",
)
@click.option(
    "--runs",
    type=int,
    default=None,
    help="Runs of each; 20 up to 1,000 nodes, else 5, unless said otherwise.",
)
def main(nodes: tuple[int, ...], runs: int | None) -> None:
    """Compare Unsilo with starsim, NDlib and AgentPy where they know the same rule."""
    missing = {"ndlib", "agentpy", "starsim"} - {name.split()[0] for name in tools()}
    if missing:
        print(f"not installed, and left out: {', '.join(sorted(missing))} (pip install '.[bench]')\n")
    figures = []
    for rule, make in (("threshold", threshold_world), ("contagion", contagion_world)):
        for n in nodes:
            times = runs or (20 if n <= 1_000 else 5)
            figures += compared(rule, make(n), make(100), times if rule == "contagion" else min(times, 3))
    print(closing(figures))


if __name__ == "__main__":
    main()
