"""Exports: one version of a collection becomes one file, whatever fails on the way; and the file becomes it again."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.transfer.limits import StepLimits
from shared.domain.collection import AttributeType, Metric
from shared.entrypoint import Consumer
from shared.errors import Conflict, InvalidRequest, NotFound
from shared.ports.publisher import Message
from shared.transfers.transfer import Transfer, TransferState
from shared.writes.accept import AcceptWrites, Upserts
from tests.builders.faults import Fault, failing
from tests.builders.transfers import Bulk, Records

ATTRIBUTES = {
    "lang": AttributeType.STRING,
    "rank": AttributeType.INTEGER,
    "share": AttributeType.FLOAT,
    "good": AttributeType.BOOLEAN,
    "tags": AttributeType.STRING_LIST,
}


def write(bulk: Bulk, records: Records, *, batch: int = 7, name: str = "c") -> None:
    """Records in several commits, and so in several segments."""
    bulk.clock.advance(timedelta(seconds=1))
    collection = bulk.transfers_collection(name)
    writes = AcceptWrites(bulk.adapters.state, bulk.adapters.objects, bulk.publisher, bulk.clock)
    ids = list(records)
    for first in range(0, len(ids), batch):
        part = ids[first : first + batch]
        vectors = np.array([records[record_id][0] for record_id in part], np.float32)
        writes.upsert(collection, Upserts(part, vectors, [records[record_id][1] for record_id in part]), None)
        bulk.run()


def delete(bulk: Bulk, *ids: str) -> None:
    """Delete and commit."""
    bulk.clock.advance(timedelta(seconds=1))
    writes = AcceptWrites(bulk.adapters.state, bulk.adapters.objects, bulk.publisher, bulk.clock)
    writes.delete(bulk.transfers_collection("c"), ids, None)
    bulk.run()


def some_records(count: int) -> Records:
    """Records of which every other has attributes, declared and not."""
    return {
        f"r{number}": (
            (float(number), number / 8),
            {"rank": number, "lang": "en", "note": {"n": number}} if number % 2 else None,
        )
        for number in range(count)
    }


def export(bulk: Bulk, uri: str | None = "file:out.parquet") -> Transfer:
    """An export that has come to its end."""
    transfer = bulk.start.start_export("c", uri, None)
    bulk.run()
    return bulk.found(transfer)


def test_the_file_holds_what_is_live(bulk: Bulk) -> None:
    """Not what was replaced or deleted; over all shards and segments; typed, with its origin."""
    records = some_records(60)
    bulk.declare(shards=3, metric=Metric.DOT, attributes=ATTRIBUTES)
    write(bulk, records)
    write(bulk, {f"r{number}": ((1.0, 2.0), {"rank": -1}) for number in range(10, 20)})
    delete(bulk, "r0", "r59")

    done = export(bulk)

    table = pq.read_table(bulk.files / "out.parquet")
    assert TransferState.DONE is done.state
    assert sorted(bulk.records()) == sorted(table.column("id").to_pylist())
    assert 58 == table.num_rows == (done.result or {})["rows"]
    assert {"int64", "string"} == {str(table.schema.field(name).type) for name in ("rank", "lang")}
    origin = orjson.loads(table.schema.metadata[b"swell"])
    assert ("c", "dot", done.result and done.result["version"]) == (
        origin["collection"]["name"],
        origin["collection"]["metric"],
        origin["version"],
    )


def test_an_export_without_a_place_is_kept_for_fetching(bulk: Bulk) -> None:
    """Under the operation's own name."""
    bulk.declare()
    write(bulk, some_records(3))

    done = export(bulk, None)

    assert 3 == pq.read_table(bulk.files / "exports" / f"c-{done.id}.parquet").num_rows


def test_an_empty_collection_is_exported_too(bulk: Bulk) -> None:
    """As a file without rows that says what it is."""
    bulk.declare(shards=2, attributes=ATTRIBUTES)

    done = export(bulk)

    table = pq.read_table(bulk.files / "out.parquet")
    assert (TransferState.DONE, 0) == (done.state, table.num_rows)
    assert ["id", "vector", *ATTRIBUTES, "attributes:json"] == table.column_names


