"""Counter-based luck: every draw is a pure function of (seed, mechanism, week, whose, practice).

No generator is ever advanced, so a run does not depend on the order of its draws, and two worlds that share a seed
share the luck of everybody who lives in both. The mixing function is SplitMix64's finaliser (Steele, Lea & Flood
2014, "Fast splittable pseudorandom number generators", OOPSLA).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from sim.kernels import kernel
from sim.wings import people, together

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_STEP = np.uint64(0xD1342543DE82EF95)
_WEEK = np.uint64(0xA24BAED4963EE407)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_NONE, _ONE, _ONES, _S56 = np.uint64(0), np.uint64(1), np.uint64(0x0101010101010101), np.uint64(56)
LOTS = 8  # weeks of which one 64-bit word holds a byte each
_PER_LOT = 1.0 / 256.0
_TO_UNIT = 1.0 / 9007199254740992.0  # 2**-53
_HALF = 0.5 * _TO_UNIT  # half a step, so that no uniform number is 0


@kernel(inline="always")
def mix(x):
    """SplitMix64's finaliser: a bijection of 64-bit words that leaves no visible pattern."""
    x = (x ^ (x >> _S30)) * _MIX1
    x = (x ^ (x >> _S27)) * _MIX2
    return x ^ (x >> _S31)


@kernel(inline="always")
def word(stream, key):
    """The 64 random bits that `stream` (a mechanism in a week) holds for `key`."""
    return mix((stream ^ key) + _GOLDEN)


@kernel(inline="always")
def unit(bits):
    """A uniform number in [0, 1) from 64 random bits."""
    return np.float64(np.int64(bits >> _S11)) * _TO_UNIT  # signed, which machines convert faster


@kernel(inline="always")
def branch(stream, number):
    """One of the many streams that a stream holds: a practice's, or another draw of the same week."""
    return mix(stream + np.uint64(number + 1) * _STEP)


@kernel(inline="always")
def in_week(base, week):
    """A mechanism's stream in a week, as `Luck.stream` gives it."""
    return base + np.uint64(week + 1) * _WEEK


@kernel(inline="always")
def another_week(stream, weeks):
    """The stream that the same mechanism has so many weeks later, or earlier if negative."""
    return stream + np.uint64(weeks) * _WEEK


@kernel
def lots_of(luck, week, which, out, org, thread):
    """This week's lots, uint8[practices, n], of a thread's wing.

    They are cast anew, see `cast_lots`, if those in the column `out` are of other eight weeks than this one's; its place among
    `Whole.cast` is `which`.
    """
    cast = org.whole.cast
    if cast[which] != week // LOTS:
        first, end = people(thread, org)
        cast_lots(luck, week, org.employees.key[first:end], out[:, :, first:end])
        together(thread, org, 0)  # so that all have found them to be of other weeks
        cast[which] = week // LOTS
    return out[week % LOTS]


@kernel
def cast_lots(luck, week, keys, out):
    """Write into `out`, uint8[8, practices, n], everybody's lots of the eight weeks to which this one belongs.

    A lot is the first 8 bits of a uniform number. One look at a byte tells of nine in ten draws that they cannot be below a
    small chance, eight weeks for the price of one draw; `drawn` gives the number itself.

    Args:
        luck: the mechanism's stream in `week`.
        week: any of the eight.
        keys: uint64[n].
        out: receives the lots, first axis by week % 8.
    """
    first = luck - np.uint64(week % LOTS) * _WEEK
    for k in range(out.shape[1]):
        stream = branch(branch(first, k), 1)
        for i in range(len(keys)):
            bits = word(stream, keys[i])
            for at in range(LOTS):
                out[at, k, i] = np.uint8(bits >> np.uint64(8 * at))


@kernel
def recast(luck, week, cast, keys, rows, out):
    """The same for these rows alone, int64[m], those of people who are new, and this week and those left of the eight.

    `luck` is the mechanism's stream in week 0; lots are cast up to the eight weeks from 8 x `cast` on.
    """
    if cast != week // LOTS:
        return
    first = luck + np.uint64(LOTS * cast) * _WEEK
    for k in range(out.shape[1]):
        stream = branch(branch(first, k), 1)
        for i in rows:
            bits = word(stream, keys[i])
            for at in range(week % LOTS, LOTS):
                out[at, k, i] = np.uint8(bits >> np.uint64(8 * at))


@kernel(inline="always")
def drawn(lot, bits):
    """The uniform number in [0, 1) that begins with a lot, from 64 more random bits."""
    return (np.float64(lot) + unit(bits)) * _PER_LOT


@kernel(inline="always")
def greatest_lot(chance):
    """The greatest lot with which a uniform number can be below a chance: uint8."""
    return np.uint8(min(255.0, 256.0 * chance))


@kernel
def chosen(flags, first, count, rows):
    """Write into `rows` of whom of so many people, from row `first` on, the flag is set, and return of how many it is.

    Args:
        flags: uint8[count + 7 or more], 0 or 1; those beyond `count` in the last eight are put to 0.
        first: whose is the first flag.
        count: how many to look at.
        rows: int64[n], filled as far as needed.

    Eight are looked at as one word: where one in fifty is set, most take no time (where one in ten is, a loop that asks
    nothing is faster).
    """
    eights = (count + 7) // 8
    flags[count : 8 * eights] = 0
    words, found = flags[: 8 * eights].view(np.uint64), 0
    for eight in range(eights):
        bits = words[eight]
        while bits != _NONE:
            lowest = bits & (~bits + _ONE)
            rows[found] = first + 8 * eight + np.int64((((lowest - _ONE) & _ONES) * _ONES) >> _S56)
            found += 1
            bits ^= lowest
    return found


