# ruff: noqa: PLC0415 - pyarrow is imported by the step that writes: imports are cold start
"""One step of an export: row groups of one version of a collection, as the next part of a Parquet file.

The version is fixed in the first step. What a part holds follows from the position it begins at, so a part that is
written twice is the same part; parts become the file in the last step, in one moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from functions.transfer.limits import StepTimer
from functions.transfer.live_rows import ShardRows
from shared.collections import load_collection
from shared.domain.collection import Collection
from shared.domain.paths import head_document, operation_object
from shared.domain.tenancy import tenant_of
from shared.domain.versions import VersionVector
from shared.errors import NotFound, PermanentError
from shared.manifests import Head, ManifestReader
from shared.ports.files import Files
from shared.ports.objects import ObjectStore
from shared.ports.state import StateStore
from shared.transfers.transfer import ExportWork, Failure, PinnedShard, Position, Transfer, TransferState

_ROW_GROUP_BYTES: Final = 32 << 20
_MAX_ROW_GROUP_ROWS: Final = 65_536
"""Of vectors, and of rows where these are short: readers skip and parallelise by row group, and hold one or two."""


@dataclass(frozen=True)
class Exporting:
    """What steps of exports need of the world."""

    state: StateStore
    objects: ObjectStore
    files: Files

    def step(self, transfer: Transfer, work: ExportWork, timer: StepTimer) -> Transfer:
        """The transfer after its next step, which may be its last.

        Raises:
            TransientError: a store does not answer; the same step can be taken again.
        """
        return _ExportStep(self, transfer, work, timer).take()

    def clean_up(self, transfer: Transfer, work: ExportWork) -> None:
        """Remove what an export that has ended kept between its steps."""
        self.files_of(transfer).discard(work.uri, transfer.id)
        for info in list(self.objects.list(operation_object(transfer.id, "footers/"))):
            self.objects.delete(info.name)

    def files_of(self, transfer: Transfer) -> Files:
        """Those of the tenant whose collection is exported."""
        return self.files.of_tenant(tenant_of(transfer.collection))


class _ExportStep:
    """One step. `work` says at any time what is done."""

    def __init__(self, world: Exporting, transfer: Transfer, work: ExportWork, timer: StepTimer) -> None:
        self._world = world
        self._transfer = transfer
        self._timer = timer
        self._files = world.files_of(transfer)
        self._manifests = ManifestReader(world.objects)
        self.work = work

    def take(self) -> Transfer:
        """Do as much as one step does; what cannot go on has failed."""
        try:
            result = self._go_on()
        except PermanentError as error:
            return self._after(state=TransferState.FAILED, error=Failure.of(error))
        return self._after(state=TransferState.DONE, result=result) if result else self._after()

    def _after(self, **changes: Any) -> Transfer:
        return self._transfer.model_copy(update={"work": self.work, **changes})

    def _go_on(self) -> dict[str, Any] | None:
        """Write a part; what came of the export where it was the last."""
        collection = load_collection(self._world.state, self._transfer.collection)
        if collection.uid != self._transfer.uid:
            raise NotFound(f"collection {collection.name!r} was deleted and made again while it was exported")
        if not self.work.shards:
            self._move(shards=self._pinned(collection))
        with TemporaryDirectory(prefix="swell-export-") as directory:
            self._write_part(collection, Path(directory))
            if self.work.position.shard < len(self.work.shards):
                return None
            return self._finish(Path(directory))

    def _pinned(self, collection: Collection) -> tuple[PinnedShard, ...]:
        """The versions that are committed now."""
        documents = self._world.state.get_many(
            [head_document(collection.name, shard) for shard in range(collection.shards)]
        )
        pinned = []
        for shard, document in enumerate(documents):
            if document is None or document.data["uid"] != collection.uid:
                raise NotFound(f"collection {collection.name!r} was deleted")
            head = Head.from_document(document)
            rows = self._manifests.read(collection, shard, head).rows
            pinned.append(PinnedShard(version=head.version, manifest=head.manifest, rows=rows))
        return tuple(pinned)

    def _write_part(self, collection: Collection, directory: Path) -> None:
        from shared.bulk.parquet_writer import schema_of, write_part

        before, path = self.work, directory / "part.parquet"
        groups = self._row_groups(collection, directory)
        part = write_part(path, schema_of(collection, self._version), groups, start=before.size_bytes)
        if not part.rows and (before.parts or self.work.position.shard < len(self.work.shards)):
            return  # only the first part may be without rows, and only where there are none
        name = operation_object(self._transfer.id, f"footers/{len(before.parts):06d}")
        self._world.objects.put(name, part.footer)
        stored = self._files.write_part(self.work.uri, self._transfer.id, path, before.size_bytes)
        self._move(parts=(*before.parts, stored), rows_done=before.rows_done + part.rows)

    def _row_groups(self, collection: Collection, directory: Path) -> Iterator[Any]:
        """Row groups from the position on, until the step has done enough."""
        from shared.bulk.parquet_writer import row_group, schema_of

        schema = schema_of(collection, self._version)
        batch_rows = min(_MAX_ROW_GROUP_ROWS, max(1, _ROW_GROUP_BYTES // (4 * collection.dimension)))
        written_bytes = 0
        while self.work.position.shard < len(self.work.shards):
            at = self.work.position
            rows = self._opened(collection, at.shard, directory / str(at.shard))
            for batch in rows.batches(at.segment, at.row, batch_rows):
                yield row_group(schema, collection, batch.ids, batch.vectors, batch.attributes)
                self._move(position=Position(shard=at.shard, segment=batch.segment, row=batch.next_row))
                written_bytes += batch.vectors.nbytes
                if self._timer.is_over or written_bytes >= self._timer.limits.part_bytes:
                    return
            self._move(position=Position(shard=at.shard + 1))

    def _opened(self, collection: Collection, shard: int, directory: Path) -> ShardRows:
        pinned = self.work.shards[shard]
        head = Head(uid=collection.uid, version=pinned.version, manifest=pinned.manifest)
        rows = ShardRows(self._world.objects, self._manifests.read(collection, shard, head), directory)
        counted = pinned.model_copy(update={"rows": rows.count})
        self._move(shards=(*self.work.shards[:shard], counted, *self.work.shards[shard + 1 :]))
        return rows

    def _finish(self, directory: Path) -> dict[str, Any]:
        from shared.bulk.parquet_writer import closing

        names = [operation_object(self._transfer.id, f"footers/{number:06d}") for number in range(len(self.work.parts))]
        path = directory / "closing"
        path.write_bytes(closing([self._world.objects.read(name) for name in names]))
        size_bytes = self._files.finish(self.work.uri, self._transfer.id, self.work.parts, path)
        return {
            "uri": self.work.uri,
            "rows": self.work.rows_done,
            "size_bytes": size_bytes,
            "version": self._version,
        }

    @property
    def _version(self) -> str:
        return str(VersionVector({number: shard.version for number, shard in enumerate(self.work.shards)}))

    def _move(self, **changes: Any) -> None:
        self.work = self.work.model_copy(update=changes)
