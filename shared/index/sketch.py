"""The sketch: one bit per random direction, a thirty-second of the vectors, to find rows worth scoring.

*Construction, the same for every metric.* With μ the mean row (of unit-length rows under cosine), a row is
x = v - μ and a query y = q - μ. The inner product that ranks rows splits as

    q·v = y·x + μ·x + const            cosine (unit lengths) and dot
    -|q - v|²/2 = y·x - |x|²/2 + const   euclidean

so a rank is |y|·|x|·cos(y, x) plus a *bias* per row, μ·x or -|x|²/2, that is stored exactly, as is |x|.
Only the angle is sketched: with bits sign(R·x) and sign(R·y), R random, the share of bits that agree is
1 - angle/π in the mean (Charikar, STOC 2002, doi 10.1145/509907.509965). R is made of orthonormal blocks, which
makes the share vary less than independent directions do (Ji et al., NIPS 2012, "super-bit LSH"). So nothing is
augmented or bent for dot and euclidean: the length, which no bit can hold, is not left to the bits.
Where |x| hardly varies (most cosine collections), the angle alone orders the rows and the rest is not computed.

*Refinement.* The query need not be reduced to bits: Σ ±(R·y) over a row's bits, times |x|²/Σ|R·x|, is an
estimate of y·x in which only the row is rounded (RaBitQ: Gao & Long, SIGMOD 2024, doi 10.1145/3654970). A hundred
rows chosen by it hold as much as a thousand chosen by bits: worth its time where each row must come over a network.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.domain.collection import Metric
from shared.errors import CorruptObject
from shared.index.container import Container, open_container, write_container
from shared.index.metric import norms
from shared.index.rowset import RowSet
from shared.index.topk import at_least

FILE_NAME: Final = "sketch.swl"
# Below 256 bits a sketch of 50 components needs thousands of rows to reach 0.99 (GloVe); above 1,024 scanning
# costs as much as what it saves.
_MIN_BITS: Final = 256
_MAX_BITS: Final = 1024
_WORD_BITS: Final = 64
_BLOCK_ROWS: Final = 8192
# Where lengths and biases move a rank by less than this part of what bits blur it by, they are left out.
_NEGLIGIBLE: Final = 0.5
# Gathering words of chosen rows costs about four times reading them in order.
_GATHER_FRACTION: Final = 0.2


@dataclass(frozen=True, eq=False)
class QuerySketch:
    """A query, projected. `words` is uint64 (words, 1), inverted; `projected` float32 (bits,)."""

    words: NDArray[np.uint64]
    projected: NDArray[np.float32]
    length: float


@dataclass(frozen=True, eq=False)
class Sketch:
    """`planes` is uint64 (words, rows); `directions` float32 (dimension, bits); the rest float32 (rows,)."""

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
        """The cosine that each number of agreeing bits stands for, float32 (bits + 1,)."""
        return np.cos(np.pi * (1 - np.arange(self.bits + 1) / self.bits)).astype(np.float32)

    def project(self, query: NDArray[np.float32]) -> QuerySketch:
        """Sketch one query, float32 (dimension,), of unit length under cosine."""
        centred = np.asarray(query - self.mean, np.float32)
        projected = np.asarray(centred @ self.directions, np.float32)
        # Stored inverted, so that exclusive-or counts agreeing bits and higher is closer.
        words = ~np.packbits(projected > 0, bitorder="little").view(np.uint64)
        return QuerySketch(words[:, None], projected, float(np.linalg.norm(centred)))

    def ranks(self, query: QuerySketch, rows: NDArray[np.int64] | None = None) -> NDArray[Any]:
        """The sketched rank of every row, or of some: uint16 by angle alone, else float32; higher is closer."""
        planes = self.planes if rows is None else self.planes[:, rows]
        agreeing = np.bitwise_count(planes ^ query.words)
        # The parameter `dtype` of `sum` would widen first; adding rows of bytes into words does not.
        total: NDArray[np.uint16] = np.add.reduce(agreeing, axis=0, dtype=np.uint16)
        if self.by_angle_alone:
            return total
        ranks = np.take(self._cosines * np.float32(query.length), total, mode="clip")
        ranks *= self.lengths if rows is None else self.lengths[rows]
        ranks += self.biases if rows is None else self.biases[rows]
        return ranks

    def nearest(self, query: QuerySketch, count: int, among: RowSet) -> NDArray[np.int64]:
        """The best `count` rows of a set and a few more; all of the set where it has no more."""
        if among.count <= count:
            return among.members
        if among.count < _GATHER_FRACTION * self.rows:
            return among.members[at_least(self.ranks(query, among.members), count)]
        ranks = self.ranks(query)
        if among.is_whole:
            return at_least(ranks, count)
        if among.count * 2 < self.rows:
            return among.members[at_least(ranks[among.members], count)]
        ranks[among.others] = 0 if self.by_angle_alone else -np.inf
        best = at_least(ranks, count)
        return best[among.mask[best]]

    def refine(self, query: QuerySketch, rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """The `count` best of some rows by the finer estimate, and those that share the last one's rank."""
        return rows[at_least(self.estimates(query, rows), count)]

    def estimates(self, query: QuerySketch, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The finer estimate of some rows' ranks, float32 (count,)."""
        octets = np.ascontiguousarray(self.planes[:, rows].T).view(np.uint8)
        signs = np.unpackbits(octets, axis=1, bitorder="little").astype(np.float32)
        # Σ ±p = 2·Σ (bit·p) - Σ p
        sums = 2 * (signs @ query.projected) - query.projected.sum()
        estimates: NDArray[np.float32] = sums * self.gains[rows] + self.biases[rows]
        return estimates


def write_sketch(path: Path, vectors: NDArray[np.float32], metric: Metric, *, seed: int) -> None:
    """Sketch the rows of a segment, float32 (rows ≥ 1, dimension)."""
    dimension = vectors.shape[1]
    directions = _directions(dimension, sketch_bits(dimension), seed)
    mean = _mean(vectors, metric)
    rows, words = len(vectors), directions.shape[1] // _WORD_BITS
    planes = np.empty((words, rows), "<u8")
    lengths, biases, gains = (np.empty(rows, "<f4") for _ in range(3))
    wide = directions.astype(np.float32)
    for start in range(0, rows, _BLOCK_ROWS):
        block = slice(start, min(start + _BLOCK_ROWS, rows))
        centred = _directed(vectors[block], metric) - mean
        projected = centred @ wide
        planes[:, block] = np.packbits(projected > 0, axis=1, bitorder="little").view("<u8").T
        squares = norms(centred) ** 2
        lengths[block] = np.sqrt(squares)
        biases[block] = -squares / 2 if metric is Metric.EUCLIDEAN else centred @ mean
        spread = np.abs(projected).sum(axis=1, dtype=np.float64)
        gains[block] = np.divide(squares, spread, out=np.zeros_like(squares), where=spread > 0)
    arrays = {
        "planes": planes,
        "directions": directions,
        "mean": mean,
        "lengths": lengths,
        "biases": biases,
        "gains": gains,
    }
    write_container(path, "sketch", {"metric": metric.value}, arrays)


def open_sketch(path: Path, rows: int, dimension: int, metric: Metric) -> Sketch:
    """Map the sketch of a segment.

    Raises:
        CorruptObject: not a sketch, or of another metric, dimension or number of rows.
    """
    container = open_container(path, "sketch")
    if container.meta.get("metric") != metric.value:
        raise CorruptObject(f"{path.name}: metric is {container.meta.get('metric')!r}, not {metric.value!r}")
    bits = sketch_bits(dimension)
    directions = container.array("directions", "<f2", dimension, bits)
    return Sketch(
        planes=container.array("planes", "<u8", bits // _WORD_BITS, rows),
        directions=directions.astype(np.float32),
        mean=container.array("mean", "<f4", dimension),
        **{name: _per_row(container, name, rows) for name in ("lengths", "biases", "gains")},
    )


def sketch_bits(dimension: int) -> int:
    """Bits per row: one per component, in whole words, within what pays."""
    whole = -(-dimension // _WORD_BITS) * _WORD_BITS
    return min(max(whole, _MIN_BITS), _MAX_BITS)


def _per_row(container: Container, name: str, rows: int) -> NDArray[np.float32]:
    return container.array(name, "<f4", rows)


def _directed(vectors: NDArray[np.float32], metric: Metric) -> NDArray[np.float32]:
    if metric is not Metric.COSINE:
        return vectors
    lengths = norms(vectors)
    lengths[lengths == 0] = 1
    return np.asarray(vectors / lengths[:, None], np.float32)


def _mean(vectors: NDArray[np.float32], metric: Metric) -> NDArray[np.float32]:
    total = np.zeros(vectors.shape[1])
    for start in range(0, len(vectors), _BLOCK_ROWS):
        total += _directed(vectors[start : start + _BLOCK_ROWS], metric).sum(axis=0, dtype=np.float64)
    return (total / len(vectors)).astype("<f4")


def _directions(dimension: int, bits: int, seed: int) -> NDArray[np.float16]:
    """Orthonormal blocks of random directions, float16 (dimension, bits): queries use the same rounded numbers."""
    random = np.random.default_rng(seed)
    blocks: list[NDArray[np.float64]] = []
    for _ in range(-(-bits // dimension)):
        orthonormal, _ = np.linalg.qr(random.normal(size=(dimension, dimension)))
        blocks.append(orthonormal)
    return np.concatenate(blocks, axis=1)[:, :bits].astype("<f2")
