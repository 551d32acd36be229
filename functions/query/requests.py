"""The bodies that query takes."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from shared.domain.limits import (
    MAX_QUERIES_PER_REQUEST,
    MAX_RECALL_SAMPLE,
    MAX_RECORDS_PER_REQUEST,
    MAX_STALENESS_MS,
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
    """What every read may ask for: one of four read modes.

    *eventual*: at most the function's stated staleness behind. *bounded*: at most `max_staleness_ms`.
    *strong*: every commit made before the request. *session*: with `min_version`, at least the version that
    a write or another query returned; it goes together with each of the others.
    """

    include: list[Include] = Field(default_factory=list, max_length=2)
    consistency: Literal["eventual", "bounded", "strong"] = "eventual"
    max_staleness_ms: int | None = Field(default=None, ge=1, le=MAX_STALENESS_MS, strict=True)
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

    @model_validator(mode="after")
    def _bounds_what_is_bounded(self) -> Self:
        if (self.consistency == "bounded") != (self.max_staleness_ms is not None):
            raise ValueError('max_staleness_ms with consistency "bounded", and only with it')
        return self

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
    filter: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        given = [name for name in ("vector", "vectors", "id") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of vector, vectors and id, given: {', '.join(given) or 'none'}")
        return self


class CheckRecall(ReadOptions):
    """`POST /v1/collections/{collection}/recall`: queries of the caller, or `sample` perturbed stored vectors."""

    vectors: Annotated[list[WireVector], Field(min_length=1, max_length=MAX_QUERIES_PER_REQUEST)] | None = None
    sample: int = Field(default=50, ge=1, le=MAX_RECALL_SAMPLE, strict=True)
    seed: int = Field(default=0, ge=0, le=2**32 - 1, strict=True)
    top_k: int = Field(default=10, ge=1, le=MAX_TOP_K, strict=True)
    recall: float = Field(default=0.95, gt=0, le=1, strict=True)
    filter: dict[str, Any] | None = None


class FetchRecords(ReadOptions):
    """`POST /v1/collections/{collection}/fetch`."""

    ids: list[RecordId] = Field(min_length=1, max_length=MAX_RECORDS_PER_REQUEST)
    include: list[Include] = Field(default=["attributes", "vector"], max_length=2)


class ListRecords(ReadOptions):
    """`POST /v1/collections/{collection}/list`: the records behind `after`, a page at a time."""

    filter: dict[str, Any] | None = None
    after: RecordId | None = None
    limit: int = Field(default=100, ge=1, le=MAX_RECORDS_PER_REQUEST, strict=True)


class CountRecords(ReadOptions):
    """`POST /v1/collections/{collection}/count`."""

    filter: dict[str, Any] | None = None


class FindNeighbors(RequestModel):
    """The parameters of `GET /v1/collections/{collection}/records/{id}/neighbors`, each given once at most."""

    top_k: int = Field(default=10, ge=1, le=MAX_TOP_K)
    recall: float = Field(default=0.95, gt=0, le=1)
    include: Include | None = None
