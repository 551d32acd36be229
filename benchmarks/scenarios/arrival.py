"""How many streams come, as multiples of the scenario's base, minute by minute."""

from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from shared.topology.models import Entry

_LONGEST_MIN: Final = 10_080


class Constant(Entry):
    """The base, all the time."""

    kind: Literal["constant"]


class Stage(Entry):
    """A straight line to `factor` over `minutes`; `at_once` jumps there and stays for the minutes."""

    minutes: float = Field(gt=0, le=_LONGEST_MIN)
    factor: float = Field(ge=0, le=1000)
    at_once: bool = False


class Ramp(Entry):
    """Stages, one after the other, from `begins_at`; the last factor holds to the end."""

    kind: Literal["ramp"]
    begins_at: float = Field(default=1.0, ge=0, le=1000)
    stages: tuple[Stage, ...] = Field(min_length=1, max_length=200, strict=False)


class Flash(Entry):
    """A flash crowd: up to `peak` in `ramp_min`, held, then the excess halves every `half_life_min`.

    World Cup 98 (Arlitt & Jin): half of a crowd has gone 12 to 30 minutes after its peak, median 23.
    """

    kind: Literal["flash"]
    at_min: float = Field(ge=0, le=_LONGEST_MIN)
    peak: float = Field(gt=0, le=1000)
    ramp_min: float = Field(gt=0, le=_LONGEST_MIN)
    hold_min: float = Field(ge=0, le=_LONGEST_MIN)
    half_life_min: float = Field(gt=0, le=_LONGEST_MIN)


class Daily(Entry):
    """Only the course of the day, by the hour of each region's own longitude; `peak` at its busiest hour."""

    kind: Literal["diurnal"]
    peak: float = Field(default=1.5, ge=1, le=10)


class Periodic(Entry):
    """A spike of `factor` for `spike_min` at the start of every `every_min`."""

    kind: Literal["periodic"]
    factor: float = Field(gt=0, le=1000)
    every_min: float = Field(gt=0, le=_LONGEST_MIN)
    spike_min: float = Field(gt=0, le=_LONGEST_MIN)
    first_min: float = Field(default=0.0, ge=0, le=_LONGEST_MIN)


class Trace(Entry):
    """A recorded course, `file` in `benchmarks/scenarios/traces`: minutes and multiples, with lines between them.

    Its largest multiple becomes `peak`; `compress` plays it that many times as fast.
    """

    kind: Literal["trace"]
    file: str = Field(pattern=r"^[a-z0-9_-]+\.csv$")
    peak: float = Field(gt=0, le=1000)
    compress: float = Field(default=1.0, ge=1, le=60)


Arrival = Annotated[Constant | Ramp | Flash | Daily | Periodic | Trace, Field(discriminator="kind")]


class Bursty(Entry):
    """Noise on top of any course: a Gamma-modulated rate, `cv` its standard deviation over its mean.

    `memory_s`: how long a deviation lasts. In World Cup 98 a minute deviates from its hour's course by 6.9 %.
    """

    cv: float = Field(default=0.07, ge=0, le=2)
    memory_s: float = Field(default=60.0, ge=1, le=3600)


class Uniform(Entry):
    """Every key alike."""

    kind: Literal["uniform"]
    keys: int = Field(default=1_000_000, ge=1, le=1_000_000_000)


class Hotspot(Entry):
    """A share of the requests asks for a share of the keys."""

    kind: Literal["hotspot"]
    keys: int = Field(default=1_000_000, ge=1, le=1_000_000_000)
    hot_keys: float = Field(default=0.01, gt=0, lt=1)
    hot_requests: float = Field(default=0.8, gt=0, le=1)


class Zipf(Entry):
    """Rank k is asked for in proportion to k ** -alpha, up to `keys`: bounded, and any alpha above 0."""

    kind: Literal["zipf"]
    keys: int = Field(default=1_000_000, ge=1, le=1_000_000_000)
    alpha: float = Field(default=0.99, gt=0, le=3)


class Drifting(Entry):
    """Zipf whose ranks move on to other keys: after `turnover_min` none of the hottest is what it was."""

    kind: Literal["drifting"]
    keys: int = Field(default=1_000_000, ge=1, le=1_000_000_000)
    alpha: float = Field(default=0.99, gt=0, le=3)
    turnover_min: float = Field(default=30.0, ge=0.1, le=_LONGEST_MIN)


Popularity = Annotated[Uniform | Hotspot | Zipf | Drifting, Field(discriminator="kind")]


class Mix(Entry):
    """Shares of what is asked; together 1. A filtered search and a write cost more than a search (calibrated)."""

    search: float = Field(default=1.0, ge=0, le=1)
    filtered: float = Field(default=0.0, ge=0, le=1)
    write: float = Field(default=0.0, ge=0, le=1)
    delete: float = Field(default=0.0, ge=0, le=1)

    @model_validator(mode="after")
    def _is_whole(self) -> "Mix":
        total = self.search + self.filtered + self.write + self.delete
        if abs(total - 1) > 1e-6:
            raise ValueError(f"mix: got shares that add up to {total:g}, allowed: 1")
        return self
