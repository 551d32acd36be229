"""Bringing one shard of this region up to date: gather, plan, copy, check, move the head.

Nothing is needed but the state store and the buckets: an event only says when to look. A crash anywhere leaves
objects that no head names, which the next sync takes up or the sweep removes; the head moves by compare-and-set, last.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from functions.region_sync.copying import Bucket, Copier, SourceMoved
from functions.region_sync.inventory import Offer, have_of, offer_of
from functions.region_sync.shard_view import ShardKey, ShardView, ShardViews
from functions.region_sync.source_choice import SourceReason, choose_sources
from functions.region_sync.sync_plan import Copy, CopyManifest, MoveHead, Verify, plan_sync
from shared.coordination.races import LostRace, retry_lost_races, version_of
from shared.errors import CorruptObject, DependencyUnavailable
from shared.ports.clock import Clock
from shared.ports.state import ABSENT, Put, StateStore
from shared.regions.heads import Former, RegionalHead
from shared.regions.paths import regional_head_document


class SyncReason(StrEnum):
    """Why a sync ended as it did."""

    COPIED = "copied"
    COLLECTION_GONE = "collection_gone"
    HOME_IS_HERE = "home_is_here"
    NOT_FOLLOWED_HERE = "not_followed_here"
    ALREADY_HERE = "already_here"
    WAITS_FOR_PARENT = "waits_for_parent"


@dataclass(frozen=True)
class SyncReport:
    """What one sync did."""

    reason: SyncReason
    version: int = 0
    source: str | None = None
    copied_bytes: int = 0
    lag_s: float | None = None
    followers: tuple[str, ...] = ()
    """Regions that copy from here, and may want to know."""


class SyncShard:
    """Syncs shards of one region. `buckets` opens the bucket of any region."""

    def __init__(
        self,
        *,
        own: Bucket,
        buckets: Callable[[str], Bucket],
        state: StateStore,
        views: ShardViews,
        copier: Copier,
        clock: Clock,
    ) -> None:
        self._own = own
        self._buckets = buckets
        self._state = state
        self._views = views
        self._copier = copier
        self._clock = clock

    def __call__(self, key: ShardKey, *, patient: bool) -> SyncReport:
        """Bring a shard to the newest version that a source has; `patient`: see `choose_sources`.

        Raises:
            RevisionConflict: others kept moving the same head; they have done the work.
            CorruptObject: what the sources have is not what their manifest says.
            DependencyUnavailable: no source could be read; trying again can succeed.
        """
        return retry_lost_races(lambda: self._sync(key, patient=patient), f"sync of {key}")

    def _sync(self, key: ShardKey, *, patient: bool) -> SyncReport:
        view = self._views.look(key, everywhere=not patient)
        if view is None:
            return SyncReport(SyncReason.COLLECTION_GONE)
        region = self._own.region
        followers = view.tree.followers_of(region)
        if view.home.region == region:
            return SyncReport(SyncReason.HOME_IS_HERE, view.home_head.version, followers=followers)
        if region not in view.tree.parents:
            return SyncReport(SyncReason.NOT_FOLLOWED_HERE)
        choice = choose_sources(view.own_version, view.tree.sources_of(region), view.versions, patient=patient)
        if not choice.regions:
            waits = choice.reason is SourceReason.WAIT_FOR_PARENT
            reason = SyncReason.WAITS_FOR_PARENT if waits else SyncReason.ALREADY_HERE
            return SyncReport(reason, view.own_version, followers=followers)
        return self._from_first_that_can(view, choice.regions)

    def _from_first_that_can(self, view: ShardView, sources: tuple[str, ...]) -> SyncReport:
        *others, last = sources
        for source in others:
            try:
                return self._from(view, source)
            except (SourceMoved, CorruptObject, DependencyUnavailable):
                continue  # the next one is farther or dearer, and has it too
        try:
            return self._from(view, last)
        except SourceMoved as error:
            raise LostRace from error

    def _from(self, view: ShardView, source_region: str) -> SyncReport:
        source = self._buckets(source_region)
        offer = offer_of(view, source)
        plan = plan_sync(have_of(view, self._own, offer.want), offer.want, self._clock.now())
        if not plan.steps:
            raise LostRace(f"{source_region} was ahead, and no longer is")
        *files, manifest, move = plan.steps
        assert isinstance(manifest, CopyManifest)  # noqa: S101 - `plan_sync` ends so
        assert isinstance(move, MoveHead)  # noqa: S101
        self._copier.bring(source, [step for step in files if isinstance(step, Copy | Verify)])
        self._copier.bring_manifest(source, manifest.name)
        head = self._move_head(view, offer, move)
        return SyncReport(
            SyncReason.COPIED,
            head.version,
            source_region,
            plan.bytes_to_copy,
            head.lag_s,
            view.tree.followers_of(self._own.region),
        )

    def _move_head(self, view: ShardView, offer: Offer, move: MoveHead) -> RegionalHead:
        """Compare-and-set on the head that the plan was made from: whoever moved it or began a sweep has won."""
        before = view.own_head
        head = RegionalHead(
            uid=move.uid,
            version=move.version,
            manifest=move.manifest,
            commit_id=move.commit_id,
            source=offer.source,
            committed_at=offer.committed_at,
            replicated_at=self._clock.now(),
            mark=before.mark if before is not None and before.uid == move.uid else None,
            former=_former(before, move.uid),
        )
        path = regional_head_document(self._own.region, view.collection.name, view.shard)
        version = version_of(view.own)
        self._state.commit([Put(path, head.to_document(), if_version=ABSENT if version is None else version)])
        return head


def _former(before: RegionalHead | None, uid: str) -> Former:
    """The incarnations that the sweep still has to remove."""
    if before is None:
        return {}
    former = {name: since for name, since in before.former.items() if name != uid}
    return former if before.uid == uid else {**former, before.uid: before.abandoned_since}
