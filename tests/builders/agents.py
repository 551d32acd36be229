"""Regions that vote by what they see of the spending."""

from collections.abc import Sequence

from shared.budget.standing import spent_share
from shared.coordination.agent import RegionalAgent
from shared.coordination.announcing import Announcements
from shared.coordination.ballots import Ballots
from shared.coordination.member import Capacity
from shared.coordination.membership import Membership
from shared.ports.clock import Clock
from shared.ports.publisher import Publisher
from shared.ports.state import StateStore


def voting_agents(state: StateStore, clock: Clock, publisher: Publisher, regions: Sequence[str]) -> list[RegionalAgent]:
    """One for each region; each is heard, and votes, when it ticks."""
    membership = Membership(state, clock)
    return [
        RegionalAgent(
            region=region,
            membership=membership,
            ballots=Ballots(state, clock, membership),
            announcements=Announcements(publisher, clock),
            clock=clock,
            capabilities=("vote",),
            capacity=Capacity(),
            spent_share=lambda: spent_share(state, clock.now()),
        )
        for region in regions
    ]
