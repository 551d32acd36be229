"""Which segments to merge into one, and how the merged one enters the manifest.

Only neighbours are merged, and the result takes their place: the order of segments, which settles ties, stays.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Final

from shared.errors import RevisionConflict
from shared.index.build import BuiltSegment
from shared.index.manifest import Manifest, SegmentEntry, SegmentKind


class CompactionOvertaken(RevisionConflict):
    """A segment that was merged is no longer in the manifest: another compaction was first."""

    code = "compaction_overtaken"


class CompactionReason(StrEnum):
    """Why segments are merged."""

    TIER = "tier"
    SCAN = "scan"
    DEAD_ROWS = "dead_rows"
    SETTLE = "settle"
    ERASURE = "erasure"
    ROLLOUT = "rollout"


@dataclass(frozen=True)
class CompactionPolicy:
    """When segments are merged; sizes count rows and tombstones.

    * tier: `fan_out` neighbours of `smallest_tier_rows · fan_out^(n-1)` to `· fan_out^n`, and the smaller ones among
      them, become one, so a row is rewritten once per tier. Four keeps a shard of 250k rows under twenty segments,
      each of which costs a query some 20 µs.
    * scan: neighbouring deltas of `base_from_rows` together become a base. Until then a sketch serves them well;
      a base, whose forest is built and whose recall is measured, costs seconds of processor time.
      Older neighbours of up to `fan_out` times the size go in with them, so that a growing shard is searched as
      one base and not as many; a row is rewritten about `fan_out` times on the way.
    * settle: a shard that is quiet becomes one segment, if what stands beside its largest one is at least
      `settle_share` of it: less is not worth rewriting the rest.
    * dead_rows: a segment with more than `max_dead_fraction` replaced or deleted rows is rewritten together
      with what follows it: those rows are downloaded and scanned for nothing.

    No merge is planned beyond `base_max_rows`: a build holds its rows twice, and must end within one call.
    """

    fan_out: int = 4
    smallest_tier_rows: int = 64
    base_from_rows: int = 20_000
    base_max_rows: int = 250_000
    max_dead_fraction: float = 0.2
    settle_share: float = 0.02

    def kind_of(self, rows: int) -> SegmentKind:
        """What a segment of that many rows is built as."""
        return SegmentKind.BASE if rows >= self.base_from_rows else SegmentKind.DELTA


DEFAULT_POLICY: Final = CompactionPolicy()


@dataclass(frozen=True)
class CompactionPlan:
    """Neighbouring segments to be merged, oldest first. `includes_oldest`: no older segment is left out."""

    segment_ids: tuple[str, ...]
    reason: CompactionReason
    includes_oldest: bool
    min_version: int
    max_version: int


def plan_compaction(
    manifest: Manifest,
    policy: CompactionPolicy,
    dead_rows: Mapping[str, int] | None = None,
    *,
    quiet: bool = False,
) -> CompactionPlan | None:
    """The next merge, or None when none is worth it. Carrying out plan after plan comes to an end.

    `quiet`: no write has come for a while, so that what is merged now stays merged.

    `dead_rows` maps segment ids to replaced or deleted rows (`Snapshot.dead_rows`), none where not named.
    """
    segments = manifest.segments
    candidates = [
        (CompactionReason.TIER, _tier_run(segments, policy)),
        (CompactionReason.SCAN, _scan_run(segments, policy)),
        (CompactionReason.DEAD_ROWS, _dead_run(segments, policy, dead_rows or {})),
        (CompactionReason.SETTLE, _settling_run(segments, policy) if quiet else ()),
    ]
    for reason, run in candidates:
        if run:
            return _plan_of(run, reason, includes_oldest=run[0].id == segments[0].id)
    return None


def _plan_of(run: Sequence[SegmentEntry], reason: CompactionReason, *, includes_oldest: bool) -> CompactionPlan:
    return CompactionPlan(
        segment_ids=tuple(segment.id for segment in run),
        reason=reason,
        includes_oldest=includes_oldest,
        min_version=min(segment.min_version for segment in run),
        max_version=max(segment.max_version for segment in run),
    )


def rebuilding_plans(manifest: Manifest, policy: CompactionPolicy) -> list[CompactionPlan]:
    """All segments of a version, in runs that each become one as large as a base may be."""
    left: Sequence[SegmentEntry] = manifest.segments
    plans: list[CompactionPlan] = []
    while left:
        run = _fitting(left, policy.base_max_rows)
        plans.append(_plan_of(run, CompactionReason.ROLLOUT, includes_oldest=not plans))
        left = left[len(run) :]
    return plans


def replace_segments(
    manifest_now: Manifest, plan: CompactionPlan, built: BuiltSegment | None
) -> tuple[SegmentEntry, ...]:
    """The segments of the next manifest: the merged ones out, the built one in their place, all others kept.

    `built` is None when nothing was left of the merged rows.

    Raises:
        CompactionOvertaken: a merged segment is gone, or they are no longer neighbours: plan again.
    """
    return swapped(manifest_now, plan.segment_ids, () if built is None else (built.entry,))


def swapped(
    manifest_now: Manifest, segment_ids: Sequence[str], entries: Sequence[SegmentEntry]
) -> tuple[SegmentEntry, ...]:
    """The segments of the next manifest with neighbours replaced by others. Raises as `replace_segments`."""
    ids = [segment.id for segment in manifest_now.segments]
    length = len(segment_ids)
    start = ids.index(segment_ids[0]) if segment_ids[0] in ids else -1
    if start < 0 or tuple(ids[start : start + length]) != tuple(segment_ids):
        gone = sorted(set(segment_ids) - set(ids))
        raise CompactionOvertaken(f"merged segments are not in version {manifest_now.version} any more: {gone}")
    return manifest_now.segments[:start] + tuple(entries) + manifest_now.segments[start + length :]


def _size(segment: SegmentEntry) -> int:
    return segment.rows + segment.tombstones


def _tier_run(segments: Sequence[SegmentEntry], policy: CompactionPolicy) -> Sequence[SegmentEntry]:
    least, limit = 0, policy.smallest_tier_rows
    while limit <= policy.base_max_rows:
        for run in _runs(segments, limit):
            fitting = _fitting(run, policy.base_max_rows)
            of_this_tier = sum(_size(segment) >= least for segment in run)
            if of_this_tier >= policy.fan_out and len(fitting) > 1:
                return fitting
        least, limit = limit, limit * policy.fan_out
    return ()


def _scan_run(segments: Sequence[SegmentEntry], policy: CompactionPolicy) -> Sequence[SegmentEntry]:
    start = 0
    for is_delta, group in groupby(segments, key=lambda segment: segment.kind is SegmentKind.DELTA):
        deltas = list(group)
        run = _fitting(deltas, policy.base_max_rows)
        if is_delta and sum(segment.rows for segment in run) >= policy.base_from_rows:
            return [*_older_neighbours(segments[:start], run, policy), *run]
        start += len(deltas)
    return ()


def _older_neighbours(
    older: Sequence[SegmentEntry], run: Sequence[SegmentEntry], policy: CompactionPolicy
) -> Sequence[SegmentEntry]:
    """The segments just before a run that are small enough, beside it, to be rewritten with it."""
    total, taken = sum(_size(segment) for segment in run), 0
    for segment in reversed(older):
        if _size(segment) > policy.fan_out * total or total + _size(segment) > policy.base_max_rows:
            break
        total += _size(segment)
        taken += 1
    return older[len(older) - taken :]


def _settling_run(segments: Sequence[SegmentEntry], policy: CompactionPolicy) -> Sequence[SegmentEntry]:
    sizes = [_size(segment) for segment in segments]
    if len(sizes) < 2 or sum(sizes) > policy.base_max_rows:
        return ()
    beside = sum(sizes) - max(sizes)
    return segments if beside >= policy.settle_share * max(sizes) else ()


def _dead_run(
    segments: Sequence[SegmentEntry], policy: CompactionPolicy, dead_rows: Mapping[str, int]
) -> Sequence[SegmentEntry]:
    for position, segment in enumerate(segments):
        if dead_rows.get(segment.id, 0) > policy.max_dead_fraction * max(segment.rows, policy.smallest_tier_rows):
            return _fitting(segments[position:], policy.base_max_rows)
    return ()


def _runs(segments: Sequence[SegmentEntry], limit: int) -> Iterator[list[SegmentEntry]]:
    for small, group in groupby(segments, key=lambda segment: _size(segment) < limit):
        if small:
            yield list(group)


def _fitting(run: Sequence[SegmentEntry], max_rows: int) -> Sequence[SegmentEntry]:
    """The first segments of a run that fit into one segment together; always at least one."""
    total = 0
    for length, segment in enumerate(run):
        total += _size(segment)
        if total > max_rows and length:
            return run[:length]
    return run
