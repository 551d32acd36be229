"""Erasures as the server tells of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Erasure:
    """The receipt of an erasure.

    `state` is that of the shard that is farthest behind: rewriting, ageing, erased, forgetting, proven,
    collection_deleted or failed. From `erased` on no vector and no attribute is stored any more; `is_proven` says that
    a look found nothing at all, ids included. `shards` tells of each shard what is left, and what regions say.
    """

    id: str
    collection: str
    state: str
    is_proven: bool
    requested_at: str
    erased_at: str | None
    proven_at: str | None
    ids_leave_after: str
    messages_kept_until: str
    dead_letters_kept_until: str
    shards: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read a receipt; fields that a newer server adds are ignored."""
        named = cls.__dataclass_fields__.keys() - {"id", "is_proven"}
        return cls(id=document["erasure"], is_proven=document["proven"], **{name: document[name] for name in named})

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in {"proven", "collection_deleted", "failed"}
