"""A drill: a region loses its copies and what it knew of them, and has to come back from the others."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.region_sync.wiring import copying
from shared.adapters.opening import Adapters
from shared.errors import Conflict, CorruptObject
from shared.index.manifest import Manifest
from shared.listing import listed
from shared.ports.objects import ObjectStore
from shared.ports.state import Delete
from shared.regions.paths import regional_heads
from shared.regions.placement import Placement
from swell.backup.checking import problems
from swell.backup.contents import StoredFile
from swell.backup.points import files_of


@dataclass(frozen=True)
class Drill:
    """What was lost and brought back. `versions_lost` is the recovery point: commits that did not come back."""

    region: str
    shards: int
    objects: int
    lost_bytes: int
    versions_lost: int
    rto_s: float


class LoseRegion:
    """Deletes a region's objects and heads, then brings them back as its region sync would, and checks every byte."""

    def __init__(
        self,
        adapters: Adapters,
        placement: Placement,
        open_objects: Callable[[str], ObjectStore],
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._adapters = adapters
        self._placement = placement
        self._open_objects = open_objects
        self._monotonic_s = monotonic_s

    def __call__(self) -> Drill:
        """Lose it and bring it back.

        Raises:
            Conflict: it is the home region, whose objects nobody else is sure to have: `swell restore` brings those.
            CorruptObject: what came back is not whole.
        """
        region = self._placement.region
        if region == self._placement.topology.home_region:
            raise Conflict(f"{region} is the home region: move the home first, or practise with `swell restore`")
        before = self._heads()
        objects = list(self._adapters.objects.list("collections/"))
        began_s = self._monotonic_s()
        self._adapters.state.commit([Delete(f"{regional_heads(region)}/{shard}") for shard in before])
        for info in objects:
            self._adapters.objects.delete(info.name)
        copying(self._adapters, self._placement, self._open_objects).catch_up()
        took_s = self._monotonic_s() - began_s
        after = self._heads()
        self._check(after)
        return Drill(
            region=region,
            shards=len(before),
            objects=len(objects),
            lost_bytes=sum(info.size_bytes for info in objects),
            versions_lost=sum(max(0, head["version"] - _version(after, shard)) for shard, head in before.items()),
            rto_s=took_s,
        )

    def _heads(self) -> dict[str, Mapping[str, Any]]:
        return {
            document.id: document.data
            for document in listed(self._adapters.state, regional_heads(self._placement.region))
        }

    def _check(self, heads: Mapping[str, Mapping[str, Any]]) -> None:
        for head in heads.values():
            files: tuple[StoredFile, ...] = files_of(Manifest.from_bytes(self._adapters.objects.read(head["manifest"])))
            if damages := list(problems(self._adapters.objects, files)):
                raise CorruptObject(f"what came back is not whole: {'; '.join(damages[:3])}")


def _version(heads: Mapping[str, Mapping[str, Any]], shard: str) -> int:
    head = heads.get(shard)
    return 0 if head is None else int(head["version"])
