"""A region votes by what it sees itself."""

import pytest

from shared.coordination.member import Presence
from shared.coordination.opinions import Opinion, Reason, Sight, opinion_on
from shared.coordination.proposal import EmergencyStop, MoveHome, Proposal, SchemaChange

FAILOVER = MoveHome("a", "b")
PLANNED = MoveHome("a", "b", is_planned=True)
HEIR = {"b": Presence.LIVE}


@pytest.mark.parametrize(
    ("proposal", "sight", "approves", "reason"),
    [
        (FAILOVER, Sight({**HEIR, "a": Presence.DOWN}), True, Reason.HOME_IS_GONE),
        (FAILOVER, Sight(HEIR), True, Reason.HOME_IS_GONE),
        (FAILOVER, Sight({**HEIR, "a": Presence.SUSPECT}), False, Reason.HOME_IS_LIVE),
        (FAILOVER, Sight({**HEIR, "a": Presence.LIVE}), False, Reason.HOME_IS_LIVE),
        (FAILOVER, Sight({"a": Presence.DOWN, "b": Presence.SUSPECT}), False, Reason.HEIR_IS_NOT_LIVE),
        (FAILOVER, Sight({"a": Presence.DOWN}), False, Reason.HEIR_IS_NOT_LIVE),
        (PLANNED, Sight({**HEIR, "a": Presence.LIVE}), True, Reason.HOME_MOVES_AS_PLANNED),
        (MoveHome("a", "a"), Sight({"a": Presence.LIVE}), False, Reason.HEIR_IS_HOME),
        (EmergencyStop(1.3), Sight({}, spent_share=1.0), True, Reason.BUDGET_IS_SPENT),
        (EmergencyStop(1.3), Sight({}, spent_share=0.99), False, Reason.BUDGET_IS_NOT_SPENT),
        (EmergencyStop(1.3), Sight({}), False, Reason.SPEND_IS_NOT_SEEN),
        (SchemaChange("head", 2), Sight({}, schemas={"head": 2}), True, Reason.READS_THE_SCHEMA),
        (SchemaChange("head", 2), Sight({}, schemas={"head": 1}), False, Reason.CANNOT_READ_THE_SCHEMA),
        (SchemaChange("head", 2), Sight({}), False, Reason.CANNOT_READ_THE_SCHEMA),
    ],
    ids=lambda value: value.value if isinstance(value, Reason) else None,
)
def test_what_it_sees_decides(proposal: Proposal, sight: Sight, approves: bool, reason: Reason) -> None:  # noqa: FBT001
    """What the proposer says it saw counts for nothing."""
    assert opinion_on(proposal, sight) == Opinion(approves, reason)
