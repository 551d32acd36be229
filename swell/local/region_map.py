"""What `GET /map` tells of a local Swell with several regions: what each serves, and where its traffic goes."""

from collections.abc import Mapping
from typing import Any

from shared.domain.paths import COLLECTIONS, head_document
from shared.ports.state import StateStore
from shared.regions.homes import home_of
from shared.regions.lag import lag_target_s
from shared.regions.paths import regional_head_document
from shared.topology import Topology
from swell.local.region_host import RegionHost
from swell.local.region_watch import RegionWatch

_PAGE = 300


def region_map(
    topology: Topology, hosts: Mapping[str, RegionHost], watch: RegionWatch, state: StateStore
) -> dict[str, Any]:
    """Numbers only, no names of collections: it is answered without a key, on this machine."""
    plan = watch.plan
    copies = _copies(topology, state)
    return {
        "home": topology.home_region,
        "disaster": plan.disaster,
        "regions": [_region(name, topology, hosts[name], watch, copies[name]) for name in topology.regions],
        "routes": {
            origin: [{"region": share.region, "weight": round(share.weight, 4), "why": share.why.value} for share in to]
            for origin, to in sorted(plan.routes.items())
        },
    }


def _region(
    name: str, topology: Topology, host: RegionHost, watch: RegionWatch, copies: dict[str, Any]
) -> dict[str, Any]:
    region = topology.regions[name]
    state = watch.plan.states[name]
    load = watch.load(name)
    said = watch.said(name)
    return {
        "region": name,
        "city": region.city,
        "tier": region.tier,
        "latitude_deg": region.latitude_deg,
        "longitude_deg": region.longitude_deg,
        "url": host.url,
        "pids": host.pids,
        "alive": watch.lives(name),
        "presence": None if said is None else said.presence.value,
        "silent_s": None if said is None else round(said.silent_s, 1),
        "status": state.condition.status.value,
        "cause": state.condition.cause.value,
        "health": None if state.score is None else state.score.points,
        "spill": state.spill.share,
        "requests_10s": watch.requests(name),
        "load": {**load._asdict(), "utilisation": round(load.utilisation, 4)},
        "replication": {**copies, "lag_target_s": lag_target_s(region.tier)},
    }


def _copies(topology: Topology, state: StateStore) -> dict[str, dict[str, Any]]:
    """For every region how many shards it has, how many of them are behind home, and the lag of the newest ones."""
    found: dict[str, dict[str, Any]] = {
        name: {"shards": 0, "behind": 0, "versions_behind": 0, "lag_max_s": None} for name in topology.regions
    }
    after = ""
    while page := state.list(COLLECTIONS, after=after, limit=_PAGE):
        for declared in page:
            for shard in range(declared.data["shards"]):
                _add_shard(topology, state, declared.id, shard, found)
        after = page[-1].id
    return found


def _add_shard(
    topology: Topology, state: StateStore, collection: str, shard: int, found: dict[str, dict[str, Any]]
) -> None:
    regions = list(topology.regions)
    head, *copies = state.get_many(
        [head_document(collection, shard), *(regional_head_document(name, collection, shard) for name in regions)]
    )
    if head is None or head.data["manifest"] is None:
        return
    home = home_of(head.data, topology.home_region).region
    for name, copy in zip(regions, copies, strict=True):
        here = found[name]
        here["shards"] += 1
        if name == home:
            continue
        same = copy is not None and copy.data["uid"] == head.data["uid"]
        missing = head.data["version"] - (copy.data["version"] if copy is not None and same else 0)
        here["behind"] += missing > 0
        here["versions_behind"] += max(0, missing)
        if copy is not None and same:
            here["lag_max_s"] = round(max(here["lag_max_s"] or 0.0, copy.data["lag_s"]), 3)
