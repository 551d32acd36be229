"""A delete by filter removes what matches when it is committed, and nothing that was accepted later."""

from itertools import count
from pathlib import Path

import pytest

from shared.domain.collection import AttributeType
from shared.errors import DependencyUnavailable
from shared.outcomes import Outcome
from tests.builders.faults import Fault, failing
from tests.builders.pipeline import Pipeline
from tests.integration.pipeline.conftest import make_pipeline

_FIRST_BELOW_3 = {"range": {"first": {"lt": 3}}}


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    """A pipeline whose records can be filtered by `first`, the first number of their vector."""
    return _pipeline(tmp_path)


def _pipeline(directory: Path, **options: int) -> Pipeline:
    return make_pipeline(directory, attributes={"first": AttributeType.FLOAT}, **options)


def _fill(pipeline: Pipeline, count: int = 10) -> None:
    pipeline.upsert({f"r{number}": (number, 0) for number in range(count)})
    pipeline.deliver_all()


def test_what_matches_is_deleted_and_counted(pipeline: Pipeline) -> None:
    """The answer says how many; the others stay."""
    _fill(pipeline)

    write = pipeline.delete_matching(_FIRST_BELOW_3)
    pipeline.deliver_all()

    committed = pipeline.writes.committed(write)
    assert committed is not None
    assert 3 == committed.deleted
    assert {"r3": (3.0, 0.0)} == pipeline.contents(["r0", "r1", "r2", "r3"])
    assert 7 == pipeline.live_records()


def test_a_filter_reaches_every_shard_and_segment_kind(tmp_path: Path) -> None:
    """Base segments and deltas of all shards are looked through."""
    pipeline = _pipeline(tmp_path, shards=3, base_from_rows=30)
    for start in range(0, 200, 40):
        pipeline.upsert({f"r{number}": (number, 0) for number in range(start, start + 40)})
    pipeline.deliver_all()

    write = pipeline.delete_matching({"range": {"first": {"gte": 50, "lt": 150}}})
    pipeline.deliver_all()

    committed = pipeline.writes.committed(write)
    assert committed is not None
    assert 100 == committed.deleted
    assert {0, 1, 2} == set(committed.version.by_shard)
    assert 100 == pipeline.live_records()


def test_a_record_that_was_changed_meanwhile_is_judged_as_it_is(pipeline: Pipeline) -> None:
    """The filter is evaluated on what is committed when the delete is, not on what was when it was sent."""
    _fill(pipeline)
    pipeline.upsert({"r1": (100, 0), "r9": (1, 0)})

    pipeline.delete_matching(_FIRST_BELOW_3)
    pipeline.deliver_all()

    assert {"r1": (100.0, 0.0)} == pipeline.contents(["r0", "r1", "r2", "r9"])


def test_a_write_accepted_after_the_delete_survives_it(pipeline: Pipeline) -> None:
    """Also when it is committed before: the delete is older than the record."""
    _fill(pipeline)
    pipeline.delete_matching(_FIRST_BELOW_3)
    pipeline.upsert({"r1": (1, 1)})
    delete, upsert = pipeline.taken("mutations")

    pipeline.deliver([upsert, delete])

    assert {"r1": (1.0, 1.0)} == pipeline.contents(["r0", "r1", "r2"])


def test_a_duplicate_delivery_does_not_delete_again(pipeline: Pipeline) -> None:
    """A record that came after the delete stays, however often the delete is delivered."""
    _fill(pipeline)
    pipeline.delete_matching(_FIRST_BELOW_3)
    messages = pipeline.taken("mutations")
    pipeline.deliver(messages)
    pipeline.upsert({"r1": (1, 1)})
    pipeline.deliver_all()

    outcomes = pipeline.deliver(messages)

    assert [Outcome.DUPLICATE] == outcomes
    assert {"r1": (1.0, 1.0)} == pipeline.contents(["r0", "r1", "r2"])


def test_a_filter_sees_what_was_delivered_together_with_it(pipeline: Pipeline) -> None:
    """In one group of deliveries the writes before the filter are committed before it is evaluated."""
    _fill(pipeline, 2)
    pipeline.upsert({"r7": (2, 2)})
    pipeline.delete_matching(_FIRST_BELOW_3)
    pipeline.upsert({"r8": (8, 8)})
    messages = pipeline.taken("mutations")

    pipeline.deliver(messages)

    assert {"r8": (8.0, 8.0)} == pipeline.contents(["r0", "r1", "r7", "r8"])


def test_a_filter_that_matches_nothing_makes_no_new_version(pipeline: Pipeline) -> None:
    """It is committed at the version that it was evaluated on."""
    _fill(pipeline)

    write = pipeline.delete_matching({"range": {"first": {"lt": -1}}})
    pipeline.deliver_all()

    committed = pipeline.writes.committed(write)
    assert committed is not None
    assert (0, "0:1") == (committed.deleted, str(committed.version))


def test_a_filter_that_does_not_fit_the_collection_is_parked(pipeline: Pipeline) -> None:
    """Ingest refuses it; an event that carries it all the same goes to the dead letters."""
    pipeline.delete_matching({"exists": "nothing_declared"})

    outcomes = pipeline.deliver(pipeline.taken("mutations"))

    assert [Outcome.PARKED] == outcomes


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
def test_a_failure_at_any_port_call_neither_loses_nor_repeats_a_delete(tmp_path: Path, *, after_effect: bool) -> None:
    """Kill the handler at its 1st, 2nd, ... call of the stores; redelivery deletes exactly what matched."""
    for at_call in count(1):
        pipeline = _pipeline(tmp_path / f"{at_call}")
        _fill(pipeline)
        write = pipeline.delete_matching(_FIRST_BELOW_3)
        fault = Fault(at_call, after_effect)
        (message,) = pipeline.taken("mutations")

        try:
            pipeline.deliver([message], pipeline.index_update(failing(pipeline.adapters, fault)))
        except DependencyUnavailable:
            pipeline.deliver([message])

        committed = pipeline.writes.committed(write)
        assert committed is not None
        assert 3 == committed.deleted, at_call
        assert 7 == pipeline.live_records()
        if not fault.fired:
            assert at_call > 6  # the loop has gone through every call of the delivery
            return
