"""The home region of a shard: the one whose writes commit.

It stands in the shard's head: moving it changes the head, and every commit compares the head it was made from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Home:
    """A region, and how often the home has moved: a higher epoch has displaced every lower one."""

    region: str
    epoch: int


def home_of(head: Mapping[str, Any], default_region: str) -> Home:
    """The home that a head names; one that never moved is the home region of the topology."""
    home = head.get("home")
    return Home(default_region, 0) if home is None else Home(home["region"], home["epoch"])
