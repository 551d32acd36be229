"""Sentence vectors of dictionary definitions: 60,000 by 384, with usage examples as queries.

WordNet 3.0 definitions and examples under all-MiniLM-L6-v2. The file does not come with this project.
"""

from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.vectors.vector_set import RawSet
from shared.errors import ConfigurationError

ROWS: Final = 60_000
FILE: Final = Path("../shared/data/vectors/wordnet60k.npz")
"""Relative to the checkout. Arrays: `vectors` int8, `scale` float32 a column, `queries` float16."""


def read_wordnet(checkout: Path, rows: int, queries: int) -> RawSet:
    """The first rows, dequantised, and the first queries.

    Raises:
        ConfigurationError: the file is not there.
    """
    file = checkout / FILE
    if not file.is_file():
        raise ConfigurationError(f"{FILE} is not on this machine; --data glove and --data hard need no file")
    with np.load(file) as stored:
        vectors = stored["vectors"][:rows].astype(np.float32) * stored["scale"]
        asked = stored["queries"][:queries].astype(np.float32)
    return RawSet("wordnet", "WordNet definitions, all-MiniLM-L6-v2; queries are usage examples", vectors, asked)
