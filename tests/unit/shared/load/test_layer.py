"""Requests are counted by the tier of who asks."""

from datetime import UTC, datetime, timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from shared.domain.tier import Tier
from shared.errors import InvalidRequest
from shared.http import UNGUARDED, HttpFunction
from shared.load.counter import LoadCounter, Machine
from shared.load.layer import CountLoad
from tests.fakes.clock import FrozenClock


async def answer(request: Request) -> Response:
    """Refuse who asks for it."""
    if "refuse" in request.query_params:
        raise InvalidRequest
    return Response("ok")


def test_requests_are_counted_by_tier_also_where_they_fail_or_nobody_is_known() -> None:
    """Health and metrics are not counted; who was not let in is counted in no tier."""
    clock = FrozenClock(datetime(2026, 6, 1, 12, tzinfo=UTC))
    counter = LoadCounter(clock, Machine(lambda: 0.0, 1.0, lambda: 0.0))
    counted, routes = partial(CountLoad, counter=counter), [Route("/v1/a", answer)]
    known = TestClient(HttpFunction("query", routes, lambda: None, [counted, *UNGUARDED]))
    unknown = TestClient(HttpFunction("query", routes, lambda: None, [counted]))

    answers = [
        known.get("/v1/a"),
        known.get("/v1/a?refuse=1"),
        known.get("/health"),
        known.get("/metrics"),
        unknown.get("/v1/a"),
    ]
    clock.advance(timedelta(minutes=1))

    assert [each.status_code for each in answers] == [200, 400, 200, 200, 200]
    (minute,) = counter.minutes()
    assert (minute.requests, minute.by_tier) == (3, {Tier.PREMIUM: 2})
