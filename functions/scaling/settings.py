"""How scaling works; every default has its source."""

from pydantic import Field

from shared.budget.answers import AnswersSettings
from shared.crowds.instance_settings import RampSettings


class ScalingSettings(AnswersSettings, RampSettings):
    """What all regions together may have, and how early the steps of a plan are made into jobs."""

    total_instances: int = Field(
        default=500,
        ge=1,
        description="query instances of all regions together: the project's own quota, whatever regions may have each; "
        "5 hubs x 80 and 10 regions x 10 are 500 (topology.yaml)",
    )
    jobs_ahead_h: float = Field(
        default=24.0, gt=0, le=48, description="steps of the plan that begin within so many hours have a job each"
    )
    prewarm_collections: int = Field(
        default=20, ge=0, le=1000, description="of the hottest collections, how many a prewarm loads"
    )
    prewarm_ready_by_s: float = Field(
        default=600.0, ge=10, le=3600, description="how long the regions of a prewarm may take until all are ready"
    )
