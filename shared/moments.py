"""Moments, in UTC, as state documents have them: ISO 8601, null where there is none."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=256)
def text_of(moment: datetime | None) -> str | None:
    """As a document has it, in UTC. The same few moments are written each minute, so their texts are remembered."""
    return None if moment is None else moment.astimezone(UTC).isoformat()


def moment_of(text: str | None) -> datetime | None:
    """As it was before.

    Raises:
        ValueError: it is no moment.
    """
    return None if text is None else datetime.fromisoformat(text)
