"""Which merge a shard needs: one that is due anyway, or one that only a thorough look finds."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from shared.index.compaction import CompactionPlan, CompactionPolicy, plan_compaction
from shared.index.manifest import Manifest
from shared.manifests import Head

REST: Final = timedelta(minutes=10)
"""A shard is at rest when nothing was written for this long: longer than the pauses of a bulk load."""


def is_at_rest(head: Head, now: datetime) -> bool:
    """Whether writes have ceased, so that what is merged now stays merged."""
    return now.timestamp() - head.written_at >= REST.total_seconds()


def thorough_plan(
    manifest: Manifest, policy: CompactionPolicy, dead_rows: Callable[[], Mapping[str, int]], *, at_rest: bool
) -> CompactionPlan | None:
    """The next merge, with replaced and deleted rows counted if none is due without; at rest, segments settle."""
    due = plan_compaction(manifest, policy)
    return due or plan_compaction(manifest, policy, dead_rows(), quiet=at_rest)
