"""What must be found: rows that never change, and the last of the writes that were acknowledged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

DIMENSION: Final = 24
STILL: Final = "still"
MOVING: Final = "moving"
Vector = NDArray[np.float32]


@dataclass
class Truth:
    """`acknowledged` by id; what was sent after that and never answered may be there instead."""

    still: dict[str, Vector]
    acknowledged: dict[str, Vector] = field(default_factory=dict)
    in_doubt: dict[str, list[Vector]] = field(default_factory=dict)

    def begin(self, record_id: str, vector: Vector) -> None:
        """A write is sent."""
        self.in_doubt.setdefault(record_id, []).append(vector)

    def committed(self, record_id: str, vector: Vector) -> None:
        """It was acknowledged; all before it is past."""
        self.acknowledged[record_id] = vector
        self.in_doubt.pop(record_id, None)

    def allows(self, record_id: str, found: Vector | None) -> bool:
        """Whether a record may be as it was found at the end."""
        if found is None:
            return record_id not in self.acknowledged
        known = [self.acknowledged[record_id]] if record_id in self.acknowledged else []
        return any(np.array_equal(found, each) for each in [*known, *self.in_doubt.get(record_id, [])])


def nearest(rows: Mapping[str, Vector], vector: Vector, top_k: int) -> list[str]:
    """The ids of the nearest rows by brute force, best first."""
    ids = list(rows)
    distances = np.linalg.norm(np.stack([rows[each] for each in ids]).astype(np.float64) - vector, axis=1)
    return [ids[place] for place in np.argsort(distances, kind="stable")[:top_k]]


def random_vector(chance: np.random.Generator) -> Vector:
    """One row."""
    return chance.standard_normal(DIMENSION).astype(np.float32)
