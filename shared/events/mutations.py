"""Accepted writes on their way to a segment."""

from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from shared.events.event import EventPart
from shared.events.shard import ShardEvent


class RecordUpdate(EventPart):
    """What of one record changes; the rest stays as it is."""

    id: str
    """The record."""
    attributes: dict[str, Any] = Field(default_factory=dict)
    """Attributes to replace, and with null, to remove; attributes that are not named stay."""
    vector: str | None = None
    """A new vector: base64 of little-endian float32."""
    if_version: str | None = None
    """The version that the record must have."""


class Mutations(EventPart):
    """What one request changes in one shard. An id is named at most once."""

    upsert_ids: list[str] = Field(default_factory=list)
    """Records to insert or replace."""
    vectors: str = ""
    """Their vectors: base64 of little-endian float32, row after row."""
    attributes: list[dict[str, Any] | None] | None = None
    """Their attributes, one entry per upsert; absent where none has any."""
    if_versions: dict[str, str] = Field(default_factory=dict)
    """For upserts that are conditional: the version that the record must have, or "absent"."""
    updates: list[RecordUpdate] = Field(default_factory=list)
    """Records to change in part."""
    delete_ids: list[str] = Field(default_factory=list)
    """Records to delete."""
    delete_filter: dict[str, Any] | None = None
    """A filter: what matches it when the event is committed, and is not newer than the event, is deleted."""
    erases: bool = False
    """Whether what is deleted is to be erased: no write accepted before this one may leave a trace of it later."""

    @property
    def ids(self) -> list[str]:
        """Every id that is named; reports of a commit name records by their place in this list."""
        return [*self.upsert_ids, *(update.id for update in self.updates), *self.delete_ids]

    def to_json(self) -> dict[str, Any]:
        """The JSON form. Defaults are left out, so that it stays the same when a release adds a field."""
        return self.model_dump(mode="json", exclude_defaults=True)


class ObjectReference(EventPart):
    """Where a payload too large for a message is kept, and what it must be."""

    name: str
    """The object's name."""
    size_bytes: int
    """Its size."""
    sha256: str
    """Its SHA-256, in hex."""


class MutationsAcceptedV1(ShardEvent):
    """A write was accepted for one shard; it is applied when committed.

    `revision` orders writes of one id: microseconds since 1970 on the clock of the accepting instance,
    never the same twice on one instance. The highest revision wins, whatever order deliveries arrive in.
    """

    type: ClassVar[str] = "dev.swell.mutations.accepted.v1"
    topic: ClassVar[str] = "mutations"
    source: ClassVar[str] = "//swell.dev/functions/ingest"

    revision: int
    """Which of two writes of one record came later."""
    payload_sha256: str
    """SHA-256 of the payload, in hex: the same Idempotency-Key with another body is a conflict."""
    inline: Mutations | None = None
    """The payload, where it fits into a message."""
    reference: ObjectReference | None = None
    """The payload's object, where it does not; exactly one of the two is present."""

    @model_validator(mode="after")
    def _has_one_payload(self) -> Self:
        if (self.inline is None) == (self.reference is None):
            raise ValueError("exactly one of inline and reference must be present")
        return self
