"""One step of an import: rows from the file become accepted writes, as many at a time as the index can take in.

Which rows make a payload, its idempotency key and its revision follow from the row it begins with. So a step that is
taken twice, or again after a crash, sends the same events again, and index update knows them by their ids.
"""

from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from functions.transfer.limits import StepTimer
from shared.bulk.formats import identity_of, open_reader
from shared.bulk.problems import InvalidFile, refused
from shared.bulk.rows import Batch, RowReader
from shared.collections import load_collection
from shared.domain.collection import Collection
from shared.domain.paths import commit_marker
from shared.domain.tenancy import tenant_of
from shared.domain.versions import VersionVector
from shared.errors import NotFound, PermanentError
from shared.ports.clock import Clock
from shared.ports.files import Files
from shared.ports.state import Document, StateStore
from shared.transfers.transfer import Failure, ImportWork, Pending, Transfer, TransferState
from shared.vectors import check_values
from shared.writes.accept import AcceptWrites, Upserts
from shared.writes.attributes import check_attributes

STALLED_AFTER: Final = timedelta(hours=1)
"""Without a commit for so long, deliveries of the mutations were given up on (ten attempts take 40 minutes)."""

LONGEST: Final = timedelta(days=2)
"""A write is taken for seven days after its revision, which for an import is its start."""


class ImportStalled(PermanentError):  # noqa: N818 - named for what happened
    """Rows were accepted, but are not being committed."""

    code = "import_stalled"


@dataclass(frozen=True)
class Importing:
    """What steps of imports need of the world."""

    state: StateStore
    files: Files
    writes: AcceptWrites
    clock: Clock

    def step(self, transfer: Transfer, work: ImportWork, timer: StepTimer) -> Transfer:
        """The transfer after its next step, which may be its last.

        Raises:
            TransientError: a store does not answer; the same step can be taken again.
        """
        return _ImportStep(self, transfer, work, timer).take()


class _ImportStep:
    """One step. `work` says at any time what is done."""

    def __init__(self, world: Importing, transfer: Transfer, work: ImportWork, timer: StepTimer) -> None:
        self._world = world
        self._transfer = transfer
        self._timer = timer
        self._limits = timer.limits
        self.work = work

    def take(self) -> Transfer:
        """Do as much as one step does; what cannot go on has failed, with the rows that were accepted before."""
        try:
            self._go_on()
        except PermanentError as error:
            return self._after(state=TransferState.FAILED, error=Failure.of(error))
        if self.work.is_read and not self.work.pending:
            return self._after(state=TransferState.DONE)
        return self._after()

    def _after(self, **changes: Any) -> Transfer:
        result = {"rows": self.work.rows_committed, "version": self.work.version} if changes else None
        return self._transfer.model_copy(update={"work": self.work, "result": result, **changes})

    def _go_on(self) -> None:
        collection = load_collection(self._world.state, self._transfer.collection)
        if collection.uid != self._transfer.uid:
            raise NotFound(f"collection {collection.name!r} was deleted and made again while rows were imported")
        self._settle()
        if not self.work.is_read:
            self._read(collection)
        if self.work.is_read:
            self._wait_for(pending=0)
        self._reject_stalled()

    def _read(self, collection: Collection) -> None:
        source = self._world.files.of_tenant(tenant_of(collection.name)).source(self.work.uri)
        if identity_of(source, self.work.form) != self.work.identity:
            raise self._changed()
        with open_reader(source, self.work.choice, self.work.form) as reader:
            _check_dimension(self.work.uri, reader, collection)
            self._move(rows_total=reader.contents.rows)
            batches = reader.batches(self.work.cursor, self.work.payload_rows)
            for batch in islice(batches, self._limits.payloads):
                self._wait_for(pending=self._limits.pending_payloads - 1)
                if len(self.work.pending) >= self._limits.pending_payloads:
                    return
                if not source.is_unchanged():
                    raise self._changed()
                self._accept(collection, batch)
                if self._timer.is_over:
                    return
            self._move(is_read=next(batches, None) is None)

    def _accept(self, collection: Collection, batch: Batch) -> None:
        check_attributes(batch.attributes, collection.attributes, where=batch.where("attributes"))
        check_values(batch.vectors, collection.metric, batch.where("vector"))
        write = self._world.writes.upsert(
            collection,
            _without_repeats(batch),
            f"{self._transfer.id}:{batch.first_row}",
            revision=self.work.revision + batch.first_row // self.work.payload_rows,
        )
        pending = Pending(rows=len(batch), event_ids=dict(write.event_ids))
        self._move(cursor=batch.end, pending=(*self.work.pending, pending), moved_at=self._world.clock.now())

    def _wait_for(self, *, pending: int) -> None:
        """Until at most that many payloads are not committed, or the step's time is up."""

        def is_met() -> bool:
            if len(self.work.pending) > pending:
                self._settle()
            return len(self.work.pending) <= pending

        self._timer.wait_until(is_met)

    def _settle(self) -> None:
        """Take the payloads that are committed by now from those that are pending."""
        pending = self.work.pending
        paths = [
            commit_marker(self._transfer.collection, event_id)
            for payload in pending
            for event_id in payload.event_ids.values()
        ]
        markers = {marker.id: marker.data["version"] for marker in self._found(paths)}
        committed = [payload for payload in pending if markers.keys() >= set(payload.event_ids.values())]
        if not committed:
            return
        versions = [
            VersionVector({shard: markers[event_id] for shard, event_id in payload.event_ids.items()})
            for payload in committed
        ]
        self._move(
            pending=tuple(payload for payload in pending if payload not in committed),
            rows_committed=self.work.rows_committed + sum(payload.rows for payload in committed),
            version=str(VersionVector.merged([*_parsed(self.work.version), *versions])),
            moved_at=self._world.clock.now(),
        )

    def _found(self, paths: list[str]) -> list[Document]:
        return [document for document in self._world.state.get_many(paths) if document is not None] if paths else []

    def _reject_stalled(self) -> None:
        now, accepted = self._world.clock.now(), self.work.cursor.row
        if now - self.work.moved_at > STALLED_AFTER:
            raise ImportStalled(
                f"{accepted} rows were accepted, {self.work.rows_committed} of them are committed, and none was for "
                f"{STALLED_AFTER}: see the dead letters of index_update.mutations"
            )
        if now - self._transfer.created_at > LONGEST:
            raise ImportStalled(f"after {LONGEST} only {accepted} rows were accepted; import the others anew")

    def _changed(self) -> InvalidFile:
        return refused(self.work.uri, "another content than at the start", "a file that does not change")

    def _move(self, **changes: Any) -> None:
        self.work = self.work.model_copy(update=changes)


def _parsed(version: str) -> list[VersionVector]:
    return [VersionVector.parse(version)] if version else []


def _check_dimension(uri: str, reader: RowReader, collection: Collection) -> None:
    found = reader.contents.dimension
    if found not in (None, collection.dimension):
        raise refused(f"{uri}, vectors", f"{found} numbers", f"{collection.dimension}, as collection {collection.name}")


def _without_repeats(batch: Batch) -> Upserts:
    """Of rows with one id the last: an event names an id once."""
    places = batch.last_of_each_id
    if places is None:
        return Upserts(batch.ids, batch.vectors, batch.attributes)
    return Upserts(
        [batch.ids[place] for place in places],
        batch.vectors[places],
        [batch.attributes[place] for place in places],
    )
