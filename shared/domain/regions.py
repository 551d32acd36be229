"""How important regions are to each other when instances are short."""

from collections.abc import Mapping
from types import MappingProxyType

# RuVector's capacity manager: 1 to 10 for the regions it names, 5 for any other.
PRIORITIES: Mapping[str, int] = MappingProxyType(
    {
        "us-central1": 10,
        "us-east1": 9,
        "europe-west1": 9,
        "asia-east1": 8,
        "us-west1": 7,
        "asia-southeast1": 6,
        "southamerica-east1": 5,
    }
)
USUAL_PRIORITY = 5


def priority_of(region: str) -> int:
    """1 to 10; 10 is served first."""
    return PRIORITIES.get(region, USUAL_PRIORITY)
