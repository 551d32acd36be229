"""Deliveries of one shard on their way into one commit."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from functions.index_update.record_writes import EventWrites, event_writes
from shared.errors import MalformedEvent
from shared.events.mutations import Mutations, MutationsAcceptedV1
from shared.index.manifest import IndexSpec
from shared.outcomes import Outcome


@dataclass(frozen=True)
class Delivery:
    """An event with its payload at hand."""

    event: MutationsAcceptedV1
    mutations: Mutations


@dataclass(frozen=True)
class FreshEvent:
    """An event that is not committed yet, and what it writes."""

    event: MutationsAcceptedV1
    writes: EventWrites


def in_parts(group: Sequence[Delivery]) -> Iterator[Sequence[Delivery]]:
    """The group in parts to be committed one after another: a filter must see all that came before it committed."""
    part: list[Delivery] = []
    for delivery in group:
        if delivery.mutations.delete_filter is None:
            part.append(delivery)
            continue
        if part:
            yield part
        yield [delivery]
        part = []
    if part:
        yield part


def sort_out(
    group: Sequence[Delivery], committed: Collection[str], spec: IndexSpec
) -> tuple[list[Outcome | Exception], list[FreshEvent]]:
    """What each delivery comes to, and those that are new; `committed` names the events that are not."""
    results: list[Outcome | Exception] = []
    fresh: dict[str, FreshEvent] = {}
    for delivery in group:
        event = delivery.event
        if event.event_id in committed or event.event_id in fresh:
            results.append(Outcome.DUPLICATE)
            continue
        try:
            writes = event_writes(event.event_id, event.revision, delivery.mutations, spec)
        except MalformedEvent as error:
            results.append(error)
        else:
            fresh[event.event_id] = FreshEvent(event, writes)
            results.append(Outcome.DONE)
    return results, list(fresh.values())
