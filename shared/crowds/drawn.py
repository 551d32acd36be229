"""What events of each kind have drawn in a region, as learned with its model: to hold an announcement against."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shared.domain.calendar import EventType


@dataclass(frozen=True)
class Drawn:
    """How many events were seen, and the least and the most that one multiplied the usual load by at its peak."""

    events: int
    least: float
    most: float


def drawn_data(drawn: Mapping[EventType, Drawn]) -> dict[str, Any]:
    """The document of a region."""
    return {kind.value: asdict(one) for kind, one in drawn.items()}


def drawn_of(data: Mapping[str, Any]) -> dict[EventType, Drawn]:
    """What a document holds; kinds of another release are left out."""
    known = {kind.value for kind in EventType}
    return {EventType(kind): Drawn(**one) for kind, one in data.items() if kind in known}
