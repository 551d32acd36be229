"""Erasures in the state store."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from shared.domain.paths import OPEN_ERASURES, erasure_document, open_erasure, region_erasure, shard_erasure
from shared.erasures.erasure import Erasure, RegionErasure, ShardErasure
from shared.errors import RevisionConflict
from shared.ports.clock import Clock
from shared.ports.state import ABSENT, Delete, PreconditionFailed, Put, StateStore

KEPT: Final = timedelta(days=400)
"""A receipt outlives a year's audit."""

_PAGE: Final = 300
_ATTEMPTS: Final = 5


@dataclass(frozen=True)
class Erasures:
    """Reads and writes erasures; each change is a compare-and-set."""

    state: StateStore
    clock: Clock

    def begin(self, erasure: Erasure) -> Erasure:
        """Keep an erasure; one of this id that was begun before is the one that goes on."""
        expires_at = self.clock.now() + KEPT
        try:
            self.state.commit(
                [
                    Put(erasure_document(erasure.id), erasure.to_data(), if_version=ABSENT, expires_at=expires_at),
                    Put(open_erasure(erasure.id), {}),
                ]
            )
        except PreconditionFailed:
            return self.find(erasure.id) or erasure  # begun by the same request before, or this very success
        return erasure

    def find(self, erasure_id: str) -> Erasure | None:
        """The erasure of this id."""
        document = self.state.get(erasure_document(erasure_id))
        return None if document is None else Erasure.from_data(document.data)

    def open(self) -> Iterator[Erasure]:
        """Those that have not ended."""
        after = ""
        while page := self.state.list(OPEN_ERASURES, after=after, limit=_PAGE):
            after = page[-1].id
            found = self.state.get_many([erasure_document(document.id) for document in page])
            yield from (Erasure.from_data(document.data) for document in found if document is not None)

    def close(self, erasure: Erasure) -> None:
        """Nothing more is to be done about it."""
        self.state.commit([Delete(open_erasure(erasure.id))])

    def shards(self, erasure: Erasure) -> Mapping[int, ShardErasure]:
        """How far each shard is."""
        shards = list(erasure.event_ids)
        found = self.state.get_many([shard_erasure(erasure.id, shard) for shard in shards])
        return {
            shard: ShardErasure() if document is None else ShardErasure.from_data(document.data)
            for shard, document in zip(shards, found, strict=True)
        }

    def move(self, erasure: Erasure, shard: int, change: Callable[[ShardErasure], ShardErasure | None]) -> ShardErasure:
        """Change how far a shard is; a change to None leaves it.

        Raises:
            RevisionConflict: others kept changing it.
        """
        path = shard_erasure(erasure.id, shard)
        for _ in range(_ATTEMPTS):
            document = self.state.get(path)
            current = ShardErasure() if document is None else ShardErasure.from_data(document.data)
            changed = change(current)
            if changed is None or changed == current:
                return current
            version = ABSENT if document is None else document.version
            put = Put(path, changed.to_data(), if_version=version, expires_at=self.clock.now() + KEPT)
            try:
                self.state.commit([put])
            except PreconditionFailed:
                continue  # what was lost, and whether it was lost at all, is seen when it is read again
            return changed
        raise RevisionConflict(f"erasure {erasure.id}/{shard}: lost {_ATTEMPTS} races")

    def reports(self, erasure: Erasure, shard: int, regions: list[str]) -> Mapping[str, RegionErasure | None]:
        """What regions say of their copies of a shard; None of one that has said nothing."""
        found = self.state.get_many([region_erasure(erasure.id, region, shard) for region in regions])
        return {
            region: None if document is None else RegionErasure.from_data(document.data)
            for region, document in zip(regions, found, strict=True)
        }

    def report(self, erasure: Erasure, region: str, shard: int, report: RegionErasure) -> None:
        """Keep what a region says."""
        path = region_erasure(erasure.id, region, shard)
        self.state.commit([Put(path, report.to_data(), expires_at=self.clock.now() + KEPT)])