def test_what_is_written_while_an_export_runs_is_not_in_it(bulk: Bulk) -> None:
    """The version is that of the first step, in all shards and parts."""
    records = some_records(40)
    bulk.declare(shards=2)
    write(bulk, records)
    transfer = bulk.start.start_export("c", "file:out.parquet", None)
    (message,) = bulk.publisher.take("transfers")
    bulk.deliver(bulk.transfer(), message)
    waiting = bulk.publisher.take("transfers")

    write(bulk, {f"r{number}": ((9.0, 9.0), None) for number in range(60)})
    bulk.publisher.publish(waiting)
    bulk.run()

    assert TransferState.DONE is bulk.found(transfer).state
    table = pq.read_table(bulk.files / "out.parquet")
    exported = dict(zip(table.column("id").to_pylist(), table.column("vector").to_pylist(), strict=True))
    assert {record_id: list(vector) for record_id, (vector, _) in records.items()} == exported


_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
_number = st.floats(-1e6, 1e6, width=32)
_attributes = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "lang": _text,
        "rank": st.integers(-(2**63), 2**63 - 1),
        "share": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1),
        "good": st.booleans(),
        "tags": st.lists(_text, max_size=2),
        "note": st.lists(st.none() | _text, max_size=2) | st.none(),
    },
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    records=st.dictionaries(_text, st.tuples(st.tuples(_number, _number), _attributes), max_size=12),
    shards=st.integers(1, 3),
    payload_rows=st.integers(1, 5),
)
def test_import_of_export_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, records: Records, shards: int, payload_rows: int
) -> None:
    """Ids, vectors bit by bit, attributes of every kind: whatever the shards and however it is divided."""
    bulk = Bulk(tmp_path_factory.mktemp("bulk"))
    bulk.declare(shards=shards, attributes=ATTRIBUTES)
    bulk.declare("copy", attributes=ATTRIBUTES)
    write(bulk, records, batch=4)

    export(bulk)
    transfer = bulk.start_import("out.parquet", payload_rows=payload_rows, name="copy")
    bulk.run()

    bulk.finished(transfer)
    assert bulk.records() == bulk.records("copy")
    assert {record_id: (vector, given or None) for record_id, (vector, given) in records.items()} == bulk.records()


Deliver = Callable[[Consumer, Message], None]


def test_every_message_delivered_twice_makes_the_same_file(bulk: Bulk) -> None:
    """Byte for byte, apart from the version and the name of the collection."""
    bulk.declare(shards=2)
    write(bulk, some_records(30))
    once = export(bulk, "file:once.parquet")

    def twice(consumer: Consumer, message: Message) -> None:
        bulk.deliver(consumer, message)
        bulk.deliver(consumer, message)

    transfer = bulk.start.start_export("c", "file:twice.parquet", None)
    bulk.run(deliver=twice)

    assert once.result
    assert once.result | {"uri": "file:twice.parquet"} == bulk.finished(transfer).result
    assert (bulk.files / "once.parquet").read_bytes() == (bulk.files / "twice.parquet").read_bytes()


def _export_with_fault(directory: Path, fault: Fault) -> bytes:
    """An export during which one call of the function fails; each delivery has a fresh instance, as after a crash."""
    bulk = Bulk(directory, limits=StepLimits(seconds=0.0))
    bulk.declare(shards=2)
    write(bulk, some_records(6), batch=3)
    transfer = bulk.start.start_export("c", "file:out.parquet", None)

    bulk.run(lambda: bulk.transfer(failing(bulk.adapters, fault)))

    bulk.finished(transfer)
    assert [] == [path.name for path in bulk.files.iterdir() if path.name != "out.parquet"]
    assert [] == list(bulk.adapters.objects.list("operations/"))
    return b"".join(
        orjson.dumps([row["id"], row["vector"], row["attributes:json"]])
        for row in pq.read_table(bulk.files / "out.parquet").to_pylist()
    )


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
def test_a_fault_at_any_call_makes_the_same_file(tmp_path: Path, after_effect: bool) -> None:  # noqa: FBT001
    """Wherever a call fails, before its effect or with its answer lost, the file is whole and nothing is left over."""
    wanted = _export_with_fault(tmp_path / "whole", Fault(0, after_effect=False))
    for call in range(1, 400):
        fault = Fault(call, after_effect=after_effect)

        assert wanted == _export_with_fault(tmp_path / str(call), fault), f"call {call}"
        if not fault.fired:
            break

    assert call > 40


