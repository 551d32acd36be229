"""How a region votes: by what it sees itself. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from shared.coordination.member import Presence
from shared.coordination.proposal import EmergencyStop, MoveHome, Proposal, SchemaChange

STOP_FROM_SHARE: Final = 1.0
"""All of the budget: below that the serving modes save."""


class Reason(StrEnum):
    """Why a region approves or does not."""

    HOME_IS_GONE = "home_is_gone"
    HOME_IS_LIVE = "home_is_live"
    HOME_MOVES_AS_PLANNED = "home_moves_as_planned"
    HEIR_IS_NOT_LIVE = "heir_is_not_live"
    HEIR_IS_HOME = "heir_is_home"
    BUDGET_IS_SPENT = "budget_is_spent"
    BUDGET_IS_NOT_SPENT = "budget_is_not_spent"
    SPEND_IS_NOT_SEEN = "spend_is_not_seen"
    READS_THE_SCHEMA = "reads_the_schema"
    CANNOT_READ_THE_SCHEMA = "cannot_read_the_schema"


@dataclass(frozen=True)
class Sight:
    """What a region sees for itself at the moment it votes."""

    presences: Mapping[str, Presence]
    spent_share: float | None = None
    """Spend over budget, in the window that is fullest; None where this region sees no ledger."""
    schemas: Mapping[str, int] = field(default_factory=dict)
    """The highest version of each form that this region's code reads."""


@dataclass(frozen=True)
class Opinion:
    """A vote before it is cast."""

    approves: bool
    reason: Reason


def opinion_on(proposal: Proposal, sight: Sight) -> Opinion:
    """What a region thinks of a proposal."""
    match proposal:
        case MoveHome():
            return _on_move(proposal, sight)
        case EmergencyStop():
            if sight.spent_share is None:
                return Opinion(approves=False, reason=Reason.SPEND_IS_NOT_SEEN)
            spent = sight.spent_share >= STOP_FROM_SHARE
            return Opinion(spent, Reason.BUDGET_IS_SPENT if spent else Reason.BUDGET_IS_NOT_SPENT)
        case SchemaChange():
            reads = sight.schemas.get(proposal.schema, 0) >= proposal.version
            return Opinion(reads, Reason.READS_THE_SCHEMA if reads else Reason.CANNOT_READ_THE_SCHEMA)


def _on_move(move: MoveHome, sight: Sight) -> Opinion:
    if move.from_region == move.to_region:
        return Opinion(approves=False, reason=Reason.HEIR_IS_HOME)
    if sight.presences.get(move.to_region) is not Presence.LIVE:
        return Opinion(approves=False, reason=Reason.HEIR_IS_NOT_LIVE)
    if move.is_planned:
        return Opinion(approves=True, reason=Reason.HOME_MOVES_AS_PLANNED)
    gone = sight.presences.get(move.from_region, Presence.DOWN) is Presence.DOWN
    return Opinion(gone, Reason.HOME_IS_GONE if gone else Reason.HOME_IS_LIVE)
