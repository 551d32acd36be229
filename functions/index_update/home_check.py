"""Whether a shard commits here: its writes go to the bucket of its home, and to no other."""

from dataclasses import dataclass
from typing import Self

from shared.coordination.races import LostRace
from shared.errors import TransientError
from shared.ports.state import Document
from shared.regions.homes import home_of
from shared.topology import Topology


class HomeElsewhere(TransientError):  # noqa: N818 - a wait, not a failure
    """The shard's home is another region; redelivery finds it."""

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
            HomeElsewhere: another region is the home.
            LostRace: this one is, and fenced: it may be over in a moment.
        """
        if self.commits(head, now_s):
            return
        home = home_of(head.data, self.default_region)
        if home.region == self.region:
            raise LostRace(f"{head.path} is being moved to another home")
        raise HomeElsewhere(f"{head.path} commits in {home.region}, epoch {home.epoch}, not in {self.region}")
