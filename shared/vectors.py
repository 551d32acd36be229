"""Vectors on the wire: a JSON array of numbers, or base64 of little-endian float32."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Discriminator, Field, Tag

from shared.domain.collection import Metric
from shared.domain.limits import MAX_DIMENSION
from shared.errors import FieldProblem, InvalidRequest
from shared.index.metric import MAX_COMPONENT, MIN_COSINE_NORM

NUMBERS: Final = "<numbers>"
BASE64: Final = "<base64>"
"""Tags of the two forms; they stand in the places that pydantic reports, and are no fields."""


def _form(value: object) -> str:
    return BASE64 if isinstance(value, str) else NUMBERS


_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
WireVector = Annotated[
    Annotated[list[_Number], Field(max_length=MAX_DIMENSION), Tag(NUMBERS)]
    | Annotated[str, Field(max_length=MAX_DIMENSION * 6), Tag(BASE64)],
    Discriminator(_form),
]

_MAX_PROBLEMS: Final = 20
_ROUNDING: Final = 1.01
"""Squares in float32 may be this much off; what is so close to the limit is looked at in float64."""


def decode_vectors(
    vectors: Sequence[list[float] | str], dimension: int, metric: Metric, *, field: str
) -> NDArray[np.float32]:
    """float32 of shape (len(vectors), dimension).

    `field` names one vector in error messages, with `{}` for its place: `records[{}].vector`.

    Raises:
        InvalidRequest: a vector is not of this dimension, or `check_values` refuses it.
    """
    rows = np.empty((len(vectors), dimension), np.float32)
    problems = []
    with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite, and is refused below
        for place, vector in enumerate(vectors):
            try:
                rows[place] = _decode(vector, dimension)
            except ValueError as error:
                problems.append(FieldProblem(field.format(place), str(error), f"{dimension} finite numbers"))
                if len(problems) == _MAX_PROBLEMS:
                    break
    if problems:
        raise InvalidRequest(*problems)
    check_values(rows, metric, field.format)
    return rows


def check_values(rows: NDArray[np.float32], metric: Metric, where: Callable[[int], str]) -> None:
    """Refuse rows that cannot be searched; `where` names the vector of a row, for error messages.

    Raises:
        InvalidRequest: a component is not finite or beyond `MAX_COMPONENT`, or, under cosine, a row has no direction.
    """
    # No component is longer than its vector: one pass clears what is ordinary, and an overflow is not ordinary.
    squares = np.einsum("ij,ij->i", rows, rows)
    shortest = MIN_COSINE_NORM**2 * _ROUNDING if metric is Metric.COSINE else 0.0
    if rows.size and not (squares.min() >= shortest and squares.max() <= MAX_COMPONENT**2):
        problems = [*_too_large(rows, where), *(_too_short(rows, where) if metric is Metric.COSINE else ())]
        if problems:
            raise InvalidRequest(*problems[:_MAX_PROBLEMS])


def _too_large(rows: NDArray[np.float32], where: Callable[[int], str]) -> list[FieldProblem]:
    refused = ~(np.abs(rows) <= MAX_COMPONENT).all(axis=1)  # a comparison with NaN is false
    allowed = f"finite numbers up to ±{MAX_COMPONENT:g}"
    return [FieldProblem(where(row), "a number out of range", allowed) for row in np.flatnonzero(refused).tolist()]


def _too_short(rows: NDArray[np.float32], where: Callable[[int], str]) -> list[FieldProblem]:
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
    allowed = f"a vector with a direction, at least {MIN_COSINE_NORM:g} long (metric cosine)"
    return [
        FieldProblem(where(row), "a zero vector" if lengths[row] == 0 else f"a length of {lengths[row]:g}", allowed)
        for row in np.flatnonzero(lengths < MIN_COSINE_NORM).tolist()
    ]


def encode_vectors(rows: NDArray[np.float32]) -> str:
    """base64 of the rows, one after the other."""
    return base64.b64encode(np.ascontiguousarray(rows, "<f4").tobytes()).decode()


def decode_rows(text: str, dimension: int) -> NDArray[np.float32]:
    """The rows that `encode_vectors` wrote.

    Raises:
        ValueError: the text is not base64, or not a whole number of rows.
    """
    return np.frombuffer(base64.b64decode(text, validate=True), "<f4").reshape(-1, dimension).astype(np.float32)


def _decode(vector: list[float] | str, dimension: int) -> NDArray[np.float32]:
    if isinstance(vector, str):
        try:
            raw = base64.b64decode(vector, validate=True)
        except binascii.Error:
            raise ValueError("text that is not base64") from None
        if len(raw) != 4 * dimension:
            whole = len(raw) % 4 == 0  # our own clients send base64 for whoever gave them numbers
            raise ValueError(f"{len(raw) // 4} numbers" if whole else f"{len(raw)} bytes in base64, no float32 numbers")
        return np.frombuffer(raw, "<f4")
    if len(vector) != dimension:
        raise ValueError(f"{len(vector)} numbers")
    return np.asarray(vector, np.float32)
