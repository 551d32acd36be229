"""Accepted mutations become visible once, whatever happens on the way."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Barrier

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.ingest.collections import CollectionRegister
from shared.domain import limits
from shared.domain.paths import head_document, shard_prefix
from shared.entrypoint import Consumer
from shared.errors import Conflict, DependencyUnavailable
from shared.outcomes import Outcome
from shared.ports.publisher import Message
from shared.ports.state import PreconditionFailed, Write
from tests.builders.faults import Fault, FaultyState, failing
from tests.builders.pipeline import Pipeline, read
from tests.integration.pipeline.conftest import make_pipeline


def test_a_write_is_found_after_its_message_is_delivered_and_not_before(pipeline: Pipeline) -> None:
    """Accepted is not committed: readers see a write when its event has been handled."""
    pipeline.upsert({"a": (1, 2)})

    before = pipeline.contents(["a"])
    pipeline.deliver_all()

    assert {} == before
    assert {"a": (1.0, 2.0)} == pipeline.contents(["a"])


def test_a_duplicate_delivery_changes_nothing(pipeline: Pipeline) -> None:
    """The second delivery of an event is a duplicate and leaves the version where it is."""
    pipeline.upsert({"a": (1, 2)})
    messages = pipeline.taken("mutations")

    outcomes = pipeline.deliver([*messages, *messages])

    assert [Outcome.DONE, Outcome.DUPLICATE] == outcomes
    assert 1 == pipeline.reads().open(read()).snapshots[0].version
    assert 1 == pipeline.live_records()


def test_a_duplicate_announces_again_what_a_crash_may_have_swallowed(pipeline: Pipeline) -> None:
    """Every delivery, duplicates included, publishes the shard's committed version under the same event id."""
    pipeline.upsert({"a": (1, 2)})
    messages = pipeline.taken("mutations")

    pipeline.deliver(messages)
    first = pipeline.taken("commits")
    pipeline.deliver(messages)
    second = pipeline.taken("commits")

    assert [m.attributes["ce-id"] for m in first] == [m.attributes["ce-id"] for m in second]


def test_concurrent_deliveries_share_commits(pipeline: Pipeline) -> None:
    """Sixteen deliveries at once are committed in fewer than sixteen versions, and all are found."""
    for number in range(16):
        pipeline.upsert({f"r{number}": (number, 0)})
    messages = pipeline.taken("mutations")
    consumer, together = pipeline.index_update(), Barrier(16)

    def deliver(place: int) -> Outcome:
        together.wait()
        return consumer.consume(messages[place].data, messages[place].attributes)

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(deliver, range(16)))

    assert [Outcome.DONE] * 16 == outcomes
    assert 16 == pipeline.live_records()
    assert pipeline.reads().open(read()).snapshots[0].version < 16


def test_two_instances_race_for_one_head_without_losing_a_write(pipeline: Pipeline) -> None:
    """Commits of instances that know nothing of each other are serialised by compare-and-set."""
    for number in range(8):
        pipeline.upsert({f"r{number}": (number, 0)})
    messages = pipeline.taken("mutations")
    together = Barrier(8)

    def deliver(place: int) -> Outcome:
        consumer = pipeline.index_update()
        together.wait()
        return consumer.consume(messages[place].data, messages[place].attributes)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(deliver, range(8)))

    assert [Outcome.DONE] * 8 == outcomes
    assert 8 == pipeline.live_records()
    assert 8 == pipeline.reads().open(read()).snapshots[0].version


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
def test_a_failure_at_any_port_call_neither_loses_nor_repeats_a_write(tmp_path: Path, *, after_effect: bool) -> None:
    """Kill the handler at its 1st, 2nd, ... call of the stores; redelivery completes the write exactly once."""
    for at_call in count(1):
        pipeline = make_pipeline(tmp_path / f"{at_call}")
        pipeline.upsert({"a": (0, 0), "b": (1, 1)})
        pipeline.deliver_all()
        pipeline.upsert({"a": (5, 5)})
        pipeline.delete("b")
        messages = pipeline.taken("mutations")
        fault = Fault(at_call, after_effect)

        for message in messages:
            consumer = pipeline.index_update(failing(pipeline.adapters, fault))
            _deliver_until_acknowledged(pipeline, message, consumer)

        assert {"a": (5.0, 5.0)} == pipeline.contents(["a", "b"]), at_call
        assert 1 == pipeline.live_records()
        assert 3 == pipeline.reads().open(read()).snapshots[0].version
        if not fault.fired:
            assert at_call > 8  # the loop has gone through every call of both deliveries
            return


