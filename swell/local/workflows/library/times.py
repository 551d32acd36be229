"""`time.*`: seconds since 1970 and RFC 3339. cloud.google.com/workflows/docs/reference/stdlib/time."""

from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from swell.local.workflows.failure import failure
from swell.local.workflows.library.function import Function, required, take


def _format(seconds: Any, timezone: Any) -> str:
    moment = datetime.fromtimestamp(take("time.format", seconds, int, float), _zone(timezone))
    return moment.isoformat().replace("+00:00", "Z")


def _parse(value: Any) -> float:
    return parse_moment("time.parse", value).timestamp()


def parse_moment(function: str, value: Any) -> datetime:
    """An RFC 3339 moment, with its offset from UTC.

    Raises:
        Raised: ValueError or TypeError.
    """
    try:
        moment = datetime.fromisoformat(take(function, value, str))
    except ValueError:
        raise failure("ValueError", f"{function}: {value!r} is not an RFC 3339 time") from None
    if moment.tzinfo is None:
        raise failure("ValueError", f"{function}: {value!r} has no offset from UTC")
    return moment.astimezone(UTC)


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(take("time.format", name, str))
    except (ZoneInfoNotFoundError, ValueError):
        raise failure("ValueError", f"time.format: no time zone {name!r}") from None


FUNCTIONS: Final = (
    Function("time.format", required("seconds", timezone="UTC"), _format),
    Function("time.parse", required("value"), _parse),
)
