"""Ballots over HTTP: open, vote, look, carry out, close."""

from datetime import timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.coordination.carrying_out import CarryOut
from functions.coordination.operators import name_in_path
from functions.coordination.proposing import Proposing
from functions.coordination.requests import CastVote, OpenBallot, UnderLease
from functions.coordination.views import ballot_view, move_view
from shared.auth.operators import require_operator
from shared.coordination.announcing import Announcements
from shared.coordination.ballot import Ballot, Vote
from shared.coordination.ballots import Ballots
from shared.coordination.home_moves import Move, Step
from shared.coordination.membership import Membership
from shared.errors import NotFound
from shared.http import json_response, read_body


class BallotRoutes:
    """What workflows and operators call."""

    def __init__(
        self,
        ballots: Ballots,
        proposing: Proposing,
        membership: Membership,
        carry_out: CarryOut,
        announcements: Announcements,
    ) -> None:
        self._ballots = ballots
        self._proposing = proposing
        self._membership = membership
        self._carry_out = carry_out
        self._announcements = announcements

    def routes(self) -> list[Route]:
        """As listed for `coordination` in topology.yaml."""
        one = "/v1/ballots/{ballot}"
        return [
            Route("/v1/ballots", self.all, methods=["GET"]),
            Route("/v1/ballots", self.open, methods=["POST"]),
            Route(one, self.show, methods=["GET"]),
            Route(f"{one}/vote", self.vote, methods=["POST"]),
            Route(f"{one}/fence", self.fence, methods=["POST"]),
            Route(f"{one}/promote", self.promote, methods=["POST"]),
            Route(f"{one}/close", self.close, methods=["POST"]),
        ]

    async def all(self, request: Request) -> Response:
        """Every ballot that is kept, the latest first."""
        require_operator(request)
        ballots = await run_in_threadpool(self._ballots.all)
        return json_response({"ballots": [ballot_view(ballot) for ballot in ballots]})

    async def open(self, request: Request) -> Response:
        """Ask everyone who is there."""
        require_operator(request)
        body = await read_body(request, OpenBallot)
        return json_response(ballot_view(await run_in_threadpool(self._open, body)), 201)

    async def show(self, request: Request) -> Response:
        """One ballot; looking decides what is due."""
        return json_response(ballot_view(await run_in_threadpool(self._ballots.get, name_in_path(request, "ballot"))))

    async def vote(self, request: Request) -> Response:
        """Speak for a region."""
        ballot_id, body = name_in_path(request, "ballot"), await read_body(request, CastVote)
        return json_response(await run_in_threadpool(self._vote, ballot_id, body))

    async def fence(self, request: Request) -> Response:
        """Have nothing commit while an heir catches up."""
        ballot_id, body = name_in_path(request, "ballot"), await read_body(request, UnderLease)
        moves = await run_in_threadpool(self._carry_out.fence, ballot_id, body.lease, body.fencing_token)
        return json_response(_carried_out(moves))

    async def promote(self, request: Request) -> Response:
        """Move the homes of what the heir has whole; `is_done` says whether nothing is left."""
        ballot_id, body = name_in_path(request, "ballot"), await read_body(request, UnderLease)
        moves = await run_in_threadpool(self._carry_out.promote, ballot_id, body.lease, body.fencing_token)
        return json_response(_carried_out(moves))

    async def close(self, request: Request) -> Response:
        """Say that a decided ballot is carried out, or will not be."""
        ballot = await run_in_threadpool(self._ballots.close, name_in_path(request, "ballot"))
        return json_response(ballot_view(ballot))

    def _open(self, body: OpenBallot) -> Ballot:
        try:  # asked again: it stands, though another heir might be chosen by now
            ballot = self._ballots.get(body.id)
            proposal = ballot.proposal if _repeats(body, ballot) else self._proposing.proposal_of(body)
        except NotFound:
            proposal = self._proposing.proposal_of(body)
        lasts = timedelta(seconds=body.lasts_s)
        ballot = self._ballots.open(body.id, proposal, proposer=body.proposer, lasts=lasts)
        self._announcements.ballot(ballot)
        return ballot

    def _vote(self, ballot_id: str, body: CastVote) -> dict[str, Any]:
        member = self._membership.get(body.region)
        if member is None:
            raise NotFound(f"region {body.region!r} was never heard")
        vote = Vote(body.region, member.incarnation, body.approves, body.reason)
        ballot, standing = self._ballots.vote(ballot_id, vote)
        if ballot.outcome is not None:
            self._announcements.ballot(ballot)
        return {"standing": standing.value, "ballot": ballot_view(ballot)}


def _repeats(body: OpenBallot, ballot: Ballot) -> bool:
    """Whether a request leaves open only what the ballot has filled in."""
    asked = {name: value for name, value in body.proposal.model_dump().items() if value is not None}
    asked["schema"] = asked.pop("schema_name", None)
    stands = ballot_view(ballot)["proposal"]
    return all(stands.get(name) == value for name, value in asked.items())


def _carried_out(moves: list[Move]) -> dict[str, Any]:
    left = [move for move in moves if move.step is Step.HEIR_IS_BEHIND]
    return {
        "is_done": not left,
        "versions_behind": sum(move.versions_behind for move in left),
        "behind_s": max((move.behind_s for move in left), default=0.0),
        "collections": [move_view(move) for move in moves],
    }