def _deliver_until_acknowledged(pipeline: Pipeline, message: Message, consumer: Consumer) -> None:
    try:
        pipeline.deliver([message], consumer)
    except DependencyUnavailable:
        pipeline.deliver([message])


@given(
    writes=st.lists(
        st.tuples(st.sampled_from("abcd"), st.one_of(st.none(), st.integers(0, 99))), min_size=1, max_size=12
    ),
    randomness=st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None)
def test_order_and_repetition_of_deliveries_do_not_matter(
    writes: list[tuple[str, int | None]], randomness: Random
) -> None:
    """Any order of deliveries, each made one to three times, ends in the state of the writes as accepted."""
    with TemporaryDirectory() as directory:
        pipeline = make_pipeline(Path(directory))
        expected: dict[str, tuple[float, float]] = {}
        for record_id, value in writes:
            if value is None:
                pipeline.delete(record_id)
                expected.pop(record_id, None)
            else:
                pipeline.upsert({record_id: (value, value)})
                expected[record_id] = (float(value), float(value))
        messages = pipeline.taken("mutations")
        deliveries = [message for message in messages for _ in range(randomness.randint(1, 3))]
        randomness.shuffle(deliveries)

        pipeline.deliver(deliveries)
        pipeline.deliver_all()

        assert expected == pipeline.contents(list("abcd"))
        assert len(expected) == pipeline.live_records()


def test_a_malformed_event_is_parked_and_its_neighbours_are_committed(pipeline: Pipeline) -> None:
    """One event with vectors of another dimension goes to the dead letters; the rest of its group does not."""
    pipeline.upsert({"good": (1, 1)})
    pipeline.upsert({"bad": (2, 2)})
    good, bad = pipeline.taken("mutations")
    body = orjson.loads(bad.data)
    body["inline"]["vectors"] = body["inline"]["vectors"][:8]
    broken = replace(bad, data=orjson.dumps(body))
    consumer, together = pipeline.index_update(), Barrier(2)

    def deliver(message: Message) -> Outcome:
        together.wait()
        return consumer.consume(message.data, message.attributes)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(deliver, [good, broken]))

    assert [Outcome.DONE, Outcome.PARKED] == outcomes
    assert {"good": (1.0, 1.0)} == pipeline.contents(["good", "bad"])
    parked = pipeline.taken("index_update.mutations.dead")
    assert ["malformed_event"] == [m.attributes["swell-parked-reason"].split(":")[0] for m in parked]


@pytest.mark.parametrize(
    ("data", "attributes"),
    [
        (b"{}", {}),
        (b"{}", {"ce-id": "1", "ce-type": "nobody.knows.v1", "ce-time": "2026-01-01T00:00:00+00:00"}),
        (b"not json", {"ce-id": "1", "ce-type": "dev.swell.mutations.accepted.v1", "ce-time": "2026-01-01T00:00:00Z"}),
        (b"{}", {"ce-id": "1", "ce-type": "dev.swell.mutations.accepted.v1", "ce-time": "yesterday"}),
    ],
    ids=["no attributes", "unknown type", "not JSON", "no time"],
)
def test_what_is_no_event_is_parked_with_the_reason(
    pipeline: Pipeline, data: bytes, attributes: dict[str, str]
) -> None:
    """A message that no retry can make right is acknowledged and kept with the reason why."""
    outcome = pipeline.index_update().consume(data, attributes)

    assert Outcome.PARKED == outcome
    assert 1 == len(pipeline.taken("index_update.mutations.dead"))


def test_a_write_to_a_deleted_collection_is_dropped(pipeline: Pipeline) -> None:
    """A late delivery never reaches the collection that took the name over."""
    pipeline.upsert({"a": (1, 1)})
    messages = pipeline.taken("mutations")
    register = CollectionRegister(pipeline.adapters.state, pipeline.adapters.clock)
    register.delete("c")
    register.declare(pipeline.collection)

    outcomes = pipeline.deliver(messages)

    assert [Outcome.STALE] == outcomes
    assert 0 == pipeline.live_records()


