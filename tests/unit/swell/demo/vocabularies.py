"""Small vocabularies."""

from collections.abc import Sequence

import numpy as np

from swell.demo.words import Vocabulary


def random_vocabulary(words: Sequence[str], held_out: int = 5, dimension: int = 8) -> Vocabulary:
    """Words with vectors that no two share."""
    vectors = np.random.default_rng(7).normal(size=(len(words) + held_out, dimension)).astype(np.float32)
    places = {word: place for place, word in enumerate(words)}
    return Vocabulary(words, vectors[: len(words)], vectors[len(words) :], places)
