"""What a ballot can be about."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """The operations that no region may begin by itself."""

    MOVE_HOME = "move_home"
    EMERGENCY_STOP = "emergency_stop"
    SCHEMA_CHANGE = "schema_change"


@dataclass(frozen=True)
class MoveHome:
    """Have another region commit the writes of a collection, or of every collection whose home a region is."""

    from_region: str
    to_region: str
    collection: str | None = None
    """None: every one."""
    is_planned: bool = False
    """Whether the home to be left is alive and is meant to be; else it must be seen as gone."""

    def covers(self, collection: str) -> bool:
        """Whether this is about a collection too."""
        return self.collection is None or self.collection == collection


@dataclass(frozen=True)
class EmergencyStop:
    """Stop all spending, because so much of the budget is gone."""

    spent_share: float
    """Of the budget, as the proposer sees it."""


@dataclass(frozen=True)
class SchemaChange:
    """Begin to write documents or events of another form, which every reader must understand."""

    schema: str
    version: int


Proposal = MoveHome | EmergencyStop | SchemaChange

_CLASSES: Mapping[Kind, type[Proposal]] = {
    Kind.MOVE_HOME: MoveHome,
    Kind.EMERGENCY_STOP: EmergencyStop,
    Kind.SCHEMA_CHANGE: SchemaChange,
}


def kind_of(proposal: Proposal) -> Kind:
    """What a proposal is."""
    return next(kind for kind, cls in _CLASSES.items() if isinstance(proposal, cls))


def proposal_of(kind: str, details: Mapping[str, Any]) -> Proposal:
    """The proposal that was stored."""
    return _CLASSES[Kind(kind)](**details)


def details_of(proposal: Proposal) -> dict[str, Any]:
    """What is stored of a proposal."""
    return asdict(proposal)
