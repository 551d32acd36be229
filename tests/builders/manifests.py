"""Manifests whose segments hold nothing but bytes that their checksum knows."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

from shared.domain.collection import Collection, Metric
from shared.domain.paths import segment_file
from shared.index.manifest import FileEntry, IndexSpec, Manifest, SegmentEntry, SegmentKind
from shared.manifests import manifest_name
from shared.ports.objects import GenerationMismatch, ObjectStore

UID = "uid-1"
START = datetime(2026, 6, 1, 12, tzinfo=UTC)


def collection(uid: str = UID, shards: int = 1) -> Collection:
    """A collection `c` of dimension 2."""
    return Collection("c", uid, 2, Metric.COSINE, shards, {}, "2026-06-01T12:00:00+00:00")


def content_of(segment: str, file: str) -> bytes:
    """The bytes of one file: they tell segments and files apart, and are as long as is quick."""
    return f"{segment}/{file};".encode() * 3


def segment(name: str, version: int = 1) -> SegmentEntry:
    """A segment of two files."""
    files = tuple(
        FileEntry(file, len(content_of(name, file)), hashlib.sha256(content_of(name, file)).hexdigest())
        for file in ("rows.bin", "ids.bin")
    )
    return SegmentEntry(name, SegmentKind.DELTA, 1, 0, version, version, files)


def manifest(version: int, segments: Iterable[str], *, uid: str = UID, shard: int = 0, commit: str = "x") -> Manifest:
    """One version of a shard of collection `c`."""
    entries = tuple(segment(name) for name in segments)
    return Manifest("c", uid, shard, version, f"{commit}{version}", IndexSpec(2, Metric.COSINE), None, entries)


def store(objects: ObjectStore, described: Manifest) -> str:
    """Put a version's segments and manifest into a bucket, as the home region does; returns the manifest's name."""
    for entry in described.segments:
        for file in entry.files:
            name = segment_file(described.collection, described.uid, described.shard, entry.id, file.name)
            _create(objects, name, content_of(entry.id, file.name))
    _create(objects, manifest_name(described), described.to_bytes())
    return manifest_name(described)


def _create(objects: ObjectStore, name: str, content: bytes) -> None:
    try:
        objects.put(name, content, if_generation=0)
    except GenerationMismatch:
        return
