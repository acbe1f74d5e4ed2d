"""The panels there can be: types with their counts, and quotas as rows over them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.meetings.draw.model import Pool, Quota, Type
from services.meetings.draw.program import Array, Program


@dataclass(frozen=True)
class Space:
    """``low`` <= ``rows`` @ x <= ``high`` and 0 <= x <= ``counts``: row 0 is all seats, row i + 1 is quota i."""

    types: tuple[Type, ...]
    counts: Array
    quotas: tuple[Quota, ...]
    rows: Array
    low: Array
    high: Array

    @classmethod
    def of(cls, pool: Pool, quotas: Iterable[Quota], seats: int) -> "Space":
        """Types are sorted, so that the order in which people came changes nothing."""
        types = tuple(sorted(kind for kind, count in pool.counts.items() if count > 0))
        kept = tuple(quotas)
        rows = np.ones((len(kept) + 1, len(types)))
        for place, quota in enumerate(kept, 1):
            at = pool.features.index(quota.feature)
            rows[place] = [kind[at] == quota.value for kind in types]
        return cls(
            types,
            np.array([float(pool.counts[kind]) for kind in types]),
            kept,
            rows,
            np.array([float(seats), *(float(quota.least) for quota in kept)]),
            np.array([float(seats), *(float(quota.most) for quota in kept)]),
        )

    @property
    def seats(self) -> int:
        """Seats of a panel."""
        return int(self.low[0])

    def panels(self, cost: Array) -> Program:
        """The integer program over whole panels."""
        return Program(cost, self.rows, self.low, self.high, np.zeros(len(self.types)), self.counts, integer=True)

    def holds(self, panel: NDArray[np.int64]) -> bool:
        """Does the panel keep everything, in whole numbers?"""
        within = self.rows.astype(np.int64) @ panel
        return bool(
            (within >= self.low).all() and (within <= self.high).all() and (panel >= 0).all()
            and (panel <= self.counts).all()
        )  # fmt: skip
