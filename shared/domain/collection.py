"""A collection: named vectors of one dimension under one metric, split into shards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from shared.domain.tenancy import public_name


class Metric(StrEnum):
    """How closeness is scored. Scores are higher-is-closer for every metric; see `shared/index/metric.py`."""

    COSINE = "cosine"
    DOT = "dot"
    EUCLIDEAN = "euclidean"


class AttributeType(StrEnum):
    """The types that a filterable attribute may be declared with."""

    STRING = "string"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    STRING_LIST = "string_list"


@dataclass(frozen=True)
class Collection:
    """A collection as declared.

    `uid` tells apart two collections that had the same name one after the other:
    objects and events carry it, so nothing of a deleted collection reaches its successor.
    """

    name: str
    uid: str
    dimension: int
    metric: Metric
    shards: int = 1
    attributes: Mapping[str, AttributeType] = field(default_factory=dict)
    created_at: str = ""

    def same_declaration(self, other: Self) -> bool:
        """Whether both declare the same dimension, metric, shards and attributes."""
        mine = (self.dimension, self.metric, self.shards, dict(self.attributes))
        return mine == (other.dimension, other.metric, other.shards, dict(other.attributes))

    def to_document(self) -> dict[str, Any]:
        """The state document of this collection."""
        return {
            "name": self.name,
            "uid": self.uid,
            "dimension": self.dimension,
            "metric": self.metric.value,
            "shards": self.shards,
            "attributes": {name: kind.value for name, kind in self.attributes.items()},
            "created_at": self.created_at,
        }

    def to_answer(self) -> dict[str, Any]:
        """The declaration as its tenant sees it."""
        return {**self.to_document(), "name": public_name(self.name)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The collection that a state document describes."""
        return cls(
            name=document["name"],
            uid=document["uid"],
            dimension=document["dimension"],
            metric=Metric(document["metric"]),
            shards=document["shards"],
            attributes={name: AttributeType(kind) for name, kind in document["attributes"].items()},
            created_at=document["created_at"],
        )
