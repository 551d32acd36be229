"""Starting imports and exports."""

from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from shared.bulk.choice import Choice
from shared.bulk.formats import Format, format_of, identity_of
from shared.collections import load_collection
from shared.domain.collection import Collection
from shared.domain.tenancy import public_name, tenant_of
from shared.errors import Conflict, NotFound
from shared.events.event import event_id_of
from shared.ports.clock import Clock
from shared.ports.files import Files
from shared.ports.state import StateStore
from shared.transfers.store import Transfers
from shared.transfers.transfer import ExportWork, ImportWork, Transfer

_PAYLOAD_BYTES: Final = 16 << 20
"""Of vectors: large, so that commits are few; a hundredth of what index update may hold."""
_MAX_PAYLOAD_ROWS: Final = 20_000
"""As many as make a base segment: a delta of more is merged at once."""


@dataclass(frozen=True)
class StartTransfers:
    """Checks what is asked for, and starts the operation that does it.

    The same idempotency key and request again is the same operation; no key is a new one.
    """

    state: StateStore
    files: Files
    transfers: Transfers
    clock: Clock

    def start_import(
        self, name: str, uri: str, form: Format | None, choice: Choice, idempotency_key: str | None
    ) -> Transfer:
        """Start to import a file.

        Raises:
            NotFound: the collection or the file does not exist.
            InvalidRequest: the file may not be read, or its name does not tell its format.
            Conflict: the key was used for something else.
        """
        collection = load_collection(self.state, name)
        source, now = self._files_of(collection).source(uri), self.clock.now()
        known = form or format_of(uri)
        work = ImportWork(
            uri=uri,
            form=known,
            choice=choice,
            identity=identity_of(source, known),
            size_bytes=source.size_bytes,
            revision=int(now.timestamp() * 1_000_000),
            payload_rows=min(_MAX_PAYLOAD_ROWS, _PAYLOAD_BYTES // (4 * collection.dimension)),
            moved_at=now,
        )
        return self._start(collection, work, idempotency_key)

    def start_export(self, name: str, uri: str | None, idempotency_key: str | None) -> Transfer:
        """Start to export a collection, as it is when the first step is taken.

        Raises:
            NotFound: the collection does not exist.
            InvalidRequest: the file may not be written.
            Conflict: there is such a file, or the key was used for something else.
        """
        collection = load_collection(self.state, name)
        operation = _operation_id("export", collection, idempotency_key)
        files = self._files_of(collection)
        target = uri or files.export_uri(f"{public_name(name)}-{operation}.parquet")
        if self.transfers.find(operation) is None:
            _reject_existing(files, target)
        return self._start(collection, ExportWork(uri=target, is_kept=uri is None), idempotency_key, operation)

    def _start(
        self, collection: Collection, work: ImportWork | ExportWork, key: str | None, operation: str | None = None
    ) -> Transfer:
        now = self.clock.now()
        return self.transfers.start(
            Transfer(
                id=operation or _operation_id(work.kind, collection, key),
                collection=collection.name,
                uid=collection.uid,
                created_at=now,
                updated_at=now,
                work=work,
            )
        )

    def _files_of(self, collection: Collection) -> Files:
        return self.files.of_tenant(tenant_of(collection.name))


def _reject_existing(files: Files, uri: str) -> None:
    try:
        files.source(uri)
    except NotFound:
        return
    raise Conflict(f"{uri} exists; an export replaces nothing")


def _operation_id(kind: str, collection: Collection, key: str | None) -> str:
    return str(uuid4()) if key is None else event_id_of("operation", kind, collection.uid, key)
