"""Counter-based luck: every draw is a pure function of (seed, mechanism, week, whose, practice).

No generator is ever advanced, so a run does not depend on the order of its draws, and two worlds that share a seed
share the luck of everybody who lives in both. The mixing function is SplitMix64's finaliser (Steele, Lea & Flood
2014, "Fast splittable pseudorandom number generators", OOPSLA).
"""

from __future__ import annotations

import hashlib
import math

import numpy as np

from sim.kernels import elementwise, kernel

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_STEP = np.uint64(0xD1342543DE82EF95)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_S32, _LOW, _TO_UNIT32 = np.uint64(32), np.uint64(0xFFFFFFFF), 2.0**-32
_TO_UNIT = 1.0 / 9007199254740992.0  # 2**-53


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
    return np.float64(bits >> _S11) * _TO_UNIT


@kernel(inline="always")
def pair(person, practice):
    """The 64 bits that hold the draws of two practices, an even one's and the next one's."""
    return mix(person + np.uint64(practice // 2 + 1) * _STEP)


@kernel(inline="always")
def half(bits, practice):
    """The uniform number in [0, 1), of 32 bits, that a `pair` holds for a practice."""
    part = bits >> _S32 if practice % 2 else bits & _LOW
    return np.float64(part) * _TO_UNIT32


@kernel(inline="always")
def draw(person, practice):
    """A uniform number for one practice from a person's `word` of the week."""
    return half(pair(person, practice), practice)


@elementwise("float64(uint64, uint64)")
def _uniform(stream, key):
    return unit(mix((stream ^ key) + _GOLDEN))


@elementwise("uint64(uint64, uint64)")
def combine(a, b):
    """A stable key from two keys (a department's and a number in it, say); order matters."""
    return mix(mix(a + _GOLDEN) ^ (b * _STEP))


@elementwise("float64(float64)")
def normal_quantile(p):
    """The standard normal quantile (Wichura 1988, algorithm AS 241, PPND16; relative error about 1e-16)."""
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return (
            q
            * (
                (
                    (
                        (
                            (
                                (
                                    (2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r
                                    + 6.7265770927008700853e4
                                )
                                * r
                                + 4.5921953931549871457e4
                            )
                            * r
                            + 1.3731693765509461125e4
                        )
                        * r
                        + 1.9715909503065514427e3
                    )
                    * r
                    + 1.3314166789178437745e2
                )
                * r
                + 3.3871328727963666080e0
            )
            / (
                (
                    (
                        (
                            (
                                (
                                    (5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r
                                    + 3.9307895800092710610e4
                                )
                                * r
                                + 2.1213794301586595867e4
                            )
                            * r
                            + 5.3941960214247511077e3
                        )
                        * r
                        + 6.8718700749205790830e2
                    )
                    * r
                    + 4.2313330701600911252e1
                )
                * r
                + 1.0
            )
        )
    r = p if q < 0.0 else 1.0 - p
    if r <= 0.0:
        return -math.inf if q < 0.0 else math.inf
    r = math.sqrt(-math.log(r))
    if r <= 5.0:
        r -= 1.6
        x = (
            (
                (
                    (
                        (
                            (
                                (7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r
                                + 2.41780725177450611770e-1
                            )
                            * r
                            + 1.27045825245236838258e0
                        )
                        * r
                        + 3.64784832476320460504e0
                    )
                    * r
                    + 5.76949722146069140550e0
                )
                * r
                + 4.63033784615654529590e0
            )
            * r
            + 1.42343711074968357734e0
        ) / (
            (
                (
                    (
                        (
                            (
                                (1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r
                                + 1.51986665636164571966e-2
                            )
                            * r
                            + 1.48103976427480074590e-1
                        )
                        * r
                        + 6.89767334985100004550e-1
                    )
                    * r
                    + 1.67638483018380384940e0
                )
                * r
                + 2.05319162663775882187e0
            )
            * r
            + 1.0
        )
    else:
        r -= 5.0
        x = (
            (
                (
                    (
                        (
                            (
                                (2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
                                + 1.24266094738807843860e-3
                            )
                            * r
                            + 2.65321895265761230930e-2
                        )
                        * r
                        + 2.96560571828504891230e-1
                    )
                    * r
                    + 1.78482653991729133580e0
                )
                * r
                + 5.46378491116411436990e0
            )
            * r
            + 6.65790464350110377720e0
        ) / (
            (
                (
                    (
                        (
                            (
                                (2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r
                                + 1.84631831751005468180e-5
                            )
                            * r
                            + 7.86869131145613259100e-4
                        )
                        * r
                        + 1.48753612908506148525e-2
                    )
                    * r
                    + 1.36929880922735805310e-1
                )
                * r
                + 5.99832206555887937690e-1
            )
            * r
            + 1.0
        )
    return -x if q < 0.0 else x


@elementwise("float64(float64)")
def exponential(x):
    """E to the x by the C library, so that every numpy release gives the same bytes on one machine."""
    return math.exp(x)


@kernel(inline="always")
def logistic(z):
    """1 / (1 + e**-z)."""
    return 1.0 / (1.0 + math.exp(-z))


def key_of(name: str) -> int:
    """The stable 64-bit key of a name (a roster id, a department, a mechanism)."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


class Luck:
    """All the luck of one run; `seed` is any integer."""

    def __init__(self, seed: int) -> None:
        self.seed = int(seed)
        self._streams: dict[str, int] = {}

    def stream(self, mechanism: str, week: int = 0) -> np.uint64:
        """The 64-bit stream of a mechanism in a week, for kernels that draw with `word` and `draw`."""
        base = self._streams.get(mechanism)
        if base is None:
            base = self._streams[mechanism] = key_of(f"{self.seed}/{mechanism}")
        return np.uint64((base + (week + 1) * 0xA24BAED4963EE407) & 0xFFFFFFFFFFFFFFFF)

    def uniform(self, mechanism: str, key: np.ndarray | np.uint64, week: int = 0) -> np.ndarray:
        """Uniform numbers in [0, 1), one for each stable key (uint64), in the key's shape."""
        return _uniform(self.stream(mechanism, week), key)

    def normal(self, mechanism: str, key: np.ndarray | np.uint64, week: int = 0) -> np.ndarray:
        """Standard normal numbers, one for each stable key (uint64), in the key's shape."""
        return normal_quantile(_uniform(self.stream(mechanism, week), key) + 0.5 * 2.0**-53)
