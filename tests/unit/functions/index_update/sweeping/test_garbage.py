"""What is garbage follows from listings and times."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from functions.index_update.sweeping.garbage import (
    KeptVersions,
    is_garbage_segment,
    is_past_events,
    segment_of,
)
from functions.index_update.sweeping.retention import Retention
from shared.events.mutations import MutationsAcceptedV1
from shared.manifests import Head
from shared.ports.objects import ObjectInfo

_NOW = datetime(2026, 6, 8, 12, 30, tzinfo=UTC)
_RETENTION = Retention()


def _manifest(version: int, minutes_ago: float, commit: str = "a") -> ObjectInfo:
    name = f"collections/c/u/0/manifests/{version:012d}-{commit}.json"
    return ObjectInfo(name, 100, 1, _NOW - timedelta(minutes=minutes_ago))


def _head(manifest: ObjectInfo | None) -> Head:
    if manifest is None:
        return Head("u", 0, None)
    return Head("u", int(manifest.name.rsplit("/", 1)[1].split("-")[0]), manifest.name)


def _decide(manifests: Sequence[ObjectInfo], head: ObjectInfo | None, **retention: timedelta) -> KeptVersions:
    return KeptVersions.of(manifests, _head(head), _NOW, Retention(**retention))


def _numbers(manifests: Sequence[ObjectInfo]) -> list[int]:
    return [int(info.name.rsplit("/", 1)[1].split("-")[0]) for info in manifests]


def test_the_version_of_the_head_stays_however_old_it_is() -> None:
    """A shard nobody writes to keeps its only version."""
    only = _manifest(7, minutes_ago=60 * 24 * 400)

    kept = _decide([only], only)

    assert ([], [only], True) == (kept.garbage, kept.marking, kept.only_head)


def test_a_version_stays_while_somebody_may_read_it() -> None:
    """Superseded a moment ago, an old version is still read; long ago, it is history or garbage."""
    old, newer, head = _manifest(1, 9000), _manifest(2, 5000), _manifest(3, 10)

    kept = _decide([old, newer, head], head, history=timedelta(0))

    assert [1] == _numbers(kept.garbage)
    assert [2, 3] == _numbers(kept.marking)


def test_history_keeps_the_version_of_each_whole_step() -> None:
    """Of versions a minute apart those stay that were current at a full hour."""
    manifests = [_manifest(number, 600 - number) for number in range(1, 600)]

    kept = _decide(manifests, manifests[-1])

    stays = sorted(set(range(1, 600)) - set(_numbers(kept.garbage)))
    # 10 hours ago it was 02:30; 03:00 is 570 minutes ago, when version 30 was stored.
    assert [30, 90, 150, 210, 270, 330, 390] == [number for number in stays if number < 419]
    assert list(range(419, 600)) == [number for number in stays if number >= 419]


def test_history_ends() -> None:
    """A version superseded longer ago than the history goes, one superseded since stays if it was there at a step."""
    week = 7 * 24 * 60
    manifests = [_manifest(1, week + 300), _manifest(2, week + 100), _manifest(3, week - 100), _manifest(4, 400)]

    kept = _decide(manifests, manifests[-1])

    assert [1] == _numbers(kept.garbage)
    assert [2, 3, 4] == _numbers(kept.marking)


def test_what_lost_its_race_goes_when_it_is_settled() -> None:
    """A second manifest of the head's version, or one of a version that never was, is garbage; a new one waits."""
    head = _manifest(5, 1000)
    lost, ahead, fresh = _manifest(5, 1000, "lost"), _manifest(6, 1000, "ahead"), _manifest(6, 5, "fresh")

    kept = _decide([head, lost, ahead, fresh], head)

    assert [ahead, lost] == sorted(kept.garbage, key=lambda info: info.name.rsplit("-", 1)[1])
    assert [head] == kept.marking


def test_what_a_crash_left_in_an_empty_shard_goes_too() -> None:
    """A shard at version 0 has no manifest; one that was stored for version 1 and never became it is garbage."""
    kept = _decide([_manifest(1, 1000)], None)

    assert [1] == _numbers(kept.garbage)
    assert [] == kept.marking


def test_segments_stay_while_named_or_young() -> None:
    """A file goes when no kept version names its segment and it was not stored lately."""
    old = ObjectInfo("collections/c/u/0/segments/s1/rows.swl", 1, 1, _NOW - timedelta(days=1))
    young = ObjectInfo("collections/c/u/0/segments/s1/rows.swl", 1, 1, _NOW - timedelta(hours=3))

    verdicts = [is_garbage_segment(info, live, _NOW, _RETENTION) for live in ({"s1"}, set()) for info in (old, young)]

    assert [False, False, True, False] == verdicts
    assert "s1" == segment_of(old.name)


def test_payloads_outlive_every_delivery_of_their_event() -> None:
    """Until the greatest age of an event, and one life of a function more, a delivery may come for them."""
    age = MutationsAcceptedV1.max_age + _RETENTION.grace
    infos = [ObjectInfo("p", 1, 1, _NOW - age + timedelta(seconds=second)) for second in (-1, 1)]

    assert [True, False] == [is_past_events(info, _NOW, _RETENTION) for info in infos]


_STEP = timedelta(minutes=10)
_SMALL = {"grace": timedelta(minutes=5), "history": timedelta(minutes=90), "history_step": _STEP}


@given(gaps=st.lists(st.integers(0, 40), min_size=1, max_size=30))
def test_nothing_kept_depends_on_when_it_was_decided(gaps: list[int]) -> None:
    """Deciding every few minutes leaves what deciding once leaves: garbage never comes back into use."""
    moments, at = [], 0
    for gap in gaps:
        at += gap
        moments.append(at)
    manifests = [_manifest(number, at - moment) for number, moment in enumerate(moments, 1)]
    retention, once = Retention(**_SMALL), set(_numbers(_decide(manifests, manifests[-1], **_SMALL).garbage))

    left = list(manifests)
    for minute in range(at % 7 - at, 1, 7):
        now = _NOW + timedelta(minutes=minute)
        there = [info for info in left if info.created_at <= now]
        if there:
            decided = KeptVersions.of(there, _head(there[-1]), now, retention)
            left = [info for info in left if info not in decided.garbage]

    assert set(range(1, len(manifests) + 1)) - once <= set(_numbers(left)) | once


def test_an_object_settles_after_the_last_reader_of_what_it_could_be_part_of() -> None:
    """One life of a function from upload to commit, one from there to its successor's, one for a reader of it."""
    retention = Retention(grace=timedelta(minutes=90))

    assert retention.settled >= 3 * retention.grace
    assert retention.settled - retention.readers == retention.grace
