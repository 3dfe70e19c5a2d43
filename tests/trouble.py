"""A mechanism that makes trouble under certain seeds; in a file of its own, which workers anywhere can import."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import time

import numpy as np
from numba import njit

from sim.mechanisms import Mechanism


def compiles():
    assert njit(lambda number: number + 1)(1) == 2


class Trouble(Mechanism):
    """Each field lists the seeds of runs to which that happens in week 5."""

    raises: list[int] = []
    leaves: list[int] = []
    exits: list[int] = []
    dies: list[int] = []
    crashes: list[int] = []
    sleeps: list[int] = []
    hangs: list[int] = []
    eats: list[int] = []
    forks: list[int] = []
    bears: list[int] = []
    ends_others: list[int] = []
    kills_group: list[int] = []
    pause: float = 0.0
    marks: str = ""

    def step(self, org):
        if org.week != 5:
            return
        seed = org.seed
        time.sleep(self.pause)
        if self.marks:
            with open(self.marks, "a") as file:
                file.write(f"{seed}\n")
        if seed in self.forks:
            os.fork()
        if seed in self.kills_group:
            os.killpg(0, signal.SIGKILL)
        if seed in self.bears:
            child = multiprocessing.get_context("fork").Process(target=compiles)
            child.start()
            child.join(20.0)
            assert child.exitcode == 0
            for _ in range(20):
                child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(1000.0,))
                child.start()
                child.terminate()
                child.join(5.0)
                assert child.exitcode == -signal.SIGTERM
        if seed in self.ends_others:
            other = subprocess.Popen(["sleep", "1000"])
            other.terminate()
            other.wait(timeout=5.0)
        if seed in self.raises:
            raise ZeroDivisionError("no budget")
        if seed in self.leaves:
            sys.exit("enough")
        if seed in self.exits:
            os._exit(0)
        if seed in self.dies:
            os.kill(os.getpid(), signal.SIGKILL)
        if seed in self.crashes:
            ctypes.string_at(0)
        if seed in self.sleeps:
            time.sleep(1000)
        if seed in self.hangs:
            ctypes.PyDLL(None).sleep(1000)  # with Python's lock held, as a loop in a kernel does
        if seed in self.eats:
            self.__dict__["eaten"] = [np.ones(2**25) for _ in range(50)]
