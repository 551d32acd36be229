"""What a region does when it is given a task. Each can be done twice: a task whose report was lost is done again."""

from collections.abc import Callable, Mapping
from typing import Any

from functions.region_sync.copying import Copier
from functions.region_sync.shard_view import ShardKey, ShardView, ShardViews
from functions.region_sync.sync_plan import wanted_files
from functions.region_sync.sync_shard import SyncShard
from shared.coordination.membership import Membership
from shared.coordination.tasks.desk import TaskDesk
from shared.coordination.tasks.task import Task, TaskKind, TaskState
from shared.domain.paths import collection_document
from shared.errors import CorruptObject, NotFound, PermanentError, TransientError
from shared.events.codec import to_message
from shared.events.event import event_id_of
from shared.events.index import CompactionDueV1
from shared.events.tasks import TaskAssignedV1
from shared.manifests import Head, ManifestReader
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.ports.publisher import Publisher
from shared.ports.state import StateStore

Work = Callable[[Task], Mapping[str, Any]]


class TaskWork:
    """Handles `TaskAssignedV1` of one region."""

    def __init__(self, region: str, desk: TaskDesk, works: Mapping[TaskKind, Work]) -> None:
        self._region = region
        self._desk = desk
        self._works = works

    def __call__(self, event: TaskAssignedV1) -> Outcome:
        """Do a task that is still this region's; what fails is reported, and given out again later."""
        if event.region != self._region:
            return Outcome.STALE
        try:
            task = self._desk.get(event.task)
        except NotFound:
            return Outcome.STALE
        if task.token != event.token or task.state is not TaskState.ASSIGNED:
            return Outcome.DUPLICATE if task.token == event.token else Outcome.STALE
        try:
            result = self._works[task.kind](task)
        except (PermanentError, TransientError) as error:
            reason = f"{error.code}: {error}"
            self._desk.failed(task.id, event.token, reason, for_good=isinstance(error, PermanentError))
            return Outcome.DONE
        self._desk.done(task.id, event.token, result)
        return Outcome.DONE


class RegionalWorks:
    """The works of one region."""

    def __init__(
        self,
        *,
        region: str,
        state: StateStore,
        views: ShardViews,
        sync: SyncShard,
        copier: Copier,
        manifests: ManifestReader,
        membership: Membership,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._region = region
        self._state = state
        self._views = views
        self._sync = sync
        self._copier = copier
        self._manifests = manifests
        self._membership = membership
        self._publisher = publisher
        self._clock = clock

    def by_kind(self, warm: Work | None = None, stage: Work | None = None) -> dict[TaskKind, Work]:
        """What this region can do; `warm` asks its query function, where it knows where that is."""
        works: dict[TaskKind, Work] = {
            TaskKind.COPY: self.copy,
            TaskKind.VERIFY: self.verify,
            TaskKind.REBUILD: self.rebuild,
            TaskKind.DRAIN: self.drain,
        }
        others = {TaskKind.WARM: warm, TaskKind.STAGE: stage}
        return works | {kind: work for kind, work in others.items() if work is not None}

    def copy(self, task: Task) -> Mapping[str, Any]:
        """Copy what is missing of a shard."""
        report = self._sync(self._key(task), patient=False)
        return {"version": report.version, "reason": report.reason.value, "copied_bytes": report.copied_bytes}

    def verify(self, task: Task) -> Mapping[str, Any]:
        """Read every byte of the version that is served here, and compare checksums.

        Raises:
            CorruptObject: it names what is missing or not as it must be.
        """
        view = self._view(task)
        head = view.home_head
        if view.home.region != self._region:
            own = view.own_head
            if own is None or own.uid != view.collection.uid:
                raise NotFound(f"{self._region} has no copy of {task.collection}/{task.shard}")
            head = Head(own.uid, own.version, own.manifest)
        files = list(wanted_files(self._manifests.read(view.collection, task.shard, head)))
        damaged = [file.name for file in files if not self._copier.is_whole(file)]
        if damaged:
            raise CorruptObject(f"{len(damaged)} of {len(files)} objects in {self._region}, the first {damaged[0]}")
        return {"version": head.version, "objects": len(files), "bytes": sum(file.size_bytes for file in files)}

    def rebuild(self, task: Task) -> Mapping[str, Any]:
        """Have index update look thoroughly at the segments of a shard."""
        view = self._view(task)
        key, version = self._key(task), view.home_head.version
        event = CompactionDueV1(
            event_id=event_id_of(CompactionDueV1.type, "task", task.id),
            occurred_at=self._clock.now(),
            collection=key.collection,
            uid=key.uid,
            shard=key.shard,
            version=version,
            is_thorough=True,
        )
        self._publisher.publish([to_message(event)])
        return {"version": version}

    def drain(self, _: Task) -> Mapping[str, Any]:
        """Take no more traffic."""
        self._membership.drain(self._region, is_draining=True)
        return {"region": self._region}

    def _key(self, task: Task) -> ShardKey:
        declared = self._state.get(collection_document(task.collection))
        if declared is None or not task.shard < declared.data["shards"]:
            raise NotFound(f"collection {task.collection!r} has no shard {task.shard}")
        return ShardKey(task.collection, declared.data["uid"], task.shard)

    def _view(self, task: Task) -> ShardView:
        view = self._views.look(self._key(task), everywhere=False)
        if view is None:
            raise NotFound(f"collection {task.collection!r} was deleted")
        return view
