"""Duties: what the people of a desk spend their effort on, and what each duty does."""

from __future__ import annotations

from typing import ClassVar

from pydantic import model_validator

from sim.kernels import kernel
from sim.mechanisms.base import Mechanism
from sim.parameters import rate, share, weight
from sim.tables import NOBODY

NAMES = (
    "governance", "best_practice", "content", "training", "technology", "leadership", "insight", "conversation",
    "conflict",
)  # fmt: skip


class Duties(Mechanism):
    """The nine duties of a hub as one table from effort to effect (claims 36-44).

    A duty that gets its even ninth of the effort does what the scenario says; with twice the effort it does it twice as
    fast. Some duties set the pace of what desks do anyway (`PACES`; conversation that of what they take from the severity
    of `incidents`); content, technology, leadership and insight are done by nobody in a scenario without this table, and
    in departments that no desk serves.
    """

    PACES: ClassVar[dict[str, tuple[tuple[str, str], ...]]] = {
        "governance": (("approval", "requests"),),
        "best_practice": (("best_practice", "learning"),),
        "training": (("teaching", "pupils"),),
        "conflict": (("governance", "tie_rate"),),
    }

    governance: float = weight(1.0, "effort on approving", source="claim 36; even effort assumed")
    best_practice: float = weight(1.0, "effort on learning which way works best", source="claim 37")
    content: float = weight(1.0, "effort on content that departments can publish", source="claim 38")
    training: float = weight(1.0, "effort on teaching", source="claim 39")
    technology: float = weight(1.0, "effort on tools", source="claim 40")
    leadership: float = weight(1.0, "effort on what executives understand", source="claim 41")
    insight: float = weight(1.0, "effort on measuring worth", source="claim 42")
    conversation: float = weight(1.0, "effort on conversations that go wrong", source="claim 43")
    conflict: float = weight(1.0, "effort on settling between ways", source="claim 44")
    content_saves: float = share(0.2, "effort of presence practices that even effort saves")
    technology_saves: float = share(0.1, "effort of other practices that even effort saves")
    leadership_teaches: float = rate(
        0.002, "way to full understanding that a served head goes under even effort"
    )
    insight_clears: float = share(0.2, "share of the noise of measurement that even effort takes away")

    derived = {
        "on_content": (float, lambda self: self.pace("content")),
        "on_technology": (float, lambda self: self.pace("technology")),
        "on_leadership": (float, lambda self: self.pace("leadership")),
        "on_insight": (float, lambda self: self.pace("insight")),
        "on_conversation": (float, lambda self: self.pace("conversation")),
    }

    @model_validator(mode="after")
    def _something(self) -> Duties:
        if not any(getattr(self, name) > 0.0 for name in NAMES):
            raise ValueError("weights sum to nothing; give at least one duty a value above 0")
        return self

    def pace(self, duty: str) -> float:
        """How much effort a duty gets, as a multiple of an even ninth."""
        return len(NAMES) * getattr(self, duty) / sum(getattr(self, name) for name in NAMES)

    def applied(self, mechanisms: tuple[Mechanism, ...]) -> tuple[Mechanism, ...]:
        """The mechanisms with the paces that these efforts give them."""
        faster: dict[str, dict[str, float]] = {}
        for duty, keys in self.PACES.items():
            for table, key in keys:
                faster.setdefault(table, {})[key] = self.pace(duty)
        return tuple(
            one.model_copy(update={key: getattr(one, key) * pace for key, pace in faster[one.name].items()})
            if one.name in faster
            else one
            for one in mechanisms
        )


@kernel
def desk_help(here, org):
    """How much of a desk a department has: desk people for each 100 staff served, at most 1."""
    d, desks = org.departments, org.desks
    there = 0.0
    if d.guided[here]:
        there = d.local[here] / d.size[here]
        desk = d.served[here]
        if desk != NOBODY:
            staff = 0
            for other in range(len(d.size)):
                staff += d.size[other] * (d.served[other] == desk)
            there += desks.people[desk] / staff
    return min(1.0, 100.0 * there)


@Duties.weekly
@kernel
def help_out(rules, week, luck, org):
    """What desk people do for whom they serve this week, in proportion to them, up to one for each 100 staff served."""
    c, d, x, presents = rules.duties[0], org.departments, org.executives, org.practices.presents
    for here in range(len(d.size)):
        there = desk_help(here, org)
        for k in range(len(presents)):
            saves = c.content_saves * c.on_content if presents[k] else c.technology_saves * c.on_technology
            d.ease[here, k] = max(0.0, 1.0 - saves * there)
        paid = d.insight[here] if rules.funding[0].on else 0.0  # else it is last week's of this rule
        d.insight[here] = min(1.0, paid + c.insight_clears * c.on_insight * there)
        gain = min(1.0, c.leadership_teaches * c.on_leadership * there)
        x.understanding[here] += gain * (1.0 - x.understanding[here])
    return False
