"""What calls return. Fields that a newer server adds are ignored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Match:
    """One found record. `score` is higher-is-closer; `attributes` and `vector` only where they were asked for."""

    id: str
    score: float
    attributes: Mapping[str, Any] | None = None
    vector: "NDArray[np.float32] | None" = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read one match of an answer."""
        return cls(document["id"], document["score"], document.get("attributes"), _vector(document))


@dataclass(frozen=True)
class QueryResult:
    """The nearest records of one query vector, best first.

    `version` is the state of the collection that was searched, `method` the way it was searched,
    `took_ms` the server's time for the request, which may have carried more queries.
    """

    matches: list[Match]
    version: str
    method: str
    recall_target: float
    took_ms: float
    serving_mode: str = "unknown"
    """What the server gives up at present; `recall_target` says what of the recall that was asked for is left."""
    top_k: int | None = None
    """How many were searched for, where the serving mode allowed fewer than were asked for."""
    is_partial: bool = False
    """A damaged segment or manifest was left out: records may be missing, or show an earlier state."""
    stale_s: float | None = None
    """How old the answer is, where the server's state store is away and it is older than usual."""

    @property
    def ids(self) -> list[str]:
        """The ids of the matches, best first."""
        return [match.id for match in self.matches]

    @classmethod
    def of(cls, matches: list[Mapping[str, Any]], answer: Mapping[str, Any]) -> Self:
        """Read one list of matches, and from the answer what holds for all of its lists."""
        return cls(
            [Match.of(match) for match in matches],
            answer["version"],
            answer["method"],
            answer["recall_target"],
            answer["took_ms"],
            answer.get("serving_mode", "unknown"),
            answer.get("top_k"),
            *caveats(answer),
        )


@dataclass(frozen=True)
class WatchedAnswer:
    """The whole answer as of a version, best first; `token` is where another `watch` may go on from."""

    matches: list[Match]
    version: str
    token: str

    @property
    def ids(self) -> list[str]:
        """The ids of the matches, best first."""
        return [match.id for match in self.matches]


@dataclass(frozen=True)
class ProgressiveAnswer:
    """One of the answers to a query, best first; `stage` is "quick" or "refined".

    `recall_expected` is the recall that this answer has, by what was measured when its segments were built.
    """

    matches: list[Match]
    stage: str
    version: str
    method: str
    recall_expected: float

    @property
    def ids(self) -> list[str]:
        """The ids of the matches, best first."""
        return [match.id for match in self.matches]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read one answer of a stream."""
        names = ("stage", "version", "method", "recall_expected")
        return cls([Match.of(match) for match in document["matches"]], **{name: document[name] for name in names})


@dataclass(frozen=True)
class Record:
    """A stored record; `attributes` and `vector` only where they were asked for.

    `version` changes with every write of the record: a later one may name it in `if_versions`.
    """

    id: str
    vector: "NDArray[np.float32] | None" = None
    attributes: Mapping[str, Any] | None = None
    version: str | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read one record of an answer."""
        return cls(document["id"], _vector(document), document.get("attributes"), document.get("version"))


@dataclass(frozen=True)
class FetchResult:
    """The records that exist, in the order of the ids asked for, and the ids that do not exist."""

    records: list[Record]
    missing: list[str]
    version: str
    is_partial: bool = False
    """As in `QueryResult`: what is missing may be in a segment that is damaged."""
    stale_s: float | None = None
    """As in `QueryResult`."""


@dataclass(frozen=True)
class WriteReceipt:
    """How many records were accepted: durable, to be applied in order.

    `version` is the one that holds them all; None unless the call waited for the commit.
    Give it to a query as `min_version` to read your own write.
    """

    accepted: int
    version: str | None = None
    deleted: int | None = None
    """How many a filter matched; None unless the call waited for the commit of such a delete."""
    erasure: str | None = None
    """The erasure that follows, where one was asked for."""
    missing: tuple[str, ...] = ()
    """The ids of an update that do not exist; known once it is committed."""
    conflicts: tuple[str, ...] = ()
    """The ids that were not at the version that was named for them, and stay as they are."""

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """Read the answer to one write."""
        return cls(
            answer.get("accepted", 0),
            answer.get("version"),
            answer.get("deleted"),
            answer.get("erasure"),
            tuple(answer.get("missing", ())),
            tuple(answer.get("conflicts", ())),
        )


@dataclass(frozen=True)
class CollectionDeclaration:
    """A collection as it was created."""

    name: str
    dimension: int
    metric: str
    shards: int
    attributes: Mapping[str, str]
    created_at: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read one collection of an answer."""
        return cls(**_declared(document))


@dataclass(frozen=True)
class SegmentSummary:
    """One segment: `kind` is "delta" (scanned exactly) or "base" (with an Annoy forest)."""

    shard: int
    kind: str
    rows: int
    size_bytes: int


@dataclass(frozen=True)
class RegionalCopy:
    """What a region has of a collection: `version` None where it has nothing, `lag_s` from commit to copy."""

    region: str
    source: str | None
    version: str | None
    versions_behind: int
    lag_s: float | None


@dataclass(frozen=True)
class CollectionDescription(CollectionDeclaration):
    """A collection, its size and what it is stored in."""

    records: int
    version: str
    segments: list[SegmentSummary]
    home: str = ""
    """The region where it commits."""
    replication: str = ""
    """The shape: mesh, hierarchical or hybrid."""
    regions: list[RegionalCopy] = field(default_factory=list)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read the description of one collection."""
        segments = [
            SegmentSummary(entry["shard"], entry["kind"], entry["rows"], entry["size_bytes"])
            for entry in document["segments"]
        ]
        return cls(
            **_declared(document),
            records=document["records"],
            version=document["version"],
            segments=segments,
            home=document.get("home", ""),
            replication=document.get("replication", ""),
            regions=[
                RegionalCopy(**{name: entry[name] for name in RegionalCopy.__dataclass_fields__})
                for entry in document.get("regions", ())
            ],
        )

    def rows(self, kind: str) -> int:
        """Rows in segments of this kind, replaced and deleted ones included."""
        return sum(segment.rows for segment in self.segments if segment.kind == kind)

    @property
    def size_bytes(self) -> int:
        """The size of all segments."""
        return sum(segment.size_bytes for segment in self.segments)


def caveats(answer: Mapping[str, Any]) -> tuple[bool, float | None]:
    """`is_partial` and `stale_s` of an answer to a read."""
    return bool(answer.get("partial", False)), answer.get("age_ms", 0) / 1000 if answer.get("stale") else None


def _declared(document: Mapping[str, Any]) -> dict[str, Any]:
    names = ("name", "dimension", "metric", "shards", "attributes", "created_at")
    return {name: document[name] for name in names}


def _vector(document: Mapping[str, Any]) -> "NDArray[np.float32] | None":
    numbers = document.get("vector")
    if numbers is None:
        return None
    import numpy as np  # noqa: PLC0415 - loads when it is needed

    return np.asarray(numbers, np.float32)
