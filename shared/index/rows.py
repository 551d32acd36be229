"""Rows on their way into a segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RowBatch:
    """Upserted and deleted records; an id stands at most once in all.

    `vectors` is float32 of shape (rows, dimension), as the user gave them.
    Revisions are int64 microseconds; of two writes of one id the higher revision wins, the later one on a tie.
    """

    ids: Sequence[str]
    vectors: NDArray[np.float32]
    revisions: NDArray[np.int64]
    attributes: Sequence[Mapping[str, Any] | None]
    deleted_ids: Sequence[str] = ()
    deleted_revisions: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
