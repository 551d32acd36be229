"""Conditional writes are judged when they are committed, against what is committed then."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Barrier

import pytest

from shared.errors import DependencyUnavailable
from shared.outcomes import Outcome
from shared.ports.publisher import Message
from shared.writes.accept import AcceptedWrite, CommittedWrite
from tests.builders.faults import Fault, failing
from tests.builders.pipeline import Pipeline
from tests.integration.pipeline.conftest import make_pipeline


def _version(pipeline: Pipeline, record_id: str) -> str:
    return str(pipeline.records(record_id)[record_id].revision)


def _became(pipeline: Pipeline, write: AcceptedWrite) -> CommittedWrite:
    committed = pipeline.writes.committed(write)
    assert committed is not None
    return committed


def test_a_write_on_the_version_that_was_read_is_applied(pipeline: Pipeline) -> None:
    """Read, change, write back: nobody wrote meanwhile."""
    pipeline.upsert_record("a", (1, 1))
    pipeline.deliver_all()

    write = pipeline.upsert_record("a", (2, 2), if_version=_version(pipeline, "a"))
    pipeline.deliver_all()

    assert [] == _became(pipeline, write).conflicts
    assert {"a": (2.0, 2.0)} == pipeline.contents(["a"])


def test_a_write_on_an_older_version_is_a_conflict(pipeline: Pipeline) -> None:
    """Somebody wrote meanwhile: the record stays as it is, the answer names it."""
    pipeline.upsert_record("a", (1, 1))
    pipeline.deliver_all()
    read_before = _version(pipeline, "a")
    pipeline.upsert_record("a", (5, 5))
    pipeline.deliver_all()

    write = pipeline.upsert_record("a", (2, 2), if_version=read_before)
    pipeline.deliver_all()

    assert ["a"] == _became(pipeline, write).conflicts
    assert {"a": (5.0, 5.0)} == pipeline.contents(["a"])


def test_absent_inserts_once(pipeline: Pipeline) -> None:
    """Of two that insert a record only if it is not there, the second is a conflict; a deleted one is not there."""
    first = pipeline.upsert_record("a", (1, 1), if_version="absent")
    second = pipeline.upsert_record("a", (2, 2), if_version="absent")
    pipeline.deliver_all()
    pipeline.delete("a")
    pipeline.deliver_all()
    third = pipeline.upsert_record("a", (3, 3), if_version="absent")
    pipeline.deliver_all()

    assert [[], ["a"], []] == [_became(pipeline, write).conflicts for write in (first, second, third)]
    assert {"a": (3.0, 3.0)} == pipeline.contents(["a"])


def test_a_conflict_alone_makes_no_new_version(pipeline: Pipeline) -> None:
    """The write is committed, with its report, at the version that it was judged by."""
    pipeline.upsert_record("a", (1, 1))
    pipeline.deliver_all()

    write = pipeline.upsert_record("a", (2, 2), if_version="absent")
    pipeline.deliver_all()

    assert "0:1" == str(_became(pipeline, write).version)


def test_records_without_conflict_are_applied(tmp_path: Path) -> None:
    """Conditions are per record, in whatever shards the records are."""
    pipeline = make_pipeline(tmp_path, shards=4)
    ids = [f"r{number}" for number in range(12)]
    for record_id in ids[:6]:
        pipeline.upsert_record(record_id, (1, 1))
    pipeline.deliver_all()

    writes = [pipeline.upsert_record(record_id, (2, 2), if_version="absent") for record_id in ids]
    pipeline.deliver_all()

    conflicts = [name for write in writes for name in _became(pipeline, write).conflicts]
    assert ids[:6] == conflicts
    expected = {record_id: (1.0, 1.0) if record_id in ids[:6] else (2.0, 2.0) for record_id in ids}
    assert expected == pipeline.contents(ids)


def test_of_concurrent_writes_on_one_version_exactly_one_is_applied(pipeline: Pipeline) -> None:
    """Eight instances commit at once what eight clients wrote on the same version."""
    pipeline.upsert_record("a", (0, 0))
    pipeline.deliver_all()
    version = _version(pipeline, "a")
    writes = [pipeline.upsert_record("a", (number, number), if_version=version) for number in range(1, 9)]
    messages, together = pipeline.taken("mutations"), Barrier(8)

    def deliver(message: Message) -> Outcome:
        consumer = pipeline.index_update()
        together.wait()
        return consumer.consume(message.data, message.attributes)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(deliver, messages))

    applied = [number for number, write in enumerate(writes, 1) if not _became(pipeline, write).conflicts]
    assert 1 == len(applied)
    assert {"a": (float(applied[0]), float(applied[0]))} == pipeline.contents(["a"])


def test_a_conditional_update_of_another_version_is_a_conflict(pipeline: Pipeline) -> None:
    """An update judges its record as an upsert does; one that does not exist is at no version."""
    pipeline.upsert_record("a", (1, 1), {"x": 1})
    pipeline.deliver_all()
    version = _version(pipeline, "a")

    applied = pipeline.update("a", {"x": 2}, if_version=version)
    refused = pipeline.update("a", {"x": 3}, if_version=version)
    absent = pipeline.update("b", {"x": 3}, if_version=version)
    pipeline.deliver_all()

    assert [[], ["a"], ["b"]] == [_became(pipeline, write).conflicts for write in (applied, refused, absent)]
    assert {"x": 2} == pipeline.records("a")["a"].attributes


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
def test_a_failure_at_any_port_call_does_not_change_a_judgement(tmp_path: Path, *, after_effect: bool) -> None:
    """A write that was applied is not judged again by its own effect when its delivery is repeated."""
    for at_call in count(1):
        pipeline = make_pipeline(tmp_path / f"{at_call}")
        pipeline.upsert_record("a", (1, 1))
        pipeline.deliver_all()
        version = _version(pipeline, "a")
        applied = pipeline.upsert_record("a", (2, 2), if_version=version)
        refused = pipeline.upsert_record("a", (3, 3), if_version=version)
        fault = Fault(at_call, after_effect)

        for message in pipeline.taken("mutations"):
            consumer = pipeline.index_update(failing(pipeline.adapters, fault))
            try:
                pipeline.deliver([message], consumer)
            except DependencyUnavailable:
                pipeline.deliver([message])

        assert [[], ["a"]] == [_became(pipeline, write).conflicts for write in (applied, refused)], at_call
        assert {"a": (2.0, 2.0)} == pipeline.contents(["a"])
        if not fault.fired:
            assert at_call > 8  # the loop has gone through every call of both deliveries
            return
