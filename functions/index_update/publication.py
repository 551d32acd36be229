"""Putting a new version of a shard in place: segment files, manifest, then the head by compare-and-set."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from functions.index_update.races import LostRace
from shared.domain.collection import Collection
from shared.domain.paths import head_document, segment_file
from shared.index.build import BuiltSegment
from shared.index.manifest import Manifest, SegmentEntry
from shared.manifests import Head, manifest_name
from shared.ports.objects import GenerationMismatch, ObjectStore
from shared.ports.state import Document, PreconditionFailed, Put, StateStore, Write


class Publication:
    """Uploads segments and moves heads."""

    def __init__(self, state: StateStore, objects: ObjectStore) -> None:
        self._state = state
        self._objects = objects

    def upload(self, collection: Collection, shard: int, built: BuiltSegment) -> None:
        """Store the files of a segment. Names are content, so what is already there is the same."""
        for file in built.entry.files:
            name = segment_file(collection.name, collection.uid, shard, built.entry.id, file.name)
            try:
                self._objects.put(name, built.directory / file.name, if_generation=0)
            except GenerationMismatch:
                continue

    def publish(
        self,
        current: Manifest,
        head: Document,
        new_head: Head,
        segments: Sequence[SegmentEntry],
        markers: Sequence[Write] = (),
    ) -> Manifest:
        """Make `segments` the next version of the shard, together with `markers`.

        Raises:
            LostRace: the head is no longer at `head.version`, or a marker exists already.
        """
        manifest = replace(
            current,
            version=current.version + 1,
            commit_id=uuid4().hex,
            parent=Head.from_document(head).manifest,
            segments=tuple(segments),
        )
        name = manifest_name(manifest)
        self._objects.put(name, manifest.to_bytes(), if_generation=0)
        moved = replace(new_head, version=manifest.version, manifest=name, commit_id=manifest.commit_id)
        try:
            self._state.commit([Put(head.path, moved.to_document(), if_version=head.version), *markers])
        except PreconditionFailed:
            # A refusal can be our own success whose answer was lost and which the client library sent again.
            if not self._is_head(manifest):
                raise LostRace from None
        return manifest

    def _is_head(self, manifest: Manifest) -> bool:
        document = self._state.get(head_document(manifest.collection, manifest.shard))
        return document is not None and Head.from_document(document).commit_id == manifest.commit_id
