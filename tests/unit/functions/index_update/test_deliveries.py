"""Deliveries are put together so that one commit can judge them."""

from datetime import UTC, datetime

from functions.index_update.deliveries import Delivery, in_parts, sort_out
from shared.domain.collection import AttributeType, Metric
from shared.errors import MalformedEvent
from shared.events.mutations import Mutations, MutationsAcceptedV1
from shared.index.manifest import IndexSpec
from shared.outcomes import Outcome

_SPEC = IndexSpec(2, Metric.COSINE, {"rank": AttributeType.INTEGER})
_VECTOR = "AACAPwAAgD8="


def _delivery(event_id: str, mutations: Mutations) -> Delivery:
    event = MutationsAcceptedV1(
        event_id=event_id,
        occurred_at=datetime(2026, 6, 1, tzinfo=UTC),
        collection="c",
        uid="u",
        shard=0,
        revision=1,
        payload_sha256="",
        inline=mutations,
    )
    return Delivery(event, mutations)


def _upsert(event_id: str) -> Delivery:
    return _delivery(event_id, Mutations(upsert_ids=[event_id], vectors=_VECTOR))


def _filter(event_id: str) -> Delivery:
    return _delivery(event_id, Mutations(delete_filter={"exists": "rank"}))


def test_a_filter_stands_alone_after_what_came_before_it() -> None:
    """It is evaluated on a version that holds the writes before it, and none of those after it."""
    group = [_upsert("1"), _upsert("2"), _filter("3"), _filter("4"), _upsert("5")]

    parts = [[delivery.event.event_id for delivery in part] for part in in_parts(group)]

    assert [["1", "2"], ["3"], ["4"], ["5"]] == parts


def test_a_group_has_each_event_once() -> None:
    """Of two deliveries of one event in one group the second is a duplicate; a committed one is too."""
    results, fresh = sort_out([_upsert("1"), _upsert("1"), _upsert("2")], {"2"}, _SPEC)

    assert [Outcome.DONE, Outcome.DUPLICATE, Outcome.DUPLICATE] == results
    assert ["1"] == [one.event.event_id for one in fresh]


def test_what_one_event_has_wrong_stays_with_it() -> None:
    """A vector without direction, an attribute of another type, or an unknown filter refuse their event only."""
    zero = _delivery("zero", Mutations(upsert_ids=["a"], vectors="AAAAAAAAAAA="))
    typed = _delivery("typed", Mutations(upsert_ids=["a"], vectors=_VECTOR, attributes=[{"rank": "first"}]))
    unknown = _delivery("unknown", Mutations(delete_filter={"exists": "colour"}))

    results, fresh = sort_out([zero, typed, unknown, _upsert("good")], (), _SPEC)

    assert [MalformedEvent] * 3 == [type(result) for result in results[:3]]
    assert ["good"] == [one.event.event_id for one in fresh]
