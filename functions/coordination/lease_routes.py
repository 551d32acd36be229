"""Leases over HTTP, for whoever carries out something that must not be done by two."""

from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.coordination.operators import name_in_path
from functions.coordination.requests import ReleaseLease, RenewLease, TakeLease
from functions.coordination.views import lease_view
from shared.coordination.leases import HeldLease, LeaseLost, Leases
from shared.http import json_response, read_body


class LeaseRoutes:
    """Take, renew, give back."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases

    def routes(self) -> list[Route]:
        """As listed for `coordination` in topology.yaml."""
        one = "/v1/leases/{lease}"
        return [
            Route(one, self.take, methods=["POST"]),
            Route(f"{one}/renew", self.renew, methods=["POST"]),
            Route(f"{one}/release", self.release, methods=["POST"]),
        ]

    async def take(self, request: Request) -> Response:
        """A lease with a higher fencing token than any before."""
        name, body = name_in_path(request, "lease"), await read_body(request, TakeLease)
        ttl = timedelta(seconds=body.ttl_s)
        return json_response(lease_view(await run_in_threadpool(self._leases.acquire, name, body.holder, ttl)))

    async def renew(self, request: Request) -> Response:
        """The same for longer."""
        name, body = name_in_path(request, "lease"), await read_body(request, RenewLease)

        def renew() -> HeldLease:
            held = self._leases.held(name, body.fencing_token)
            return self._leases.renew(held, timedelta(seconds=body.ttl_s))

        return json_response(lease_view(await run_in_threadpool(renew)))

    async def release(self, request: Request) -> Response:
        """Give it back; a lease that is held no more is left alone."""
        name, body = name_in_path(request, "lease"), await read_body(request, ReleaseLease)

        def release() -> None:
            try:
                self._leases.release(self._leases.held(name, body.fencing_token))
            except LeaseLost:
                return

        await run_in_threadpool(release)
        return Response(status_code=204)
