"""The bodies that query takes."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from shared.domain.limits import (
    MAX_QUERIES_PER_REQUEST,
    MAX_RECORDS_PER_REQUEST,
    MAX_TIMEOUT_MS,
    MAX_TOP_K,
    MIN_TIMEOUT_MS,
)
from shared.domain.versions import VersionVector
from shared.http import RequestModel
from shared.record_id import RecordId
from shared.vectors import WireVector

Include = Literal["attributes", "vector"]


class ReadOptions(RequestModel):
    """What every read may ask for.

    *eventual*: at most the function's stated staleness behind. *strong*: every commit made before the request.
    `min_version`: at least the version that a write returned.
    """

    include: list[Include] = Field(default_factory=list, max_length=2)
    consistency: Literal["eventual", "strong"] = "eventual"
    min_version: str | None = Field(default=None, max_length=1024)
    timeout_ms: int = Field(default=5_000, ge=MIN_TIMEOUT_MS, le=MAX_TIMEOUT_MS, strict=True)

    @field_validator("min_version")
    @classmethod
    def _is_a_version(cls, text: str | None) -> str | None:
        if text is not None:
            try:
                VersionVector.parse(text)
            except ValueError:
                raise ValueError("a version as a write or a query returned it") from None
        return text

    def least_version(self) -> VersionVector:
        """The version to wait for; an empty one is always there."""
        return VersionVector.parse(self.min_version) if self.min_version else VersionVector({})


class QueryRecords(ReadOptions):
    """`POST /v1/collections/{collection}/query`."""

    vector: WireVector | None = None
    vectors: Annotated[list[WireVector], Field(min_length=1, max_length=MAX_QUERIES_PER_REQUEST)] | None = None
    id: RecordId | None = None
    top_k: int = Field(default=10, ge=1, le=MAX_TOP_K, strict=True)
    recall: float = Field(default=0.95, gt=0, le=1, strict=True)

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        given = [name for name in ("vector", "vectors", "id") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of vector, vectors and id, given: {', '.join(given) or 'none'}")
        return self


class FetchRecords(ReadOptions):
    """`POST /v1/collections/{collection}/fetch`."""

    ids: list[RecordId] = Field(min_length=1, max_length=MAX_RECORDS_PER_REQUEST)
    include: list[Include] = Field(default=["attributes", "vector"], max_length=2)
