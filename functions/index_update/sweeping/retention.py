"""How long objects are kept, and from which facts that follows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from shared.domain.limits import MAX_STALENESS_MS
from shared.events.mutations import MutationsAcceptedV1

BELIEF: Final = timedelta(milliseconds=MAX_STALENESS_MS)
"""How long a reader may go by a head that has moved on."""


@dataclass(frozen=True)
class Retention:
    """`grace`: the longest life of a function: whoever began to write or read longer ago is done, or cut off.

    Every version of the last grace period stays readable, and of the time since `history` ago, the version at each
    whole `history_step`. What is uploaded within one grace period is committed in it, so:

    * a superseded version may be read for `BELIEF` and one grace period after its successor's commit, which comes
      up to one grace period after the successor's manifest was stored: `readers`
    * a segment that one of those versions brought in was stored at most one grace period before it: `settled`
    """

    grace: timedelta = timedelta(hours=1)
    history: timedelta = timedelta(days=7)
    history_step: timedelta = timedelta(hours=1)

    @property
    def readers(self) -> timedelta:
        """A version whose successor was stored longer ago than this is no longer read."""
        return 2 * self.grace + BELIEF

    @property
    def settled(self) -> timedelta:
        """An object older than this that no kept version names is named by none that is still read or being made."""
        return self.readers + self.grace

    @property
    def payloads(self) -> timedelta:
        """Payloads and journals older than this belong to events that are no longer taken."""
        return MutationsAcceptedV1.max_age + self.grace
