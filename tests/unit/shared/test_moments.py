"""Moments in documents."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.moments import moment_of, text_of

NOON = datetime(2026, 7, 19, 12, 0, 0, 250_000, UTC)


def test_a_moment_comes_back_as_it_was() -> None:
    """To the microsecond, and in UTC; what is not there stays away."""
    assert text_of(NOON) == "2026-07-19T12:00:00.250000+00:00"
    assert moment_of(text_of(NOON)) == NOON
    assert moment_of(text_of(None)) is None


def test_a_moment_has_one_text_wherever_it_was_told() -> None:
    """Equal moments are the same to what remembers texts."""
    there = NOON.astimezone(timezone(timedelta(hours=2)))

    assert text_of(there) == text_of(NOON)
    assert text_of(there) == "2026-07-19T12:00:00.250000+00:00"


def test_what_is_no_moment_is_refused() -> None:
    """A damaged document is not read as one without it."""
    with pytest.raises(ValueError, match="soon"):
        moment_of("soon")
