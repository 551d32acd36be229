"""What the front door makes of a region: of what it sees itself, and of what the region says as a member. Pure.

whether it lives   the door's probes at once; and its heartbeats, where it answers probes but is not heard any more
whether it drains  the membership
how much it takes  the door: it sees all that is asked for
p99 and errors     the door where it saw enough answers; else what the region's instances counted in the last minute
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from shared.coordination.member import Load, Member, Presence
from shared.routing.load import RegionLoad
from shared.routing.state import Reading

PATIENCE: Final = timedelta(seconds=10)
"""A region that answers probes is not given up for less silence: beats of each second are late on a busy machine."""


@dataclass(frozen=True)
class Heard:
    """What a member last said, and what to make of its silence."""

    presence: Presence
    silent_s: float
    is_gone: bool
    is_draining: bool
    load: Load

    def excused(self) -> Self:
        """While nobody can be heard, nobody is gone for being silent."""
        return replace(self, is_gone=False)


def what_was_heard(members: Mapping[str, Member], now: datetime, *, since: datetime) -> Mapping[str, Heard]:
    """Only silence that the door has witnessed `since` it listens counts.

    None does while every region is silent: then it is the store, or this machine slept.
    """
    found = {region: _heard(member, now, since) for region, member in members.items()}
    if all(each.is_gone for each in found.values()):
        return {region: each.excused() for region, each in found.items()}
    return found


def reading_of(seen: RegionLoad, heard: Heard | None, *, answers: bool) -> Reading:
    """What routing goes by; a region that never was a member is judged by what the door sees alone."""
    if not answers or (heard is not None and (heard.is_gone or heard.is_draining)):
        return Reading(alive=False, asked=seen.demand)
    if heard is None:
        return Reading(True, seen)
    said = heard.load
    return Reading(
        True,
        seen._replace(
            p99_ms=said.p99_ms if seen.p99_ms is None else seen.p99_ms,
            error_rate=said.error_rate if seen.error_rate is None else seen.error_rate,
        ),
    )


def _heard(member: Member, now: datetime, since: datetime) -> Heard:
    witnessed = now - max(member.heard_at, since)
    is_down = replace(member, heard_at=max(member.heard_at, since)).presence(now) is Presence.DOWN
    silent_s = max(0.0, (now - member.heard_at).total_seconds())
    return Heard(member.presence(now), silent_s, is_down and witnessed >= PATIENCE, member.is_draining, member.load)
