"""How much of what a region has committed the others do not have: what would wait if it were gone."""

from collections.abc import Iterable

from shared.domain.paths import COLLECTIONS, head_document
from shared.listing import listed
from shared.ports.state import StateStore
from shared.regions.homes import home_of
from shared.regions.paths import regional_head_document


def versions_behind(state: StateStore, home: str, regions: Iterable[str], default_region: str) -> dict[str, int]:
    """For each region the committed versions that it lacks, over every shard whose home is `home`."""
    others = [region for region in regions if region != home]
    behind = dict.fromkeys(others, 0)
    for declared in listed(state, COLLECTIONS):
        shards = range(declared.data["shards"])
        heads = state.get_many([head_document(declared.id, shard) for shard in shards])
        for shard, head in zip(shards, heads, strict=True):
            if head is None or not head.data["version"] or home_of(head.data, default_region).region != home:
                continue
            copies = state.get_many([regional_head_document(region, declared.id, shard) for region in others])
            for region, copy in zip(others, copies, strict=True):
                same = copy is not None and copy.data["uid"] == head.data["uid"]
                behind[region] += head.data["version"] - (copy.data["version"] if same and copy is not None else 0)
    return behind
