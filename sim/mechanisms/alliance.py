"""Alliance: what independent firms share - desks, money, what they see of each other - or only a few acquaintances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.luck import combine, key_of
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, share

if TYPE_CHECKING:
    from sim.organisation import Organisation


class Alliance(Mechanism):
    """Firms allied formally (desk, pool, showcase) or by informal networking (acquaintances alone) (claims 77, 78).

    It takes `organisation.firms`; one firm alone has nobody to share with. Acquaintances are scattered over other firms at
    random: too dispersed, says the claim, to carry what needs several contacts.
    """

    desk: bool = parameter(True, "firms share their desks: one hub, say, serves them all", source="claim 77")
    pool: bool = parameter(True, "firms share their budgets, by head", source="claim 77")
    showcase: bool = parameter(
        True, "departments see what joining a hub is worth in other firms, and desks what works best there",
        source="claim 78",
    )  # fmt: skip
    acquainted: float = share(0.0, "part of the staff who know somebody in another firm")
    strength: int = parameter(1, "weight of such a tie", unit="weight", ge=1, le=1000)

    def territories(self, firms: int) -> int:
        """How many territories with desks of their own so many firms make."""
        return 1 if self.desk else firms

    def build(self, org: Organisation) -> None:
        """Share what is shared, and open the ties of those who know somebody elsewhere."""
        f = org.firms
        for shared, column in ((self.desk, f.territory), (self.pool, f.pool), (self.showcase, f.circle)):
            if shared:
                column[:] = 0
        if f.rows > 1 and self.acquainted > 0.0:
            self.introduce(org)

    def introduce(self, org: Organisation) -> None:
        """Tie part of the staff to somebody of another firm, by lot."""
        e, d = org.employees, org.departments
        knows = np.flatnonzero(org.luck.uniform("alliance", e.key) < self.acquainted)
        whom = org.luck.uniform("alliance", combine(e.key[knows], np.uint64(key_of("whom"))))
        firm = d.firm[e.department]
        first, last = np.searchsorted(firm, firm[knows]), np.searchsorted(firm, firm[knows], side="right")
        among = (whom * (e.rows - (last - first))).astype(
            np.int64
        )  # place among all who are not of one's own firm
        org.tie(knows, np.where(among < first, among, among + last - first), self.strength)
