"""How burst prediction works; every default has its source."""

from pydantic import Field

from functions.burst_prediction.plan import PlanPolicy
from functions.burst_prediction.ramp import Ramp
from shared.crowds.instance_settings import RampSettings, ThroughputSettings


class BurstPredictionSettings(ThroughputSettings, RampSettings):
    """What one instance can do, how fast instances come, and how sure a plan must be."""

    headroom: float = Field(default=0.1, ge=0, le=2, description="share kept free above the forecast's quantile")
    plan_quantile: float = Field(
        default=0.9, description="quantile that instances are planned for: 0.5, 0.9, 0.95, 0.99"
    )
    event_quantile: float = Field(default=0.95, description="the same near scheduled events")
    step_down_min: int = Field(
        default=30, ge=1, le=240, description="minutes over which floors fall after a crowd (RuVector: 10 % in 10 min)"
    )
    idle_requests_per_min: float = Field(
        default=1.0,
        ge=0,
        description="expected load below which no instance is kept: between crowds Swell costs nothing",
    )
    warm_up_s: float = Field(
        default=30.0,
        ge=0,
        le=3600,
        description="from starting an instance to its first answer with the index loaded; measured",
    )
    requests_per_viewer: float = Field(
        default=0.1,
        ge=0,
        le=1000,
        description="requests that one of an event's audience makes during it, where the event does not say; counts "
        "while no model of the region is fitted. An assumption: one in ten asks once",
    )
    history_days: int = Field(default=42, ge=8, le=90, description="load that a model is fitted on")
    refit_after_h: float = Field(default=24.0, gt=0, description="age at which a model is fitted anew")
    refits_at_once: int = Field(
        default=3, ge=1, description="models fitted in one delivery, the oldest first: a fit takes seconds"
    )

    @property
    def policy(self) -> PlanPolicy:
        """How a forecast becomes instances."""
        return PlanPolicy(
            requests_per_min=self.requests_per_min_per_instance,
            quantile=self.plan_quantile,
            event_quantile=self.event_quantile,
            headroom=self.headroom,
            idle_requests_per_min=self.idle_requests_per_min,
            step_down_min=self.step_down_min,
        )

    @property
    def ramp(self) -> Ramp:
        """How fast instances come."""
        return Ramp(self.ramp_instances_per_min, self.warm_up_s)
