"""What a group of events does to a shard, before any of it is stored."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from functions.index_update.layers import Layer, LayerOf
from functions.index_update.placement import Placement, Verdict
from functions.index_update.record_writes import EventWrites
from functions.index_update.words import Word, latest_words


@dataclass(frozen=True)
class Report:
    """What an event's marker says of its records, named by their place in the event."""

    conflicts: Sequence[int] = ()
    missing: Sequence[int] = ()
    deleted: int = 0


@dataclass(frozen=True)
class Effect:
    """Words to store, by record id; layers of those that updates left; reports by event id."""

    words: Mapping[str, Word]
    layers: Mapping[tuple[str, int], Layer] = field(default_factory=dict)
    reports: Mapping[str, Report] = field(default_factory=dict)

    @property
    def guarded_to(self) -> int:
        """The highest revision of a word that is not a whole write, 0 without one."""
        return max((revision for _, revision in self.layers), default=0)


def plain_effect(events: Sequence[EventWrites]) -> Effect:
    """The effect of whole, unconditional writes that are newer than every update: nothing need be looked up."""
    return Effect(latest_words(events))


def placed_effect(events: Sequence[EventWrites], words: Mapping[str, Word], layer_of: LayerOf) -> Effect:
    """The effect of writes that depend on what is committed, the oldest placed first."""
    placement = Placement(words, layer_of)
    reports = {}
    for event in sorted(events, key=lambda event: event.revision):
        places: dict[Verdict, list[int]] = defaultdict(list)
        for write in event.records:
            places[placement.place(write)].append(write.place)
        reports[event.event_id] = Report(places[Verdict.CONFLICT], places[Verdict.MISSING])
    return Effect(placement.changed, placement.layers, reports)


def filter_effect(event: EventWrites, matching: Sequence[str]) -> Effect:
    """The effect of deleting what matches: tombstones at the event's revision, so later writes are left alone."""
    words = {record_id: Word(event.revision, live=False) for record_id in matching}
    return Effect(words, reports={event.event_id: Report(deleted=len(matching))})
