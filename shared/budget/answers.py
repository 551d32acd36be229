"""What an instance answers at most: what it can cost beside its own price."""

from dataclasses import dataclass
from math import ceil

from pydantic import Field

from shared.crowds.instance_settings import ThroughputSettings
from shared.domain.prices import Usage

_MINUTE_MS = 60_000


@dataclass(frozen=True)
class MostAnswers:
    """Requests a minute that one instance answers at most, and bytes of an answer on its way to a client."""

    requests_per_min: float
    bytes_per_request: int

    def used_by(self, region: str, active_ms: int) -> Usage:
        """What instances of a region use in so many milliseconds of theirs, busy all the time."""
        requests = ceil(active_ms * self.requests_per_min / _MINUTE_MS)
        return Usage(region, active_ms, 0, requests, requests * self.bytes_per_request)


class AnswersSettings(ThroughputSettings):
    """Of every function that reckons with the most that an instance can cost: all of them must be told the same."""

    bytes_per_request: int = Field(
        default=2_000,
        ge=0,
        description="the mean size of an answer on its way to a client, for the most that an instance can cost: ten "
        "matches of some 200 bytes",
    )

    @property
    def most_answers(self) -> MostAnswers:
        """The same, as one."""
        return MostAnswers(self.requests_per_min_per_instance, self.bytes_per_request)
