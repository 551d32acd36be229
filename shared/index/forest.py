"""The forest: an Annoy file that also holds the vectors of a base segment.

An Annoy 1.17.3 file (annoylib.h, `Angular::Node`, `Minkowski::Node`) is an array of nodes of one size,
with no header and no checksum:

* nodes 0 … rows-1 are the items, `n_descendants` = 1, the vector at the end of the node
* then the trees, each child before its parent (one build thread); a node of up to `bucket` descendants lists
  them, a larger one holds two children and the split plane
* the last `trees` nodes are copies of the roots

The space before the vector is 12 bytes for `angular` (i32 n_descendants, then the squared norm and a spare
word, or two i32 children), and 16 bytes for `euclidean` (i32 n_descendants, f32 offset, two i32 children).

*Which Annoy metric stands for which of ours.* cosine is `angular`, euclidean is `euclidean`.
dot is `angular` over vectors with one more component, sqrt(M² - |v|²), M the longest length in the segment:
then all rows have length M, and the angle to (q, 0) orders them as the inner product does
(Bachrach et al., RecSys 2014, doi 10.1145/2645710.2645741; Neyshabur & Srebro, ICML 2015, arXiv 1410.5518).
Annoy's own `dot` means to do this, but in 1.17.3 `margin()` adds the square of the plane's component instead
of its product with the row's, and `side()` and the centroids ignore the row's: its planes are not those of the
augmented space. `angular` is also the code that is used and tested most.

Vectors are stored as the user gave them, not normalised: Annoy's angular distance and planes do not depend on
length, fetch gives back the very bits that came in, and a row that is compacted a hundred times does not drift.
"""

import operator
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from annoy import AnnoyIndex
from numpy.typing import NDArray

from shared.domain.collection import Metric
from shared.errors import CorruptObject, DependencyUnavailable
from shared.index.metric import norms

AnnoyMetric = Literal["angular", "euclidean"]

FILE_NAME: Final = "forest.ann"
_HEADER_BYTES: Final = {"angular": 12, "euclidean": 16}


@dataclass(frozen=True)
class ForestLayout:
    """How the nodes of one Annoy file are laid out; kept in the row file, checked when the forest opens."""

    annoy_metric: AnnoyMetric
    width: int
    rows: int
    trees: int
    nodes: int

    def __post_init__(self) -> None:
        if operator.index(self.trees) < 1 or operator.index(self.nodes) < 1:
            raise ValueError(f"{self.trees} trees in {self.nodes} nodes")

    @property
    def header_bytes(self) -> int:
        """The bytes of a node before its vector."""
        return _HEADER_BYTES[self.annoy_metric]

    @property
    def node_bytes(self) -> int:
        """The size of a node."""
        return self.header_bytes + 4 * self.width

    @property
    def bucket(self) -> int:
        """The most descendants that a node lists in place of its plane (annoylib.h, `_K`)."""
        return self.width + 2

    @property
    def size_bytes(self) -> int:
        """The size of the file."""
        return self.node_bytes * self.nodes