def test_a_lost_answer_to_the_deciding_write_is_read_back(pipeline: Pipeline) -> None:
    """A refused precondition can mean that our own write succeeded: then the commit stands and is not repeated."""

    class AnswersTwice(FaultyState):
        """Commits, and reports the refusal that a client library's own second try would get."""

        def commit(self, writes: Sequence[Write]) -> Sequence[str]:
            self.inner.commit(writes)
            raise PreconditionFailed("second try of the same batch")

    pipeline.upsert({"a": (1, 1)})
    adapters = replace(pipeline.adapters, state=AnswersTwice(pipeline.adapters.state, Fault(0, after_effect=False)))

    outcomes = pipeline.deliver(pipeline.taken("mutations"), pipeline.index_update(adapters))

    assert [Outcome.DONE] == outcomes
    assert 1 == pipeline.reads().open(read()).snapshots[0].version


def test_the_same_idempotency_key_is_the_same_write(pipeline: Pipeline) -> None:
    """A client that sends a write again because the answer was lost writes once."""
    pipeline.upsert({"a": (1, 1)}, key="k")
    pipeline.deliver_all()
    pipeline.upsert({"a": (2, 2)})
    pipeline.deliver_all()

    pipeline.upsert({"a": (1, 1)}, key="k")
    pipeline.deliver_all()

    assert {"a": (2.0, 2.0)} == pipeline.contents(["a"])


def test_an_idempotency_key_with_another_body_is_a_conflict(pipeline: Pipeline) -> None:
    """A reused key is an error, not a write that silently disappears."""
    pipeline.upsert({"a": (1, 1)}, key="k")
    pipeline.deliver_all()

    with pytest.raises(Conflict):
        pipeline.upsert({"a": (9, 9)}, key="k")


def test_a_payload_larger_than_a_message_travels_by_reference(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above the inline limit the message carries a name and a checksum, and the write arrives all the same."""
    monkeypatch.setattr("shared.writes.accept.MAX_INLINE_PAYLOAD_BYTES", 200)
    pipeline.upsert({f"r{number}": (number, 1) for number in range(100)})

    (message,) = pipeline.taken("mutations")
    outcomes = pipeline.deliver([message])

    assert len(message.data) < 1000
    assert [Outcome.DONE] == outcomes
    assert 100 == pipeline.live_records()


def test_a_tampered_payload_is_parked(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """A referenced payload that does not match its checksum is not applied."""
    monkeypatch.setattr("shared.writes.accept.MAX_INLINE_PAYLOAD_BYTES", 10)
    pipeline.upsert({"a": (1, 1)})
    (message,) = pipeline.taken("mutations")
    name = orjson.loads(message.data)["reference"]["name"]
    pipeline.adapters.objects.put(name, b"{}")

    outcomes = pipeline.deliver([message])

    assert [Outcome.PARKED] == outcomes
    assert 0 == pipeline.live_records()


def test_every_message_fits_into_pubsub(pipeline: Pipeline) -> None:
    """The inline limit leaves room for base64 and attributes below Pub/Sub's 10 MB."""
    assert limits.MAX_INLINE_PAYLOAD_BYTES < limits.MAX_REQUEST_BYTES < 10_000_000


def test_versions_of_all_shards_cover_a_write(tmp_path: Path) -> None:
    """A write to a collection of four shards returns the version of each shard that it touched."""
    pipeline = make_pipeline(tmp_path, shards=4)
    write = pipeline.upsert({f"r{number}": (number, 0) for number in range(40)})

    pending = pipeline.writes.committed(write)
    pipeline.deliver_all()
    committed = pipeline.writes.committed(write)

    assert pending is None
    assert {0: 1, 1: 1, 2: 1, 3: 1} == dict(committed.version.by_shard if committed else {})
    assert 40 == pipeline.live_records()
    assert ["r7", "r8", "r6"] == pipeline.nearest((7.1, 0), top_k=3)


def test_objects_of_a_lost_commit_are_never_visible(pipeline: Pipeline) -> None:
    """A manifest whose head never moved stands in the store, and no reader finds it or its rows."""
    pipeline.upsert({"a": (1, 1)})
    messages = pipeline.taken("mutations")
    # Calls of one delivery: read state, put segment, put manifest, commit: the fourth is the deciding one.
    adapters = failing(pipeline.adapters, Fault(4, after_effect=False))
    with pytest.raises(DependencyUnavailable):
        pipeline.deliver(messages, pipeline.index_update(adapters))

    prefix = shard_prefix("c", pipeline.collection.uid, 0)
    manifests = [info.name for info in pipeline.adapters.objects.list(f"{prefix}/manifests/")]
    head = pipeline.adapters.state.get(head_document("c", 0))

    assert 1 == len(manifests)
    assert head is not None
    assert 0 == head.data["version"]
    assert {} == pipeline.contents(["a"])
