"""Where the budget stands, as budget enforcement saw it last: a state document for people and for regions that vote."""

from datetime import datetime, timedelta
from typing import Final

from shared.ports.state import StateStore

STANDING: Final = "spend/standing"
SEEN_FOR: Final = timedelta(minutes=10)
"""A region that sees nothing newer does not see what is spent."""


def spent_share(state: StateStore, now: datetime) -> float | None:
    """What is booked over its limit, in the window that is fullest; None where that is not known."""
    document = state.get(STANDING)
    if document is None or now - datetime.fromisoformat(document.data["decided_at"]) > SEEN_FOR:
        return None
    windows = document.data["windows"].values()
    shares = [float(window.get("booked", window["counted"]) / window["limit"]) for window in windows]
    return max(shares)
