"""What a source offers of a shard, and what this region has of it."""

from dataclasses import dataclass
from datetime import datetime

from functions.region_sync.copying import Bucket, SourceMoved
from functions.region_sync.shard_view import ShardView
from functions.region_sync.sync_plan import Have, Stored, Want, wanted_files
from shared.errors import CorruptObject
from shared.manifests import Head, ManifestReader


@dataclass(frozen=True)
class Offer:
    """A version that a source has whole, and when it was committed at home."""

    source: str
    want: Want
    committed_at: datetime


def offer_of(view: ShardView, source: Bucket) -> Offer:
    """The version that a source serves.

    Raises:
        SourceMoved: its manifest has been removed since the source was looked at.
        CorruptObject: its manifest is damaged.
    """
    regional = view.others.get(source.region)
    head = view.home_head if regional is None else Head(regional.uid, regional.version, regional.manifest)
    assert head.manifest is not None  # noqa: S101 - only a source that is ahead of version 0 is asked
    stored = source.objects.stat(head.manifest)
    if stored is None:
        raise SourceMoved(f"{head.manifest} is no longer in {source.region}")
    manifest = ManifestReader(source.objects).read(view.collection, view.shard, head)
    return Offer(
        source=source.region,
        want=Want(head.manifest, manifest),
        committed_at=stored.created_at if regional is None else regional.committed_at,
    )


def have_of(view: ShardView, own: Bucket, want: Want) -> Have:
    """What of a wanted version is in the own bucket."""
    checked = _checked(view, own)
    names = [file.name for file in wanted_files(want.manifest) if file.name not in checked]
    found = {name: own.objects.stat(name) for name in names}
    stored = {name: Stored(info.size_bytes, info.created_at) for name, info in found.items() if info is not None}
    head = view.own_head
    return Have(head.uid if head else None, head.version if head else 0, checked, stored)


def _checked(view: ShardView, own: Bucket) -> frozenset[str]:
    """The objects that the own head vouches for; none if its manifest is damaged, so that all is copied anew."""
    head = view.own_head
    if head is None or head.uid != view.collection.uid:
        return frozenset()
    served = Head(head.uid, head.version, head.manifest)
    try:
        manifest = ManifestReader(own.objects).read(view.collection, view.shard, served)
    except CorruptObject:
        return frozenset()
    return frozenset(file.name for file in wanted_files(manifest))
