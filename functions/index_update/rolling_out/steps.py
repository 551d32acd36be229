"""One step of a rollout, on one shard: each can be asked for again, and is done once."""

from functions.index_update.rolling_out.flipping import FlipShard
from functions.index_update.rolling_out.staging import StageShard
from shared.domain.collection import Collection
from shared.domain.paths import collection_document
from shared.errors import NotFound, PermanentError
from shared.events.rollouts import RolloutStepDueV1
from shared.outcomes import Outcome
from shared.ports.state import StateStore
from shared.rollouts.rollout import Rollout, ShardRollout, Step
from shared.rollouts.store import Rollouts


class RollOutStep:
    """Handles `RolloutStepDueV1`. What cannot be done is written into the rollout, whose workflow reads it."""

    def __init__(self, state: StateStore, rollouts: Rollouts, stage: StageShard, flip: FlipShard) -> None:
        self._state = state
        self._rollouts = rollouts
        self._stage = stage
        self._flip = flip

    def __call__(self, event: RolloutStepDueV1) -> Outcome:
        """Do it, if it is not done.

        Raises:
            LeaseHeld: the shard is being worked on; redelivery tries again.
            DependencyUnavailable, RevisionConflict: trying again can succeed.
        """
        try:
            rollout = self._rollouts.get(event.rollout)
        except NotFound:
            return Outcome.STALE
        declared = self._state.get(collection_document(rollout.collection))
        if declared is None or not declared.data["uid"] == rollout.uid == event.uid:
            return Outcome.STALE
        step, shard = Step(event.step), self._rollouts.shard(rollout.id, event.shard)
        if shard.is_done(step, event.recall):
            return Outcome.DUPLICATE
        try:
            self._do(step, Collection.from_document(declared.data), rollout, event, shard)
        except PermanentError as error:
            reason = f"{error.code}: {error}"
            self._rollouts.move(rollout.id, event.shard, lambda now: now.failed(step, reason))
        return Outcome.DONE

    def _do(
        self, step: Step, collection: Collection, rollout: Rollout, event: RolloutStepDueV1, shard: ShardRollout
    ) -> None:
        match step:
            case Step.BUILD:
                self._stage.build(collection, rollout, event.shard, shard)
            case Step.VERIFY:
                self._stage.verify(collection, rollout, event.shard, event.recall or 0.0)
            case Step.FLIP:
                self._flip.there(collection, rollout, event.shard)
            case Step.ROLL_BACK:
                self._flip.back(collection, rollout, event.shard)
