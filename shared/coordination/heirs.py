"""Which region should become home when another one is gone. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.coordination.member import Member, Presence
from shared.routing.latency import LatencyTable


@dataclass(frozen=True)
class Candidate:
    """A region, and how many committed versions it does not have."""

    member: Member
    presence: Presence
    versions_behind: int


def choose_heir(home: str, candidates: Mapping[str, Candidate], table: LatencyTable) -> str | None:
    """Of those that live and take traffic, the one that lacks least; of equals the nearest. None: there is nobody."""
    fit = [
        name
        for name, candidate in candidates.items()
        if name != home and candidate.presence is Presence.LIVE and not candidate.member.is_draining
    ]
    key = {name: (candidates[name].versions_behind, table.between_ms(home, name), name) for name in fit}
    return min(fit, key=key.__getitem__) if fit else None
