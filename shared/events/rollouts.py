"""What a rollout asks of index update."""

from typing import ClassVar, Literal

from shared.events.shard import ShardEvent


class RolloutStepDueV1(ShardEvent):
    """A shard is to do a step of a rollout, if it is not done; the rollout says what and how far it is."""

    type: ClassVar[str] = "dev.swell.index.rollout_step_due.v1"
    topic: ClassVar[str] = "compactions"
    source: ClassVar[str] = "//swell.dev/functions/control"

    rollout: str
    """The id of the rollout."""
    step: Literal["build", "verify", "flip", "roll_back"]
    """What to do."""
    recall: float | None = None
    """What `verify` is to reach."""
