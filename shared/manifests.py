"""Heads and manifests in the stores: which version of a shard is committed, and what it consists of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

from shared.coordination.lease import NOBODY, Lease
from shared.domain.collection import Collection
from shared.domain.paths import manifest_object, shard_prefix, version_in
from shared.errors import CorruptObject, DependencyUnavailable
from shared.index.manifest import IndexSpec, Manifest
from shared.ports.objects import ObjectNotFound, ObjectStore
from shared.ports.state import Document
from shared.regions.homes import Home
from shared.telemetry import log

_RECENT_MANIFESTS = 512
_OLDER_TRIED = 8


@dataclass(frozen=True)
class Head:
    """The committed version of a shard; `manifest` is None at version 0, which is empty."""

    uid: str
    version: int
    manifest: str | None
    commit_id: str | None = None
    lease: Lease = NOBODY
    guarded_to: int = 0
    """Writes up to this revision are compared with what is committed: an update or an erasure came after them."""
    written_at: float = 0.0
    """When mutations were last committed; seconds since 1970."""
    uncompacted_rows: int = 0
    """Rows and tombstones in delta segments, which every search scans."""
    settled_version: int = 0
    """The version at which a thorough look found nothing to merge."""
    home: Home | None = None
    """Where it commits; None while that has never changed: the home region of the topology."""
    history_from: int = 0
    """Versions before this hold records that were erased: they are kept for their readers, and not as history."""

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """The head that a state document describes."""
        data = document.data
        lease = data.get("lease")
        return cls(
            uid=data["uid"],
            version=data["version"],
            manifest=data["manifest"],
            commit_id=data.get("commit_id"),
            lease=Lease(**lease) if lease else NOBODY,
            guarded_to=data.get("guarded_to", 0),
            written_at=data.get("written_at", 0.0),
            uncompacted_rows=data.get("uncompacted_rows", 0),
            settled_version=data.get("settled_version", 0),
            home=Home(**data["home"]) if data.get("home") else None,
            history_from=data.get("history_from", 0),
        )

    def to_document(self) -> dict[str, Any]:
        """The state document of this head."""
        return {
            "uid": self.uid,
            "version": self.version,
            "manifest": self.manifest,
            "commit_id": self.commit_id,
            "lease": vars(self.lease),
            "guarded_to": self.guarded_to,
            "written_at": self.written_at,
            "uncompacted_rows": self.uncompacted_rows,
            "settled_version": self.settled_version,
            "home": self.home.to_data() if self.home else None,
            "history_from": self.history_from,
        }


def spec_of(collection: Collection) -> IndexSpec:
    """What every segment of this collection has in common."""
    attributes: Mapping[str, Any] = collection.attributes
    return IndexSpec(collection.dimension, collection.metric, attributes)


def manifest_name(manifest: Manifest) -> str:
    """The object that holds a manifest."""
    return manifest_object(manifest.collection, manifest.uid, manifest.shard, manifest.version, manifest.commit_id)


class ManifestReader:
    """Reads manifests, keeping the recent ones: they never change.

    `copies`: where other regions keep theirs, under the same names. One of them is read where ours is damaged.
    """

    def __init__(self, objects: ObjectStore, copies: Sequence[ObjectStore] = ()) -> None:
        self._objects = objects
        self._copies = tuple(copies)
        self._read = lru_cache(_RECENT_MANIFESTS)(self._fetch)

    def read(self, collection: Collection, shard: int, head: Head) -> Manifest:
        """The manifest that a head names, or the empty one of version 0.

        Raises:
            CorruptObject: the manifest is missing, does not parse, or is another shard's.
        """
        if head.manifest is None:
            return Manifest(collection.name, collection.uid, shard, 0, "", spec_of(collection))
        return self._read(head.manifest)

    def before(self, collection: Collection, shard: int, head: Head) -> Manifest | None:
        """The newest version before a head's whose manifest is whole; None where there is none that may be shown.

        Nothing from before an erasure is shown, and of two manifests of one version neither: one lost its race.
        """
        prefix = f"{shard_prefix(collection.name, collection.uid, shard)}/manifests/"
        names: dict[int, list[str]] = {}
        for info in self._objects.list(prefix):
            names.setdefault(version_in(info.name), []).append(info.name)
        older = [version for version in names if max(1, head.history_from) <= version < head.version]
        for version in sorted(older, reverse=True)[:_OLDER_TRIED]:
            try:
                if len(names[version]) == 1:
                    return self._read(names[version][0])
            except CorruptObject:
                continue
        return None

    def read_object(self, name: str) -> Manifest:
        """The manifest in an object. Raises as `read`."""
        return self._read(name)

    def _fetch(self, name: str) -> Manifest:
        try:
            return _manifest_in(self._objects, name)
        except CorruptObject as error:
            for copy in self._copies:
                try:
                    manifest = _manifest_in(copy, name)
                except (CorruptObject, DependencyUnavailable):
                    continue
                log("ERROR", "object quarantined", manifest=name, reason=f"{error}; another region has it")
                return manifest
            raise


def _manifest_in(objects: ObjectStore, name: str) -> Manifest:
    try:
        manifest = Manifest.from_bytes(objects.read(name))
    except ObjectNotFound:
        raise CorruptObject(f"manifest {name} is missing") from None
    if not name.startswith(shard_prefix(manifest.collection, manifest.uid, manifest.shard) + "/"):
        raise CorruptObject(f"manifest {name} says it is of {manifest.collection}/{manifest.shard}")
    return manifest
