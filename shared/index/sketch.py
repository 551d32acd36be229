"""The sketch: one bit per random direction, a thirty-second of the vectors, to find rows worth scoring.

*Construction, the same for every metric.* With μ the mean row (of unit-length rows under cosine), a row is
x = v - μ and a query y = q - μ. The inner product that ranks rows splits as

    q·v = y·x + μ·x + const              cosine (unit lengths) and dot
    -|q - v|²/2 = y·x - |x|²/2 + const   euclidean

so a rank is |y|·|x|·cos(y, x) plus a *bias* per row, μ·x or -|x|²/2, that is stored exactly, as is |x|.
Only the angle is sketched: with bits sign(R·x) and sign(R·y), R random, the share of bits that agree is
1 - angle/π in the mean (Charikar, STOC 2002, doi 10.1145/509907.509965). R is made of orthonormal blocks, which
makes the share vary less than independent directions do (Ji et al., NIPS 2012, "super-bit LSH"). So nothing is
augmented or bent for dot and euclidean: the length, which no bit can hold, is not left to the bits.
Where |x| hardly varies (most cosine collections), the angle alone orders the rows and the rest is not computed.

*How far down to look.* Bits that agree are coin tosses whose odds the angle sets. So from the exact angle of a row
that was found follows how likely a row like it is to stand above any given rank: `needed_rank` turns that round.
A query among its like needs a few dozen rows, one from nowhere thousands, and each gets what it needs.

*Refinement.* The query need not be reduced to bits: Σ ±(R·y) over a row's bits, times |x|²/Σ|R·x|, is an
estimate of y·x in which only the row is rounded (RaBitQ: Gao & Long, SIGMOD 2024, doi 10.1145/3654970). A hundred
rows chosen by it hold as much as a thousand chosen by bits: worth its time where each row must come over a network.
"""

from dataclasses import dataclass
from functools import cached_property
from math import acos, ceil, pi, sqrt
from statistics import NormalDist
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.index.rowset import RowSet
from shared.index.topk import at_least, threshold_of

# Rows counted at once: their buffer, a quarter of a megabyte, fits into a second-level cache beside what it is made of.
_SCAN_ROWS: Final = 32_768
# Bits that agree in so many words, and one, still fit into eight bits: they are added as bytes, 64 at once.
_WORDS_PER_BYTE: Final = 3
# Where lengths and biases move a rank by less than this part of what bits blur it by, they are left out.
_NEGLIGIBLE: Final = 0.5
# Taking the words of chosen rows costs about five times reading them in order.
_TAKE_SHARE: Final = 0.2
_LOWEST: Final = float(np.finfo(np.float32).min)
_TINY: Final = np.finfo(np.float32).tiny
_STANDARD_NORMAL: Final = NormalDist()


@dataclass(frozen=True, eq=False)
class QuerySketch:
    """A query, centred (dimension,) and projected (bits,), float32; `words` is uint64 (words,), inverted.

    `length` is that of the centred query, `on_mean` its inner product with the mean.
    """

    centred: NDArray[np.float32]
    projected: NDArray[np.float32]
    words: NDArray[np.uint64]
    length: float
    on_mean: float


@dataclass(frozen=True, eq=False)
class Ranking:
    """Sketched ranks for one query: of `rows`, or of all rows where that is None; excluded rows rank lowest."""

    ranks: NDArray[Any]
    rows: NDArray[np.int64] | None

    def best(self, count: int) -> tuple[NDArray[np.int64], float]:
        """At least `count` rows, a few more, and the rank that they all reach."""
        threshold = float(threshold_of(self.ranks, count)) if count < len(self.ranks) else -np.inf
        floor = self._as_rank(threshold)
        return self._at((self.ranks >= floor).nonzero()[0]), threshold if threshold >= floor else -np.inf

    def between(self, low: float, high: float) -> NDArray[np.int64]:
        """Rows that reach `low` but not `high`."""
        places = (self.ranks >= self._as_rank(low)).nonzero()[0]
        # Few are left: the second bound is not worth another look at all.
        return self._at(places[self.ranks[places] < self._as_rank(high)])

    def _at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        return places if self.rows is None else self.rows[places]

    def _as_rank(self, bound: float) -> Any:
        # Excluded rows rank 0 or -inf and are never reached, whatever the bound.
        if self.ranks.dtype == np.uint16:
            return np.uint16(max(1, ceil(bound))) if bound > 0 else np.uint16(1)
        return np.float32(max(bound, _LOWEST))


