"""Sweeps killed at random moments: the sweep, one of its workers, or both at once, by SIGKILL.

Run it as `python -m benchmarks.kills --kills 100`. After each kill, what was reported as stored must be there, and nobody may
be left; at the end of each sweep, its store must hold the same bytes as that of a sweep that nothing broke.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import click

from benchmarks.contents import content
from sim.cli.common import table
from sim.sweeps import Experiment, Factor, Standing, sweep
from sim.sweeps.store import FILE

KINDS = ("sweep", "worker", "both")
STARTING = 4.0  # seconds within which a kill may fall while a sweep starts
RUNNING = 1.5  # and once it stores
WORKERS = 2


def experiment(runs: int) -> Experiment:
    """Four points of runs of some ten milliseconds."""
    factors = [
        Factor(key="governance.form", values=["none", "hub_and_spoke"], label="governance"),
        Factor(key="funding.level", values=[0.2, 0.8], label="funding"),
    ]
    held = {"organisation.employees": 200, "weeks": 104}
    return Experiment(name="killed", scenario="baseline", set=held, factors=factors, replicates=-(-runs // 4))


@dataclass
class Account:
    """What came of the kills."""

    kills: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    sweeps: int = 0
    lost: int = 0
    changed: int = 0
    orphans: int = 0
    different: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.lost or self.changed or self.orphans or self.different)


class Sweep:
    """A sweep in a process of its own, as far as it tells."""

    def __init__(self, folder: Path, runs: int) -> None:
        command = [sys.executable, "-m", "benchmarks.kills", "--live", str(folder), "--runs", str(runs)]
        home = Path(__file__).parents[1]
        environment = {**os.environ, "PYTHONPATH": str(home)}
        self.process = subprocess.Popen(
            command, cwd=home, env=environment, start_new_session=True, stdout=subprocess.PIPE, text=True
        )
        self.reported = -1
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            if line.endswith("\n"):
                self.reported = int(line)

    def workers(self) -> list[int]:
        """Its workers: what was forked by what it started."""
        servers = children(self.process.pid)
        return [worker for server in servers for worker in children(server)]

    def wait(self) -> int:
        """Its exit code, once all that it told has been read."""
        code = self.process.wait()
        self._reader.join()
        return code


def children(pid: int) -> list[int]:
    """Processes that a process has started and that still run."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(one) for task in tasks for one in (task / "children").read_text().split()]
    except OSError:
        return []


def running(group: int) -> list[int]:
    """Processes of a group that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(of) == group and state != "Z":
            found.append(int(stat.parent.name))
    return found


def kill(pid: int) -> None:
    """Kill a process that may have gone."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def stored(folder: Path) -> dict[str, tuple[object, ...]]:
    """How each run that is stored came to be, by its key."""
    if not (folder / FILE).exists():
        return {}
    db = sqlite3.connect(folder / FILE)
    try:
        return {
            row[0]: row for row in db.execute("SELECT key, session, seconds, finished, series.data FROM runs "
                                              "JOIN series ON run = key")
        }  # fmt: skip
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):  # it was killed before it had written any
            return {}
        raise
    finally:
        db.close()


def kill_sweeps(folder: Path, kills: int, runs: int, seed: int) -> Account:
    """Sweep again and again under `folder`, and kill so many times at random moments.

    Args:
        folder: an empty folder.
        kills: how often to kill.
        runs: of each sweep; several sweeps are finished if one has too few for the kills.
        seed: of the moments.
    """
    account, luck = Account(), random.Random(seed)
    sweep(experiment(runs), folder / "whole", workers=WORKERS)
    whole = content(folder / "whole")
    while sum(account.kills.values()) < kills:
        account.sweeps += 1
        one = folder / str(account.sweeps)
        while _start(one, runs, kills, luck, account):
            pass
        account.different += content(one) != whole
    return account


def _start(folder: Path, runs: int, kills: int, luck: random.Random, account: Account) -> bool:
    """Start or resume a sweep, and kill its workers until it has ended or is killed itself; whether there is more to do."""
    before = stored(folder)
    running_sweep = Sweep(folder, runs)
    account.starts += 1
    if luck.random() < 0.6:
        while running_sweep.reported <= len(before) and running_sweep.process.poll() is None:
            time.sleep(0.005)
    while running_sweep.process.poll() is None:
        if sum(account.kills.values()) >= kills:
            running_sweep.process.wait()
            break
        time.sleep(luck.uniform(0.0, RUNNING if running_sweep.reported > len(before) else STARTING))
        kind = luck.choice(KINDS)
        workers = running_sweep.workers()
        if running_sweep.process.poll() is not None or (kind != "sweep" and not workers):
            continue
        account.kills[kind] += 1
        if kind != "sweep":
            kill(luck.choice(workers))
        if kind != "worker":
            kill(running_sweep.process.pid)
            break
    code = running_sweep.wait()
    until = time.monotonic() + 10.0
    while (left := running(running_sweep.process.pid)) and time.monotonic() < until:
        time.sleep(0.02)
    account.orphans += len(left)
    after = stored(folder)
    account.lost += len(before.keys() - after.keys()) + max(0, running_sweep.reported - len(after))
    account.changed += sum(after[key] != row for key, row in before.items() if key in after)
    return code != 0


@click.command(help=__doc__)
@click.option("--kills", default=100, show_default=True)
@click.option("--runs", default=3000, show_default=True, help="Runs of each sweep.")
@click.option("--seed", default=1, show_default=True, help="Seed of the moments.")
@click.option("--live", type=click.Path(path_type=Path), hidden=True, help="Be the sweep that is killed.")
def main(kills: int, runs: int, seed: int, live: Path | None) -> None:
    if live:

        def tell(standing: Standing) -> None:
            print(standing.stored, flush=True)

        sys.exit(len(sweep(experiment(runs), live, workers=WORKERS, progress=tell).failures) > 0)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        account = kill_sweeps(Path(folder), kills, runs, seed)
    rows = [
        [f"kills of {'sweep and worker' if kind == 'both' else 'the ' + kind}", str(account.kills[kind])]
        for kind in KINDS
    ]
    rows += [
        ["starts of sweeps", str(account.starts)],
        [f"sweeps of {experiment(runs).size:,} runs brought to their end", str(account.sweeps)],
        ["stored runs that were lost", str(account.lost)],
        ["stored runs that were run or written again", str(account.changed)],
        ["processes left behind", str(account.orphans)],
        ["sweeps whose content differs from an unbroken one's", str(account.different)],
    ]
    table([f"{sum(account.kills.values())} kills, {time.monotonic() - began:.0f} s", ""], rows, "lr")
    sys.exit(not account.sound)


if __name__ == "__main__":
    main()
