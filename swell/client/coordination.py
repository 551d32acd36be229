# Made from swell/client/aio/coordination.py by python -m swell.deploy.client_code: change that file.
"""What regions know and decide: members and ballots, as the server tells them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from swell.client.transport import Transport


class Regions:
    """The regions of a deployment."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> list[dict[str, Any]]:
        """Everyone who was ever heard, by name, as `GET /v1/regions` tells it."""
        answer = self._transport.send("GET", "/v1/regions")
        found: list[dict[str, Any]] = answer["regions"]
        return found

    def get(self, region: str) -> dict[str, Any]:
        """One region, and how many of the versions that it committed the others lack.

        Raises:
            NotFoundError: it was never heard.
        """
        found: dict[str, Any] = self._transport.send("GET", f"/v1/regions/{quote(region, safe='')}")
        return found

    def drain(self, region: str, *, is_draining: bool = True) -> dict[str, Any]:
        """Send a region no more traffic, or send it some again. Raises as `get`."""
        path = f"/v1/regions/{quote(region, safe='')}/drain"
        found: dict[str, Any] = self._transport.send("POST", path, {"is_draining": is_draining})
        return found


class Ballots:
    """The questions that regions vote on."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> "list[dict[str, Any]]":
        """Every ballot that is kept, the latest first."""
        answer = self._transport.send("GET", "/v1/ballots")
        found: list[dict[str, Any]] = answer["ballots"]
        return found

    def get(self, ballot: str) -> dict[str, Any]:
        """One ballot.

        Raises:
            NotFoundError: there is none of this id.
        """
        found: dict[str, Any] = self._transport.send("GET", _path(ballot))
        return found

    def open(self, ballot: str, proposal: Mapping[str, Any], *, proposer: str, lasts_s: int = 300) -> dict[str, Any]:
        """Ask all regions that live; asking again with the same id finds the ballot as it stands.

        Raises:
            ConflictError: it is about something else, or there is no region to ask.
        """
        body = {"id": ballot, "proposal": dict(proposal), "proposer": proposer, "lasts_s": lasts_s}
        found: dict[str, Any] = self._transport.send("POST", "/v1/ballots", body)
        return found

    def vote(self, ballot: str, region: str, *, approves: bool, reason: str = "operator") -> dict[str, Any]:
        """Speak for a region; `standing` says whether it counted.

        Raises:
            NotFoundError: there is no such ballot or region.
        """
        body = {"region": region, "approves": approves, "reason": reason}
        found: dict[str, Any] = self._transport.send("POST", f"{_path(ballot)}/vote", body)
        return found


def _path(ballot: str) -> str:
    return f"/v1/ballots/{quote(ballot, safe='')}"
