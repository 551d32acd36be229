"""What a backup holds: an index of its own, beside objects that backups share because they never change.

backups/{id}.json                      written last, once: without it there is no backup
collections/{c}/{uid}/{shard}/…        manifests and segments, named as in the bucket they come from
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import orjson

from shared.domain.limits import COLLECTION_NAME
from shared.domain.tenancy import TENANT_NAME
from shared.errors import CorruptObject

FORMAT: Final = 1
PREFIX: Final = "backups/"
_STORED_NAME: Final = re.compile(rf"({TENANT_NAME.pattern}[.])?{COLLECTION_NAME.pattern}")
STATE_COLLECTIONS: Final = ("keys", "calendar", "replication")
"""State that is backed up beside collections and their heads. Keys are hashes; what is derived, expires or describes
the moment (commit markers, leases, operations, plans, ballots, spend, loads, memberships) is not."""


_DOCUMENT: Final = re.compile(rf"({'|'.join(STATE_COLLECTIONS)})/[^/]+")


@dataclass(frozen=True)
class StoredFile:
    """One object of a backup, and what it must be."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class ShardPoint:
    """One version of one shard: a reader of `manifest` finds all it names in `files`."""

    shard: int
    head: Mapping[str, Any]
    manifest: StoredFile
    files: tuple[StoredFile, ...]


@dataclass(frozen=True)
class CollectionPoint:
    """One collection at one moment. Shards that were empty have no point."""

    declaration: Mapping[str, Any]
    shards: tuple[ShardPoint, ...]

    @property
    def name(self) -> str:
        """The stored name."""
        return str(self.declaration["name"])

    @property
    def files(self) -> Iterator[StoredFile]:
        """Every object that it needs."""
        for shard in self.shards:
            yield shard.manifest
            yield from shard.files

    @property
    def size_bytes(self) -> int:
        """Of all that it needs."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True)
class Backup:
    """A finished backup. `copied_bytes` were new in it, in `took_s`."""

    id: str
    created_at: float
    """When it began, in seconds since 1970: what was committed before that is in it."""
    took_s: float
    copied_bytes: int
    collections: tuple[CollectionPoint, ...]
    documents: Mapping[str, Mapping[str, Any]]
    """State documents by path."""

    @property
    def size_bytes(self) -> int:
        """Of all that a restore of it reads."""
        return sum(collection.size_bytes for collection in self.collections)

    @property
    def object_name(self) -> str:
        """Where its index is."""
        return f"{PREFIX}{self.id}.json"

    @property
    def estimated_rto_s(self) -> float | None:
        """How long bringing all of it back takes at the rate at which it was made; None if nothing was copied."""
        if self.copied_bytes <= 0 or self.took_s <= 0:
            return None
        return self.size_bytes * self.took_s / self.copied_bytes

    def to_bytes(self) -> bytes:
        """The stored form, which carries its own checksum."""
        body = orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)
        return orjson.dumps({"format": FORMAT, "sha256": hashlib.sha256(body).hexdigest(), "body": body.decode()})

    @classmethod
    def from_bytes(cls, content: bytes, name: str) -> Self:
        """Read a stored index.

        Raises:
            CorruptObject: it is damaged, or of another format.
        """
        try:
            outer = orjson.loads(content)
            body = outer["body"].encode()
            if outer["format"] != FORMAT or hashlib.sha256(body).hexdigest() != outer["sha256"]:
                raise CorruptObject(f"{name} is damaged, or of a format other than {FORMAT}")
            data = orjson.loads(body)
            backup = cls(**{**data, "collections": tuple(_collection(each) for each in data["collections"])})
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise CorruptObject(f"{name} is not an index of a backup: {error!r}") from error
        backup._require_known_names(name)
        return backup

    def _require_known_names(self, name: str) -> None:
        """A backup that others could write to must not decide where a restore writes."""
        strange = [each for each in self.documents if not _DOCUMENT.fullmatch(each)]
        strange += [each.name for each in self.collections if not _STORED_NAME.fullmatch(each.name)]
        if strange:
            raise CorruptObject(f"{name} names what no backup holds: {strange[0]!r:.80}")


def _collection(data: Mapping[str, Any]) -> CollectionPoint:
    return CollectionPoint(data["declaration"], tuple(_shard(each) for each in data["shards"]))


def _shard(data: Mapping[str, Any]) -> ShardPoint:
    return ShardPoint(
        data["shard"],
        data["head"],
        StoredFile(**data["manifest"]),
        tuple(StoredFile(**file) for file in data["files"]),
    )
