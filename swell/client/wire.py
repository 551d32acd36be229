"""How records and vectors travel: base64 float32, in batches within the limits of one request."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from shared.domain.limits import MAX_RECORDS_PER_REQUEST, MAX_REQUEST_BYTES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

# Room for the fields around the records.
_MAX_RECORDS_BYTES: Final = MAX_REQUEST_BYTES - 1_000


@dataclass(frozen=True)
class Batch:
    """Consecutive records, encoded; `start` is the place of the first in the caller's list."""

    start: int
    records: tuple[bytes, ...]

    def body(self, wait: str, options: Mapping[str, Any]) -> bytes:
        """The body of the upsert request."""
        beside = orjson.dumps({"wait": wait, **options}).removesuffix(b"}")
        return beside + b',"records":[' + b",".join(self.records) + b"]}"


def upsert_batches(
    ids: Sequence[str], vectors: "NDArray[np.float32]", attributes: Sequence[Mapping[str, Any] | None] | None
) -> Iterator[Batch]:
    """All records, in their order, in as few requests as the limits allow."""
    start, size_bytes, pending = 0, 0, list[bytes]()
    for place, record_id in enumerate(ids):
        record: dict[str, Any] = {"id": record_id, "vector": encode_vector(vectors[place])}
        if attributes is not None and attributes[place]:
            record["attributes"] = attributes[place]
        encoded = orjson.dumps(record)
        full = len(pending) == MAX_RECORDS_PER_REQUEST or size_bytes + len(encoded) + 1 > _MAX_RECORDS_BYTES
        if pending and full:
            yield Batch(start, tuple(pending))
            start, size_bytes, pending = place, 0, []
        pending.append(encoded)
        size_bytes += len(encoded) + 1
    if pending:
        yield Batch(start, tuple(pending))


def encode_vector(vector: "NDArray[np.float32]") -> str:
    """base64 of little-endian float32: a third of the bytes of JSON numbers, and nothing is rounded."""
    import numpy as np  # noqa: PLC0415 - loads when it is needed

    return base64.b64encode(np.ascontiguousarray(vector, "<f4").tobytes()).decode()


def one_vector(vector: "ArrayLike") -> "NDArray[np.float32]":
    """The vector as float32.

    Raises:
        ValueError: it is not one row of numbers.
    """
    import numpy as np  # noqa: PLC0415 - loads when it is needed

    row = np.asarray(vector, np.float32)
    if row.ndim != 1:
        raise ValueError(f"vector: got shape {row.shape}, allowed: one row of numbers; query_many takes several")
    return row


def many_vectors(vectors: "ArrayLike", *, rows: int | None = None) -> "NDArray[np.float32]":
    """The vectors as float32 of shape (rows, dimension).

    Raises:
        ValueError: they are not a table of numbers, or not of this many rows.
    """
    import numpy as np  # noqa: PLC0415 - loads when it is needed

    table = np.asarray(vectors, np.float32)
    if table.ndim != 2 or (rows is not None and len(table) != rows):
        wanted = "(count, dimension)" if rows is None else f"({rows}, dimension): one row for each id"
        raise ValueError(f"vectors: got shape {table.shape}, allowed: {wanted}")
    return table


def id_list(ids: Sequence[str]) -> list[str]:
    """The ids as a list.

    Raises:
        TypeError: one text was given, which Python would take for a sequence of its letters.
    """
    if isinstance(ids, str):
        raise TypeError(f"ids: got the text {ids!r}, allowed: a list of ids, such as [{ids!r}]")
    return list(ids)


def in_chunks(length: int, size: int) -> Iterator[slice]:
    """Slices of at most `size` that cover 0…length in order."""
    for start in range(0, length, size):
        yield slice(start, min(start + size, length))
