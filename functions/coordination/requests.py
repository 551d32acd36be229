"""The bodies that coordination takes."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from shared.coordination.inquiries import Question
from shared.coordination.tasks.task import Strategy, TaskKind
from shared.domain.limits import COLLECTION_NAME, MAX_REVISION, MAX_SHARDS
from shared.http import RequestModel

NAME: Final = r"^[a-z0-9][a-z0-9._~-]{0,99}$"
"""Of ballots, leases, holders and regions."""

MAX_LASTS_S: Final = 86_400
MAX_TTL_S: Final = 3_600

Name = Annotated[str, Field(pattern=NAME)]


class MoveHomeBody(RequestModel):
    """Have another region commit; without `to_region` the best heir is chosen."""

    kind: Literal["move_home"]
    from_region: Name
    to_region: Name | None = None
    collection: Annotated[str, Field(pattern=f"^{COLLECTION_NAME.pattern}$")] | None = None
    is_planned: bool = False


class EmergencyStopBody(RequestModel):
    """Stop all spending."""

    kind: Literal["emergency_stop"]
    spent_share: float = Field(ge=0, le=1000, allow_inf_nan=False)


class SchemaChangeBody(RequestModel):
    """Write another form."""

    kind: Literal["schema_change"]
    schema_name: Name
    version: int = Field(ge=1, le=10_000, strict=True)


class OpenBallot(RequestModel):
    """`POST /v1/ballots`."""

    id: Name
    proposal: Annotated[MoveHomeBody | EmergencyStopBody | SchemaChangeBody, Field(discriminator="kind")]
    proposer: Name
    lasts_s: int = Field(default=300, ge=1, le=MAX_LASTS_S, strict=True)


class CastVote(RequestModel):
    """`POST /v1/ballots/{ballot}/vote`: an operator speaks for a region, in its present incarnation."""

    region: Name
    approves: bool = Field(strict=True)
    reason: str = Field(default="operator", min_length=1, max_length=200)


class UnderLease(RequestModel):
    """What the steps of a move are done under."""

    lease: Name
    fencing_token: int = Field(ge=1, le=MAX_REVISION, strict=True)


class TakeLease(RequestModel):
    """`POST /v1/leases/{lease}`."""

    holder: Name
    ttl_s: int = Field(default=60, ge=1, le=MAX_TTL_S, strict=True)


class RenewLease(RequestModel):
    """`POST /v1/leases/{lease}/renew`."""

    fencing_token: int = Field(ge=1, le=MAX_REVISION, strict=True)
    ttl_s: int = Field(default=60, ge=1, le=MAX_TTL_S, strict=True)


class ReleaseLease(RequestModel):
    """`POST /v1/leases/{lease}/release`."""

    fencing_token: int = Field(ge=1, le=MAX_REVISION, strict=True)


class DrainRegion(RequestModel):
    """`POST /v1/regions/{region}/drain`."""

    is_draining: bool = Field(default=True, strict=True)


class AskRegions(RequestModel):
    """`POST /v1/inquiries`."""

    id: Name
    question: Question = Question.SIGHT
    ttl_s: float = Field(default=10.0, gt=0, le=300, allow_inf_nan=False)


class AskTask(RequestModel):
    """`POST /v1/tasks`."""

    id: Name
    kind: TaskKind
    collection: Annotated[str, Field(pattern=f"^({COLLECTION_NAME.pattern})?$")] = ""
    shard: int = Field(default=0, ge=0, lt=MAX_SHARDS, strict=True)
    region: Name | None = None
    priority: int = Field(default=5, ge=0, le=9, strict=True)
    strategy: Strategy = Strategy.ADAPTIVE
    ttl_s: int = Field(default=3_600, ge=1, le=MAX_LASTS_S, strict=True)

    @model_validator(mode="after")
    def _names_what_it_is_about(self) -> Self:
        if self.kind is TaskKind.DRAIN:
            if self.region is None:
                raise ValueError("a region: draining is about one")
        elif not self.collection:
            raise ValueError("a collection: every task but drain is about one")
        return self
