"""Bringing the segments of a rollout to a region before any version names them."""

from collections.abc import Callable, Mapping
from typing import Any

from functions.region_sync.copying import Bucket, Copier, SourceMoved
from functions.region_sync.shard_view import ShardKey, ShardViews
from functions.region_sync.sync_plan import Verify, WantedFile
from shared.coordination.tasks.task import Task
from shared.domain.paths import segment_file
from shared.errors import NotFound
from shared.rollouts.store import Rollouts


class StageSegments:
    """The work of a `stage` task. What is here and whole is not copied again."""

    def __init__(
        self,
        *,
        own: Bucket,
        buckets: Callable[[str], Bucket],
        rollouts: Rollouts,
        views: ShardViews,
        copier: Copier,
    ) -> None:
        self._own = own
        self._buckets = buckets
        self._rollouts = rollouts
        self._views = views
        self._copier = copier

    def __call__(self, task: Task) -> Mapping[str, Any]:
        """Copy them from the shard's home, and check every byte.

        Raises:
            NotFound: there is no such rollout, its collection is gone, or the home has collected them.
            CorruptObject: what the home has is not what was built.
        """
        rollout = self._rollouts.get(task.about)
        key = ShardKey(rollout.collection, rollout.uid, task.shard)
        view = self._views.look(key, everywhere=False)
        if view is None:
            raise NotFound(f"collection {rollout.collection!r} was deleted")
        if view.home.region == self._own.region:
            return {"objects": 0, "bytes": 0}
        entries = [each.new for each in self._rollouts.shard(rollout.id, task.shard).staged if each.new is not None]
        files = [
            WantedFile(
                segment_file(key.collection, key.uid, key.shard, entry.id, file.name), file.size_bytes, file.sha256
            )
            for entry in entries
            for file in entry.files
        ]
        try:
            self._copier.bring(self._buckets(view.home.region), [Verify(file) for file in files])
        except SourceMoved as error:
            raise NotFound(str(error)) from error
        return {"objects": len(files), "bytes": sum(file.size_bytes for file in files)}
