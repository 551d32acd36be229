"""What became of a delivery that was acknowledged."""

from enum import StrEnum


class Outcome(StrEnum):
    """The same words in logs, metrics and documents."""

    DONE = "done"
    DUPLICATE = "duplicate"
    STALE = "stale"
    EXPIRED = "expired"
    PARKED = "parked"
