"""Where what is known about crowds is kept: state document paths."""

from hashlib import blake2b
from typing import Final

CALENDAR: Final = "calendar"
"""All calendar events."""
CALENDAR_REVISION: Final = "control/calendar"
"""How often the calendar has changed."""
PLAN: Final = "plans/current"
"""The plan that holds."""
PLAN_JOBS: Final = "plans/jobs"
"""The one-shot jobs of the plan, as they were last brought in line with it."""
TIMELINE: Final = "timeline"
"""What was decided and done, by time."""
FLEET: Final = "fleet"
"""What each region was set to, and why."""


def calendar_document(event_id: str) -> str:
    """One event; ids come from feeds and may hold anything, so the document is named by their digest."""
    return f"{CALENDAR}/{blake2b(event_id.encode(), digest_size=16).hexdigest()}"


def calendar_feed_document(source: str) -> str:
    """What a feed held when it was last read. Its name may be a private address, so it is kept as a digest."""
    return f"calendar_feeds/{blake2b(source.encode(), digest_size=16).hexdigest()}"


def load_day_document(region: str, day: str) -> str:
    """The requests of a region in each minute of a day (YYYYMMDD, UTC)."""
    return f"load/{region}/days/{day}"


def fleet_document(region: str) -> str:
    """What a region was set to, and why."""
    return f"{FLEET}/{region}"


def model_document(region: str) -> str:
    """The fitted forecast model of a region."""
    return f"forecast_models/{region}"


def drawn_document(region: str) -> str:
    """What events of each kind have drawn in a region."""
    return f"crowds_drawn/{region}"


def forecast_document(region: str) -> str:
    """The newest forecast of a region."""
    return f"forecasts/{region}"


def forecast_score_document(region: str) -> str:
    """How good the forecasts of a region have been."""
    return f"forecast_scores/{region}"
