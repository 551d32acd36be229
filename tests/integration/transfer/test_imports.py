"""Imports: every row of a file ends in the collection once, whatever fails on the way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from functions.transfer.limits import StepLimits
from shared.bulk.choice import Choice
from shared.domain.collection import AttributeType, Metric
from shared.entrypoint import Consumer
from shared.errors import Conflict, InvalidRequest, NotFound
from shared.outcomes import Outcome
from shared.ports.publisher import Message
from shared.transfers.transfer import TransferState
from shared.writes.accept import AcceptWrites, Upserts
from tests.builders.faults import Fault, failing
from tests.builders.transfers import Bulk, Records, records_of
from tests.unit.shared.bulk.files import KINDS, FileKind, Rows, rows_of, write_jsonl, write_npy, write_parquet


def expected(rows: Rows) -> Records:
    """What a collection holds after an import of these rows."""
    return records_of(rows.ids, rows.vectors, rows.attributes)


@pytest.mark.parametrize("kind", list(KINDS.values()), ids=list(KINDS))
def test_a_file_of_any_format_is_imported_whole(bulk: Bulk, kind: FileKind) -> None:
    """Ids, vectors and attributes, into several shards; the operation says how many and at which version."""
    rows = rows_of(103, 2, attributes=kind.attributes)
    kind.write(bulk.files / f"words{kind.suffix}", rows)
    bulk.declare(shards=3, metric=Metric.COSINE)

    transfer = bulk.start_import(f"words{kind.suffix}", payload_rows=10)
    bulk.run()

    done = bulk.finished(transfer)
    assert expected(rows) == bulk.records()
    assert {"rows": 103, "version": done.result and done.result["version"]} == done.result
    assert (103, 103) == (done.progress().rows_done, done.progress().rows_total)
    assert 1.0 == done.progress().share


def test_of_rows_with_one_id_the_last_stays(bulk: Bulk) -> None:
    """Within a payload and across payloads, even where the later payload is committed first."""
    rows = rows_of(30, 2)
    rows = Rows([f"r{row % 7}" for row in range(30)], rows.vectors, rows.attributes)
    write_parquet(bulk.files / "words.parquet", rows)
    bulk.declare()

    transfer = bulk.start_import("words.parquet", payload_rows=4)
    held: list[Message] = []
    while messages := bulk.publisher.take("transfers"):
        held += bulk.publisher.take("mutations")
        if len(held) == 8:
            break
        for message in messages:
            bulk.deliver(bulk.transfer(), message)
    for message in reversed(held):
        bulk.deliver(bulk.index_update, message)
    bulk.transfers().announce(bulk.found(transfer))
    bulk.run()

    bulk.finished(transfer)
    assert expected(rows) == bulk.records()


def test_what_is_written_while_an_import_runs_stays(bulk: Bulk) -> None:
    """An import counts as made at its start: it replaces what was there before, and nothing that came after."""
    rows = rows_of(20, 2, attributes=False)
    write_jsonl(bulk.files / "words.jsonl", rows)
    collection = bulk.declare()
    writes = AcceptWrites(bulk.adapters.state, bulk.adapters.objects, bulk.publisher, bulk.clock)
    writes.upsert(collection, Upserts(["r3", "r15"], np.full((2, 2), 7, np.float32), [None, None]), None)
    bulk.clock.advance(timedelta(seconds=1))

    transfer = bulk.start_import("words.jsonl", payload_rows=5)
    bulk.clock.advance(timedelta(seconds=1))
    writes.upsert(collection, Upserts(["r4", "r16"], np.full((2, 2), 9, np.float32), [None, None]), None)
    bulk.run()

    bulk.finished(transfer)
    assert expected(rows) | {"r4": ((9, 9), None), "r16": ((9, 9), None)} == bulk.records()


def test_the_same_request_under_one_key_is_one_import(bulk: Bulk) -> None:
    """A client that lost the answer asks again and gets the same operation; another request is refused."""
    write_npy(bulk.files / "words.npy", rows_of(5, 2))
    bulk.declare()

    first = bulk.start.start_import("c", "file:words.npy", None, Choice(), "key")
    bulk.run()
    again = bulk.start.start_import("c", "file:words.npy", None, Choice(), "key")
    other = bulk.start.start_import("c", "file:words.npy", None, Choice(), "another key")

    assert (first.id, TransferState.DONE) == (again.id, again.state)
    assert first.id != other.id
    with pytest.raises(Conflict, match="Idempotency-Key"):
        bulk.start.start_import("c", "file:words.npy", None, Choice(vector_field="v"), "key")


Deliver = Callable[[Consumer, Message], None]


def _twice(bulk: Bulk) -> Deliver:
    def deliver(consumer: Consumer, message: Message) -> None:
        bulk.deliver(consumer, message)
        bulk.deliver(consumer, message)

    return deliver


def test_every_message_delivered_twice_changes_nothing(bulk: Bulk) -> None:
    """Same records, each live once."""
    rows = rows_of(47, 2)
    write_parquet(bulk.files / "words.parquet", rows)
    bulk.declare(shards=2)

    transfer = bulk.start_import("words.parquet", payload_rows=5)
    bulk.run(deliver=_twice(bulk))

    assert {"rows": 47} == {"rows": bulk.finished(transfer).progress().rows_done}
    assert expected(rows) == bulk.records()


def test_a_step_that_is_taken_by_two_instances_at_once_is_one_step(bulk: Bulk) -> None:
    """Both read the operation before either has moved it on: rows are accepted twice and committed once."""
    rows = rows_of(12, 2)
    write_jsonl(bulk.files / "words.jsonl", rows)
    bulk.declare()
    transfer = bulk.start_import("words.jsonl", payload_rows=4)
    (first,) = bulk.publisher.take("transfers")

    class ReadsOldOperation:
        """The state store as another instance saw it before the step was taken."""

        def __init__(self) -> None:
            self.stale = bulk.adapters.state.get(f"operations/{transfer.id}")

        def __getattr__(self, name: str) -> object:
            return getattr(bulk.adapters.state, name)

        def get(self, path: str) -> object:
            stale, self.stale = (self.stale, None) if path.startswith("operations/") else (None, self.stale)
            return stale or bulk.adapters.state.get(path)

    slow = bulk.transfer(replace(bulk.adapters, state=ReadsOldOperation()))  # type: ignore[arg-type]
    bulk.deliver(bulk.transfer(), first)
    bulk.deliver(slow, first)
    events = [message.attributes["ce-id"] for message in bulk.publisher.messages if message.topic == "mutations"]
    bulk.run()

    assert 2 == len(events)
    assert 1 == len(set(events))
    bulk.finished(transfer)
    assert expected(rows) == bulk.records()


def _run_with_fault(directory: Path, fault: Fault) -> tuple[Bulk, Rows]:
    """An import during which one call of the function fails; each delivery has a fresh instance, as after a crash."""
    bulk = Bulk(directory, limits=StepLimits(seconds=0.0, payloads=2))
    rows = rows_of(10, 2)
    write_parquet(bulk.files / "words.parquet", rows)
    bulk.declare(shards=2)
    transfer = bulk.start_import("words.parquet", payload_rows=4)

    bulk.run(lambda: bulk.transfer(failing(bulk.adapters, fault)))

    bulk.finished(transfer)
    return bulk, rows


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
def test_a_fault_at_any_call_loses_and_repeats_nothing(tmp_path: Path, after_effect: bool) -> None:  # noqa: FBT001
    """Wherever a call fails, before its effect or with its answer lost, redelivery goes on from there."""
    for call in range(1, 200):
        fault = Fault(call, after_effect=after_effect)
        bulk, rows = _run_with_fault(tmp_path / str(call), fault)

        assert expected(rows) == bulk.records(), f"call {call}"
        if not fault.fired:
            break

    assert call > 30


@pytest.mark.parametrize(
    ("write", "said"),
    [
        ('{"id": "a", "vector": [1, 2, 3]}', "vectors: got 3 numbers, allowed: 2, as collection c"),
        ('{"id": "a", "vector": [1]}', "vectors: got 1 numbers"),
    ],
)
def test_vectors_of_another_dimension_are_refused_at_once(bulk: Bulk, write: str, said: str) -> None:
    """Nothing is accepted, and the operation says why."""
    (bulk.files / "words.jsonl").write_text(write)
    bulk.declare()

    transfer = bulk.start_import("words.jsonl", payload_rows=4)
    bulk.run()

    found = bulk.found(transfer)
    assert TransferState.FAILED is found.state
    assert found.error
    assert said in found.error.detail
    assert {} == bulk.records()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "bad", "vector": [0, 0]}', "words.jsonl, line 8, vector: got a zero vector"),
        ('{"id": "bad", "vector": [1e39, 0]}', "words.jsonl, line 8, vector: got a number out of range"),
        (
            '{"id": "bad", "vector": [1, 2], "rank": "x"}',
            "words.jsonl, line 8, attributes.rank: got 'x', allowed: an",
        ),
        (
            '{"id": "bad", "vector": [1, 2], "a b": 1}',
            "words.jsonl, line 8, attributes: got 'a b', allowed: attri",
        ),
        ('{"id": "bad"', "words.jsonl, line 8, the line"),
    ],
)
def test_a_row_that_cannot_be_taken_ends_the_import_by_name(bulk: Bulk, line: str, said: str) -> None:
    """File, line, field; the payloads before it are kept, and the operation says how far it came."""
    rows = rows_of(12, 2, attributes=False)
    lines = write_jsonl(bulk.files / "words.jsonl", rows).read_text().splitlines()
    lines[7] = line
    (bulk.files / "words.jsonl").write_text("\n".join(lines))
    bulk.declare(metric=Metric.COSINE, attributes={"rank": AttributeType.INTEGER})

    transfer = bulk.start_import("words.jsonl", payload_rows=3)
    bulk.run()

    found = bulk.found(transfer)
    assert TransferState.FAILED is found.state
    assert found.error
    assert said in found.error.detail
    assert 6 == found.work.cursor.row  # type: ignore[union-attr]
    assert {"r0", "r1", "r2", "r3", "r4", "r5"} == bulk.records().keys()


def test_a_file_that_changes_ends_the_import(bulk: Bulk) -> None:
    """Rows of two files never become one import."""
    write_npy(bulk.files / "words.npy", rows_of(9, 2))
    bulk.declare()
    transfer = bulk.start_import("words.npy", payload_rows=3)
    (message,) = bulk.publisher.take("transfers")
    bulk.deliver(bulk.transfer(), message)

    write_npy(bulk.files / "words.npy", rows_of(10, 2))
    bulk.run()

    found = bulk.found(transfer)
    assert TransferState.FAILED is found.state
    assert found.error
    assert "another content than at the start" in found.error.detail


def test_a_collection_that_is_deleted_ends_the_import(bulk: Bulk) -> None:
    """Also where another one of the same name was made meanwhile: none of the rows reach it."""
    write_npy(bulk.files / "words.npy", rows_of(9, 2))
    bulk.declare()
    transfer = bulk.start_import("words.npy", payload_rows=3)
    bulk.adapters.state.commit([])
    document = bulk.adapters.state.get("collections/c")
    assert document

    from functions.ingest.collections import CollectionRegister  # noqa: PLC0415

    CollectionRegister(bulk.adapters.state, bulk.clock).delete("c")
    bulk.declare()
    bulk.run()

    found = bulk.found(transfer)
    assert TransferState.FAILED is found.state
    assert found.error
    assert "not_found" == found.error.code
    assert {} == bulk.records()


def test_a_cancelled_import_keeps_what_was_accepted(bulk: Bulk) -> None:
    """It ends after the step that is under way; cancelling again, or what has ended, changes nothing."""
    rows = rows_of(30, 2)
    write_parquet(bulk.files / "words.parquet", rows)
    bulk.declare()
    transfer = bulk.start_import("words.parquet", payload_rows=5)
    (message,) = bulk.publisher.take("transfers")
    bulk.deliver(bulk.transfer(), message)

    asked = bulk.transfers().cancel(transfer.id)
    bulk.run()
    again = bulk.transfers().cancel(transfer.id)

    assert "cancelling" == asked.to_view()["state"]
    assert TransferState.CANCELLED is bulk.found(transfer).state
    assert "cancelled" == again.to_view()["state"]
    assert set(rows.ids[:5]) == bulk.records().keys()
    with pytest.raises(NotFound):
        bulk.transfers().cancel("nothing")


def test_an_import_does_not_run_ahead_of_the_index(bulk: Bulk) -> None:
    """No more payloads wait than the limit says, however large the file."""
    bulk.limits = StepLimits(seconds=0.05, pending_payloads=3)
    write_npy(bulk.files / "words.npy", rows_of(100, 2))
    bulk.declare()
    transfer = bulk.start_import("words.npy", payload_rows=5)

    for _ in range(4):
        for message in bulk.publisher.take("transfers"):
            bulk.deliver(bulk.transfer(), message)

    assert 3 == len([message for message in bulk.publisher.messages if message.topic == "mutations"])
    assert (15, 0) == (bulk.found(transfer).work.cursor.row, bulk.found(transfer).progress().rows_done)  # type: ignore[union-attr]
    bulk.run()
    assert 100 == bulk.finished(transfer).progress().rows_done


def test_an_import_whose_rows_are_not_committed_ends_with_the_reason(bulk: Bulk) -> None:
    """After an hour without a commit it says where to look; it does not ask for ever."""
    write_npy(bulk.files / "words.npy", rows_of(10, 2))
    bulk.declare()
    transfer = bulk.start_import("words.npy", payload_rows=5)

    for _ in range(6):
        for message in bulk.publisher.take("transfers"):
            bulk.deliver(bulk.transfer(), message)
        bulk.clock.advance(timedelta(minutes=25))

    found = bulk.found(transfer)
    assert TransferState.FAILED is found.state
    assert found.error
    assert "import_stalled" == found.error.code
    assert "dead letters of index_update.mutations" in found.error.detail


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("file:nothing.npy", NotFound),
        ("file:../words.npy", InvalidRequest),
        ("gs://bucket/words.npy", InvalidRequest),
        ("file:words.bin", InvalidRequest),
    ],
)
def test_what_cannot_be_imported_is_refused_before_it_starts(bulk: Bulk, uri: str, error: type[Exception]) -> None:
    """With no operation left behind."""
    bulk.declare()
    (bulk.files / "words.bin").write_bytes(b"x")

    with pytest.raises(error):
        bulk.start.start_import("c", uri, None, Choice(), None)

    assert [] == bulk.publisher.messages
    assert [] == bulk.adapters.state.list("operations")


def test_an_event_of_no_operation_is_stale(bulk: Bulk) -> None:
    """An operation that has expired is not brought back by a replayed message."""
    write_npy(bulk.files / "words.npy", rows_of(4, 2))
    bulk.declare()
    bulk.start_import("words.npy", payload_rows=5)
    (message,) = bulk.publisher.take("transfers")
    bulk.clock.advance(timedelta(days=31))

    fresh = replace(bulk.adapters, clock=type(bulk.clock)())
    assert Outcome.STALE == bulk.transfer(fresh).consume(message.data, message.attributes)
