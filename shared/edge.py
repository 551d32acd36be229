"""What stands before every HTTP function: the one list of middleware."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from pydantic import Field

from shared.adapters.opening import Adapters
from shared.adapters.redis.buckets import RedisBuckets
from shared.adapters.redis.connection import RedisConnection
from shared.auth.authenticator import Authenticator
from shared.auth.key_store import KeyStore
from shared.auth.middleware import Authentication
from shared.compression import Compression
from shared.domain.rate_limit import RateLimit
from shared.domain.tier import Tier
from shared.http import Middleware
from shared.resilience.adaptive_limit import AdaptiveLimit, LimitTuning
from shared.serving.admission import Admission, Gate
from shared.serving.buckets import Buckets
from shared.serving.current_mode import CurrentMode
from shared.serving.door import Door
from shared.serving.lane import Lane
from shared.serving.mode_layer import UnderServingMode
from shared.settings import Settings


class EdgeSettings(Settings):
    """Who may come in, and how many."""

    access: Literal["keys", "loopback"] | None = Field(
        default=None,
        description="keys: everybody needs one; loopback: requests made on this machine do not, while there is none. "
        "Default: loopback in the embedded runtime, keys elsewhere",
    )

    rate_free_per_s: float = Field(
        default=17.0, gt=0, description="requests a second of a key of the free tier: the seed's 1,000 a minute"
    )
    rate_standard_per_s: float = Field(
        default=1000.0,
        gt=0,
        description="requests a second of a key of the standard tier: more than an instance answers",
    )
    rate_premium_per_s: float = Field(
        default=10_000.0, gt=0, description="requests a second of a key of the premium tier: the seed's own bucket"
    )
    rate_burst_s: float = Field(
        default=2.0, gt=0, description="how many seconds' worth of requests a key may make at once"
    )
    reads_at_once_at_most: int = Field(
        default=64,
        ge=1,
        description="the adaptive limit of reads in progress stays below this; a Cloud Run instance "
        "is given 80 requests at once, and the rest must find a place to be refused in",
    )
    waiting_at_most: int = Field(
        default=128, ge=0, description="requests of a kind that wait for a place; each keeps a connection and no body"
    )

    @property
    def rates(self) -> Mapping[Tier, RateLimit]:
        """What a key may ask for that has no rate of its own."""
        per_s = {
            Tier.FREE: self.rate_free_per_s,
            Tier.STANDARD: self.rate_standard_per_s,
            Tier.PREMIUM: self.rate_premium_per_s,
        }
        return {tier: RateLimit(rate, max(1, round(rate * self.rate_burst_s))) for tier, rate in per_s.items()}

    @property
    def is_open_on_loopback(self) -> bool:
        """Whether this machine's own user may come in without a key."""
        return (self.access or ("loopback" if self.runtime == "embedded" else "keys")) == "loopback"


@dataclass(frozen=True)
class Edge:
    """The layers of one process, outermost first, and the door of a function that has many reads to refuse."""

    layers: Sequence[Middleware]
    door: Callable[..., Door]
    gate: Gate


def open_edge(adapters: Adapters, settings: EdgeSettings) -> Edge:
    """What functions that share a process have before them; it shares its state."""
    authenticator = Authenticator(
        KeyStore(adapters.state, adapters.clock), adapters.clock, open_on_loopback=settings.is_open_on_loopback
    )
    mode, gate_ = CurrentMode(adapters.state), gate(settings)
    layers: list[Middleware] = [
        Compression,
        partial(Authentication, authenticator=authenticator),
        partial(UnderServingMode, current_mode=mode),
        partial(Admission, gate=gate_),
    ]
    return Edge(layers, partial(Door, authenticator=authenticator, current_mode=mode, gate=gate_), gate_)


def edge(adapters: Adapters, settings: EdgeSettings) -> Sequence[Middleware]:
    """The layers of `open_edge`."""
    return open_edge(adapters, settings).layers


def gate(settings: EdgeSettings) -> Gate:
    """What admits requests to one process."""
    shared = (
        None if settings.redis_url is None else RedisBuckets(RedisConnection(settings.redis_url.get_secret_value()))
    )
    limit = AdaptiveLimit(LimitTuning(most=settings.reads_at_once_at_most))
    return Gate(Buckets(settings.rates, shared), reads=Lane(limit, capacity=settings.waiting_at_most))
