"""How budget enforcement works."""

from pydantic import Field

from shared.budget.answers import AnswersSettings


class BudgetEnforcementSettings(AnswersSettings):
    """Which bills count."""

    budget_id: str | None = Field(
        default=None,
        max_length=200,
        description="id of the Cloud Billing budget whose notifications count, where several notify the same topic. "
        "Default: all of them",
    )
