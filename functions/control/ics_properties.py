"""What an entry of an iCalendar file says about its crowd and its clock; what is not allowed is named."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from icalendar import Event

from shared.domain.calendar import EventType
from shared.topology import load_topology

# What a calendar says about crowds beyond RFC 5545; X- names are ignored by other programs.
REGIONS, KIND, STAGE = "X-SWELL-REGIONS", "X-SWELL-KIND", "X-SWELL-STAGE"
AUDIENCE, PEAK, PER_VIEWER = "X-SWELL-AUDIENCE", "X-SWELL-PEAK-MIN", "X-SWELL-REQUESTS-PER-VIEWER"
MULTIPLE = "X-SWELL-EXPECTED-MULTIPLE"

N = TypeVar("N", int, float)
_NUMBERS: Final[Mapping[Callable[[str], object], str]] = {int: "a whole number", float: "a number"}


def number_in(entry: Event, name: str, of: Callable[[str], N]) -> N | None:
    """A number that an entry may state.

    Raises:
        ValueError: it is none; the text names it, as those of the other functions here do.
    """
    stated = entry.get(name)
    if stated is None:
        return None
    text = _text(stated)
    try:
        return of(text)
    except ValueError:
        raise ValueError(f"{name}: got {text!r}, allowed: {_NUMBERS[of]}") from None


def _text(stated: object) -> str:
    return str(stated).strip()


def require_known_zone(entry: Event, start: date) -> None:
    """A zone that is not known leaves a time without one: at an hour that nobody meant."""
    named = entry["DTSTART"].params.get("TZID")
    if named is not None and isinstance(start, datetime) and start.tzinfo is None:
        raise ValueError(f"DTSTART: got time zone {named!r}, allowed: an IANA name, or one that the file defines")


def zone_name(start: date, default: str) -> str:
    """The IANA name of a start; times without one are on the default's wall clock, fixed offsets go to UTC."""
    if not isinstance(start, datetime) or start.tzinfo is None:
        return default
    return start.tzinfo.key if isinstance(start.tzinfo, ZoneInfo) else "UTC"


def kind_of(entry: Event, default: EventType) -> EventType:
    """The stated kind; else the first category that names one."""
    known = {kind.value for kind in EventType}
    if (stated := entry.get(KIND)) is not None:
        if (kind := _text(stated).lower()) not in known:
            raise ValueError(f"{KIND}: got {kind!r}, allowed: {', '.join(EventType)}")
        return EventType(kind)
    categories = [str(category).strip().lower() for category in entry.categories]
    return next((EventType(category) for category in categories if category in known), default)


def weights_in(entry: Event, default: Mapping[str, float]) -> Mapping[str, float]:
    """Regions with their weights: `europe-west1=1,us-east1=0.3`; a region without a weight has 1."""
    stated = entry.get(REGIONS)
    if stated is None:
        return default
    pairs = [part.strip().partition("=") for part in str(stated).replace("\\,", ",").split(",") if part.strip()]
    if unknown := sorted({region.strip() for region, _, _ in pairs} - set(load_topology().regions)):
        raise ValueError(f"{REGIONS}: got {', '.join(unknown)}, allowed: regions of topology.yaml")
    try:
        return {region.strip(): float(weight or 1) for region, _, weight in pairs}
    except ValueError:
        raise ValueError(f"{REGIONS}: got {_text(stated)!r}, allowed: REGION=WEIGHT, with commas between") from None
