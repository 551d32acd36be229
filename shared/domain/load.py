"""How much a region is asked, minute by minute."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class LoadSample:
    """Requests that a region received in the minute that begins at `minute`; `measured_at` orders corrections."""

    region: str
    minute: datetime
    requests: int
    measured_at: datetime
