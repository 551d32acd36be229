"""Has shards and regions do the steps of a rollout, and waits until they have."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar
from uuid import uuid4

from shared.collections import load_collection
from shared.coordination.membership import Membership
from shared.coordination.tasks.desk import TaskDesk
from shared.coordination.tasks.task import Strategy, Task, TaskKind, TaskState
from shared.errors import Conflict, NotFound, TransientError
from shared.events.codec import to_message
from shared.events.rollouts import RolloutStepDueV1
from shared.ports.clock import Clock
from shared.ports.publisher import Publisher
from shared.ports.state import StateStore
from shared.rollouts.rollout import TOLERANCE, Rollout, ShardRollout, Step, found_key
from shared.rollouts.store import Rollouts
from shared.topology import Topology
from shared.topology.waves import region_waves

T = TypeVar("T")

WAIT_S: Final = 240.0
"""Shorter than the 300 s that the workflow gives a request."""
_PAUSE_S: Final = 0.5
_PRIORITY: Final = 5


class RolloutPending(TransientError):  # noqa: N818 - a wait, not a failure
    """A step goes on; the same request waits for it again."""

    code = "rollout_pending"
    status = 503


class RollOut:
    """Every method can be asked for again: what is done is answered, what is not is waited for."""

    def __init__(
        self,
        *,
        state: StateStore,
        publisher: Publisher,
        membership: Membership,
        desk: TaskDesk,
        clock: Clock,
        topology: Topology,
        pause: Callable[[float], None] = time.sleep,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = state
        self._publisher = publisher
        self._membership = membership
        self._desk = desk
        self._clock = clock
        self._topology = topology
        self._pause = pause
        self._monotonic_s = monotonic_s
        self.rollouts = Rollouts(state, clock)

    def begin(self, rollout_id: str, collection: str, trees: int) -> Rollout:
        """The rollout of this id, begun now or before.

        Raises:
            NotFound: there is no such collection.
            Conflict: a rollout of this id is of something else.
        """
        declared = load_collection(self._state, collection)
        return self.rollouts.begin(
            Rollout(
                id=rollout_id,
                collection=collection,
                uid=declared.uid,
                shards=declared.shards,
                trees=trees,
                waves=tuple(wave for wave in region_waves(self._topology) if wave),  # the home has it already
                asked_at=self._clock.now(),
            )
        )

    def do(
        self, rollout: Rollout, step: Step, shards: Sequence[int], recall: float | None = None
    ) -> list[ShardRollout]:
        """Have shards do a step; how far they are then, in their order.

        Raises:
            Conflict: a shard cannot do it, and says why; or its collection was deleted.
            RolloutPending: it goes on.
        """
        self._publisher.publish([to_message(self._due(rollout, step, shard, recall)) for shard in shards])

        def look() -> list[ShardRollout] | None:
            states = [self.rollouts.shard(rollout.id, shard) for shard in shards]
            for shard, state in zip(shards, states, strict=True):
                if not state.is_done(step, recall) and step.value in state.errors:
                    raise Conflict(f"shard {shard}: {step.value}: {state.errors[step.value]}")
            return states if all(state.is_done(step, recall) for state in states) else None

        return self._until(look, rollout, step.value)

    def passes(self, states: Sequence[ShardRollout], recall: float) -> tuple[bool, float]:
        """Whether the lowest recall that was found will do, and that recall."""
        lowest = min((state.found[found_key(recall)] for state in states), default=1.0)
        return lowest >= recall - TOLERANCE, lowest

    def stage(self, rollout: Rollout, wave: int) -> dict[str, Any]:
        """Have the regions of a wave copy what was built; those that are not heard get it when they come back.

        Raises:
            NotFound: there is no such wave.
            Conflict: a region could not; or the collection was deleted.
            RolloutPending: it goes on.
        """
        if not 1 <= wave <= len(rollout.waves):
            raise NotFound(f"rollout {rollout.id!r} has no wave {wave}; it has {len(rollout.waves)}")
        regions = [region for region in rollout.waves[wave - 1] if self._can_stage(region)]
        tasks = [self._asked(rollout, region, shard) for region in regions for shard in range(rollout.shards)]

        def look() -> dict[str, Any] | None:
            self._desk.give_out()
            standing = [self._desk.get(task.id) for task in tasks]
            for task in standing:
                if task.state is TaskState.DEAD:
                    raise Conflict(f"{task.region}: shard {task.shard}: {task.error}")
            if not all(task.state is TaskState.DONE for task in standing):
                return None
            absent = [region for region in rollout.waves[wave - 1] if region not in regions]
            return {"regions": regions, "not_heard": absent}

        return self._until(look, rollout, f"wave {wave}")

    def _until(self, look: Callable[[], T | None], rollout: Rollout, what: str) -> T:
        """What a look finds, as soon as it finds something."""
        until_s = self._monotonic_s() + WAIT_S
        while (found := look()) is None:
            if not self._is_there(rollout):
                raise Conflict(f"rollout {rollout.id!r}: {what}: its collection {rollout.collection!r} was deleted")
            if self._monotonic_s() >= until_s:
                raise RolloutPending(f"rollout {rollout.id!r}: {what} goes on")
            self._pause(_PAUSE_S)
        return found

    def _is_there(self, rollout: Rollout) -> bool:
        try:
            return load_collection(self._state, rollout.collection).uid == rollout.uid
        except NotFound:
            return False

    def _can_stage(self, region: str) -> bool:
        member = self._membership.get(region)
        return member is not None and TaskKind.STAGE.value in member.capabilities

    def _asked(self, rollout: Rollout, region: str, shard: int) -> Task:
        now = self._clock.now()
        return self._desk.submit(
            Task(
                id=f"stage-{rollout.id}-{region}-{shard}",
                kind=TaskKind.STAGE,
                collection=rollout.collection,
                shard=shard,
                region=region,
                priority=_PRIORITY,
                strategy=Strategy.LEAST_LOADED,
                asked_at=now,
                deadline=now + timedelta(hours=1),
                about=rollout.id,
            )
        )

    def _due(self, rollout: Rollout, step: Step, shard: int, recall: float | None) -> RolloutStepDueV1:
        return RolloutStepDueV1(
            event_id=str(uuid4()),  # asked again is asked again: the last asking may have been lost
            occurred_at=self._clock.now(),
            collection=rollout.collection,
            uid=rollout.uid,
            shard=shard,
            rollout=rollout.id,
            step=step.value,
            recall=recall,
        )
