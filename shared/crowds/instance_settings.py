"""What several functions must be told alike about an instance: how much it answers, and how fast more of them come."""

from pydantic import Field

from shared.adapters.platform import PlatformSettings


class ThroughputSettings(PlatformSettings):
    """Of every function that divides load by what an instance answers, or prices what it can cost."""

    requests_per_min_per_instance: float = Field(
        default=12_000.0,
        gt=0,
        description="what one query instance answers a minute within its latency target, measured: "
        "`swell bench overload` prints it as peak goodput; 200 a second is what two vCPUs did on the slowest machine",
    )


class RampSettings(PlatformSettings):
    """Of every function that reckons with the time until instances are there."""

    ramp_instances_per_min: int = Field(
        default=100, ge=1, description="instances that a region starts a minute (RuVector: 100 a minute and region)"
    )
