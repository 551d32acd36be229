"""Datetimes as whole microseconds since 1970, exactly: what SQLite columns and file times hold."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Microseconds since the epoch. A naive datetime raises `TypeError`."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware datetime in UTC."""
    return _EPOCH + micros * _MICROSECOND
