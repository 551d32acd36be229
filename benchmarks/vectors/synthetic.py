"""Vectors made from a seed: a hard set without structure, and a clustered one of any size."""

from typing import Final

import numpy as np

from benchmarks.vectors.vector_set import RawSet, Rows, VectorSet

HARD_ROWS: Final = 60_000
HARD_DIMENSION: Final = 128
_HARD_SEED: Final = 20
_DEGREES_OF_FREEDOM: Final = 3

_CLUSTERED_SEED: Final = 21
_ROWS_PER_CLUSTER: Final = 1000
# Directions in which a cluster spreads, and how far, against the length 1 of its centre. With these the local
# intrinsic dimension is 22 at 10,000 rows and at 100,000, close to that of sentence vectors.
_CLUSTER_RANK: Final = 64
_CLUSTER_SPREAD: Final = 1.2


def make_hard(rows: int, queries: int) -> RawSet:
    """Independent components from Student's t with 3 degrees of freedom: heavy tails and no structure at all.

    Every direction is as good as any other and all distances are about the same, which is the worst case for graphs,
    trees and sketches. Queries are of the same kind.
    """
    random = np.random.default_rng(_HARD_SEED)
    drawn = random.standard_t(_DEGREES_OF_FREEDOM, (rows + queries, HARD_DIMENSION)).astype(np.float32)
    origin = f"independent Student t({_DEGREES_OF_FREEDOM}) components, seed {_HARD_SEED}"
    return RawSet("hard", origin, drawn[queries:], drawn[:queries])


def make_clustered(rows: int, queries: int, dimension: int) -> VectorSet:
    """Clusters of about 1,000 rows, each around its own centre along 64 directions that all clusters share.

    The number of clusters grows with the rows, as topics do with documents, so that density near a query stays
    about the same at every size. Queries are drawn as the rows are.
    """
    random = np.random.default_rng(_CLUSTERED_SEED)
    centres = _directions(random, max(rows // _ROWS_PER_CLUSTER, 1), dimension)
    axes = _directions(random, _CLUSTER_RANK, dimension)
    members = random.integers(0, len(centres), rows + queries)
    drawn = np.empty((rows + queries, dimension), np.float32)
    for start in range(0, len(drawn), 100_000):  # bounds the memory for the offsets
        block = slice(start, start + 100_000)
        weights = random.standard_normal((len(members[block]), _CLUSTER_RANK), np.float32)
        offsets = weights @ axes * (_CLUSTER_SPREAD / np.sqrt(_CLUSTER_RANK))
        drawn[block] = centres[members[block]] + offsets
    origin = f"{len(centres):,} clusters along {_CLUSTER_RANK} shared directions, seed {_CLUSTERED_SEED}"
    return VectorSet.of("clustered", origin, drawn[queries:], drawn[:queries])


def _directions(random: np.random.Generator, count: int, dimension: int) -> Rows:
    drawn = random.standard_normal((count, dimension), np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)
