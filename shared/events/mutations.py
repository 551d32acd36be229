"""Accepted writes on their way to a segment."""

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.events.event import Event


class Mutations(BaseModel):
    """What one request changes in one shard. An id is named at most once.

    `vectors` is base64 of little-endian float32, row after row in the order of `upsert_ids`.
    `attributes`, where present, has one entry per upsert.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    upsert_ids: list[str] = Field(default_factory=list)
    vectors: str = ""
    attributes: list[dict[str, Any] | None] | None = None
    delete_ids: list[str] = Field(default_factory=list)


class ObjectReference(BaseModel):
    """Where a payload too large for a message is kept, and what it must be."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    size_bytes: int
    sha256: str


class MutationsAcceptedV1(Event):
    """A write was accepted for one shard; it is applied when committed.

    `revision` orders writes of one id: microseconds since 1970 on the clock of the accepting instance,
    never the same twice on one instance. The highest revision wins, whatever order deliveries arrive in.
    """

    type: ClassVar[str] = "dev.swell.mutations.accepted.v1"
    topic: ClassVar[str] = "mutations"
    source: ClassVar[str] = "//swell.dev/functions/ingest"

    collection: str
    uid: str
    shard: int
    revision: int
    payload_sha256: str
    inline: Mutations | None = None
    reference: ObjectReference | None = None

    @model_validator(mode="after")
    def _has_one_payload(self) -> Self:
        if (self.inline is None) == (self.reference is None):
            raise ValueError("exactly one of inline and reference must be present")
        return self

    @property
    def ordering_key(self) -> str:
        """One key per shard."""
        return f"{self.collection}/{self.shard}"
