"""What a search gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Match:
    """One found record. `score` is higher-is-closer; attributes and vector only where they were asked for.

    Of a record that has no attributes they are empty then.
    """

    id: str
    score: float
    attributes: Mapping[str, Any] | None = None
    vector: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Answer:
    """The matches of each query, best first, ties by id, and how they were found.

    `method` is "exact", "sketch" or "forest": the least exact one used on any segment.
    `recall_expected` is the lowest recall that any segment's method was measured at; below `recall_target` only
    while a segment is not local yet.
    """

    matches: list[list[Match]]
    method: str
    recall_target: float
    recall_expected: float = 1.0


@dataclass(frozen=True)
class Record:
    """A stored record as the user gave it; `revision` in microseconds."""

    id: str
    vector: NDArray[np.float32]
    attributes: Mapping[str, Any] | None
    revision: int
