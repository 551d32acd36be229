"""How loudly a used-up share of a limit is told: the runbook's three lines, and the limit itself."""

from collections.abc import Sequence
from enum import IntEnum

from functions.budget_enforcement.pacing import Standing


class Alert(IntEnum):
    """RuVector's runbook: at half a note, at 80 % a warning, at 90 % a critical alert; at 100 % nothing is left."""

    NONE = 0
    INFO = 50
    WARNING = 80
    CRITICAL = 90
    SPENT = 100


def alerts_for(standings: Sequence[Standing]) -> list[tuple[Alert, Standing]]:
    """The alert of each window that has one: a fuller hour does not hide a full month."""
    reached = [(max(alert for alert in Alert if standing.used * 100 >= alert), standing) for standing in standings]
    return [(alert, standing) for alert, standing in reached if alert is not Alert.NONE]
