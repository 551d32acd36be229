"""Which segments are merged, and how the result enters the manifest."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.collection import Metric
from shared.index.build import BuiltSegment
from shared.index.compaction import (
    CompactionOvertaken,
    CompactionPlan,
    CompactionPolicy,
    CompactionReason,
    plan_compaction,
    replace_segments,
)
from shared.index.manifest import IndexSpec, Manifest, SegmentEntry, SegmentKind

_POLICY = CompactionPolicy()
_SPEC = IndexSpec(4, Metric.COSINE)


def _segments(*sizes: int) -> tuple[SegmentEntry, ...]:
    return tuple(
        SegmentEntry(f"s{place}", _POLICY.kind_of(rows), rows, 0, place, place, ()) for place, rows in enumerate(sizes)
    )


def _manifest(*segments: SegmentEntry) -> Manifest:
    return Manifest("books", "uid", 0, 9, "commit", _SPEC, None, segments)


def _merged(manifest: Manifest, plan: CompactionPlan, name: str) -> tuple[Manifest, SegmentEntry]:
    """The next version, and the segment that is new in it."""
    rows = sum(segment.rows for segment in manifest.segments if segment.id in plan.segment_ids)
    entry = SegmentEntry(name, _POLICY.kind_of(rows), rows, 0, plan.min_version, plan.max_version, ())
    return replace(manifest, segments=replace_segments(manifest, plan, BuiltSegment(entry, Path()))), entry


@pytest.mark.parametrize(
    ("sizes", "expected", "reason"),
    [
        pytest.param((1, 1, 1), None, None, id="too few to be worth it"),
        pytest.param((1, 1, 1, 1), "s0 s1 s2 s3", "tier", id="one tier is full"),
        pytest.param((60_000, 5, 9, 2, 63), "s1 s2 s3 s4", "tier", id="the base is left alone"),
        pytest.param((20_000, 5, 9, 2), None, None, id="a base and three small ones are not four of a tier"),
        pytest.param((20_000, 250, 60, 60), None, None, id="nor are three, each of another tier"),
        pytest.param(
            (60_000, 900, 5, 800, 700, 600), "s1 s2 s3 s4 s5", "tier", id="small between large goes with them"
        ),
        pytest.param((100_000, 9_000, 12_000), "s1 s2", "scan", id="too many rows to scan"),
        pytest.param((80_000, 9_000, 12_000), "s0 s1 s2", "scan", id="a base not much larger goes with them"),
        pytest.param((150_000, 40_000, 9_000, 12_000), "s0 s1 s2 s3", "scan", id="and so on, size by size"),
        pytest.param((30_000,), None, None, id="one base is at rest"),
        pytest.param((30_000, 30_000, 30_000, 30_000), "s0 s1 s2 s3", "tier", id="bases merge upward"),
        pytest.param((200_000, 200_000, 200_000, 200_000), None, None, id="full bases are at rest"),
    ],
)
def test_plans_by_size(sizes: tuple[int, ...], expected: str | None, reason: str | None) -> None:
    """Neighbours of one tier are merged upward; what is large enough is left alone."""
    plan = plan_compaction(_manifest(*_segments(*sizes)), _POLICY)

    assert (plan and " ".join(plan.segment_ids), plan and plan.reason.value) == (expected, reason)


def test_a_large_delta_becomes_a_base() -> None:
    """A single delta that is too large to scan is planned on its own."""
    delta = replace(_segments(30_000)[0], kind=SegmentKind.DELTA)

    plan = plan_compaction(_manifest(delta), _POLICY)

    assert plan == CompactionPlan(("s0",), CompactionReason.SCAN, True, 0, 0)


def test_dead_rows_are_rewritten_together_with_what_killed_them() -> None:
    """Past a fifth of dead rows a base is merged with the deltas after it, as far as they fit."""
    manifest = _manifest(*_segments(240_000, 100_000, 500, 40))

    assert plan_compaction(manifest, _POLICY, {"s1": 20_000}) is None
    plan = plan_compaction(manifest, _POLICY, {"s1": 20_001})
    assert plan is not None
    assert (plan.segment_ids, plan.reason) == (("s1", "s2", "s3"), CompactionReason.DEAD_ROWS)
    assert (plan.includes_oldest, plan.min_version, plan.max_version) == (False, 1, 3)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        pytest.param((60_000, 2_000), "s0 s1", id="what is beside the base goes in"),
        pytest.param((60_000, 100), None, id="too little to rewrite the base for"),
        pytest.param((60_000,), None, id="one segment is settled"),
        pytest.param((200_000, 60_000), None, id="too large for one segment"),
    ],
)
def test_a_quiet_shard_settles_into_one_segment(sizes: tuple[int, ...], expected: str | None) -> None:
    """Only when no write has come for a while, and only where it is worth the rewriting."""
    manifest = _manifest(*_segments(*sizes))

    busy, quiet = plan_compaction(manifest, _POLICY), plan_compaction(manifest, _POLICY, quiet=True)

    assert busy is None
    assert (quiet and " ".join(quiet.segment_ids)) == expected
    assert quiet is None or quiet.reason is CompactionReason.SETTLE


@settings(max_examples=200)
@given(st.lists(st.one_of(st.integers(1, 50), st.integers(51, 30_000), st.integers(30_001, 400_000)), max_size=40))
def test_compaction_comes_to_an_end(sizes: list[int]) -> None:
    """Carrying out plan after plan stops, with neither a full tier nor rows lost, never beyond the largest size."""
    manifest = _manifest(*_segments(*sizes))
    for step in range(200):
        plan = plan_compaction(manifest, _POLICY)
        if plan is None:
            break
        manifest, entry = _merged(manifest, plan, f"m{step}")
        assert len(plan.segment_ids) == 1 or entry.rows <= _POLICY.base_max_rows
    else:
        pytest.fail("no end")

    assert manifest.rows == sum(sizes)


def test_small_commits_beside_a_base_do_not_rewrite_it() -> None:
    """Ten thousand rows in tens: each is rewritten once per tier, the base never, and segments stay few."""
    manifest, rewritten, most = _manifest(*_segments(20_000)), 0, 0
    for commit in range(1_000):
        delta = SegmentEntry(f"d{commit}", SegmentKind.DELTA, 10, 0, commit + 1, commit + 1, ())
        manifest = replace(manifest, segments=(*manifest.segments, delta))
        while (plan := plan_compaction(manifest, _POLICY)) is not None:
            manifest, entry = _merged(manifest, plan, f"m{rewritten}")
            rewritten += entry.rows
        most = max(most, len(manifest.segments))

    assert manifest.segments[0].id == "s0"
    tiers = 5  # from 10 rows to 16,384
    assert rewritten <= tiers * 10_000
    assert most <= 20


def test_segments_that_arrived_meanwhile_are_kept() -> None:
    """The built segment takes the place of the merged ones; newer ones stand after it, in their order."""
    segments = _segments(1, 2, 3, 4)
    plan = CompactionPlan(("s1", "s2"), CompactionReason.TIER, False, 1, 2)
    built = BuiltSegment(SegmentEntry("m", SegmentKind.DELTA, 5, 0, 1, 2, ()), Path())
    now = _manifest(*segments, SegmentEntry("late", SegmentKind.DELTA, 1, 0, 9, 9, ()))

    assert [entry.id for entry in replace_segments(now, plan, built)] == ["s0", "m", "s3", "late"]
    assert [entry.id for entry in replace_segments(now, plan, None)] == ["s0", "s3", "late"]


@pytest.mark.parametrize("kept", ["s0 s2 s3", "s0 s1 s3", "s0 s1 new s2 s3", ""], ids=str)
def test_a_compaction_that_was_overtaken_is_refused(kept: str) -> None:
    """A merged segment that is gone, or no longer beside the others, means another compaction was first."""
    plan = CompactionPlan(("s1", "s2"), CompactionReason.TIER, False, 1, 2)
    now = _manifest(*(SegmentEntry(name, SegmentKind.DELTA, 1, 0, 0, 0, ()) for name in kept.split()))

    with pytest.raises(CompactionOvertaken, match="version 9"):
        replace_segments(now, plan, None)
