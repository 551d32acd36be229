"""From a request to a proposal: the regions must exist, and a move without an heir gets the best one."""

from functions.coordination.requests import EmergencyStopBody, MoveHomeBody, OpenBallot, SchemaChangeBody
from shared.coordination.heirs import Candidate, choose_heir
from shared.coordination.membership import Membership
from shared.coordination.proposal import EmergencyStop, MoveHome, Proposal, SchemaChange
from shared.coordination.recovery_point import versions_behind
from shared.errors import Conflict, FieldProblem, InvalidRequest, shortened
from shared.ports.clock import Clock
from shared.ports.state import StateStore
from shared.routing.latency import LatencyTable
from shared.topology import Topology


class Proposing:
    """Makes proposals."""

    def __init__(self, state: StateStore, clock: Clock, membership: Membership, topology: Topology) -> None:
        self._state = state
        self._clock = clock
        self._membership = membership
        self._topology = topology
        self._table = LatencyTable.of_topology(topology)

    def proposal_of(self, body: OpenBallot) -> Proposal:
        """What a request proposes.

        Raises:
            InvalidRequest: it names a region that is not in the topology.
            Conflict: no region could become home.
        """
        match body.proposal:
            case MoveHomeBody() as move:
                self._require_region("proposal.from_region", move.from_region)
                if move.to_region is not None:
                    self._require_region("proposal.to_region", move.to_region)
                heir = move.to_region or self._heir_of(move.from_region)
                return MoveHome(move.from_region, heir, move.collection, move.is_planned)
            case EmergencyStopBody() as stop:
                return EmergencyStop(stop.spent_share)
            case SchemaChangeBody() as change:
                return SchemaChange(change.schema_name, change.version)

    def _require_region(self, field: str, region: str) -> None:
        if region not in self._topology.regions:
            allowed = ", ".join(self._topology.regions)
            raise InvalidRequest(FieldProblem(field, shortened(region), allowed))

    def _heir_of(self, home: str) -> str:
        now, members = self._clock.now(), self._membership.all()
        regions = [member.region for member in members if member.region in self._topology.regions]
        behind = versions_behind(self._state, home, regions, self._topology.home_region)
        candidates = {
            member.region: Candidate(member, member.presence(now), behind[member.region])
            for member in members
            if member.region in behind
        }
        heir = choose_heir(home, candidates, self._table)
        if heir is None:
            raise Conflict(f"no live region could become home in place of {home}")
        return heir
