"""Serving modes: the one table of what each tier still gets while capacity or money is short.

A mode is decided by the budget and scaling policies and written to `control/serving_mode`; here stands only what it
means. Source of modes 0 to 3 and of the shares: RuVector's levels of degradation (none, minor, major, critical) and
its runbook; mode 4 is ours. Recall, top_k, staleness and streams give in before anything that was paid for is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Any, Final

from shared.domain.limits import MAX_STALENESS_MS, MAX_TOP_K
from shared.domain.tier import Tier

SERVING_MODE_DOCUMENT: Final = "control/serving_mode"
"""The state document with the current mode: `{"mode": 0 to 4, ...}`."""


class ServingMode(IntEnum):
    """How much is given up, from nothing to all but the essence."""

    NORMAL = 0
    MINOR = 1
    MAJOR = 2
    CRITICAL = 3
    EMERGENCY = 4

    @property
    def label(self) -> str:
        """The mode's name in answers, logs and metrics."""
        return self.name.lower()


class Streams(StrEnum):
    """What happens to streams and standing queries."""

    OPEN = "open"
    HELD = "held"
    """Those that run go on; no new ones."""
    CLOSED = "closed"
    """Those that run are told and ended; no new ones."""


@dataclass(frozen=True)
class Terms:
    """What one tier gets in one mode."""

    admission_share: float
    """The part of its requests that is let in at all, 0 to 1."""
    recall_at_most: float = 1.0
    top_k_at_most: int = MAX_TOP_K
    staleness_factor: float = 1.0
    """What a read may be behind, where it did not ask for a bound of its own, is multiplied by this."""
    streams: Streams = Streams.OPEN
    background: bool = True
    """Whether imports, exports and recall checks are taken."""


_ALL: Final = Terms(1.0)
_NOTHING: Final = Terms(0.0, 0.5, 10, 60.0, Streams.CLOSED, background=False)

TERMS: Final[Mapping[ServingMode, Mapping[Tier, Terms]]] = {
    ServingMode.NORMAL: dict.fromkeys(Tier, _ALL),
    # The runbook: free-tier limits down by 20 %, cache TTL doubled, background jobs deferred.
    ServingMode.MINOR: {
        Tier.FREE: Terms(0.8, 0.90, 200, 2.0, Streams.HELD, background=False),
        Tier.STANDARD: replace(_ALL, staleness_factor=2.0),
        Tier.PREMIUM: _ALL,
    },
    # The runbook: half of free traffic shed, standard limits down by 10 %, analytics off.
    ServingMode.MAJOR: {
        Tier.FREE: Terms(0.5, 0.80, 50, 5.0, Streams.CLOSED, background=False),
        Tier.STANDARD: Terms(0.9, 0.90, 200, 5.0, Streams.HELD, background=False),
        Tier.PREMIUM: replace(_ALL, staleness_factor=2.0),
    },
    # The runbook: all free traffic shed, half of standard, premium with reduced features.
    ServingMode.CRITICAL: {
        Tier.FREE: _NOTHING,
        Tier.STANDARD: Terms(0.5, 0.80, 50, 10.0, Streams.CLOSED, background=False),
        Tier.PREMIUM: Terms(1.0, 0.90, 200, 5.0, Streams.HELD, background=False),
    },
    ServingMode.EMERGENCY: {
        Tier.FREE: _NOTHING,
        Tier.STANDARD: _NOTHING,
        Tier.PREMIUM: Terms(1.0, 0.80, 50, 10.0, Streams.CLOSED, background=False),
    },
}


@dataclass(frozen=True)
class ReadWish:
    """What a read asks for, as far as a mode may change it.

    `staleness_s` is how far behind the read may be; `bounded` says that the caller stated it, or asked for a strong
    read: a promise that was asked for is kept or refused, never quietly weakened.
    """

    recall: float
    top_k: int
    staleness_s: float
    bounded: bool = False


def terms(mode: ServingMode, tier: Tier) -> Terms:
    """What a tier gets in a mode."""
    return TERMS[mode][tier]


def apply(mode: ServingMode, tier: Tier, wish: ReadWish) -> ReadWish:
    """The read as it is carried out; the answer says the recall it aimed for and the mode."""
    given = TERMS[mode][tier]
    if given is _ALL:
        return wish
    staleness_s = max(wish.staleness_s, min(wish.staleness_s * given.staleness_factor, MAX_STALENESS_MS / 1000))
    return replace(
        wish,
        recall=min(wish.recall, given.recall_at_most),
        top_k=min(wish.top_k, given.top_k_at_most),
        staleness_s=wish.staleness_s if wish.bounded else staleness_s,
    )


def mode_of(document: Mapping[str, Any] | None) -> ServingMode:
    """The mode that the state document says; none has been decided where there is no document.

    Raises:
        ValueError: the document holds no mode that this release knows.
    """
    return ServingMode.NORMAL if document is None else ServingMode(document.get("mode", -1))
