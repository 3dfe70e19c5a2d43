"""The same dynamics with one plain Mesa object an employee: what the column engine is measured against.

It is what a good Mesa programmer writes down from the theory: employees, departments, executives and the hub are agents, with
plain numbers and lists, and nothing is computed twice. It is also a second reading of the equations, so that a change made
on one side alone shows in the comparison of the two (`tests/test_plain_model.py`). It draws from `model.random`, so it
shares distributions with the engine but not luck, and it refuses scenarios with a term that is not written here.
"""

from benchmarks.plain.organisation import PlainOrganisation, run
from benchmarks.plain.record import Record

__all__ = ["PlainOrganisation", "Record", "run"]
