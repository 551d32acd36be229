"""The state store on Firestore.

A document holds `data`, `write_id` and, if it expires, `expires_at`: the field for a TTL policy.
Nothing queries by field, so exempt `data` from indexing: it saves money, and lifts the limit of 40,000 entries.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from google.api_core import exceptions
from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.api_core.retry import Retry, if_exception_type
from google.cloud import firestore

from shared.adapters.documents import check_collection, check_data, check_writes, split_document
from shared.adapters.google.failures import dependency_errors
from shared.adapters.google.firestore_values import from_firestore, to_firestore
from shared.ports.clock import Clock, SystemClock
from shared.ports.state import ABSENT, Delete, Document, PreconditionFailed, Write

ATTEMPT_TIMEOUT_S: Final = 10.0
RETRY: Final = Retry(
    predicate=if_exception_type(
        exceptions.Aborted, exceptions.InternalServerError, exceptions.ResourceExhausted, exceptions.ServiceUnavailable
    ),
    initial=0.1,
    maximum=2.0,
    timeout=10.0,
)
"""With jitter, for a time that a request can bear. A repeated commit may find its own success: see the port."""

_NOT_MET: Final = (exceptions.AlreadyExists, exceptions.FailedPrecondition, exceptions.NotFound)


class FirestoreState:
    """Documents in one Firestore database. A batch is one atomic commit; it takes no locks and no transaction.

    Versions are update times. Firestore keeps the update time of a document that is written with what it already
    holds, so every write carries a `write_id` of its own. An expired document still holds its version until
    Firestore removes it, up to a day later; `ABSENT` is met by it all the same.
    """

    def __init__(self, project: str, database: str = "(default)", *, clock: Clock | None = None) -> None:
        self._client = firestore.Client(project=project, database=database)
        self._clock = clock or SystemClock()

    def get(self, path: str) -> Document | None:
        """The document, or None."""
        return self.get_many([path])[0]

    def get_many(self, paths: Sequence[str]) -> list[Document | None]:
        """The documents in the order of `paths`."""
        now = self._clock.now()
        found = {
            path: _document(path, snapshot) for path, snapshot in self._read(paths) if not _is_expired(snapshot, now)
        }
        return [found.get(path) for path in paths]

    def commit(self, writes: Sequence[Write]) -> list[str]:
        """Apply all writes or none, and return each one's new version ("" for a delete).

        Raises:
            PreconditionFailed: a document is not at the version that its write named.
        """
        check_writes(writes)
        if not writes:
            return []
        versions = {write.path: write.if_version for write in writes}
        try:
            return self._commit(writes, versions)
        except PreconditionFailed:
            expired = self._expired(path for path, version in versions.items() if version is ABSENT)
            if not expired:
                raise
        return self._commit(writes, {**versions, **expired})

    def close(self) -> None:
        """Close the connection. Nothing may be under way."""
        self._client.close()  # type: ignore[no-untyped-call]

    def _read(self, paths: Sequence[str]) -> Iterator[tuple[str, Any]]:
        for path in paths:
            split_document(path)
        references = [self._client.document(path) for path in dict.fromkeys(paths)]
        with dependency_errors("Firestore read"):
            for snapshot in self._client.get_all(references, retry=RETRY, timeout=ATTEMPT_TIMEOUT_S):
                if snapshot.exists:
                    yield snapshot.reference.path, snapshot

    def _page(self, collection: str, after: str, limit: int) -> list[Any]:
        reference = self._client.collection(collection)
        query = reference.order_by("__name__").limit(limit)
        if after:
            query = query.start_after({"__name__": reference.document(after)})
        with dependency_errors(f"Firestore list of {collection}"):
            return list(query.stream(retry=RETRY, timeout=ATTEMPT_TIMEOUT_S))

    def _expired(self, paths: Iterator[str]) -> dict[str, str]:
        """The versions of documents that stand where none should, but have expired."""
        now = self._clock.now()
        return {
            path: snapshot.update_time.rfc3339()
            for path, snapshot in self._read(list(paths))
            if _is_expired(snapshot, now)
        }

    def _commit(self, writes: Sequence[Write], versions: Mapping[str, Any]) -> list[str]:
        batch = self._client.batch()
        for write in writes:
            self._add(batch, write, versions[write.path])
        with dependency_errors("Firestore commit"):
            try:
                results = batch.commit(retry=RETRY, timeout=ATTEMPT_TIMEOUT_S)
            except _NOT_MET as error:
                raise PreconditionFailed(f"batch of {[write.path for write in writes][:5]}: {error}") from error
        return [
            "" if isinstance(write, Delete) else result.update_time.rfc3339()
            for write, result in zip(writes, results, strict=True)
        ]

    def _add(self, batch: Any, write: Write, version: Any) -> None:
        reference = self._client.document(write.path)
        option = None if version in {None, ABSENT} else self._client.write_option(last_update_time=_time(version))
        if isinstance(write, Delete):
            batch.delete(reference, option)
            return
        check_data(write.path, write.data)
        fields = {"data": to_firestore(write.data), "write_id": uuid4().hex}
        expiry: dict[str, Any] = {} if write.expires_at is None else {"expires_at": write.expires_at}
        if version is ABSENT:
            batch.create(reference, fields | expiry)
        elif option is None:
            batch.set(reference, fields | expiry)
        else:  # each field is replaced whole, so this writes the whole document too
            batch.update(reference, fields | (expiry or {"expires_at": firestore.DELETE_FIELD}), option)

    def list(self, collection: str, *, after: str = "", limit: int = 1000) -> list[Document]:
        """The documents directly in a collection, by id, those with an id greater than `after`."""
        check_collection(collection)
        documents: list[Document] = []
        while len(documents) < limit:
            missing = limit - len(documents)
            page = self._page(collection, after, missing)
            now = self._clock.now()
            documents += [
                _document(f"{collection}/{snapshot.id}", snapshot)
                for snapshot in page
                if not _is_expired(snapshot, now)
            ]
            if len(page) < missing:
                break
            after = page[-1].id
        return documents


def _document(path: str, snapshot: Any) -> Document:
    return Document(path=path, data=from_firestore(snapshot.get("data")), version=snapshot.update_time.rfc3339())


def _is_expired(snapshot: Any, now: datetime) -> bool:
    expires_at = (snapshot.to_dict() or {}).get("expires_at")
    return expires_at is not None and expires_at <= now


def _time(version: str) -> Any:
    return DatetimeWithNanoseconds.from_rfc3339(version)  # type: ignore[no-untyped-call]
