"""Building a shard's segments anew beside those that are served, and measuring what they find."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from functions.index_update.lease import ShardLeases
from functions.index_update.publication import Publication
from functions.index_update.rewriting import PlannedRewrite, RewriteSegments
from shared.cache.segment_cache import SegmentCache
from shared.domain.collection import Collection
from shared.errors import Conflict
from shared.index.build import BaseOptions
from shared.index.compaction import CompactionPolicy, rebuilding_plans
from shared.index.gate import reached_recall
from shared.index.manifest import Manifest, SegmentEntry
from shared.manifests import Head, ManifestReader
from shared.rollouts.rollout import Rollout, ShardRollout, Staged, found_key
from shared.rollouts.store import Rollouts

_QUESTIONS: Final = 96
_SEED: Final = 20261129


class StageShard:
    """Nothing that it makes is served: no manifest names it until the flip."""

    def __init__(
        self,
        *,
        rollouts: Rollouts,
        manifests: ManifestReader,
        leases: ShardLeases,
        rewriting: RewriteSegments,
        publication: Publication,
        cache: SegmentCache,
        policy: CompactionPolicy,
    ) -> None:
        self._rollouts = rollouts
        self._manifests = manifests
        self._leases = leases
        self._rewriting = rewriting
        self._publication = publication
        self._cache = cache
        self._policy = replace(policy, base_from_rows=1)  # a rollout is of forests, however few the rows

    def build(self, collection: Collection, rollout: Rollout, shard: int, begun: ShardRollout) -> None:
        """Build what is not built yet; a delivery that was cut off is gone on from, run by run.

        Raises:
            Conflict: the shard is gone, or is at home elsewhere.
            CorruptObject, RecallGateMissed: as `RewriteSegments.build`.
        """
        manifest = self._beginning(collection, rollout, shard, begun)
        begun_with = len(self._rollouts.shard(rollout.id, shard).staged)
        for plan in rebuilding_plans(manifest, self._policy)[begun_with:]:
            old = tuple(entry for entry in manifest.segments if entry.id in plan.segment_ids)
            staged = Staged(old, self._built(collection, rollout, shard, PlannedRewrite(manifest, plan)))
            self._rollouts.move(rollout.id, shard, lambda now, staged=staged: _with(now, staged))  # type: ignore[misc]
        self._rollouts.move(rollout.id, shard, lambda now: replace(now, is_built=True))

    def _built(
        self, collection: Collection, rollout: Rollout, shard: int, planned: PlannedRewrite
    ) -> SegmentEntry | None:
        options = BaseOptions(trees=rollout.trees)
        with TemporaryDirectory(prefix="swell-rollout-") as directory:
            built = self._rewriting.build(collection, planned, Path(directory), self._policy, options)
            return None if built is None else self._publication.upload(collection, shard, built).entry

    def verify(self, collection: Collection, rollout: Rollout, shard: int, recall: float) -> None:
        """Measure what the new segments find; the lowest counts.

        Raises:
            Conflict: they are not built.
            CorruptObject: one of them is damaged or gone.
        """
        state = self._rollouts.shard(rollout.id, shard)
        if not state.is_built:
            raise Conflict(f"shard {shard} of rollout {rollout.id!r} is not built")
        manifest = self._manifest(collection, shard, state)
        staged: list[SegmentEntry] = [each.new for each in state.staged if each.new is not None and each.new.rows]
        opened = self._cache.open_all(replace(manifest, segments=tuple(staged)))
        found = min((reached_recall(one, recall, questions=_QUESTIONS, seed=_SEED) for one in opened), default=1.0)
        key = found_key(recall)
        self._rollouts.move(rollout.id, shard, lambda now: replace(now, found={**now.found, key: found}))

    def _beginning(self, collection: Collection, rollout: Rollout, shard: int, begun: ShardRollout) -> Manifest:
        if begun.version:
            return self._manifest(collection, shard, begun)
        document = self._leases.head(collection, shard)
        if document is None:
            raise Conflict(f"shard {shard} of {collection.name!r} is not at home here")
        head = Head.from_document(document)
        kept = self._rollouts.move(
            rollout.id,
            shard,
            lambda now: now if now.version else replace(now, manifest=head.manifest, version=head.version),
        )
        return self._manifest(collection, shard, kept)

    def _manifest(self, collection: Collection, shard: int, state: ShardRollout) -> Manifest:
        return self._manifests.read(collection, shard, Head(collection.uid, state.version, state.manifest))


def _with(now: ShardRollout, staged: Staged) -> ShardRollout:
    """Once: another delivery may have built the same run meanwhile."""
    known = {each.sources for each in now.staged}
    return now if staged.sources in known else replace(now, staged=(*now.staged, staged))
