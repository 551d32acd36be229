"""Deadlines and the budget of retries."""

import httpx
import pytest

from swell.client import RetryPolicy, Swell, UnavailableError, UnreachableError
from swell.client.deadline import Deadline
from swell.client.retries import RetryBudget
from tests.unit.swell.client.recorded_server import RecordedServer, ok, problem

BUSY = problem(429, "rate_limited", retry_after="30")


def test_a_deadline_spans_attempts_and_is_told_to_the_server() -> None:
    """What is left of it is sent with each request, and a wait that would outlast it is not begun."""
    server = RecordedServer(BUSY)
    words = server.client().collection("words")

    with pytest.raises(UnavailableError):
        words.query([1, 0], timeout_s=20)

    assert 1 == len(server.requests)
    assert 0 < server.bodies()[0]["timeout_ms"] <= 20_000


def test_without_a_deadline_none_is_sent() -> None:
    """The server has one of its own."""
    server = RecordedServer(ok({"accepted": 1}))
    words = server.client().collection("words")

    words.upsert(["a"], [[1, 0]])
    words.upsert(["a"], [[1, 0]], timeout_s=5)

    first, second = server.bodies()
    assert ("timeout_ms" in first, second["timeout_ms"] > 0) == (False, True)
    assert [{"id": "a", "vector": first["records"][0]["vector"]}] == second["records"]


def test_what_is_left_never_reads_as_unlimited() -> None:
    """A deadline that has passed is the shortest one, a very long one the longest that there is."""
    now = [0.0]
    short, long = Deadline.within(1, lambda: now[0]), Deadline.within(1_000_000, lambda: now[0])
    now[0] = 2

    assert short is not None
    assert long is not None
    assert (0.0, 1, 60_000) == (short.left_s(), short.timeout_ms(), long.timeout_ms())
    with pytest.raises(ValueError, match="more than 0"):
        Deadline.within(0)


def test_a_server_that_fails_for_everybody_is_not_asked_many_times_more() -> None:
    """When the reserve is spent, ten calls earn one retry."""
    server = RecordedServer(httpx.ReadError("reset"))
    policy = RetryPolicy(attempts=5, first_wait_s=0, longest_wait_s=0, budget=0.1, reserve=2)
    swell = Swell("http://swell.test", retries=policy, http_transport=httpx.MockTransport(server))

    for _ in range(20):
        with pytest.raises(UnreachableError):
            swell.collections.list()

    assert 20 + 2 <= len(server.requests) <= 20 + 2 + 2


def test_a_budget_never_grows_over_its_reserve() -> None:
    """A quiet day does not pay for a storm."""
    budget = RetryBudget(RetryPolicy(budget=1, reserve=2))
    for _ in range(10):
        budget.earn()

    assert [True, True, False] == [budget.spend() for _ in range(3)]


def test_a_key_goes_with_every_request() -> None:
    """As the server wants it."""
    server = RecordedServer(ok({"collections": []}))

    Swell("http://swell.test", api_key="swl_x", http_transport=httpx.MockTransport(server)).collections.list()

    assert "Bearer swl_x" == server.requests[0].headers["Authorization"]
