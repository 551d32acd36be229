"""Which region is asked."""

import httpx
import pytest

from swell.client import Swell
from swell.client.endpoints import Endpoints
from tests.unit.swell.client.recorded_server import AT_ONCE, ok


class _Time:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_the_nearest_is_asked_until_it_fails_and_one_request_finds_out_whether_it_is_back() -> None:
    """Out for a while, then half open: a single request tries it, and its answer decides for the others."""
    time = _Time()
    endpoints = Endpoints(["http://near/", "http://far"], out_s=10, monotonic_s=time)

    assert "http://near" == endpoints.choose()
    endpoints.failed("http://near")
    assert "http://far" == endpoints.choose()
    time.now_s = 10
    assert ["http://near", "http://far"] == [endpoints.choose(), endpoints.choose()]
    endpoints.answered("http://near")
    assert "http://near" == endpoints.choose()


def test_where_all_are_out_the_one_that_is_out_longest_is_tried() -> None:
    """A client is never without anywhere to ask."""
    time = _Time()
    endpoints = Endpoints(["http://near", "http://far"], monotonic_s=time)
    endpoints.failed("http://far")
    time.now_s = 1
    endpoints.failed("http://near")

    assert ("http://far", False) == (endpoints.choose(), endpoints.has_healthy())


def test_no_region_at_all_is_refused() -> None:
    """Before the first request."""
    with pytest.raises(ValueError, match="at least one"):
        Endpoints([])


def test_a_read_goes_on_in_the_next_region() -> None:
    """What broke is asked again elsewhere at once; later calls begin there."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if request.url.host == "near":
            raise httpx.ReadError("reset")
        return ok({"collections": []})

    with Swell(["http://near", "http://far"], retries=AT_ONCE, http_transport=httpx.MockTransport(answer)) as swell:
        swell.collections.list()
        swell.collections.list()

    assert ["near", "far", "far"] == asked
