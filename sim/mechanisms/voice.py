"""Voice: messages that are only pushed, by a department in which hardly anybody listens, do harm."""

from __future__ import annotations

from sim.kernels import kernel
from sim.mechanisms.base import Mechanism
from sim.parameters import share, weight


class Voice(Mechanism):
    """Practices of presence are worth less, down to less than nothing, where nobody listens (claim 68).

    The harm is full without any listening and gone once `enough` of the department's staff listen. It is taken from what
    the practice is worth to one who does it: so what is experienced falls, at most to 0, and realised worth moves towards
    that much less for the share in routine, below 0 if need be. Without the mechanism `worth` there is nothing to take from.
    """

    harm: float = weight(
        0.5,
        "worth of a practice of presence that is lost where nobody listens",
        source="claim 68; value assumed",
    )
    enough: float = share(0.1, "share of a department that listens at which nothing is lost")


@Voice.weekly
@kernel
def fall_flat(rules, week, luck, org):
    """Take the harm from what `worth` has written this week; listening counts by its most practised practice."""
    harm, enough, worth_on = rules.voice[0].harm, rules.voice[0].enough, rules.worth[0].on
    experience, pace = rules.worth[0].experience, rules.worth[0].pace
    d, listens, presents = org.departments, org.practices.listens, org.practices.presents
    size, practised, routine, experienced, worth = d.size, d.practised, d.routine, d.experienced, d.worth
    for here in range(len(size)):
        listening = 0
        for k in range(len(listens)):
            if listens[k]:
                listening = max(listening, practised[here, k])
        heard = listening / size[here]
        if heard >= enough or not worth_on:
            continue
        lost = harm * (1.0 - heard / enough)
        for k in range(len(presents)):
            if presents[k]:
                for w in range(experienced.shape[2]):
                    experienced[here, k, w] = max(0.0, experienced[here, k, w] - experience * lost)
                worth[here, k] -= pace * lost * routine[here, k] / size[here]
    return False
