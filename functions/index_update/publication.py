"""Putting a new version of a shard in place: segment files, manifest, then the head by compare-and-set."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from shared.coordination.races import LostRace
from shared.domain.collection import Collection
from shared.domain.paths import segment_file
from shared.index.build import BuiltSegment
from shared.index.manifest import Manifest, SegmentEntry, SegmentKind
from shared.manifests import Head, manifest_name
from shared.ports.objects import GenerationMismatch, ObjectStore
from shared.ports.state import Document, PreconditionFailed, Put, StateStore, Write


def new_commit_id() -> str:
    """An id that no other attempt at a commit has."""
    return uuid4().hex


class Publication:
    """Uploads segments and moves heads."""

    def __init__(self, state: StateStore, objects: ObjectStore) -> None:
        self._state = state
        self._objects = objects

    def upload(self, collection: Collection, shard: int, built: BuiltSegment) -> BuiltSegment:
        """Store the files of a segment under an id of its own.

        The id is the content's, and the upload's: what nothing refers to for long can never be referred to again,
        so it can be collected while equal rows are being committed anew.
        """
        entry = replace(built.entry, id=f"{built.entry.id}-{uuid4().hex[:12]}")
        for file in entry.files:
            name = segment_file(collection.name, collection.uid, shard, entry.id, file.name)
            try:
                self._objects.put(name, built.directory / file.name, if_generation=0)
            except GenerationMismatch:
                continue  # our own success, whose answer was lost and which the client library sent again
        return replace(built, entry=entry)

    def publish(
        self,
        current: Manifest,
        head: Document,
        new_head: Head,
        segments: Sequence[SegmentEntry],
        *,
        commit_id: str,
        markers: Sequence[Write] = (),
    ) -> Manifest:
        """Make `segments` the next version of the shard, together with `markers`.

        Raises:
            LostRace: the head is no longer at `head.version`, or a marker exists already.
        """
        manifest = replace(
            current,
            version=current.version + 1,
            commit_id=commit_id,
            parent=Head.from_document(head).manifest,
            segments=tuple(segments),
        )
        name = manifest_name(manifest)
        self._objects.put(name, manifest.to_bytes(), if_generation=0)
        moved = replace(
            new_head, version=manifest.version, manifest=name, uncompacted_rows=uncompacted_rows(manifest.segments)
        )
        self._move(head, moved, commit_id, markers)
        return manifest

    def mark(self, head: Document, new_head: Head, *, commit_id: str, markers: Sequence[Write]) -> None:
        """Commit markers of events that change no record, on condition that the head is what they were judged by.

        Raises:
            LostRace: as `publish`.
        """
        self._move(head, new_head, commit_id, markers)

    def _move(self, head: Document, moved: Head, commit_id: str, markers: Sequence[Write]) -> None:
        document = replace(moved, commit_id=commit_id).to_document()
        try:
            self._state.commit([Put(head.path, document, if_version=head.version), *markers])
        except PreconditionFailed:
            # A refusal can be our own success whose answer was lost and which the client library sent again.
            if not self._is_head(head.path, commit_id):
                raise LostRace from None

    def _is_head(self, path: str, commit_id: str) -> bool:
        document = self._state.get(path)
        return document is not None and Head.from_document(document).commit_id == commit_id


def uncompacted_rows(segments: Sequence[SegmentEntry]) -> int:
    """Rows and tombstones in delta segments."""
    return sum(entry.rows + entry.tombstones for entry in segments if entry.kind is SegmentKind.DELTA)