@kernel
def draws(stream, keys, out):
    """Write into `out` the uniform number of each key; a loop of its own goes through many at once."""
    for i in range(len(keys)):
        out[i] = unit(word(stream, keys[i]))


def _rewritten(values: Any, loop: Callable[[np.ndarray], None]) -> Any:
    """What a loop makes in place of an array that is nobody else's, or of a number.

    numba's own ufuncs do the like, but half of each is compiled anew in every process.
    """
    values = np.asarray(values)
    loop(values.reshape(-1))
    return values[()]


@kernel(inline="always")
def key_with(a, b):
    """A stable key from two keys (a department's and a number in it, say); order matters."""
    return mix(mix(a + _GOLDEN) ^ (b * _STEP))


@kernel
def _mix_all(words):
    for i in range(len(words)):
        words[i] = mix(words[i])


def combine(a: np.ndarray | np.uint64, b: np.ndarray | np.uint64) -> Any:
    """`key_with` of arrays."""
    own = _rewritten(np.add(a, _GOLDEN, order="C", dtype=np.uint64), _mix_all)
    return _rewritten(np.bitwise_xor(own, np.multiply(b, _STEP, dtype=np.uint64), order="C"), _mix_all)


# Coefficients of AS 241, highest power first: numerator and denominator near the middle, in the tails, and far out.
_MIDDLE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.3871328727963666080),
    (5226.4952788528545610, 28729.085735721942674, 39307.895800092710610, 21213.794301586595867,
     5394.1960214247511077, 687.18700749205790830, 42.313330701600911252, 1.0),
)  # fmt: skip
_TAIL = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258,
     3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
     6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187, 1.0),
)  # fmt: skip
_FAR = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
     2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
     1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0),
)  # fmt: skip


@kernel(inline="always")
def _ratio(polynomials, x):
    """The ratio of two polynomials at x."""
    above, below = 0.0, 0.0
    for n in range(8):
        above = above * x + polynomials[0][n]
        below = below * x + polynomials[1][n]
    return above / below


@kernel
def quantile(p):
    """The standard normal quantile (Wichura 1988, algorithm AS 241, PPND16; relative error about 1e-16)."""
    q = p - 0.5
    if abs(q) <= 0.425:
        return q * _ratio(_MIDDLE, 0.180625 - q * q)
    r = p if q < 0.0 else 1.0 - p
    if r <= 0.0:
        return -math.inf if q < 0.0 else math.inf
    r = math.sqrt(-math.log(r))
    x = _ratio(_TAIL, r - 1.6) if r <= 5.0 else _ratio(_FAR, r - 5.0)
    return -x if q < 0.0 else x


@kernel(inline="always")
def normal(bits):
    """A standard normal number from 64 random bits."""
    return quantile(unit(bits) + _HALF)


@kernel
def _quantiles(p):
    for i in range(len(p)):
        p[i] = quantile(p[i])


def normal_quantile(p: np.ndarray | float) -> Any:
    """`quantile` of arrays."""
    return _rewritten(np.array(p, np.float64, order="C"), _quantiles)


@kernel(inline="always")
def exponential(x):
    """E to the x by the C library, so that every numpy release gives the same bytes on one machine."""
    return math.exp(x)


@kernel(inline="always")
def logistic(z):
    """1 / (1 + e**-z)."""
    return 1.0 / (1.0 + math.exp(-z))


def foremost(last: np.ndarray, lot: np.ndarray, count: int) -> np.ndarray:
    """Places of so many of those with the least of `last`, in its order and, among equals, by lot: int64[count or all]."""
    near = np.arange(last.size)
    if count < last.size:
        near = np.flatnonzero(last <= np.partition(last, count - 1)[count - 1])
    return near[np.lexsort((lot[near], last[near]))[:count]]


def key_of(name: str) -> int:
    """The stable 64-bit key of a name (a roster id, a department, a mechanism)."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


class Luck:
    """All the luck of one run; `seed` is any integer."""

    def __init__(self, seed: int) -> None:
        self.seed = int(seed)
        self._streams: dict[str, int] = {}

    def stream(self, mechanism: str, week: int = 0) -> np.uint64:
        """The 64-bit stream of a mechanism in a week, for kernels that draw with `branch` and `word`."""
        return np.uint64((self.base(mechanism) + (week + 1) * int(_WEEK)) & 0xFFFFFFFFFFFFFFFF)

    def base(self, mechanism: str) -> int:
        """What `in_week` makes a mechanism's streams from."""
        if mechanism not in self._streams:
            self._streams[mechanism] = key_of(f"{self.seed}/{mechanism}")
        return self._streams[mechanism]

    def uniform(self, mechanism: str, key: np.ndarray | np.uint64, week: int = 0) -> np.ndarray:
        """Uniform numbers in [0, 1), one for each stable key (uint64), in the key's shape."""
        keys = np.asarray(key, np.uint64)
        out = np.empty(keys.shape)
        draws(self.stream(mechanism, week), keys.ravel(), out.ravel())
        return out[()]

    def normal(self, mechanism: str, key: np.ndarray | np.uint64, week: int = 0) -> np.ndarray:
        """Standard normal numbers, one for each stable key (uint64), in the key's shape."""
        return normal_quantile(self.uniform(mechanism, key, week) + _HALF)
