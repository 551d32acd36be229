"""How loudly a used-up share of a limit is told: the runbook's three lines."""

from collections.abc import Sequence
from enum import IntEnum

from functions.budget_enforcement.pacing import Standing


class Alert(IntEnum):
    """RuVector's runbook: at half a note, at 80 % a warning, at 90 % a critical alert."""

    NONE = 0
    INFO = 50
    WARNING = 80
    CRITICAL = 90


def alert_for(standings: Sequence[Standing]) -> tuple[Alert, Standing]:
    """The alert for the window of which most is used."""
    worst = max(standings, key=lambda standing: standing.used)
    reached = [alert for alert in Alert if worst.used * 100 >= alert]
    return max(reached), worst