@dataclass(frozen=True, eq=False)
class Sketch:
    """All rows of a segment, sketched.

    `planes` is uint64 (words, rows), `directions` float32 (dimension, bits), `mean` float32 (dimension,),
    the rest float32 (rows,).
    """

    planes: NDArray[np.uint64]
    directions: NDArray[np.float32]
    mean: NDArray[np.float32]
    lengths: NDArray[np.float32]
    biases: NDArray[np.float32]
    gains: NDArray[np.float32]

    @property
    def bits(self) -> int:
        """Bits per row."""
        return len(self.directions[0])

    @property
    def rows(self) -> int:
        """Rows sketched."""
        return len(self.lengths)

    @cached_property
    def by_angle_alone(self) -> bool:
        """Whether the rows are so nearly of one length that the angle orders them."""
        # At a right angle, `bits` coin tosses blur the cosine by π / (2·sqrt(bits)).
        blur = float(np.square(self.lengths).mean()) * np.pi / (2 * self.bits**0.5)
        typical = float(self.lengths.mean())
        moved = (float(self.biases.std()), typical * float(self.lengths.std()))
        return bool(max(moved) <= _NEGLIGIBLE * blur)

    @cached_property
    def _cosines(self) -> NDArray[np.float32]:
        """The cosine that each count of agreeing bits stands for, float32 (bits + 2,); counts begin at one."""
        agreeing = np.arange(-1, self.bits + 1) / self.bits
        return np.cos(np.pi * (1 - agreeing)).astype(np.float32)

    @cached_property
    def _mean_projected(self) -> NDArray[np.float32]:
        return self.mean @ self.directions

    def project(self, queries: NDArray[np.float32], turned: NDArray[np.float32] | None = None) -> list[QuerySketch]:
        """Sketch queries, float32 (count, dimension), of unit length under cosine.

        `turned` is their product with `directions`, where a sketch of the same directions has taken it already.
        """
        centred = queries - self.mean
        projected = (queries @ self.directions if turned is None else turned) - self._mean_projected
        # Stored inverted, so that exclusive-or counts agreeing bits and higher is closer.
        words = ~np.packbits(projected > 0, axis=1, bitorder="little").view(np.uint64)
        lengths = np.sqrt(np.vecdot(centred, centred)).tolist()
        on_mean = (centred @ self.mean).tolist()
        return [QuerySketch(*each) for each in zip(centred, projected, words, lengths, on_mean, strict=True)]

    def rank(self, query: QuerySketch, among: RowSet) -> Ranking:
        """The sketched ranks of the rows of a set."""
        if among.count < _TAKE_SHARE * self.rows:
            return Ranking(self.ranks(query, among.members), among.members)
        ranks = self.ranks(query)
        if among.count * 2 < self.rows:
            return Ranking(ranks[among.members], among.members)
        if not among.is_whole:
            ranks[among.others] = 0 if ranks.dtype == np.uint16 else -np.inf
        return Ranking(ranks, None)

    def ranks(self, query: QuerySketch, rows: NDArray[np.int64] | None = None) -> NDArray[Any]:
        """The sketched rank of every row, or of some; higher is closer.

        By angle alone uint16, the bits that agree and one: 0 is left for rows that are excluded. Else float32.
        """
        planes = self.planes if rows is None else self.planes.take(rows, axis=1)
        total = np.empty(planes.shape[1], np.uint16)
        for start in range(0, len(total), _SCAN_ROWS):
            block = slice(start, start + _SCAN_ROWS)
            _count_agreeing(planes[:, block], query.words, total[block])
        if self.by_angle_alone:
            return total
        ranks = np.take(self._cosines * np.float32(query.length), total, mode="clip")
        ranks *= self.lengths if rows is None else self.lengths[rows]
        ranks += self.biases if rows is None else self.biases[rows]
        return ranks

    def needed_rank(
        self, query: QuerySketch, rows: NDArray[np.int64], products: NDArray[np.float32], confidence: float
    ) -> float:
        """The rank above which a row as close as any of these stands with at least that probability.

        `rows` are the nearest found so far, `products` the inner products y·x of the centred query with the centred
        rows, float32 (count,). With a row at angle θ each bit agrees with probability p = 1 - θ/π, and `bits` of them
        are near enough to a normal distribution.
        """
        deviations = _STANDARD_NORMAL.inv_cdf(confidence)
        lengths = self.lengths[rows]
        cosines = products / np.maximum(lengths * np.float32(query.length), _TINY)
        if self.by_angle_alone:
            # The widest angle needs the lowest rank.
            return 1 + self._agreeing(1 - acos(min(max(float(cosines.min()), -1.0), 1.0)) / pi, deviations)
        odds = 1 - np.arccos(np.clip(cosines, -1, 1)) / np.pi
        shares = np.array([self._agreeing(each, deviations) for each in odds.tolist()], np.float32) / self.bits
        angles = np.pi * (1 - np.clip(shares, 0, 1))
        return float((query.length * lengths * np.cos(angles) + self.biases[rows]).min())

    def _agreeing(self, odds: float, deviations: float) -> float:
        """As many bits agree, or more, with the probability of so many standard deviations."""
        return self.bits * odds - deviations * sqrt(self.bits * odds * (1 - odds))

    def refine(self, query: QuerySketch, rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """The `count` best of some rows by the finer estimate, and those that share the last one's rank."""
        return rows[at_least(self.estimates(query, rows), count)]

    def estimates(self, query: QuerySketch, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The finer estimate of some rows' ranks, float32 (count,)."""
        octets = np.ascontiguousarray(self.planes.take(rows, axis=1).T).view(np.uint8)
        signs = np.unpackbits(octets, axis=1, bitorder="little").astype(np.float32)
        # Σ ±p = 2·Σ (bit·p) - Σ p
        sums = 2 * (signs @ query.projected) - query.projected.sum()
        estimates: NDArray[np.float32] = sums * self.gains[rows] + self.biases[rows]
        return estimates


def _count_agreeing(planes: NDArray[np.uint64], words: NDArray[np.uint64], total: NDArray[np.uint16]) -> None:
    """One more than the bits that agree; plane by plane, through buffers that stay in the cache."""
    same = np.empty(len(total), np.uint64)
    few, count = np.empty((2, len(total)), np.uint8)
    total.fill(1)
    for start in range(0, len(planes), _WORDS_PER_BYTE):
        for place in range(start, min(start + _WORDS_PER_BYTE, len(planes))):
            np.bitwise_xor(planes[place], words[place], out=same)
            np.bitwise_count(same, out=few if place == start else count)
            if place > start:
                np.add(few, count, out=few)
        np.add(total, few, out=total)
