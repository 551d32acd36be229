"""Writes to a shard of which something is damaged: none is lost, none is half done, and what is whole goes on."""

from pathlib import Path
from typing import Any

import pytest

from functions.index_update.commits import HeadDamaged
from functions.index_update.deliveries import Delivery
from functions.index_update.shard_key import ShardKey
from shared.domain.collection import AttributeType
from shared.domain.paths import head_document
from shared.errors import CorruptObject
from shared.events.codec import from_message
from shared.events.mutations import MutationsAcceptedV1
from shared.outcomes import Outcome
from shared.ports.objects import ObjectStore
from shared.ports.publisher import Message
from shared.topology import load_topology
from tests.builders.pipeline import Pipeline
from tests.fakes.objects import InMemoryObjects
from tests.integration.pipeline.conftest import make_pipeline

HOME, OTHER = load_topology().home_region, "europe-west1"


def _filled(pipeline: Pipeline) -> None:
    for number in range(3):
        pipeline.upsert({f"r{number}": (number, number)})
        pipeline.deliver(pipeline.taken("mutations"))


def _newest(pipeline: Pipeline, folder: str) -> str:
    names = [info.name for info in pipeline.adapters.objects.list("collections/c/") if f"/{folder}/" in info.name]
    return max(names)


def _cut(objects: ObjectStore, name: str) -> bytes:
    content = objects.read(name)
    objects.put(name, content[:-9])
    return content


def _every_kind_of_write(pipeline: Pipeline) -> list[Message]:
    pipeline.upsert({"new": (7, 7)})
    pipeline.update("r1", vector=(8, 8))
    pipeline.delete("r0")
    pipeline.delete_matching({"eq": {"first": 2.0}})
    return pipeline.taken("mutations")


def _head_version(pipeline: Pipeline) -> int:
    document = pipeline.adapters.state.get(head_document("c", 0))
    assert document is not None
    return int(document.data["version"])


def test_writes_wait_for_a_damaged_manifest_and_commit_when_it_is_whole_again(tmp_path: Path) -> None:
    """They are delivered again, not parked; meanwhile nothing of them shows."""
    pipeline = make_pipeline(tmp_path, attributes={"first": AttributeType.FLOAT})
    _filled(pipeline)
    name = _newest(pipeline, "manifests")
    content = _cut(pipeline.adapters.objects, name)
    messages = _every_kind_of_write(pipeline)

    for message in messages:
        with pytest.raises(HeadDamaged, match="c/0 is at version 3"):
            pipeline.deliver([message])
    assert ([], 3) == (pipeline.taken("index_update.mutations.dead"), _head_version(pipeline))
    pipeline.adapters.objects.put(name, content)

    assert [Outcome.DONE] * 4 == pipeline.deliver(messages)
    assert {"new": (7.0, 7.0), "r1": (8.0, 8.0)} == pipeline.contents(["new", "r0", "r1", "r2"])


def test_a_manifest_that_another_region_has_whole_lets_writes_go_on(tmp_path: Path) -> None:
    """The next version is whole at home as well, so that all reads are answered again."""
    pipeline = make_pipeline(tmp_path, attributes={"first": AttributeType.FLOAT})
    _filled(pipeline)
    objects, copies = pipeline.adapters.objects, InMemoryObjects(clock=pipeline.adapters.clock)
    name = _newest(pipeline, "manifests")
    copies.put(name, _cut(objects, name))
    consumer = pipeline.index_update(buckets={HOME: objects, OTHER: copies})

    outcomes = pipeline.deliver(_every_kind_of_write(pipeline), consumer)

    assert [Outcome.DONE] * 4 == outcomes
    assert {"new": (7.0, 7.0), "r1": (8.0, 8.0)} == pipeline.contents(["new", "r0", "r1", "r2"])


def test_a_copy_that_is_damaged_too_is_no_help(pipeline: Pipeline) -> None:
    """Nor is one that is not there."""
    _filled(pipeline)
    objects, copies = pipeline.adapters.objects, InMemoryObjects(clock=pipeline.adapters.clock)
    name = _newest(pipeline, "manifests")
    _cut(objects, name)
    copies.put(name, objects.read(name))
    pipeline.upsert({"new": (7, 7)})
    messages = pipeline.taken("mutations")

    for elsewhere in (copies, InMemoryObjects(clock=pipeline.adapters.clock)):
        with pytest.raises(HeadDamaged):
            pipeline.deliver(messages, pipeline.index_update(buckets={HOME: objects, OTHER: elsewhere}))


def test_a_write_that_needs_a_damaged_segment_fails_alone(pipeline: Pipeline) -> None:
    """It is parked; those that were delivered with it and need no segment are committed."""
    _filled(pipeline)
    _cut(pipeline.adapters.objects, _newest(pipeline, "segments"))
    pipeline.upsert({"before": (7, 7)})
    pipeline.update("r1", vector=(8, 8))
    pipeline.upsert({"after": (9, 9)})
    events: list[Any] = [from_message(message.data, message.attributes) for message in pipeline.taken("mutations")]
    commits: Any = pipeline.index_update()._handlers[MutationsAcceptedV1]

    before, update, after = commits._commit_group(
        ShardKey("c", pipeline.collection.uid, 0), [Delivery(event, event.inline) for event in events]
    )

    assert (Outcome.DONE, Outcome.DONE) == (before, after)
    assert isinstance(update, CorruptObject)
    assert 5 == _head_version(pipeline)
