"""The sketch file of a base segment: how rows are sketched when it is built, and how it is opened."""

from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.domain.collection import Metric
from shared.errors import CorruptObject
from shared.index.container import open_container, write_container
from shared.index.metric import directed, norms
from shared.index.sketch import Sketch

FILE_NAME: Final = "sketch.swl"
# Below 256 bits a sketch of 50 components needs thousands of rows to reach 0.99 (GloVe); above 1,024 scanning
# costs as much as what it saves.
_MIN_BITS: Final = 256
_MAX_BITS: Final = 1024
_WORD_BITS: Final = 64
_BLOCK_ROWS: Final = 8192


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
        centred = directed(vectors[block], metric) - mean
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
    return Sketch(
        planes=container.array("planes", "<u8", bits // _WORD_BITS, rows),
        directions=_widened(container.array("directions", "<f2", dimension, bits).tobytes(), bits),
        mean=container.array("mean", "<f4", dimension),
        lengths=container.array("lengths", "<f4", rows),
        biases=container.array("biases", "<f4", rows),
        gains=container.array("gains", "<f4", rows),
    )


@lru_cache(maxsize=8)
def _widened(directions: bytes, bits: int) -> NDArray[np.float32]:
    """Directions as queries use them. Segments built with one seed have the same: they share one copy."""
    wide = np.frombuffer(directions, "<f2").reshape(-1, bits).astype(np.float32)
    wide.setflags(write=False)
    return wide


def sketch_bits(dimension: int) -> int:
    """Bits per row: one per component, in whole words, within what pays."""
    whole = -(-dimension // _WORD_BITS) * _WORD_BITS
    return min(max(whole, _MIN_BITS), _MAX_BITS)


def _mean(vectors: NDArray[np.float32], metric: Metric) -> NDArray[np.float32]:
    total = np.zeros(vectors.shape[1])
    for start in range(0, len(vectors), _BLOCK_ROWS):
        total += directed(vectors[start : start + _BLOCK_ROWS], metric).sum(axis=0, dtype=np.float64)
    return (total / len(vectors)).astype("<f4")


def _directions(dimension: int, bits: int, seed: int) -> NDArray[np.float16]:
    """Orthonormal blocks of random directions, float16 (dimension, bits): queries use the same rounded numbers."""
    random = np.random.default_rng(seed)
    blocks: list[NDArray[np.float64]] = []
    for _ in range(-(-bits // dimension)):
        orthonormal, _ = np.linalg.qr(random.normal(size=(dimension, dimension)))
        blocks.append(orthonormal)
    return np.concatenate(blocks, axis=1)[:, :bits].astype("<f2")
