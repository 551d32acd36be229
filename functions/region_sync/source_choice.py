"""From which region a version is copied, and whether there is one to copy: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class SourceReason(StrEnum):
    """Why this source, or none."""

    PARENT = "parent"
    PARENT_IS_BEHIND = "parent_is_behind"
    ANY_THAT_IS_AHEAD = "any_that_is_ahead"
    WAIT_FOR_PARENT = "wait_for_parent"
    NOBODY_IS_AHEAD = "nobody_is_ahead"


@dataclass(frozen=True)
class SourceChoice:
    """The regions to try, in this order; none when there is nothing to copy yet."""

    regions: tuple[str, ...]
    reason: SourceReason


def choose_sources(
    own_version: int, ancestors: Sequence[str], versions: Mapping[str, int], *, patient: bool
) -> SourceChoice:
    """Which regions to copy from: `ancestors` from the parent up to home, then whoever else is ahead.

    `versions` are those of one incarnation; a region that has none is left out. `patient`: a commit was just
    announced, so a parent that is behind will be here in a moment and then says so; on a tick it has had its time.
    """
    ahead = {region for region, version in versions.items() if version > own_version}
    if not ahead:
        return SourceChoice((), SourceReason.NOBODY_IS_AHEAD)
    parent = ancestors[0]
    if patient and parent not in ahead:
        return SourceChoice((), SourceReason.WAIT_FOR_PARENT)
    others = sorted(ahead - set(ancestors), key=lambda region: (-versions[region], region))
    order = (*(region for region in ancestors if region in ahead), *others)
    if order[0] == parent:
        return SourceChoice(order, SourceReason.PARENT)
    near = order[0] in ancestors
    return SourceChoice(order, SourceReason.PARENT_IS_BEHIND if near else SourceReason.ANY_THAT_IS_AHEAD)
