"""Vectors that are read one by one, as one array."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from shared.bulk.problems import refused


def stacked(
    vectors: "Iterable[Sequence[float] | NDArray[np.float32]]",
    shape: tuple[int, int],
    where: Callable[[int], str],
    first: str,
) -> NDArray[np.float32]:
    """Float32 of this shape (vectors, dimension); `where` tells of which vector a complaint is.

    What is too large for float32 becomes infinite, which is refused with all that is not finite.

    Raises:
        InvalidFile: a vector has another dimension than the one of the `first` record.
    """
    found = np.empty(shape, np.float32)
    for place, vector in enumerate(vectors):
        if len(vector) != shape[1]:
            raise refused(where(place), f"{len(vector)} numbers", f"{shape[1]}, as in the first {first}")
        with np.errstate(over="ignore"):
            found[place] = vector
    return found
