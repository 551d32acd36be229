"""How records and vectors travel: base64 float32, in batches within the limits of one request."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


def record_bodies(
    ids: Sequence[str],
    vectors: "Sequence[ArrayLike | None] | NDArray[np.float32] | None",
    attributes: Sequence[Mapping[str, Any] | None] | None,
    if_versions: Sequence[str | None] | None,
) -> Iterator[dict[str, Any]]:
    """Each record with what was given for it, and nothing else.

    Raises:
        ValueError: another list is not as long as `ids`.
    """
    others = {"vectors": vectors, "attributes": attributes, "if_versions": if_versions}
    for name, values in others.items():
        if values is not None and len(values) != len(ids):
            raise ValueError(f"{name}: got {len(values)}, allowed: {len(ids)}, one for each id")
    for place, record_id in enumerate(ids):
        vector = None if vectors is None else vectors[place]
        of_record = {
            "vector": None if vector is None else encode_vector(one_vector(vector)),
            "attributes": (attributes[place] or None) if attributes is not None else None,
            "if_version": None if if_versions is None else if_versions[place],
        }
        yield {"id": record_id, **{name: value for name, value in of_record.items() if value is not None}}


def record_batches_of(records: Iterable[Mapping[str, Any]]) -> Iterator[Batch]:
    """All records, in their order, in as few requests as the limits allow.

    Raises:
        TypeError: an attribute is nothing that JSON has.
    """
    start, size_bytes, pending = 0, 0, list[bytes]()
    for place, record in enumerate(records):
        encoded = _encoded(record)
        full = len(pending) == MAX_RECORDS_PER_REQUEST or size_bytes + len(encoded) + 1 > _MAX_RECORDS_BYTES
        if pending and full:
            yield Batch(start, tuple(pending))
            start, size_bytes, pending = place, 0, []
        pending.append(encoded)
        size_bytes += len(encoded) + 1
    if pending:
        yield Batch(start, tuple(pending))


def _encoded(record: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(record, option=orjson.OPT_SERIALIZE_NUMPY)
    except orjson.JSONEncodeError as error:
        raise TypeError(f"record {record['id']!r}: got attributes that JSON has no form for: {error}") from None


def encode_vector(vector: "NDArray[np.float32]") -> str:
    """base64 of little-endian float32: a third of the bytes of JSON numbers, and nothing is rounded."""
    import numpy as np  # noqa: PLC0415 - loads when it is needed

    return base64.b64encode(np.ascontiguousarray(vector, "<f4").tobytes()).decode()


def one_vector(vector: "ArrayLike") -> "NDArray[np.float32]":
    """The vector as float32.

    Raises:
        ValueError: it is not one row of numbers.
    """
    row = _real(vector)
    if row.ndim != 1:
        raise ValueError(f"vector: got shape {row.shape}, allowed: one row of numbers; query_many takes several")
    return row


def many_vectors(vectors: "ArrayLike", *, rows: int | None = None) -> "NDArray[np.float32]":
    """The vectors as float32 of shape (rows, dimension).

    Raises:
        ValueError: they are not a table of numbers, or not of this many rows.
    """
    table = _real(vectors)
    if table.ndim != 2 or (rows is not None and len(table) != rows):
        wanted = "(count, dimension)" if rows is None else f"({rows}, dimension): one row for each id"
        raise ValueError(f"vectors: got shape {table.shape}, allowed: {wanted}")
    return table


def _real(numbers: "ArrayLike") -> "NDArray[np.float32]":
    """As float32. Complex numbers, which numpy would cut with a warning, are refused."""
    import numpy as np  # noqa: PLC0415 - loads when it is needed

    array = np.asarray(numbers)
    if np.iscomplexobj(array):
        raise ValueError(f"vector: got {array.dtype} numbers, allowed: real numbers")
    return array.astype(np.float32, copy=False)


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
