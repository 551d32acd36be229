"""Standing queries of one collection as arrays: what the matching of a commit reads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shared.domain.collection import Metric
from shared.index.answers import Match
from shared.index.filter import Filter


@dataclass(frozen=True, eq=False)
class StandingQuery:
    """A question that is asked for good. `vector` is float32 (dimension,), of unit length under cosine.

    Its answer is the `top_k` closest records that pass `condition` and score at least `min_score`.
    """

    vector: NDArray[np.float32]
    top_k: int
    recall: float = 1.0
    condition: Filter | None = None
    min_score: float | None = None
    include_attributes: bool = False

    def trimmed(self, matches: Iterable[Match]) -> tuple[Match, ...]:
        """Those of a search's matches that belong to the answer."""
        floor = -np.inf if self.min_score is None else self.min_score
        return tuple(match for match in matches if match.score >= floor)


@dataclass(frozen=True, eq=False)
class Standing:
    """A standing query and the answer it has now, best first, ties by id."""

    query: StandingQuery
    matches: tuple[Match, ...]

    @property
    def is_full(self) -> bool:
        """Whether there may be more records than the answer holds."""
        return len(self.matches) == self.query.top_k

    @property
    def bound(self) -> float:
        """What a record must score to get in."""
        if self.is_full:
            return self.matches[-1].score
        return -np.inf if self.query.min_score is None else self.query.min_score


@dataclass(frozen=True, eq=False)
class StandingSet:
    """Many standing queries of one collection; immutable."""

    entries: Sequence[Standing]
    metric: Metric = field(default=Metric.COSINE)

    @cached_property
    def queries(self) -> NDArray[np.float32]:
        """float32 (n, dimension)."""
        return np.stack([entry.query.vector for entry in self.entries])

    @cached_property
    def norms(self) -> NDArray[np.float64]:
        """L2 lengths of the queries."""
        return np.asarray(np.linalg.norm(self.queries.astype(np.float64), axis=1))

    @cached_property
    def floors(self) -> NDArray[np.float64]:
        """The bound of every query as a rank (`shared.index.scan`): for euclidean |q|² - d², else the score."""
        bounds = np.array([entry.bound for entry in self.entries], np.float64)
        if self.metric is not Metric.EUCLIDEAN:
            return bounds
        return np.where(np.isneginf(bounds), -np.inf, self.norms**2 - np.where(np.isneginf(bounds), 0.0, bounds) ** 2)

    @cached_property
    def holders(self) -> dict[str, list[int]]:
        """Which queries have a record in their answer, by its id."""
        found: dict[str, list[int]] = {}
        for number, entry in enumerate(self.entries):
            for match in entry.matches:
                found.setdefault(match.id, []).append(number)
        return found
