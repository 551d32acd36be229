"""Updates change parts of records as the writes accepted before them left these, whatever order they arrive in."""

from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import DependencyUnavailable
from shared.index.answers import Record
from shared.outcomes import Outcome
from tests.builders.faults import Fault, failing
from tests.builders.pipeline import Pipeline, read
from tests.integration.pipeline.conftest import make_pipeline

State = tuple[tuple[float, ...], dict[str, Any] | None]


def _state(record: Record) -> State:
    return tuple(record.vector.tolist()), dict(record.attributes) if record.attributes else None


def _states(pipeline: Pipeline, *ids: str) -> dict[str, State]:
    return {record_id: _state(record) for record_id, record in pipeline.records(*ids).items()}


def test_an_update_merges_attributes_and_keeps_the_rest(pipeline: Pipeline) -> None:
    """Named attributes change, null removes, the vector stays; a new vector leaves the attributes."""
    pipeline.upsert_record("a", (1, 2), {"kept": 1, "changed": 1, "removed": 1})
    pipeline.upsert_record("b", (3, 4), {"kept": 1})
    pipeline.update("a", {"changed": 2, "removed": None})
    pipeline.update("b", vector=(5, 6))
    pipeline.deliver_all()

    expected = {"a": ((1.0, 2.0), {"kept": 1, "changed": 2}), "b": ((5.0, 6.0), {"kept": 1})}
    assert expected == _states(pipeline, "a", "b")
    assert ["b"] == pipeline.nearest((5, 6), top_k=1)


def test_an_update_gives_the_record_a_new_version(pipeline: Pipeline) -> None:
    """Whoever read the record before can tell."""
    pipeline.upsert_record("a", (1, 2))
    pipeline.deliver_all()
    before = pipeline.records("a")["a"].revision

    pipeline.update("a", {"x": 1})
    pipeline.deliver_all()

    assert pipeline.records("a")["a"].revision > before


def test_an_unknown_record_is_reported_as_missing(pipeline: Pipeline) -> None:
    """The answer names the ids that were not there, and nothing is made of them."""
    pipeline.upsert_record("a", (1, 2))
    known, unknown = pipeline.update("a", {"x": 1}), pipeline.update("b", {"x": 1})
    pipeline.deliver_all()

    found = [pipeline.writes.committed(write) for write in (known, unknown)]

    assert [[], ["b"]] == [committed.missing if committed else None for committed in found]
    assert 1 == pipeline.live_records()


def test_an_update_that_arrives_before_its_upsert_takes_effect_with_it(pipeline: Pipeline) -> None:
    """No accepted write is lost: the journal keeps the update for the upsert that was accepted before it."""
    pipeline.upsert_record("a", (1, 2), {"x": 1, "y": 1})
    pipeline.update("a", {"x": 2})
    upsert, update = pipeline.taken("mutations")

    pipeline.deliver([update])
    before = _states(pipeline, "a")
    pipeline.deliver([upsert])

    assert {} == before
    assert {"a": ((1.0, 2.0), {"x": 2, "y": 1})} == _states(pipeline, "a")


def test_an_upsert_between_two_updates_that_arrives_last_keeps_the_second(pipeline: Pipeline) -> None:
    """The late upsert replaces what was before it, and not what came after."""
    pipeline.upsert_record("a", (1, 1), {"first": 1})
    pipeline.update("a", {"before": 1})
    pipeline.upsert_record("a", (2, 2), {"second": 1})
    pipeline.update("a", {"after": 1})
    first, before, late, after = pipeline.taken("mutations")

    pipeline.deliver([first, before, after, late])

    assert {"a": ((2.0, 2.0), {"second": 1, "after": 1})} == _states(pipeline, "a")


def test_an_update_outlives_compaction_on_its_way_to_a_late_upsert(tmp_path: Path) -> None:
    """What a merge keeps of a record still tells which updates it consists of."""
    pipeline = make_pipeline(tmp_path, base_from_rows=100)
    pipeline.upsert_record("a", (1, 1), {"x": 1})
    pipeline.upsert_record("a", (2, 2), {"x": 2, "y": 2})
    pipeline.update("a", {"x": 3})
    first, late, update = pipeline.taken("mutations")
    pipeline.deliver([first, update])
    for start in range(0, 200, 50):
        pipeline.upsert({f"r{number}": (number, 0) for number in range(start, start + 50)})
    pipeline.deliver_all()

    pipeline.deliver([late])

    assert {"a": ((2.0, 2.0), {"x": 3, "y": 2})} == _states(pipeline, "a")
    assert 201 == pipeline.live_records()


