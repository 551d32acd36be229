"""What was erased is nowhere any more when its receipt says so, and nothing else is gone."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from functions.index_update.erasing.clear import DeletePending
from functions.index_update.home_check import HomeCheck
from functions.index_update.lease import LEASE_S, LeaseHeld, ShardLeases
from functions.index_update.sweeping.retention import Retention
from functions.ingest.erasures import receipt
from shared.domain.collection import AttributeType
from shared.domain.paths import journals_prefix, payloads_prefix, shard_prefix
from shared.erasures.erasure import Erasure, Stage
from shared.erasures.store import Erasures
from shared.errors import DependencyUnavailable
from shared.events.mutations import MutationsAcceptedV1
from shared.outcomes import Outcome
from shared.topology import load_topology
from tests.builders.faults import Fault, failing
from tests.builders.pipeline import Pipeline, read
from tests.fakes.clock import FrozenClock
from tests.integration.pipeline.conftest import make_pipeline

_RETENTION = Retention()
_GONE_AFTER = _RETENTION.grace + _RETENTION.settled + timedelta(minutes=1)
_FORGOTTEN_AFTER = MutationsAcceptedV1.max_age + _RETENTION.grace + timedelta(minutes=1)
_SECRET = (0.123456, 654.321)


def _advance(pipeline: Pipeline, by: timedelta) -> None:
    clock = pipeline.adapters.clock
    assert isinstance(clock, FrozenClock)
    clock.advance(by)


def _stages(pipeline: Pipeline, erasure: Erasure) -> set[Stage]:
    shards = Erasures(pipeline.adapters.state, pipeline.adapters.clock).shards(erasure)
    return {at.stage for at in shards.values()}


def _stored(pipeline: Pipeline) -> Iterator[tuple[str, bytes]]:
    """All that is kept: objects, and what instances have in their caches."""
    objects = pipeline.adapters.objects
    for info in objects.list(""):
        yield info.name, objects.read(info.name)
    for path in pipeline.directory.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()


def _holding(pipeline: Pipeline, *wanted: bytes) -> list[str]:
    return [name for name, content in _stored(pipeline) if any(each in content for each in wanted)]


def _vector_bytes(vector: Sequence[float] = _SECRET) -> bytes:
    return np.array(vector, "<f4").tobytes()


def _until_erased(pipeline: Pipeline) -> None:
    pipeline.deliver_all()
    _advance(pipeline, _GONE_AFTER)
    pipeline.sweep()
    pipeline.deliver_all()


def _until_proven(pipeline: Pipeline) -> None:
    _until_erased(pipeline)
    _advance(pipeline, _FORGOTTEN_AFTER)
    for _ in range(2):
        pipeline.sweep()
        pipeline.deliver_all()
        _advance(pipeline, _GONE_AFTER)
    pipeline.sweep()


def _written(tmp_path: Path, *, shards: int = 1, base_from_rows: int = 40) -> Pipeline:
    """A base, deltas above it, and `secret` in both, last with attributes."""
    declared = {"name": AttributeType.STRING}
    pipeline = make_pipeline(tmp_path, base_from_rows=base_from_rows, attributes=declared, shards=shards)
    pipeline.upsert({"secret": (7.25, 3.0625), **{f"r{row}": (row, 1) for row in range(60)}})
    pipeline.deliver_all()
    pipeline.upsert_record("secret", _SECRET, {"name": "Ms Hidden"})
    pipeline.upsert({f"s{row}": (row, 2) for row in range(5)})
    pipeline.deliver_all()
    return pipeline


_TRACES = (_vector_bytes(), _vector_bytes((7.25, 3.0625)), b"Ms Hidden")


@pytest.mark.parametrize("by", ["ids", "filter"])
@pytest.mark.parametrize("shards", [1, 3])
def test_an_erased_record_is_nowhere_any_more(tmp_path: Path, *, by: str, shards: int) -> None:
    """Erased: no vector and no attribute of it in any object or cache. Proven: no id either. All else is there."""
    pipeline = _written(tmp_path, shards=shards)
    assert _holding(pipeline, *_TRACES)

    erasure = pipeline.erase("secret") if by == "ids" else pipeline.erase(matching={"eq": {"name": "Ms Hidden"}})
    pipeline.deliver_all()
    cleared = _stages(pipeline, erasure)
    _until_erased(pipeline)
    erased, left = _stages(pipeline, erasure), _holding(pipeline, *_TRACES)
    _until_proven(pipeline)

    assert {Stage.AGEING} == cleared
    assert {Stage.ERASED} == erased
    assert [] == left
    assert {Stage.PROVEN} == _stages(pipeline, erasure)
    assert [] == _holding(pipeline, *_TRACES, b"secret")
    assert 65 == pipeline.live_records()


def test_a_receipt_does_not_say_proven_before_a_look(tmp_path: Path) -> None:
    """It follows the shards, and the one that is farthest behind tells the state of all."""
    pipeline = _written(tmp_path, shards=3)
    erasure = pipeline.erase("secret", "r1", "r2", "r3")
    erasures = Erasures(pipeline.adapters.state, pipeline.adapters.clock)

    before = receipt(erasure, erasures.shards(erasure), {})
    _until_erased(pipeline)
    erased = receipt(erasure, erasures.shards(erasure), {})
    _until_proven(pipeline)
    after = receipt(erasure, erasures.shards(erasure), {})

    assert ("rewriting", False, None) == (before["state"], before["proven"], before["erased_at"])
    assert ("erased", False) == (erased["state"], erased["proven"])
    assert erased["erased_at"]
    assert ("proven", True) == (after["state"], after["proven"])
    assert "secret" not in str(after)
    assert [] == list(erasures.open())


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
def test_a_failure_at_any_port_call_only_delays_an_erasure(tmp_path: Path, *, after_effect: bool) -> None:
    """Fail the 1st, 2nd, ... call of the stores in the event, then in the sweeps: it is proven all the same.

    Every other call fails before its effect, and those between after it.
    """
    for phase in ("event", "erased", "proven"):
        for at_call in count(1 + after_effect, 2):
            pipeline = _written(tmp_path / f"{phase}-{at_call}", base_from_rows=20_000)
            erasure = pipeline.erase("secret")
            fault = Fault(at_call, after_effect)

            _go_through(pipeline, phase, fault)
            _advance(pipeline, timedelta(seconds=LEASE_S + 1))
            for _ in range(2):
                _until_proven(pipeline)

            assert {Stage.PROVEN} == _stages(pipeline, erasure), (phase, at_call)
            assert [] == _holding(pipeline, *_TRACES, b"secret"), (phase, at_call)
            assert 65 == pipeline.live_records()
            if not fault.fired:
                break


def _go_through(pipeline: Pipeline, phase: str, fault: Fault) -> None:
    """Come to a phase, and take its step at an instance whose stores fail."""
    if phase == "event":
        pipeline.deliver(pipeline.taken("mutations"))
        with suppress(DependencyUnavailable):
            pipeline.deliver(pipeline.taken("compactions"), pipeline.index_update(failing(pipeline.adapters, fault)))
        return
    pipeline.deliver_all()
    if phase == "proven":
        _until_erased(pipeline)
        _advance(pipeline, _FORGOTTEN_AFTER)
    else:
        _advance(pipeline, _GONE_AFTER)
    with suppress(DependencyUnavailable):
        pipeline.sweep(failing(pipeline.adapters, fault))


def test_a_duplicate_of_its_event_changes_nothing(tmp_path: Path) -> None:
    """Delivered again, and again when all is proven."""
    pipeline = _written(tmp_path)
    pipeline.erase("secret")
    pipeline.deliver(pipeline.taken("mutations"))
    events = pipeline.taken("compactions")

    first = pipeline.deliver(events)
    again = pipeline.deliver(events)
    _until_proven(pipeline)
    late = pipeline.deliver(events)

    assert Outcome.DONE in first
    assert Outcome.DONE not in again
    assert Outcome.DONE not in late


def test_its_event_waits_for_the_delete(tmp_path: Path) -> None:
    """An event that overtakes the delete is delivered again; a sweep finds the erasure, too."""
    pipeline = _written(tmp_path)
    erasure = pipeline.erase("secret")
    [event] = pipeline.taken("compactions")

    with pytest.raises(DeletePending):
        pipeline.deliver([event])
    pipeline.deliver(pipeline.taken("mutations"))
    pipeline.sweep()

    assert {Stage.AGEING} == _stages(pipeline, erasure)


def test_an_erasure_whose_delete_was_lost_fails(tmp_path: Path) -> None:
    """After the last moment at which it could be committed, the receipt says so and nothing waits for ever."""
    pipeline = _written(tmp_path)
    erasure = pipeline.erase("secret")
    pipeline.taken("mutations")

    _advance(pipeline, _FORGOTTEN_AFTER)
    pipeline.sweep()

    assert {Stage.FAILED} == _stages(pipeline, erasure)
    assert [] == list(Erasures(pipeline.adapters.state, pipeline.adapters.clock).open())


def test_a_write_that_comes_late_leaves_no_trace(tmp_path: Path) -> None:
    """An upsert and an update accepted before the erasure and delivered after it are committed without content."""
    pipeline = _written(tmp_path)
    pipeline.upsert_record("secret", (0.7654321, 0.1928374), {"name": "Ms Hidden"})
    pipeline.update("secret", {"name": "Ms Hidden"})
    late = pipeline.taken("mutations")
    pipeline.erase("secret")
    pipeline.deliver_all()

    pipeline.deliver(late)
    _until_erased(pipeline)

    assert [] == _holding(pipeline, *_TRACES, _vector_bytes((0.7654321, 0.1928374)))
    assert {} == pipeline.contents(["secret"])


def test_a_record_that_is_written_anew_stays(tmp_path: Path) -> None:
    """What was accepted after the erasure is another record; what was before it is gone."""
    pipeline = _written(tmp_path)
    erasure = pipeline.erase("secret")
    pipeline.upsert_record("secret", (1, 1))

    _until_proven(pipeline)

    assert {Stage.PROVEN} == _stages(pipeline, erasure)
    assert {"secret": (1.0, 1.0)} == pipeline.contents(["secret"])
    assert [] == _holding(pipeline, *_TRACES)


def test_it_waits_for_a_merge_that_is_under_way(tmp_path: Path) -> None:
    """A merge planned before the delete would bring the record back: whoever holds the lease ends, or is fenced off."""
    pipeline = _written(tmp_path)
    leases = ShardLeases(pipeline.adapters.state, pipeline.adapters.clock, HomeCheck.of(load_topology()))
    lease = leases.acquire(pipeline.collection, 0)
    assert lease is not None
    erasure = pipeline.erase("secret")
    pipeline.deliver(pipeline.taken("mutations"))
    events = pipeline.taken("compactions")

    with pytest.raises(LeaseHeld):
        pipeline.deliver(events)
    pipeline.sweep()
    waiting = _stages(pipeline, erasure)
    leases.release(pipeline.collection, 0, lease)
    pipeline.sweep()

    assert {Stage.REWRITING} == waiting
    assert {Stage.AGEING} == _stages(pipeline, erasure)


def test_a_reader_of_an_old_version_keeps_its_files_until_it_must_have_ended(tmp_path: Path) -> None:
    """They go after `Retention.settled`, as those of any version; kept as history they are no longer."""
    pipeline = _written(tmp_path)
    old = pipeline.reads().open(read()).snapshots[0].manifest
    pipeline.erase("secret")
    pipeline.deliver_all()

    _advance(pipeline, _RETENTION.readers - timedelta(minutes=1))
    pipeline.sweep()
    kept = _holding_names(pipeline, old.segments[0].id)
    _advance(pipeline, _GONE_AFTER)
    pipeline.sweep()

    assert kept
    assert not _holding_names(pipeline, old.segments[0].id)


def _holding_names(pipeline: Pipeline, part: str) -> list[str]:
    return [info.name for info in pipeline.adapters.objects.list("") if part in info.name]


def test_payloads_and_journals_are_scrubbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large payloads go when they are committed; of a journal, the records that were erased, and no others."""
    monkeypatch.setattr("shared.writes.accept.MAX_INLINE_PAYLOAD_BYTES", 10)
    pipeline = _written(tmp_path)
    prefix = shard_prefix("c", pipeline.collection.uid, 0)
    pipeline.update("secret", {"name": "Ms Hidden"})
    pipeline.update("r1", {"name": "stays"})
    pipeline.deliver_all()
    assert _names(pipeline, payloads_prefix(prefix))
    assert _holding(pipeline, b"secret")

    pipeline.erase("secret")
    _until_erased(pipeline)

    objects = pipeline.adapters.objects
    journals = [objects.read(name) for name in _names(pipeline, journals_prefix(prefix))]
    assert [] == _names(pipeline, payloads_prefix(prefix))
    assert [] == _holding(pipeline, *_TRACES)
    assert any(b"r1" in journal for journal in journals)
    assert not any(b"secret" in journal for journal in journals)


def _names(pipeline: Pipeline, prefix: str) -> list[str]:
    return [info.name for info in pipeline.adapters.objects.list(prefix)]
