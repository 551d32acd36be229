"""Whether a shard commits here: only its home region's index update writes to it."""

from dataclasses import dataclass
from typing import Self

from shared.errors import TransientError
from shared.ports.state import Document
from shared.regions.homes import home_of
from shared.topology import Topology


class HomeElsewhere(TransientError):  # noqa: N818 - a wait, not a failure
    """The shard's home is another region, or is being moved; redelivery finds the one that may commit."""

    code = "home_elsewhere"


@dataclass(frozen=True)
class HomeCheck:
    """Asked before any work is done. The head's compare-and-set is what makes a second home impossible."""

    region: str
    default_region: str

    @classmethod
    def of(cls, topology: Topology, region: str | None = None) -> Self:
        """For index update in a region, by default the home region of the topology."""
        return cls(region or topology.home_region, topology.home_region)

    def is_here(self, head: Document) -> bool:
        """Whether this region is the home, though it may be fenced."""
        return home_of(head.data, self.default_region).region == self.region

    def commits(self, head: Document, now_s: float) -> bool:
        """Whether a version may be committed here now."""
        return home_of(head.data, self.default_region).commits(self.region, now_s)

    def require(self, head: Document, now_s: float) -> None:
        """Go on only where a version may be committed.

        Raises:
            HomeElsewhere: it may not.
        """
        if not self.commits(head, now_s):
            home = home_of(head.data, self.default_region)
            raise HomeElsewhere(f"{head.path} commits in {home.region}, epoch {home.epoch}, not in {self.region} now")
