"""How budget enforcement works."""

from pydantic import Field

from shared.adapters.platform import PlatformSettings


class BudgetEnforcementSettings(PlatformSettings):
    """Which bills count, and what an instance answers at most."""

    requests_per_min_per_instance: float = Field(
        default=12_000.0,
        ge=0,
        description="the most that one query instance answers a minute, for what minutes that are not measured yet can "
        "have cost: `swell bench overload` prints it as peak goodput; as burst_prediction has it",
    )
    bytes_per_request: int = Field(
        default=2_000,
        ge=0,
        description="the mean size of an answer on its way to a client, for the same: ten matches of some 200 bytes",
    )

    budget_id: str | None = Field(
        default=None,
        max_length=200,
        description="id of the Cloud Billing budget whose notifications count, where several notify the same topic. "
        "Default: all of them",
    )