def test_updates_reach_their_shards(tmp_path: Path) -> None:
    """A record of any shard is updated; the version names every shard that was touched."""
    pipeline = make_pipeline(tmp_path, shards=4)
    ids = [f"r{number}" for number in range(8)]
    for record_id in ids:
        pipeline.upsert_record(record_id, (1, 1))
    pipeline.deliver_all()

    for record_id in ids:
        pipeline.update(record_id, {"seen": record_id})
    pipeline.deliver_all()

    assert {record_id: ((1.0, 1.0), {"seen": record_id}) for record_id in ids} == _states(pipeline, *ids)


def test_duplicates_of_an_update_change_nothing(pipeline: Pipeline) -> None:
    """An update of which a later one changed the same attribute does not come back when delivered again."""
    pipeline.upsert_record("a", (1, 1), {"x": 0})
    pipeline.update("a", {"x": 1})
    pipeline.update("a", {"x": 2})
    messages = pipeline.taken("mutations")

    outcomes = pipeline.deliver([*messages, *messages])

    assert [Outcome.DONE] * 3 + [Outcome.DUPLICATE] * 3 == outcomes
    assert {"a": ((1.0, 1.0), {"x": 2})} == _states(pipeline, "a")


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
def test_a_failure_at_any_port_call_neither_loses_nor_repeats_an_update(tmp_path: Path, *, after_effect: bool) -> None:
    """Kill the handler at its 1st, 2nd, ... call, with an upsert that comes late; redelivery ends in one result."""
    for at_call in count(1):
        pipeline = make_pipeline(tmp_path / f"{at_call}")
        pipeline.upsert_record("a", (1, 1), {"x": 1})
        pipeline.upsert_record("a", (2, 2), {"x": 2, "y": 2})
        pipeline.update("a", {"x": 3})
        pipeline.update("b", {"x": 4})
        first, late, *updates = pipeline.taken("mutations")
        fault = Fault(at_call, after_effect)

        for message in [first, *updates, late]:
            consumer = pipeline.index_update(failing(pipeline.adapters, fault))
            try:
                pipeline.deliver([message], consumer)
            except DependencyUnavailable:
                pipeline.deliver([message])

        assert {"a": ((2.0, 2.0), {"x": 3, "y": 2})} == _states(pipeline, "a", "b"), at_call
        assert 4 == pipeline.reads().open(read()).snapshots[0].version
        if not fault.fired:
            assert at_call > 20  # the loop has gone through every call of all deliveries
            return


_VALUES = st.one_of(st.none(), st.integers(0, 9))
_WRITES = st.tuples(
    st.sampled_from("ab"),
    st.sampled_from(["upsert", "delete", "update", "update"]),
    st.integers(0, 9),
    st.dictionaries(st.sampled_from("xyz"), _VALUES, min_size=1, max_size=2),
)


def _accept(pipeline: Pipeline, kind: str, record_id: str, value: int, attributes: dict[str, Any]) -> None:
    match kind:
        case "upsert":
            pipeline.upsert_record(record_id, (value, value), {"x": value})
        case "delete":
            pipeline.delete(record_id)
        case _:
            pipeline.update(record_id, attributes)


def _applied(states: dict[str, State], kind: str, record_id: str, value: int, attributes: dict[str, Any]) -> None:
    match kind:
        case "upsert":
            states[record_id] = ((float(value), float(value)), {"x": value})
        case "delete":
            states.pop(record_id, None)
        case _ if record_id in states:
            vector, old = states[record_id]
            merged = {**(old or {}), **attributes}
            states[record_id] = (vector, {name: v for name, v in merged.items() if v is not None} or None)


@given(
    writes=st.lists(_WRITES, min_size=1, max_size=10),
    randomness=st.randoms(use_true_random=False),
)
@settings(max_examples=40, deadline=None)
def test_order_and_repetition_of_deliveries_do_not_matter(
    writes: list[tuple[str, str, int, dict[str, Any]]], randomness: Random
) -> None:
    """Upserts, updates and deletes, delivered in any order, one to three times, end as they were accepted."""
    with TemporaryDirectory() as directory:
        pipeline = make_pipeline(Path(directory))
        expected: dict[str, State] = {}
        for record_id, kind, value, attributes in writes:
            _accept(pipeline, kind, record_id, value, attributes)
            _applied(expected, kind, record_id, value, attributes)
        messages = pipeline.taken("mutations")
        deliveries = [message for message in messages for _ in range(randomness.randint(1, 3))]
        randomness.shuffle(deliveries)

        pipeline.deliver(deliveries)
        pipeline.deliver_all()

        assert expected == _states(pipeline, "a", "b")
        assert len(expected) == pipeline.live_records()
