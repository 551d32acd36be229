# Made from swell/client/aio/collection.py by python -m swell.deploy.client_code: change that file.
"""Writes to one collection."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from shared.domain.limits import MAX_RECORDS_PER_REQUEST
from swell.client.asking import (
    Filter,
    Wait,
    together,
)
from swell.client.deadline import Deadline, timeout_field
from swell.client.errors import BACKLOG_FULL, ClientError, InvalidRequestError, UnavailableError
from swell.client.operation import Operation
from swell.client.problem_details import shifted
from swell.client.reads import CollectionReads
from swell.client.record_batches import record_batches, vectors_of
from swell.client.results import Record, WriteReceipt
from swell.client.side_by_side import SideBySide
from swell.client.wire import id_list, in_chunks, many_vectors, record_batches_of, record_bodies

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Collection(CollectionReads):
    """A handle on one collection; making it calls nobody, and does not say that the collection exists."""

    def upsert(
        self,
        ids: Sequence[str],
        vectors: "ArrayLike",
        attributes: Sequence[Mapping[str, Any] | None] | None = None,
        *,
        if_versions: Sequence[str | None] | None = None,
        wait: Wait = "accepted",
        idempotency_key: str | None = None,
        timeout_s: float | None = None,
    ) -> WriteReceipt:
        """Insert records, or replace those of the same ids, in as many requests as it takes.

        *accepted* returns when the records are durable, *committed* when queries find them.
        With `if_versions`, a record is written only if it is at that `Record.version`, or "absent"; the receipt's
        `conflicts` names those that were not. This needs `wait="committed"`.
        Requests lost on the way are repeated without being applied twice; with an `idempotency_key` of your own
        (up to 100 bytes), so may the call be, in another process too, with the same records.

        Raises:
            ValueError: ids, vectors and attributes are not of one length.
            ClientError: `records_accepted` says how many records from the front of the list were accepted.
        """
        wanted = id_list(ids)
        rows = many_vectors(vectors, rows=len(wanted))
        records = record_bodies(wanted, rows, attributes, if_versions)
        return self._write_records("upsert", records, wait, idempotency_key, timeout_s)

    def update(
        self,
        ids: Sequence[str],
        *,
        attributes: Sequence[Mapping[str, Any] | None] | None = None,
        vectors: "Sequence[ArrayLike | None] | None" = None,
        if_versions: Sequence[str | None] | None = None,
        wait: Wait = "accepted",
        idempotency_key: str | None = None,
        timeout_s: float | None = None,
    ) -> WriteReceipt:
        """Change parts of records: the attributes that are given, the vector, or both; what is None stays.

        An attribute that is given as None is removed. With `wait="committed"` the receipt's `missing` names the ids
        that do not exist; nothing is made of them. All else as for `upsert`.
        """
        records = record_bodies(id_list(ids), vectors, attributes, if_versions)
        return self._write_records("update", records, wait, idempotency_key, timeout_s)

    def _write_records(
        self,
        action: str,
        records: Iterable[Mapping[str, Any]],
        wait: Wait,
        idempotency_key: str | None,
        timeout_s: float | None,
    ) -> WriteReceipt:
        deadline = Deadline.within(timeout_s)
        receipts = [
            self._write(action, batch.body(wait, timeout_field(deadline)), batch.start, idempotency_key, deadline)
            for batch in record_batches_of(records)
        ]
        return together(receipts)

    def upsert_many(
        self,
        records: Iterable[Record],
        *,
        batch_records: int = 500,
        in_flight: int = 4,
        wait: Wait = "accepted",
        patience_s: float = 600.0,
    ) -> WriteReceipt:
        """Upsert records from an iterator of any length, `batch_records` at a time, `in_flight` requests at once.

        No more is taken from it than these hold: while the server says 429 or 503, requests wait as it asks, and the
        iterator with them; where too much waits there to be committed, for `patience_s` a batch. Of records with one
        id the last stays.

        Raises:
            ValueError: a record has no vector, or a bound is below 1.
            ClientError: a batch was refused; others, also later ones, may have been accepted.
        """
        if batch_records < 1 or in_flight < 1:
            raise ValueError(f"batch_records, in_flight: got {batch_records}, {in_flight}, allowed: at least 1")
        with SideBySide[WriteReceipt](in_flight) as calls:
            for batch in record_batches(records, batch_records):
                ids = [record.id for record in batch]
                vectors, attributes = vectors_of(batch), [record.attributes for record in batch]
                upsert = partial(self.upsert, ids, vectors, attributes, wait=wait, idempotency_key=uuid4().hex)
                calls.start(partial(self._with_patience, upsert, patience_s), frozenset(ids))
        return together(calls.results)

    def _with_patience(self, upsert: Callable[[], WriteReceipt], patience_s: float) -> WriteReceipt:
        """Go on asking while the server's backlog is full: a loader is to slow down for it, and not to end."""
        deadline = Deadline.within(patience_s)
        while True:
            try:
                return upsert()
            except UnavailableError as error:
                pause_s = error.retry_after_s or 1.0
                if error.code != BACKLOG_FULL or deadline is None or pause_s >= deadline.left_s():
                    raise
            time.sleep(pause_s)

    def import_file(
        self,
        uri: str,
        *,
        format: str | None = None,  # noqa: A002 - the API's own word
        id_field: str | None = None,
        vector_field: str | None = None,
        attribute_fields: Sequence[str] | None = None,
    ) -> Operation:
        """Have the server import a file that it can read; `Swell.operations` follows it.

        Raises:
            NotFoundError: the collection or the file does not exist.
            InvalidRequestError: the server may not read it, or does not know its format.
        """
        given = {
            "format": format,
            "id_field": id_field,
            "vector_field": vector_field,
            "attribute_fields": None if attribute_fields is None else list(attribute_fields),
        }
        named = {name: value for name, value in given.items() if value is not None}
        return self._start("import", {"uri": uri, **named})

    def export_file(self, uri: str | None = None) -> Operation:
        """Have the server export the collection to Parquet; without `uri`, to where it can be downloaded from.

        Raises:
            NotFoundError: the collection does not exist.
            InvalidRequestError: the server may not write there.
            ConflictError: there is such a file.
        """
        return self._start("export", {} if uri is None else {"uri": uri})

    def _start(self, action: str, body: Mapping[str, Any]) -> Operation:
        headers = {"Idempotency-Key": uuid4().hex}
        return Operation.of(self._transport.send("POST", f"{self._path}/{action}", body, headers=headers))

    def delete(self, ids: Sequence[str], *, wait: Wait = "accepted", timeout_s: float | None = None) -> WriteReceipt:
        """Delete records; an id that does not exist is fine. `wait` and errors as for `upsert`."""
        wanted = id_list(ids)
        parts = in_chunks(len(wanted), MAX_RECORDS_PER_REQUEST)
        deadline = Deadline.within(timeout_s)
        return together(
            [
                self._write(
                    "delete",
                    {"ids": wanted[part], "wait": wait, **timeout_field(deadline)},
                    part.start,
                    deadline=deadline,
                )
                for part in parts
            ]
        )

    def delete_matching(
        self,
        filter: Filter,  # noqa: A002 - the API's own word
        *,
        wait: Wait = "accepted",
        timeout_s: float | None = None,
    ) -> WriteReceipt:
        """Delete what matches a filter when the write is committed.

        With `wait="committed"` the receipt's `deleted` says how many. Errors as for `upsert`.
        """
        deadline = Deadline.within(timeout_s)
        body = {"filter": filter, "wait": wait, **timeout_field(deadline)}
        return self._write("delete", body, 0, deadline=deadline)

    def erase(
        self,
        ids: Sequence[str] | None = None,
        *,
        filter: Filter | None = None,  # noqa: A002 - the API's own word
        wait: Wait = "accepted",
    ) -> list[str]:
        """Delete records by id or filter, and have all that is stored of them erased: the erasures to be followed.

        `Swell.erasures.get` tells how far each is; ids go a thousand at a time, each part with its own erasure.

        Raises:
            ValueError: both `ids` and `filter` are given, or neither.
        """
        if (ids is None) == (filter is None):
            raise ValueError("erase: give ids or a filter, one of the two")
        if ids is None:
            bodies: list[dict[str, Any]] = [{"filter": filter}]
        else:
            wanted = id_list(ids)
            bodies = [{"ids": wanted[part]} for part in in_chunks(len(wanted), MAX_RECORDS_PER_REQUEST)]
        receipts = [self._write("delete", {**body, "wait": wait, "erase": True}, 0) for body in bodies]
        return [receipt.erasure for receipt in receipts if receipt.erasure is not None]

    def _write(
        self,
        action: str,
        body: Mapping[str, Any] | bytes,
        start: int,
        key: str | None = None,
        deadline: Deadline | None = None,
    ) -> WriteReceipt:
        """Send one request; the key makes its repetition harmless."""
        sent_key = uuid4().hex if key is None else f"{key}:{start}"
        try:
            answer = self._transport.write(self._path, action, body, sent_key, deadline)
        except InvalidRequestError as error:
            refused = shifted(error, start)
            refused.records_accepted = start
            raise refused from None
        except ClientError as error:
            error.records_accepted = start
            raise
        return WriteReceipt.of(answer)
