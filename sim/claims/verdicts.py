"""The verdict: the one rule by which what was found is said to agree with a claim, to contradict it, or neither."""

from __future__ import annotations

from typing import Literal

Expected = Literal["+", "-", "0", "?"]

AGREES, CONTRADICTS, NONE, UNDECIDED = "agrees", "contradicts", "no difference seen", "undecided"
BUILT_IN, OPEN = "built in", "no direction said"
ALL = (AGREES, CONTRADICTS, NONE, UNDECIDED, BUILT_IN, OPEN)

RULE = f"""\
An effect is told by its 95 % interval, against 0 and against the smallest size of interest, which goes by what is read, whichever
claim asks. An interval that lies wholly within that size of 0 is *{NONE}*. Otherwise it *{AGREES}* where it lies wholly on the
claim's side of 0, *{CONTRADICTS}* where it lies wholly on the other, and is *{UNDECIDED}* where it holds 0. A claim that there
is no difference agrees with *{NONE}*, and is contradicted by an interval that lies wholly beyond the smallest size. What is
built in gets no verdict: its size is told. With so many claims one verdict in twenty could be luck; those marked * hold
with intervals that are right for all claims at once (Bonferroni)."""


def verdict(low: float, high: float, expected: Expected, smallest: float) -> str:
    """What an interval says of a claim.

    Args:
        low: its low end.
        high: its high end.
        expected: the claim: more, less, no difference, or nothing said.
        smallest: the smallest size of interest, above 0.
    """
    if expected == "?":
        return OPEN
    within = -smallest < low and high < smallest
    if expected == "0":
        beyond = low >= smallest or high <= -smallest
        return AGREES if within else CONTRADICTS if beyond else UNDECIDED
    if within:
        return NONE
    if expected == "-":
        low, high = -high, -low
    return AGREES if low > 0.0 else CONTRADICTS if high < 0.0 else UNDECIDED
