"""What `swell restore` brings back, from where, and what is lost by it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.domain.paths import collection_document
from shared.errors import NotFound
from shared.ports.clock import SystemClock
from shared.ports.objects import ObjectStore
from swell.backup.catalog import find_backup, versions_since
from swell.backup.contents import CollectionPoint
from swell.backup.moving import Mover, through_here
from swell.backup.points import Limit, kept_point
from swell.backup.restoring import RestoreCollection, Restored
from swell.cli.failure import CommandFailed
from swell.cli.places import Deployment


@dataclass(frozen=True)
class Found:
    """What to bring back, and what is lost by it."""

    id: str
    source: ObjectStore
    points: Sequence[CollectionPoint]
    documents: Mapping[str, Mapping[str, Any]]
    lost: int
    rpo_s: float


def backed_up(live: Deployment, source: ObjectStore, backup_id: str | None, collection: str | None) -> Found:
    """What a backup holds, all of it or one collection."""
    backup = find_backup(source, backup_id)
    points = [each for each in backup.collections if collection in (None, each.name)]
    if not points:
        raise NotFound(f"backup {backup.id} has no collection {collection!r}")
    lost = sum(versions_since(each, live.state) for each in points)
    unknown = any(live.state.get(collection_document(each.name)) is None for each in points)
    rpo_s = time.time() - backup.created_at if lost or unknown else 0.0
    return Found(backup.id, source, points, backup.documents, lost, rpo_s)


def kept(live: Deployment, collection: str | None, at: datetime | None, version: int | None) -> Found:
    """What the deployment itself still keeps of a collection."""
    if collection is None or (at is None and version is None):
        raise CommandFailed("without PLACE: name --collection, and --at or --version", code="invalid_request")
    moment = at.replace(tzinfo=UTC) if at is not None else None
    point = kept_point(live.state, live.objects, collection, Limit(moment, version))
    stored = [live.objects.stat(shard.manifest.name) for shard in point.shards]
    oldest_s = min((info.created_at.timestamp() for info in stored if info is not None), default=time.time())
    lost = versions_since(point, live.state)
    identity = ",".join(shard.manifest.name for shard in point.shards)
    return Found(identity, live.objects, [point], {}, lost, time.time() - oldest_s if lost else 0.0)


def bring(
    live: Deployment, found: Found, point: CollectionPoint, as_name: str | None, *, replace_existing: bool
) -> Restored:
    """Bring one collection back."""
    mover = Mover(live.objects, through_here(found.source, live.objects))
    restore_collection = RestoreCollection(live.state, found.source, live.objects, mover, SystemClock())
    return restore_collection(point, found.id, name=as_name, replace_existing=replace_existing)
