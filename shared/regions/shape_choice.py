"""Which shape replicates a collection at the lowest price, and what the others would have cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.regions.egress import GIB, READ_ON
from shared.regions.replication import ReplicationTree, Shape, tree_of


class ShapeReason(StrEnum):
    """Why a shape was chosen."""

    CHEAPEST = "cheapest"
    AS_CHEAP_WITH_FEWER_HOPS = "as_cheap_with_fewer_hops"


@dataclass(frozen=True)
class ShapeChoice:
    """The chosen tree, and all that were weighed, cheapest first."""

    tree: ReplicationTree
    weighed: tuple[ReplicationTree, ...]
    reason: ShapeReason

    def lines(self, size_bytes: int = GIB) -> list[str]:
        """A table for people: what each shape costs for so many committed bytes, and how far they travel."""
        header = f"{'shape':<14}{'$ per ' + _size(size_bytes):>14}{'hops':>6}{'most':>6}   prices of {READ_ON}"
        rows = [
            f"{tree.shape.value:<14}{tree.cost_micros(size_bytes) / 1e6:>14.4f}{_hops(tree):>6}{_most_hops(tree):>6}"
            + (f"   chosen: {self.reason.value}" if tree is self.tree else "")
            for tree in self.weighed
        ]
        return [header, *rows]


def choose_shape(home: str, followers: Sequence[str], hub_of: Mapping[str, str]) -> ShapeChoice:
    """The cheapest shape; of equally cheap ones that with the fewest hops, because each hop adds to the lag.

    Hubs copy from home in every shape: tier 1 has 5 s, and a hop through another hub would spend them.
    """
    trees = [tree_of(shape, home, followers, hub_of) for shape in Shape]
    weighed = sorted(trees, key=lambda tree: (tree.cost_micros(GIB), _hops(tree)))
    tie = weighed[0].cost_micros(GIB) == weighed[1].cost_micros(GIB)
    reason = ShapeReason.AS_CHEAP_WITH_FEWER_HOPS if tie else ShapeReason.CHEAPEST
    return ShapeChoice(weighed[0], tuple(weighed), reason)


def _hops(tree: ReplicationTree) -> int:
    return sum(tree.hops_to(region) for region in tree.parents)


def _most_hops(tree: ReplicationTree) -> int:
    return max((tree.hops_to(region) for region in tree.parents), default=0)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / GIB:g} GiB"
