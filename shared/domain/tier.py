"""What a caller has bought: the tier decides priority, rate, and who gives way first when capacity is short."""

from enum import StrEnum


class Tier(StrEnum):
    """Tiers of callers, not of regions; the first gives way first."""

    FREE = "free"
    STANDARD = "standard"
    PREMIUM = "premium"