def test_a_cancelled_export_leaves_nothing(bulk: Bulk) -> None:
    """Neither a file nor a part of one."""
    bulk.declare(shards=2)
    write(bulk, some_records(30))
    transfer = bulk.start.start_export("c", "file:deep/out.parquet", None)
    (message,) = bulk.publisher.take("transfers")
    bulk.deliver(bulk.transfer(), message)
    assert list((bulk.files / "deep").iterdir())

    bulk.transfers().cancel(transfer.id)
    bulk.run()

    assert TransferState.CANCELLED is bulk.found(transfer).state
    assert [] == list((bulk.files / "deep").iterdir())
    assert [] == list(bulk.adapters.objects.list("operations/"))


def test_a_damaged_segment_ends_the_export_by_name(bulk: Bulk) -> None:
    """A file with fewer records than the collection is never made."""
    bulk.declare()
    write(bulk, some_records(20))
    name = next(info.name for info in bulk.adapters.objects.list("collections/") if info.name.endswith("rows.swl"))
    content = bytearray(bulk.adapters.objects.read(name))
    content[-1] ^= 1
    bulk.adapters.objects.put(name, bytes(content))

    done = export(bulk)

    assert TransferState.FAILED is done.state
    assert done.error
    assert "corrupt_object" == done.error.code
    assert [] == list(bulk.files.iterdir())


def test_a_base_segment_is_read_in_ranges_and_checked(tmp_path: Path) -> None:
    """The vectors of a base are those that were written; one whose bytes have changed is refused."""
    bulk = Bulk(tmp_path, base_from_rows=50)
    rng = np.random.default_rng(3)
    bulk.declare(dimension=8)
    records: Records = {f"r{n}": (tuple(rng.standard_normal(8).astype(np.float32).tolist()), None) for n in range(300)}
    write(bulk, records, batch=100)
    bulk.compact()
    forest = [info.name for info in bulk.adapters.objects.list("collections/") if "forest" in info.name]

    done = export(bulk)
    content = bytearray(bulk.adapters.objects.read(forest[-1]))
    content[20 * 44 + 15] ^= 0x40
    bulk.adapters.objects.put(forest[-1], bytes(content))
    damaged = export(bulk, "file:damaged.parquet")

    table = pq.read_table(bulk.files / "out.parquet")
    exported = dict(zip(table.column("id").to_pylist(), map(tuple, table.column("vector").to_pylist()), strict=True))
    assert forest
    assert TransferState.DONE is done.state
    assert {record_id: vector for record_id, (vector, _) in records.items()} == exported
    assert TransferState.FAILED is damaged.state
    assert damaged.error
    assert "do not have the lengths" in damaged.error.detail


def _exists(bulk: Bulk) -> dict[str, Any]:
    (bulk.files / "there.parquet").write_bytes(b"x")
    return {"name": "c", "uri": "file:there.parquet"}


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (_exists, Conflict),
        (lambda _: {"name": "c", "uri": "file:../out.parquet"}, InvalidRequest),
        (lambda _: {"name": "c", "uri": "gs://elsewhere/out.parquet"}, InvalidRequest),
        (lambda _: {"name": "nowhere", "uri": "file:out.parquet"}, NotFound),
    ],
    ids=["a file that exists", "outside", "another store", "no collection"],
)
def test_what_cannot_be_exported_is_refused_before_it_starts(
    bulk: Bulk, make: Callable[[Bulk], dict[str, Any]], error: type[Exception]
) -> None:
    """With no operation left behind."""
    bulk.declare()

    with pytest.raises(error):
        bulk.start.start_export(**make(bulk), idempotency_key=None)

    assert [] == bulk.adapters.state.list("operations")


def test_the_same_request_under_one_key_is_one_export(bulk: Bulk) -> None:
    """Asked again after it is done, it is not refused for its own file."""
    bulk.declare()
    write(bulk, some_records(3))

    first = bulk.start.start_export("c", "file:out.parquet", "key")
    bulk.run()
    again = bulk.start.start_export("c", "file:out.parquet", "key")

    assert (first.id, TransferState.DONE) == (again.id, again.state)
    with pytest.raises(Conflict):
        bulk.start.start_export("c", "file:other.parquet", "key")
