"""The bodies that ingest takes."""

import re
from typing import Annotated, Any, Final, Generic, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, field_validator, model_validator
from pydantic.fields import FieldInfo

from shared.domain.collection import AttributeType, Metric
from shared.domain.limits import (
    ATTRIBUTE_NAME,
    MAX_DECLARED_ATTRIBUTES,
    MAX_DIMENSION,
    MAX_RECORDS_PER_REQUEST,
    MAX_SHARDS,
    MAX_TIMEOUT_MS,
    MIN_DIMENSION,
    MIN_TIMEOUT_MS,
)
from shared.http import RequestModel
from shared.record_id import RecordId
from shared.regions.replication import Shape
from shared.vectors import WireVector


def _checked(pattern: str, allowed: str) -> tuple[AfterValidator, FieldInfo]:
    """A text of this pattern; the refusal says what is meant, and the document of the API says the pattern."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(allowed)
        return text

    return AfterValidator(check), Field(json_schema_extra={"pattern": f"^{pattern}$"})


_OF_FETCH: Final = "the version of this record that fetch and list show, up to 19 digits"
RecordVersion = Annotated[str, *_checked(r"[0-9]{1,19}", _OF_FETCH)]
RecordVersionOrAbsent = Annotated[str, *_checked(r"(absent|[0-9]{1,19})", f'{_OF_FETCH}, or "absent"')]
AttributeName = Annotated[str, Field(pattern=f"^{ATTRIBUTE_NAME.pattern}$")]


class DeclareCollection(RequestModel):
    """`PUT /v1/collections/{collection}`."""

    dimension: int = Field(ge=MIN_DIMENSION, le=MAX_DIMENSION, strict=True)
    metric: Metric = Metric.COSINE
    shards: int = Field(default=1, ge=1, le=MAX_SHARDS, strict=True)
    attributes: dict[AttributeName, AttributeType] = Field(default_factory=dict, max_length=MAX_DECLARED_ATTRIBUTES)
    replication: Shape | None = None
    home: str | None = Field(default=None, min_length=1, max_length=63)


class WriteOptions(RequestModel):
    """What every write may ask for."""

    wait: Literal["accepted", "committed"] = "accepted"
    timeout_ms: int = Field(default=10_000, ge=MIN_TIMEOUT_MS, le=MAX_TIMEOUT_MS, strict=True)


class UpsertRecord(RequestModel):
    """One record to insert or replace; with `if_version` only if it is at that version, or "absent"."""

    id: RecordId
    vector: WireVector
    attributes: dict[str, Any] | None = None
    if_version: RecordVersionOrAbsent | None = None


class UpdateRecord(RequestModel):
    """What of one record changes; with `if_version` only if it is at that version."""

    id: RecordId
    attributes: dict[str, Any] | None = None
    vector: WireVector | None = None
    if_version: RecordVersion | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.attributes and self.vector is None:
            raise ValueError("attributes to change, a vector, or both")
        return self


R = TypeVar("R", UpsertRecord, UpdateRecord)


class _WriteRecords(WriteOptions, Generic[R]):
    """Records by their ids, each perhaps with a condition."""

    records: list[R] = Field(min_length=1, max_length=MAX_RECORDS_PER_REQUEST)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _reject_repeats([record.id for record in self.records], "records", ".id")
        if self.is_conditional and self.wait != "committed":
            raise ValueError('if_version only with wait "committed": what became of the condition is known then')
        return self

    @property
    def is_conditional(self) -> bool:
        """Whether a record has a condition."""
        return any(record.if_version is not None for record in self.records)


class UpsertRecords(_WriteRecords[UpsertRecord]):
    """`POST /v1/collections/{collection}/upsert`."""


class UpdateRecords(_WriteRecords[UpdateRecord]):
    """`POST /v1/collections/{collection}/update`."""


class DeleteRecords(WriteOptions):
    """`POST /v1/collections/{collection}/delete`: either by id or by filter."""

    ids: list[RecordId] | None = Field(default=None, min_length=1, max_length=MAX_RECORDS_PER_REQUEST)
    filter: dict[str, Any] | None = None
    erase: bool = Field(default=False, strict=True)

    @field_validator("ids")
    @classmethod
    def _ids_stand_once(cls, ids: list[str] | None) -> list[str] | None:
        _reject_repeats(ids or [], "ids", "")
        return ids

    @model_validator(mode="after")
    def _names_what_to_delete(self) -> Self:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("either ids or a filter")
        return self


def _reject_repeats(ids: list[str], field: str, suffix: str) -> None:
    first: dict[str, int] = {}
    for place, record_id in enumerate(ids):
        if first.setdefault(record_id, place) != place:
            earlier = f"{field}[{first[record_id]}]{suffix}"
            raise ValueError(f"every id at most once a request ({field}[{place}]{suffix} repeats {earlier})")
