"""The agent of a region: is heard, says how the region does, and votes."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from shared.coordination.announcing import Announcements
from shared.coordination.ballot import Ballot, Standing, Vote
from shared.coordination.ballots import Ballots
from shared.coordination.member import Capacity, Load, Member, Report
from shared.coordination.membership import Membership
from shared.coordination.opinions import Sight, opinion_on
from shared.errors import NotFound
from shared.events.coordination import BallotOpenedV1
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.telemetry import log

HEARTBEAT = timedelta(minutes=1)
"""As often as regions tick (topology.yaml)."""

SCHEMAS: Mapping[str, int] = {"head": 1, "manifest": 1}
"""The highest version of each stored form that this code reads."""


class RegionalAgent:
    """Acts for one region. `measure` says how it does, as far as it was measured."""

    def __init__(
        self,
        *,
        region: str,
        membership: Membership,
        ballots: Ballots,
        announcements: Announcements,
        clock: Clock,
        capabilities: tuple[str, ...],
        capacity: Capacity,
        measure: Callable[[], Load] = Load,
        spent_share: Callable[[], float | None] = lambda: None,
        interval: timedelta = HEARTBEAT,
    ) -> None:
        self._region = region
        self._membership = membership
        self._ballots = ballots
        self._announcements = announcements
        self._clock = clock
        self._capabilities = capabilities
        self._capacity = capacity
        self._measure = measure
        self._spent_share = spent_share
        self._interval = interval

    def tick(self, *, anew: bool = False) -> Member:
        """Be heard, and vote on everything that is open: no event is needed for a vote."""
        report = Report(self._region, self._interval, self._capabilities, self._capacity, self._measure())
        member = self._membership.beat(report, anew=anew)
        for ballot in self._ballots.all():
            if ballot.outcome is None:
                self._vote(ballot, member)
        return member

    def ballot_opened(self, event: BallotOpenedV1) -> Outcome:
        """Vote at once."""
        try:
            ballot = self._ballots.get(event.ballot)
        except NotFound:
            return Outcome.STALE
        member = self._membership.get(self._region)
        if member is None or ballot.outcome is not None:
            return Outcome.STALE
        standing = self._vote(ballot, member)
        return Outcome.DONE if standing is Standing.COUNTED else Outcome.DUPLICATE

    def _vote(self, ballot: Ballot, member: Member) -> Standing:
        if ballot.electorate.get(self._region) != member.incarnation:
            return Standing.NOT_AN_ELECTOR
        if self._region in ballot.votes:
            return Standing.ALREADY_VOTED
        opinion = opinion_on(ballot.proposal, self._sight())
        vote = Vote(self._region, member.incarnation, opinion.approves, opinion.reason.value)
        after, standing = self._ballots.vote(ballot.id, vote)
        log(
            "INFO",
            "vote",
            region=self._region,
            ballot=ballot.id,
            approves=opinion.approves,
            reason=opinion.reason.value,
            standing=standing.value,
        )
        if after.outcome is not None:
            self._announcements.ballot(after)
        return standing

    def _sight(self) -> Sight:
        now = self._clock.now()
        presences = {member.region: member.presence(now) for member in self._membership.all()}
        return Sight(presences, self._spent_share(), SCHEMAS)
