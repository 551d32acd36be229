"""What the calls of a collection have in common: words of the API, options of a search, receipts put together."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from shared.domain.versions import VersionVector
from swell.client.results import WriteReceipt
from swell.client.wire import encode_vector, one_vector

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Wait = Literal["accepted", "committed"]
Include = Sequence[Literal["attributes", "vector"]]
Consistency = Literal["eventual", "bounded", "strong"]
Filter = Mapping[str, Any]


def collection_path(name: str) -> str:
    """Where a collection lives on the server."""
    return f"/v1/collections/{quote(name, safe='')}"


def search_options(top_k: int, recall: float | None, condition: Filter | None, include: Include) -> dict[str, Any]:
    """What a search asks for beside its vector."""
    return {"top_k": top_k, "include": list(include), **given(recall=recall, filter=condition)}


def searched(vector: "ArrayLike | None", record_id: str | None) -> dict[str, Any]:
    """What is searched for: a vector, or the neighbours of a stored record.

    Raises:
        ValueError: both are given, or neither, or `vector` is not one row of numbers.
    """
    if (vector is None) == (record_id is None):
        raise ValueError("query: give a vector or an id, one of the two")
    return {"id": record_id} if vector is None else {"vector": encode_vector(one_vector(vector))}


def is_cacheable(options: Mapping[str, Any]) -> bool:
    """Whether an answer that was given before will do: only where nothing is said about how new it must be."""
    is_eventual = options.get("consistency", "eventual") == "eventual"
    return is_eventual and "min_version" not in options and "max_staleness_ms" not in options


def freshness(consistency: Consistency | None, max_staleness_ms: int | None, min_version: str | None) -> dict[str, Any]:
    """How new an answer must be."""
    return given(consistency=consistency, max_staleness_ms=max_staleness_ms, min_version=min_version)


def given(**options: Any) -> dict[str, Any]:
    """The options that are not None."""
    return {name: value for name, value in options.items() if value is not None}


def together(receipts: Sequence[WriteReceipt]) -> WriteReceipt:
    """One receipt for a call that took several requests."""
    versions = [VersionVector.parse(receipt.version) for receipt in receipts if receipt.version]
    version = str(VersionVector.merged(versions)) if versions else None
    return WriteReceipt(
        sum(receipt.accepted for receipt in receipts),
        version,
        missing=tuple(one for receipt in receipts for one in receipt.missing),
        conflicts=tuple(one for receipt in receipts for one in receipt.conflicts),
    )
