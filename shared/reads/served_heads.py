"""Which version of a shard a region serves: at home the committed one, elsewhere what was copied and checked."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.collection import Collection
from shared.domain.paths import head_document
from shared.domain.tenancy import public_name
from shared.errors import TransientError
from shared.manifests import Head
from shared.ports.state import Document
from shared.regions.homes import home_of
from shared.regions.paths import regional_head_document
from shared.settings import Settings


class NotServedHere(TransientError):  # noqa: N818
    """This region has no copy of the collection, or not yet; others have."""

    code = "not_served_here"


def served_heads(settings: Settings) -> "ServedHeads":
    """What a function reads by its settings: its region's copies where there are several, else what is committed."""
    if len(settings.buckets) <= 1:
        return ServedHeads()
    from shared.regions.placement import placement_of  # noqa: PLC0415 - reads topology.yaml: cold start

    placement = placement_of(settings)
    return ServedHeads(placement.region, default_home=placement.topology.home_region)


@dataclass(frozen=True)
class Served:
    """The heads to read from. `are_current`: home had committed nothing newer when they were read."""

    heads: tuple[Head, ...]
    are_current: bool


class ServedHeads:
    """Reads heads on behalf of one region; without a region, on behalf of the only one."""

    def __init__(self, region: str | None = None, *, default_home: str = "") -> None:
        self._region = region
        self._default_home = default_home

    def paths(self, collection: str, shards: int) -> list[str]:
        """The documents that `of` needs: the heads of home, then those of this region."""
        home = [head_document(collection, shard) for shard in range(shards)]
        if self._region is None:
            return home
        return home + [regional_head_document(self._region, collection, shard) for shard in range(shards)]

    def of(self, collection: Collection, documents: Sequence[Document | None]) -> Served | None:
        """What is served here, or None when the heads are of another incarnation.

        Raises:
            NotServedHere: a shard that holds something has no copy here.
        """
        shards = collection.shards
        committed = [document for document in documents[:shards] if document is not None]
        if len(committed) != shards or any(each.data["uid"] != collection.uid for each in committed):
            return None
        copies = documents[shards:] if self._region is not None else [None] * shards
        heads = tuple(self._served(collection, home, copy) for home, copy in zip(committed, copies, strict=True))
        current = all(head.version >= home.data["version"] for head, home in zip(heads, committed, strict=True))
        return Served(heads, current)

    def _served(self, collection: Collection, committed: Document, copy: Document | None) -> Head:
        at_home = self._region is None or home_of(committed.data, self._default_home).region == self._region
        if at_home or committed.data["manifest"] is None:
            return Head.from_document(committed)
        if copy is None or copy.data["uid"] != collection.uid:
            raise NotServedHere(f"collection {public_name(collection.name)!r} has no copy in {self._region} yet")
        return Head(collection.uid, copy.data["version"], copy.data["manifest"], copy.data["commit_id"])