@dataclass(frozen=True, eq=False)
class Forest:
    """An opened Annoy file. `vectors` is a strided view of it, float32 (rows, dimension)."""

    layout: ForestLayout
    mapped: NDArray[np.uint8]
    vectors: NDArray[np.float32]
    index: Any

    def vectors_of(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of some rows, copied; taking whole nodes is twice as fast as indexing the strided view."""
        nodes: NDArray[np.float32] = np.ndarray(
            (self.layout.rows, self.layout.node_bytes // 4), np.dtype("<f4"), self.mapped.data
        )
        first = self.layout.header_bytes // 4
        return nodes.take(rows, axis=0)[:, first : first + self.vectors.shape[1]]

    def nearest(self, query: NDArray[np.float32], count: int, search_k: int) -> NDArray[np.int64]:
        """Up to `count` rows near one query, best first by Annoy's own distances, after `search_k` items."""
        wanted = query.tolist()
        wanted.extend([0.0] * (self.layout.width - len(wanted)))
        return np.array(self.index.get_nns_by_vector(wanted, count, search_k), np.int64)


def annoy_metric(metric: Metric) -> AnnoyMetric:
    """The Annoy metric that orders rows as `metric` does, on the stored vectors."""
    return "euclidean" if metric is Metric.EUCLIDEAN else "angular"


def stored_width(metric: Metric, dimension: int) -> int:
    """Components of a stored vector: one more than the user's for dot."""
    return dimension + (metric is Metric.DOT)


def build_forest(path: Path, vectors: NDArray[np.float32], metric: Metric, *, trees: int, seed: int) -> ForestLayout:
    """Build the Annoy file of `vectors`, float32 (rows ≥ 1, dimension). Deterministic: one thread, one seed.

    Items are written into Annoy's file-backed buffer as one block: `add_item` converts each number
    through a Python object, which takes longer than some builds. What it would have written is the same.

    Raises:
        DependencyUnavailable: the disk has not enough room; Annoy, which writes through a memory map, would die.
    """
    rows = len(vectors)
    kind, width = annoy_metric(metric), stored_width(metric, vectors.shape[1])
    _check_room(path, ForestLayout(kind, width, rows, trees, rows))
    index = AnnoyIndex(width, kind)
    index.set_seed(seed)
    index.on_disk_build(str(path))
    index.add_item(rows - 1, [0.0] * width)  # allocates every item before it
    layout = ForestLayout(kind, width, rows, trees, rows)
    _write_items(path, layout, vectors, metric)
    index.build(trees, 1)
    index.unload()
    return ForestLayout(kind, width, rows, trees, path.stat().st_size // layout.node_bytes)


def open_forest(path: Path, layout: ForestLayout, dimension: int) -> Forest:
    """Map an Annoy file whose layout is known.

    Raises:
        CorruptObject: the size differs, or a node points outside the file, where Annoy itself would crash.
    """
    size_bytes = path.stat().st_size if path.exists() else 0
    if size_bytes != layout.size_bytes or not 1 <= layout.rows <= layout.nodes - 2 * layout.trees:
        raise CorruptObject(f"{path.name}: {size_bytes} bytes are not {layout.nodes} nodes of {layout.node_bytes}")
    mapped = np.memmap(path, np.uint8, "r")
    _check_nodes(path, mapped, layout)
    index = AnnoyIndex(layout.width, layout.annoy_metric)
    index.load(str(path))
    # Where one node lists all rows, Annoy cannot tell the roots from their copies and counts both.
    trees = {layout.trees} if layout.rows > layout.bucket else range(layout.trees, 2 * layout.trees + 2)
    if index.get_n_items() != layout.rows or index.get_n_trees() not in trees:
        found = f"{index.get_n_items()} rows in {index.get_n_trees()} trees"
        raise CorruptObject(f"{path.name}: Annoy finds {found}, not {layout.rows} in {layout.trees}")
    return Forest(layout, mapped, item_vectors(mapped, layout, dimension), index)


def item_vectors(mapped: NDArray[np.uint8], layout: ForestLayout, dimension: int) -> NDArray[np.float32]:
    """The vectors inside a mapped Annoy file, float32 (rows, dimension), not copied."""
    shape, strides = (layout.rows, dimension), (layout.node_bytes, 4)
    return np.ndarray(shape, np.dtype("<f4"), mapped.data, layout.header_bytes, strides)


def _check_room(path: Path, layout: ForestLayout) -> None:
    # A tree of n rows has some 2n / bucket leaves, half full, and as many nodes above them.
    nodes = layout.rows * (1 + 4 * layout.trees / layout.bucket) + 2 * layout.trees
    needed_bytes = int(nodes * layout.node_bytes)
    free_bytes = shutil.disk_usage(path.parent).free
    if free_bytes < needed_bytes:
        raise DependencyUnavailable(f"{path.parent}: {free_bytes} bytes free, a forest needs about {needed_bytes}")


def _write_items(path: Path, layout: ForestLayout, vectors: NDArray[np.float32], metric: Metric) -> None:
    mapped = np.memmap(path, np.uint8, "r+", shape=(layout.rows * layout.node_bytes,))
    words = mapped.reshape(layout.rows, layout.node_bytes)
    lengths = norms(vectors)
    stored = item_vectors(mapped, layout, layout.width)
    stored[:, : vectors.shape[1]] = vectors
    squares = lengths**2
    if metric is Metric.DOT:
        longest = float(squares.max())
        stored[:, -1] = np.sqrt(longest - squares)
        squares = np.full_like(squares, longest)
    header = np.zeros((layout.rows, layout.header_bytes // 4), "<i4")
    header[:, 0] = 1
    if layout.annoy_metric == "angular":
        header[:, 1] = squares.astype("<f4").view("<i4")
    words[:, : layout.header_bytes] = header.view(np.uint8)
    mapped.flush()


def _check_nodes(path: Path, mapped: NDArray[np.uint8], layout: ForestLayout) -> None:
    """Follow every pointer of every tree once, without trusting any of them."""
    rows, nodes = layout.rows, layout.nodes
    words = np.ndarray((nodes, layout.node_bytes // 4), np.dtype("<i4"), mapped.data)
    descendants = words[:, 0]
    first_child = layout.header_bytes // 4 - 2
    sizes = descendants[rows:]
    last_parent = np.arange(rows, nodes)
    planes = np.flatnonzero(sizes > layout.bucket)
    children = words[rows:, first_child : first_child + 2][planes]
    sound = (
        bool(np.all(descendants[:rows] == 1))
        and bool(np.all((sizes >= 1) & (sizes <= rows)))
        # A child stands before its parent, so no path can run in a circle.
        and bool(np.all((children >= 0) & (children < last_parent[planes, None])))
        and _lists_are_sound(words[rows:, first_child:], sizes, layout)
        and bool(np.all(sizes[nodes - rows - layout.trees :] == rows))
    )
    if not sound:
        raise CorruptObject(f"{path.name}: a node points outside the {nodes} nodes of the file")


def _lists_are_sound(lists: NDArray[np.int32], sizes: NDArray[np.int32], layout: ForestLayout) -> bool:
    leaves = np.flatnonzero(sizes <= layout.bucket)
    # Nodes are as wide as a vector, so lists are read in blocks that stay in the cache.
    for start in range(0, len(leaves), 256):
        chosen = leaves[start : start + 256]
        block = lists[chosen]
        used = np.arange(block.shape[1]) < sizes[chosen, None]
        if np.any(used & ((block < 0) | (block >= layout.rows))):
            return False
    return True
