"""The manifest: which immutable segments make up one version of one shard."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

import orjson

from shared.domain.collection import AttributeType, Metric
from shared.errors import CorruptObject

FORMAT: Final = 1


class SegmentKind(StrEnum):
    """*delta*: small, vectors and tombstones, scanned exactly. *base*: an Annoy forest."""

    DELTA = "delta"
    BASE = "base"


@dataclass(frozen=True)
class IndexSpec:
    """What every segment of a shard has in common."""

    dimension: int
    metric: Metric
    attributes: Mapping[str, AttributeType] = field(default_factory=dict)


@dataclass(frozen=True)
class FileEntry:
    """One file of a segment, and what it must be before it may be loaded."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class SegmentEntry:
    """One immutable segment. `max_version` is the newest commit whose rows it holds."""

    id: str
    kind: SegmentKind
    rows: int
    tombstones: int
    min_version: int
    max_version: int
    files: tuple[FileEntry, ...]
    calibration: Mapping[str, Any] | None = None

    @property
    def size_bytes(self) -> int:
        """The size of all files together."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True)
class Manifest:
    """One version of one shard. `segments` stand oldest first; `parent` names the manifest before it."""

    collection: str
    uid: str
    shard: int
    version: int
    commit_id: str
    spec: IndexSpec
    parent: str | None = None
    segments: tuple[SegmentEntry, ...] = ()

    @property
    def rows(self) -> int:
        """Rows in all segments, those replaced or deleted by later segments included."""
        return sum(segment.rows for segment in self.segments)

    def to_bytes(self) -> bytes:
        """The stored form, with a checksum of itself: a flipped bit may leave a number that is still one."""
        document = {"format": FORMAT, **asdict(self)}
        return _encoded({**document, "sha256": _sha256(document)})

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read a stored manifest.

        Raises:
            CorruptObject: it is not a manifest of this format, or not as it was written.
        """
        try:
            document = orjson.loads(content)
            if document["format"] != FORMAT:
                raise CorruptObject(f"manifest format is {document['format']!r}, this release reads {FORMAT}")
            written = document.pop("sha256", None)  # releases up to 2026-11-28 wrote none
            if written is not None and written != _sha256(document):
                raise CorruptObject("manifest does not have the SHA-256 that it names")
            spec = document["spec"]
            return cls(
                collection=document["collection"],
                uid=document["uid"],
                shard=document["shard"],
                version=document["version"],
                commit_id=document["commit_id"],
                parent=document["parent"],
                spec=IndexSpec(
                    dimension=spec["dimension"],
                    metric=Metric(spec["metric"]),
                    attributes={name: AttributeType(kind) for name, kind in spec["attributes"].items()},
                ),
                segments=tuple(segment_entry(entry) for entry in document["segments"]),
            )
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise CorruptObject(f"manifest does not parse: {error!r}") from error


def _encoded(document: Mapping[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def _sha256(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(_encoded(document)).hexdigest()


def segment_entry(entry: Mapping[str, Any]) -> SegmentEntry:
    """The entry that a document describes; `dataclasses.asdict` writes it."""
    return SegmentEntry(
        id=entry["id"],
        kind=SegmentKind(entry["kind"]),
        rows=entry["rows"],
        tombstones=entry["tombstones"],
        min_version=entry["min_version"],
        max_version=entry["max_version"],
        files=tuple(FileEntry(**file) for file in entry["files"]),
        calibration=entry["calibration"],
    )
