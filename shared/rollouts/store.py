"""Rollouts in the state store."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from shared.coordination.races import retry_lost_races, version_of
from shared.errors import Conflict, NotFound
from shared.ports.clock import Clock
from shared.ports.state import ABSENT, PreconditionFailed, Put, StateStore
from shared.rollouts.rollout import Rollout, ShardRollout

KEPT: Final = timedelta(days=30)


@dataclass(frozen=True)
class Rollouts:
    """Reads and writes rollouts; each change is a compare-and-set."""

    state: StateStore
    clock: Clock

    def begin(self, rollout: Rollout) -> Rollout:
        """Keep a rollout; one of this id that was begun before goes on.

        Raises:
            Conflict: one of this id is of something else.
        """
        expires_at = self.clock.now() + KEPT
        try:
            self.state.commit([Put(_path(rollout.id), rollout.to_data(), if_version=ABSENT, expires_at=expires_at)])
        except PreconditionFailed:
            found = self.get(rollout.id)
            if (found.collection, found.uid, found.trees) != (rollout.collection, rollout.uid, rollout.trees):
                raise Conflict(
                    f"rollout {rollout.id!r} is of collection {found.collection!r}, built otherwise"
                ) from None
            return found
        return rollout

    def get(self, rollout_id: str) -> Rollout:
        """A rollout.

        Raises:
            NotFound: there is none of this id.
        """
        document = self.state.get(_path(rollout_id))
        if document is None:
            raise NotFound(f"rollout {rollout_id!r} does not exist")
        return Rollout.from_data(document.data)

    def shard(self, rollout_id: str, shard: int) -> ShardRollout:
        """How far a shard is."""
        document = self.state.get(_shard_path(rollout_id, shard))
        return ShardRollout() if document is None else ShardRollout.from_data(document.data)

    def move(self, rollout_id: str, shard: int, change: Callable[[ShardRollout], ShardRollout]) -> ShardRollout:
        """Change how far a shard is; the change may be asked for more than once.

        Raises:
            RevisionConflict: others kept changing it.
        """

        def attempt() -> ShardRollout:
            document = self.state.get(_shard_path(rollout_id, shard))
            before = ShardRollout() if document is None else ShardRollout.from_data(document.data)
            after = change(before)
            if after != before:
                expected = version_of(document)
                write = Put(
                    _shard_path(rollout_id, shard),
                    after.to_data(),
                    if_version=ABSENT if expected is None else expected,
                    expires_at=self.clock.now() + KEPT,
                )
                self.state.commit([write])
            return after

        return retry_lost_races(attempt, f"shard {shard} of rollout {rollout_id}")


def _path(rollout_id: str) -> str:
    return f"rollouts/{rollout_id}"


def _shard_path(rollout_id: str, shard: int) -> str:
    return f"rollouts/{rollout_id}/shards/{shard}"
