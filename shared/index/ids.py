"""The id table of a segment: which rows and tombstones it holds, and at which revision.

Each entry (a row or a tombstone) has a *slot*: rows come first, in row order, then tombstones.
Lookup goes by a sorted 64-bit hash and then compares the id itself: a collision costs time, never an answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.errors import CorruptObject
from shared.index.container import Container


def hash_ids(ids: Iterable[str]) -> NDArray[np.uint64]:
    """A 64-bit hash of each id, the same on every machine and in every release."""
    digests = b"".join([blake2b(record_id.encode(), digest_size=8).digest() for record_id in ids])
    return np.frombuffer(digests, "<u8")


def encode_ids(ids: Sequence[str], revisions: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """The sections of an id table for the ids of all slots, rows first."""
    encoded = [record_id.encode() for record_id in ids]
    offsets = np.zeros(len(encoded) + 1, "<u8")
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    hashes = hash_ids(ids)
    order = np.argsort(hashes, kind="stable")
    return {
        "id_bytes": np.frombuffer(b"".join(encoded), np.uint8),
        "id_offsets": offsets,
        "revisions": np.asarray(revisions, "<i8"),
        "hashes": hashes[order],
        "hash_slots": order.astype("<i4"),
    }


@dataclass(frozen=True, eq=False)
class IdTable:
    """`hashes` is sorted; `hash_slots[i]` is the slot whose id has `hashes[i]`."""

    text: NDArray[np.uint8]
    offsets: NDArray[np.uint64]
    revisions: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    hash_slots: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.revisions)

    def id_at(self, slot: int) -> str:
        """The id of one slot."""
        return self.text[int(self.offsets[slot]) : int(self.offsets[slot + 1])].tobytes().decode()

    def ids_at(self, slots: NDArray[np.integer]) -> list[str]:
        """The ids of many slots."""
        text = self.text.data
        starts = self.offsets[slots].tolist()
        ends = self.offsets[slots + 1].tolist()
        return [str(text[start:end], "utf-8") for start, end in zip(starts, ends, strict=True)]

    def find(self, wanted: "IdTable") -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Slots here and slots in `wanted` that hold the same id, pair by pair.

        Walks the hashes of `wanted`, so the cost follows the smaller table when that is the argument.
        """
        first = np.searchsorted(self.hashes, wanted.hashes, "left")
        length = np.searchsorted(self.hashes, wanted.hashes, "right") - first
        hit = np.flatnonzero(length)
        if not hit.size:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        # A run of equal hashes, more than one slot only where two ids collide.
        runs = length[hit]
        theirs = np.repeat(wanted.hash_slots[hit].astype(np.int64), runs)
        within = np.arange(runs.sum()) - np.repeat(np.cumsum(runs) - runs, runs)
        mine = self.hash_slots[np.repeat(first[hit], runs) + within].astype(np.int64)
        same = _same_texts(self, mine, wanted, theirs)
        return mine[same], theirs[same]


def open_ids(container: Container, slots: int) -> IdTable:
    """The id table of a segment with that many slots.

    Raises:
        CorruptObject: lengths, offsets or slots do not fit.
    """
    table = IdTable(
        text=container.array("id_bytes", "|u1", -1),
        offsets=container.array("id_offsets", "<u8", slots + 1),
        revisions=container.array("revisions", "<i8", slots),
        hashes=container.array("hashes", "<u8", slots),
        hash_slots=container.array("hash_slots", "<i4", slots),
    )
    check_offsets(container, "id_offsets", table.offsets, len(table.text))
    _check_texts(container, table)
    if slots and not 0 <= int(table.hash_slots.min()) <= int(table.hash_slots.max()) < slots:
        raise CorruptObject(f"{container.path.name}: hash_slots point outside the segment")
    if np.any(table.hashes[1:] < table.hashes[:-1]):
        raise CorruptObject(f"{container.path.name}: hashes are not sorted")
    return table


def check_offsets(container: Container, name: str, offsets: NDArray[np.uint64], length: int) -> None:
    """Offsets must start at 0, never fall, and end at the length of what they divide.

    Raises:
        CorruptObject: they do not.
    """
    if offsets[0] != 0 or offsets[-1] != length or np.any(offsets[1:] < offsets[:-1]):
        raise CorruptObject(f"{container.path.name}: {name} do not divide {length} bytes")


def _check_texts(container: Container, table: IdTable) -> None:
    """Every id must be UTF-8: the whole text is, and none starts on a continuation byte (10xxxxxx)."""
    starts = table.offsets[:-1][table.offsets[:-1] < table.offsets[1:]]
    if np.any(table.text[starts] & 0xC0 == 0x80):
        raise CorruptObject(f"{container.path.name}: an id starts inside a character")
    try:
        str(table.text.data, "utf-8")
    except UnicodeDecodeError as error:
        raise CorruptObject(f"{container.path.name}: ids are not UTF-8: {error.reason}") from error


def table_of(ids: Sequence[str]) -> IdTable:
    """An id table of ids from outside, to look them up with `find`."""
    sections: dict[str, NDArray[Any]] = encode_ids(ids, np.zeros(len(ids), np.int64))
    return IdTable(*(sections[name] for name in ("id_bytes", "id_offsets", "revisions", "hashes", "hash_slots")))


def _same_texts(
    left: IdTable, left_slots: NDArray[np.int64], right: IdTable, right_slots: NDArray[np.int64]
) -> NDArray[np.bool_]:
    left_starts, right_starts = left.offsets[left_slots], right.offsets[right_slots]
    lengths = (left.offsets[left_slots + 1] - left_starts).astype(np.int64)
    same: NDArray[np.bool_] = lengths == (right.offsets[right_slots + 1] - right_starts).astype(np.int64)
    # Only pairs of equal length are compared, all their bytes in one gather.
    lengths = np.where(same, lengths, 0)
    ends = np.cumsum(lengths)
    within = np.arange(ends[-1]) - np.repeat(ends - lengths, lengths)
    left_bytes = left.text[np.repeat(left_starts.astype(np.int64), lengths) + within]
    right_bytes = right.text[np.repeat(right_starts.astype(np.int64), lengths) + within]
    pair_of_byte = np.repeat(np.arange(len(same)), lengths)
    same[pair_of_byte[left_bytes != right_bytes]] = False
    return same
