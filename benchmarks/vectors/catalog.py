"""The data sets by name."""

import importlib.util
from pathlib import Path
from typing import Final

from benchmarks.vectors import glove, synthetic, wordnet
from benchmarks.vectors.vector_set import RawSet, VectorSet

NAMES: Final = ("wordnet", "glove", "hard")
FULL_ROWS: Final = {"wordnet": wordnet.ROWS, "glove": glove.ROWS, "hard": synthetic.HARD_ROWS}
CHECKOUT: Final = Path(__file__).parents[2]


def is_present(name: str) -> bool:
    """Whether this machine has what the set is read from."""
    if name == "wordnet":
        return (CHECKOUT / wordnet.FILE).is_file()
    return name != "glove" or importlib.util.find_spec(glove.PACKAGE) is not None


def load_set(name: str, rows: int | None, queries: int) -> VectorSet:
    """A data set cut to `rows` (None: all of them), of unit length, with exact answers for these rows.

    Raises:
        As `read_set`.
    """
    return VectorSet.of_raw(read_set(name, rows, queries))


def read_set(name: str, rows: int | None, queries: int) -> RawSet:
    """A data set cut to `rows` (None: all of them), at the lengths that its vectors have.

    Raises:
        ConfigurationError: what it is read from is not on this machine.
        KeyError: there is no such set.
    """
    count = min(rows or FULL_ROWS[name], FULL_ROWS[name])
    if name == "wordnet":
        return wordnet.read_wordnet(CHECKOUT, count, queries)
    if name == "glove":
        return glove.read_glove(count, queries)
    return synthetic.make_hard(count, queries)
