"""What the answers say of members, ballots, leases and moves."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.coordination.ballot import Ballot
from shared.coordination.home_moves import Move
from shared.coordination.leases import HeldLease
from shared.coordination.member import Member
from shared.coordination.proposal import details_of, kind_of
from shared.routing.health import health_score


def member_view(member: Member, now: datetime) -> dict[str, Any]:
    """A region; its score only where enough was measured for one."""
    load = member.reading(now).load
    score = health_score(load) if load is not None else None
    return {
        "region": member.region,
        "presence": member.presence(now).value,
        "incarnation": member.incarnation,
        "started_at": member.started_at.isoformat(),
        "heard_at": member.heard_at.isoformat(),
        "silent_s": max(0.0, round((now - member.heard_at).total_seconds(), 3)),
        "interval_s": member.interval.total_seconds(),
        "beats": member.beats,
        "is_draining": member.is_draining,
        "capabilities": list(member.capabilities),
        "capacity": _measured(vars(member.capacity)),
        "load": _measured(vars(member.load)),
        "health_score": score.points if score else None,
        "ailments": [ailment.value for ailment in score.ailments] if score else [],
    }


def ballot_view(ballot: Ballot) -> dict[str, Any]:
    """A ballot, with every vote."""
    return {
        "id": ballot.id,
        "proposal": {"kind": kind_of(ballot.proposal).value, **details_of(ballot.proposal)},
        "proposer": ballot.proposer,
        "opened_at": ballot.opened_at.isoformat(),
        "deadline": ballot.deadline.isoformat(),
        "electorate": dict(ballot.electorate),
        "quorum": ballot.quorum,
        "approvals": ballot.approvals,
        "votes": [vars(vote) for _, vote in sorted(ballot.votes.items())],
        "outcome": ballot.outcome.value if ballot.outcome else None,
        "decided_at": ballot.decided_at.isoformat() if ballot.decided_at else None,
        "closed_at": ballot.closed_at.isoformat() if ballot.closed_at else None,
    }


def lease_view(held: HeldLease) -> dict[str, Any]:
    """A lease and the token to act under it."""
    return {
        "lease": held.name,
        "holder": held.lease.holder,
        "fencing_token": held.lease.fencing_token,
        "expires_at": datetime.fromtimestamp(held.lease.expires_at, UTC).isoformat(),
    }


def move_view(move: Move) -> dict[str, Any]:
    """What became of a collection."""
    return {**vars(move), "step": move.step.value}


def _measured(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is known; what is not is left out, so that nobody takes it for zero."""
    return {name: value for name, value in values.items() if value is not None}
