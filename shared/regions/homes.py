"""The home region of a shard: the one whose writes commit.

It stands in the shard's head: moving it changes the head, and every commit compares the head it was made from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Home:
    """A region, and how often the home was fenced or moved: a higher epoch has displaced every lower one."""

    region: str
    epoch: int
    ballot: str = ""
    """The ballot that allowed the last change."""
    fenced_until: float = 0.0
    """Until then nothing commits, so that an heir can catch up; seconds since 1970. It ends by itself."""

    def commits(self, region: str, now_s: float) -> bool:
        """Whether a region may commit now. The head's compare-and-set decides; this only spares it the trying."""
        return self.region == region and now_s >= self.fenced_until

    def to_data(self) -> dict[str, Any]:
        """What the head holds."""
        return dict(vars(self))


def home_of(head: Mapping[str, Any], default_region: str) -> Home:
    """The home that a head names; one that never moved is the home region of the topology."""
    home = head.get("home")
    return Home(default_region, 0) if home is None else Home(**home)
