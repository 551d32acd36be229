"""What of a shard's objects is garbage: decided from listings and times alone."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, pairwise
from typing import Self

from functions.index_update.sweeping.retention import Retention
from shared.manifests import Head
from shared.ports.objects import ObjectInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Version:
    """The manifests of one version: the committed one, and those of commits that lost their race for it."""

    number: int
    manifests: Sequence[ObjectInfo]

    @property
    def first_stored(self) -> datetime:
        """Not later than its commit."""
        return min(info.created_at for info in self.manifests)

    @property
    def last_stored(self) -> datetime:
        """Later than its commit, or less than one life of a function before it."""
        return max(info.created_at for info in self.manifests)


@dataclass(frozen=True)
class KeptVersions:
    """Which manifests stay, and which of them to ask for the segments that stay; `garbage` goes."""

    garbage: Sequence[ObjectInfo]
    marking: Sequence[ObjectInfo]
    """The head's; the oldest that may still be read, as what later ones brought in is younger than `settled`;
    those kept as history."""
    only_head: bool
    """Whether there is none but the head's."""

    @classmethod
    def of(cls, manifests: Iterable[ObjectInfo], head: Head, now: datetime, retention: Retention) -> Self:
        """Decide on all manifests of a shard, listed by name."""
        versions = [Version(number, list(group)) for number, group in groupby(manifests, key=number_of)]
        read, history = _read_and_historic(versions, head, now, retention)
        listed = [info for version in versions for info in version.manifests]
        kept = {info.name for version in [*read, *history] for info in version.manifests} | {head.manifest}
        settled = now - retention.settled
        return cls(
            garbage=[info for info in listed if info.name not in kept and info.created_at < settled],
            marking=[
                *(info for version in [*read[:1], *history] for info in version.manifests),
                *(info for info in listed if info.name == head.manifest),
            ],
            only_head=all(info.name == head.manifest for info in listed),
        )


def is_garbage_segment(info: ObjectInfo, live: Collection[str], now: datetime, retention: Retention) -> bool:
    """Whether a segment's file goes: nothing that is kept names it, and nothing that is being made can."""
    return segment_of(info.name) not in live and info.created_at < now - retention.settled


def is_past_events(info: ObjectInfo, now: datetime, retention: Retention) -> bool:
    """Whether a payload or journal goes: no delivery that could need it is taken any more."""
    return info.created_at < now - retention.payloads


def segment_of(name: str) -> str:
    """The segment that a file belongs to: `…/segments/{id}/{file}`."""
    return name.rsplit("/", 2)[-2]


def number_of(info: ObjectInfo) -> int:
    """The version that a manifest's name begins with."""
    return int(info.name.rsplit("/", 1)[-1].split("-", 1)[0])


def _read_and_historic(
    versions: Sequence[Version], head: Head, now: datetime, retention: Retention
) -> tuple[list[Version], list[Version]]:
    """Versions before the head's that may still be read, and those kept as history."""
    successors = {version.number: later for version, later in pairwise(versions)}
    read, history = [], []
    for version in versions:
        if version.number >= head.version:
            break
        later = successors.get(version.number)
        # A head whose manifest is not listed yet was stored just now.
        superseded = later.last_stored if later is not None else now
        if superseded > now - retention.readers:
            read.append(version)
        elif version.number < head.history_from:
            continue
        elif superseded > now - retention.history and _spans_step(version.first_stored, superseded, retention):
            history.append(version)
    return read, history


def _spans_step(start: datetime, end: datetime, retention: Retention) -> bool:
    """Whether a whole history step, counted from 1970, lies in [start, end)."""
    steps = -((_EPOCH - start) // retention.history_step)
    return _EPOCH + steps * retention.history_step < end
