"""The rules of a lease: who holds it, until when, and under which fencing token. Pure.

A token only grows, and what is written under a lease is written on condition that the token still stands, so two
holders never both write, whatever their clocks say. The times only keep them from trying: a lease is taken over no
sooner than `MAX_CLOCK_SKEW_S` after it lapsed, so while clocks differ by less, no two even believe that they hold it.
"""

from dataclasses import dataclass, replace
from typing import Final

MAX_CLOCK_SKEW_S: Final = 5.0
"""How far two members' clocks may differ. Google's time servers keep machines within a few milliseconds."""


@dataclass(frozen=True)
class Lease:
    """Who may act. A higher fencing token has displaced every lower one."""

    holder: str
    fencing_token: int
    expires_at: float
    """Seconds since 1970; 0 once released."""

    def lasts(self, now_s: float) -> bool:
        """Whether its holder may go on, by the holder's clock."""
        return now_s < self.expires_at

    def is_free(self, now_s: float, *, max_skew_s: float = MAX_CLOCK_SKEW_S) -> bool:
        """Whether another may take it, by the other's clock."""
        return self.expires_at <= 0 or now_s >= self.expires_at + max_skew_s


NOBODY: Final = Lease("", 0, 0.0)
"""What stands before anybody has held it."""


def taken(held: Lease, holder: str, now_s: float, ttl_s: float) -> Lease:
    """The lease of a new holder; whoever held it before is displaced."""
    return Lease(holder, held.fencing_token + 1, now_s + ttl_s)


def renewed(held: Lease, now_s: float, ttl_s: float) -> Lease:
    """The same lease for longer; never for less long."""
    return replace(held, expires_at=max(held.expires_at, now_s + ttl_s))


def released(held: Lease) -> Lease:
    """Given back; the token stays, so that the next one is higher."""
    return replace(held, expires_at=0.0)


def fenced(held: Lease) -> Lease:
    """Nobody's, under a new token: whoever holds it now can write no more."""
    return Lease("", held.fencing_token + 1, 0.0)
