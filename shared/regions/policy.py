"""How one collection is replicated: which regions follow it, in which shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from shared.ports.state import Document
from shared.regions.replication import ReplicationTree, Shape, tree_of


@dataclass(frozen=True)
class ReplicationPolicy:
    """`followers` None: every region of the topology."""

    shape: Shape = Shape.HYBRID
    followers: tuple[str, ...] | None = None

    @classmethod
    def from_document(cls, document: Document | None) -> Self:
        """The policy that a state document describes; without one, everyone follows in the cheapest shape."""
        if document is None:
            return cls()
        followers = document.data.get("followers")
        return cls(Shape(document.data["shape"]), None if followers is None else tuple(followers))

    def to_document(self) -> dict[str, Any]:
        """The state document of this policy."""
        return {"shape": self.shape.value, "followers": None if self.followers is None else list(self.followers)}

    def tree(self, home: str, regions: Sequence[str], hub_of: Mapping[str, str]) -> ReplicationTree:
        """Who copies from whom; `regions` are those of the topology."""
        followers = [region for region in regions if self.followers is None or region in self.followers]
        return tree_of(self.shape, home, followers, hub_of)
