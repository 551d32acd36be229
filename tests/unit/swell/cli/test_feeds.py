"""Where a calendar feed may lead."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from swell.cli.failure import CommandFailed
from swell.cli.feeds import fetch_feed

FEED = "https://feeds.example/a.ics"
ADDRESSES = {"feeds.example": ["10.0.0.7"], "cdn.example": ["93.184.215.14"], "inside.example": ["8.8.8.8", "10.0.0.7"]}


def _fetch(answer: Callable[[httpx.Request], httpx.Response]) -> str:
    return fetch_feed(FEED, httpx.Client(transport=httpx.MockTransport(answer)), _resolve)


def _resolve(host: str) -> list[str]:
    if host not in ADDRESSES:
        raise OSError("no such host")
    return ADDRESSES[host]


def _leading_to(location: str) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url) == FEED:
            return httpx.Response(302, headers={"Location": location})
        return httpx.Response(200, text="BEGIN:VCALENDAR")

    return answer


@pytest.mark.parametrize("location", ["/b.ics", "https://cdn.example/a.ics"])
def test_a_feed_leads_on_in_public(location: str) -> None:
    """To another path of the host that was named, whatever its address, and to other public hosts."""
    assert "BEGIN:VCALENDAR" == _fetch(_leading_to(location))


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/computeMetadata/v1/",
        "https://inside.example/a.ics",
        "http://feeds.example/a.ics",
        "http://cdn.example/a.ics",
        "file:///etc/passwd",
        "https://feeds.example:8443/a.ics",
        "https://unknown.example/",
        FEED,
    ],
)
def test_it_leads_nowhere_else(location: str) -> None:
    """Metadata servers, private addresses, plain text, files, unknown hosts and circles."""
    with pytest.raises(CommandFailed, match="leads"):
        _fetch(_leading_to(location))


@pytest.mark.parametrize("address", ["http://169.254.169.254/x.ics", "https://metadata.example/x.ics"])
def test_metadata_servers_are_never_asked(address: str) -> None:
    """Not even where a person names them: no calendar is there."""
    with pytest.raises(CommandFailed, match="link-local"):
        fetch_feed(address, httpx.Client(transport=httpx.MockTransport(_never)), lambda _: ["169.254.169.254"])


def test_a_failure_says_what_was_answered_and_no_secret() -> None:
    """User, password and query of an address are not shown."""
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(500)))

    with pytest.raises(CommandFailed) as failed:
        fetch_feed("webcal://ada:pa55@feeds.example/a.ics?token=s3cret", client, _resolve)

    assert "https://feeds.example/a.ics answers 500 Internal Server Error" == str(failed.value)


@pytest.mark.parametrize("address", ["ftp://feeds.example/a.ics", "https:///a.ics", "https://feeds.example:port/a.ics"])
def test_other_addresses_are_refused_with_what_is_allowed(address: str) -> None:
    """A scheme that is no calendar's, no host, and what is no address."""
    with pytest.raises(CommandFailed, match="got"):
        fetch_feed(address, httpx.Client(transport=httpx.MockTransport(_never)), _resolve)


def test_a_feed_that_drips_is_left_after_a_minute() -> None:
    """Every read is short, all of them together are not."""
    now_s = iter(range(0, 10_000, 25))
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=iter([b"x"] * 100))))

    with pytest.raises(CommandFailed, match="was not there within 60 s"):
        fetch_feed(FEED, client, _resolve, lambda: float(next(now_s)))


def _never(_: httpx.Request) -> httpx.Response:
    raise AssertionError("nothing is asked")


def test_a_feed_without_end_is_left() -> None:
    """No more is read than a calendar may have."""
    read = []

    def endless() -> Iterator[bytes]:
        while True:
            read.append(1)
            yield b"x" * 100_000

    with pytest.raises(CommandFailed, match="more than 1,000,000 bytes"):
        _fetch(lambda _: httpx.Response(200, content=endless()))
    assert len(read) <= 12
