"""The instances of the query function in each region: Cloud Run, or processes on this machine."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class FleetSize:
    """Instances that a region is set to keep at least and have at most, and those that are ready (None: not known)."""

    min_instances: int
    max_instances: int
    ready: int | None = None


class Fleet(Protocol):
    """Sets sizes; setting what is set already changes nothing, so a repeated call is harmless.

    Every method raises `DependencyUnavailable` when the platform does not answer.
    """

    def size(self, region: str) -> FleetSize:
        """What a region is set to now.

        Raises:
            NotFound: the function is not deployed there.
        """
        ...

    def resize(self, region: str, *, min_instances: int, max_instances: int) -> None:
        """Set a region to these bounds; returns when the platform has taken it, not when instances are ready.

        Raises:
            NotFound: the function is not deployed there.
        """
        ...
