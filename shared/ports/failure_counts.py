"""What failed on a day and was counted by others than the functions' own state: breakers that opened, dead letters."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Failures:
    """Counts of a span; None: nobody counts it here.

    `breakers` opened, by dependency. `dead_letters` by what gave up: a subscription, or a function that refused.
    """

    breakers: dict[str, int] | None
    dead_letters: dict[str, int] | None


class FailureCounts(Protocol):
    """Counts."""

    def between(self, begin: datetime, end: datetime) -> Failures:
        """What failed in a span, of which the last minutes may not be known yet.

        Raises:
            DependencyUnavailable: it cannot be told now.
        """
        ...
