"""Breakers that opened, by the day, as the processes of one machine keep them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.errors import DependencyUnavailable
from shared.resilience.circuit_breaker import BreakerPolicy
from shared.resilience.dependency import Dependency
from shared.resilience.openings import KEPT, note_opening, note_openings_in, openings_between
from tests.fakes.monotonic import ManualSeconds

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def kept(tmp_path: Path) -> Iterator[Path]:
    """A directory that this process keeps its openings in."""
    note_openings_in(tmp_path / "breakers")
    yield tmp_path / "breakers"
    note_openings_in(None)


def test_openings_of_a_span_are_counted_by_dependency(kept: Path) -> None:
    """Begin included, end not; a line that a crash cut off counts nothing, and neither does a day without a file."""
    for dependency, at in (("state", NOON), ("state", NOON + DAY), ("objects", NOON), ("objects", NOON + 2 * DAY)):
        note_opening(dependency, at)
    with (kept / "2026-06-10.jsonl").open("ab") as file:
        file.write(b'{"at": "2026-06-10T13:')

    assert openings_between(kept, NOON, NOON + 2 * DAY) == {"state": 2, "objects": 1}
    assert openings_between(kept, NOON + DAY, NOON + 9 * DAY) == {"state": 1, "objects": 1}
    assert openings_between(kept / "elsewhere", NOON, NOON + DAY) == {}


def test_days_that_no_report_asks_for_are_removed(kept: Path) -> None:
    """With the first opening of a later day."""
    note_opening("state", NOON)
    note_opening("state", NOON + KEPT)
    assert len(list(kept.iterdir())) == 2

    note_opening("state", NOON + KEPT + DAY)

    assert [path.name for path in sorted(kept.iterdir())] == ["2026-07-15.jsonl", "2026-07-16.jsonl"]


def test_a_breaker_that_opens_is_kept_and_one_that_closes_is_not(kept: Path) -> None:
    """Once, however many calls it refuses."""
    seconds = ManualSeconds()
    dependency = Dependency("store", BreakerPolicy(min_calls=3, first_pause_s=1, probes=1), monotonic_s=seconds)
    before = datetime.now(UTC)
    for _ in range(5):
        with pytest.raises(DependencyUnavailable), dependency.call("get"):
            raise DependencyUnavailable("away")
    seconds.advance(2)
    with dependency.call("get"):
        pass

    assert openings_between(kept, before, datetime.now(UTC) + DAY) == {"store": 1}


def test_a_place_that_cannot_be_written_fails_nobody(tmp_path: Path) -> None:
    """A full or vanished disk is not made worse."""
    (tmp_path / "file").write_text("")
    note_openings_in(tmp_path / "file" / "below")

    note_opening("state", NOON)
