"""The state store in a dict."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.adapters.documents import check_collection, check_data, check_writes, split_document
from shared.ports.clock import Clock
from shared.ports.state import ABSENT, Delete, Document, PreconditionFailed, Put, Write
from tests.fakes.clock import FrozenClock


@dataclass(frozen=True)
class _Stored:
    content: str
    version: str
    expires_at: datetime | None


class InMemoryState:
    """Safe to use from several threads. Content is kept as JSON text, so nothing is shared with the caller."""

    def __init__(self, *, clock: Clock | None = None) -> None:
        self._clock = clock or FrozenClock()
        self._documents: dict[str, _Stored] = {}
        self._last_version = 0
        self._guard = threading.Lock()

    def get(self, path: str) -> Document | None:
        """As the port."""
        return self.get_many([path])[0]

    def get_many(self, paths: Sequence[str]) -> list[Document | None]:
        """As the port."""
        for path in paths:
            split_document(path)
        with self._guard:
            return [self._read(path) for path in paths]

    def commit(self, writes: Sequence[Write]) -> list[str]:
        """As the port."""
        check_writes(writes)
        for write in writes:
            if isinstance(write, Put):
                check_data(write.path, write.data)
        with self._guard:
            for write in writes:
                self._require(write)
            self._last_version += 1
            return [self._apply(write, str(self._last_version)) for write in writes]

    def list(self, collection: str, *, after: str = "", limit: int = 1000) -> list[Document]:
        """As the port."""
        check_collection(collection)
        with self._guard:
            ids = sorted(path.rpartition("/")[2] for path in self._documents if path.rpartition("/")[0] == collection)
            found = [self._read(f"{collection}/{document_id}") for document_id in ids if document_id > after]
        return [document for document in found if document is not None][:limit]

    def _read(self, path: str) -> Document | None:
        stored = self._documents.get(path)
        if stored is None or self._is_expired(stored):
            return None
        return Document(path, json.loads(stored.content), stored.version)

    def _require(self, write: Write) -> None:
        if write.if_version is None:
            return
        stored = self._documents.get(write.path)
        if write.if_version is ABSENT:
            met = stored is None or self._is_expired(stored)
        else:
            met = stored is not None and stored.version == write.if_version
        if not met:
            raise PreconditionFailed(f"{write.path} is not at version {write.if_version!r}")

    def _apply(self, write: Write, version: str) -> str:
        if isinstance(write, Delete):
            self._documents.pop(write.path, None)
            return ""
        self._documents[write.path] = _Stored(json.dumps(write.data, default=dict), version, write.expires_at)
        return version

    def _is_expired(self, stored: _Stored) -> bool:
        return stored.expires_at is not None and stored.expires_at <= self._clock.now()
