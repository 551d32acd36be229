"""The door: what it refuses, that it says so as the layers do, and what it leaves to them."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import orjson
import pytest
from starlette.types import Message, Receive, Scope, Send

from shared.auth.authenticator import Authenticator
from shared.auth.key_record import Grant
from shared.auth.key_store import KeyStore
from shared.auth.middleware import Authentication
from shared.auth.scope import Scope as KeyScope
from shared.domain.rate_limit import RateLimit
from shared.domain.serving_mode import SERVING_MODE_DOCUMENT, ServingMode
from shared.domain.tier import Tier
from shared.http import HttpFunction
from shared.metrics import scrape
from shared.ports.state import Put
from shared.serving.admission import Admission, Gate
from shared.serving.buckets import Buckets
from shared.serving.current_mode import CurrentMode
from shared.serving.door import Door
from shared.serving.lane import FixedLimit, Lane
from tests.fakes.clock import FrozenClock
from tests.fakes.monotonic import ManualSeconds
from tests.fakes.state import InMemoryState

SEARCH = ("POST", "/v1/collections/words/query")


@dataclass
class Counted:
    """What a load counter was told."""

    told: list[tuple[int, Tier, int, int]] = field(default_factory=list)
    is_told: asyncio.Event = field(default_factory=asyncio.Event)

    def refused(self, count: int, *, tier: Tier, status: int, egress_bytes: int) -> None:
        """Keep it."""
        self.told.append((count, tier, status, egress_bytes))
        self.is_told.set()


class House:
    """An instance with one place for reads, and a door before it."""

    def __init__(self) -> None:
        clock = FrozenClock()
        self.seconds = ManualSeconds(1000.0)
        self.state = InMemoryState(clock=clock)
        self.keys = KeyStore(self.state, clock)
        self.lane = Lane(FixedLimit(1), monotonic_s=self.seconds)
        self.passed = 0
        self.load = Counted()
        self.authenticator = Authenticator(self.keys, clock, monotonic_s=self.seconds)
        self.mode = CurrentMode(self.state, monotonic_s=self.seconds)
        buckets = Buckets({tier: RateLimit(10, 5) for tier in Tier}, monotonic_s=self.seconds)
        self.gate = Gate(buckets, reads=self.lane)
        self.door = Door(
            self._pass,
            function="query",
            authenticator=self.authenticator,
            current_mode=self.mode,
            gate=self.gate,
            load=self.load,
        )

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.passed += 1

    def key(self, tier: Tier = Tier.FREE, *scopes: KeyScope, **options: Any) -> bytes:
        """The header of a new key."""
        grant = Grant("test", frozenset(scopes or KeyScope), "acme", tier=tier, **options)
        return b"Bearer " + self.keys.create(grant, by="test")[1].encode()

    async def know(self, *keys: bytes) -> None:
        """Have seen these keys and the mode, and refused somebody."""
        self.gate.refused("overloaded", Tier.FREE)
        for key in keys:
            await self.authenticator.caller({}, {b"authorization": key})
        await self.mode()

    def fill(self) -> None:
        """Take the only place, and refuse one: the line stands."""
        assert self.lane.enter_now() is not None
        self.lane._refused_at_s = self.seconds()

    async def ask(self, *headers: tuple[bytes, bytes], request: tuple[str, str] = SEARCH) -> Sequence[Message]:
        """The messages of the door's own answer."""
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"type": "http", "method": request[0], "path": request[1], "headers": list(headers)}
        await self.door(scope, _nothing, send)
        return sent


async def _nothing() -> Message:
    raise AssertionError("the door reads no body")


def _auth(key: bytes) -> tuple[bytes, bytes]:
    return b"authorization", key


def test_a_full_house_refuses_at_the_door() -> None:
    """503 `overloaded` as a problem, with `Retry-After` and the serving mode, and nothing behind it is called."""

    async def course() -> tuple[House, Sequence[Message]]:
        house = House()
        key = house.key()
        await house.know(key)
        house.fill()
        return house, await house.ask(_auth(key))

    house, (start, body) = asyncio.run(course())
    headers = dict(start["headers"])

    assert (503, 0) == (start["status"], house.passed)
    assert (b"1", b"normal") == (headers[b"retry-after"], headers[b"swell-serving-mode"])
    assert b"application/problem+json" == headers[b"content-type"]
    assert str(len(body["body"])).encode() == headers[b"content-length"]
    assert "https://swell.dev/problems/overloaded" == orjson.loads(body["body"])["type"]


@pytest.mark.parametrize(
    "request_line",
    [
        ("POST", "/v1/collections/words/upsert"),
        ("PUT", "/v1/collections/words"),
        ("GET", "/health"),
        ("GET", "/metrics"),
        ("POST", "/v1/collections/words/stream"),
        ("POST", "/v1/collections/words/import"),
    ],
    ids=" ".join,
)
def test_what_is_no_read_passes(request_line: tuple[str, str]) -> None:
    """Writes are audited, health is free, streams are counted by whoever holds them."""

    async def course() -> int:
        house = House()
        key = house.key()
        await house.know(key)
        house.fill()
        await house.ask(_auth(key), request=request_line)
        return house.passed

    assert 1 == asyncio.run(course())


def test_who_is_not_known_passes() -> None:
    """Without a key, with two, with a wrong one, with one never seen or without the scope: the layers tell them."""

    async def course() -> int:
        house = House()
        key, unseen, writer = house.key(), house.key(), house.key(Tier.FREE, KeyScope.WRITE)
        await house.know(key, writer)
        house.fill()
        wrong = key[:-1] + (b"a" if key[-1:] != b"a" else b"b")
        for headers in ([], [_auth(key)] * 2, [_auth(wrong)], [_auth(unseen)], [_auth(writer)], [_auth(b"Bearer x")]):
            assert not await house.ask(*headers)
        return house.passed

    assert 6 == asyncio.run(course())


def test_who_is_important_passes_and_waits_for_a_place_of_its_own() -> None:
    """Premium finds places that nobody else can have taken; a claim above one's tier is lowered."""

    async def course() -> tuple[bool, bool, bool]:
        house = House()
        premium, free = house.key(Tier.PREMIUM), house.key()
        await house.know(premium, free)
        house.fill()
        claim, nonsense = (b"swell-priority", b"critical"), (b"swell-priority", b"urgent")
        return (
            not await house.ask(_auth(premium)),
            not await house.ask(_auth(free), claim),
            not await house.ask(_auth(free), nonsense),
        )

    assert (True, False, True) == asyncio.run(course())


def test_where_nobody_was_refused_nobody_is_looked_at() -> None:
    """The layers find out that there is no place; the door looks from then on."""

    async def course() -> int:
        house = House()
        key = house.key()
        await house.authenticator.caller({}, {b"authorization": key})
        await house.mode()
        house.fill()
        await house.ask(_auth(key))
        return house.passed

    assert 1 == asyncio.run(course())


def test_a_house_with_a_place_lets_in() -> None:
    """Also one whose line is only a burst."""

    async def course() -> int:
        house = House()
        key = house.key()
        await house.know(key)
        await house.ask(_auth(key))
        assert house.lane.enter_now() is not None
        await house.ask(_auth(key))
        return house.passed

    assert 2 == asyncio.run(course())


def test_a_tier_that_gets_nothing_is_refused_whatever_place_there_is() -> None:
    """Critical: free keys hear 503 `shed`, standard ones, of which half are let in, are left to the layers."""

    async def course() -> tuple[str, int, int]:
        house = House()
        house.state.commit([Put(SERVING_MODE_DOCUMENT, {"mode": int(ServingMode.CRITICAL)})])
        free, standard = house.key(), house.key(Tier.STANDARD)
        await house.know(free, standard)
        start, body = await house.ask(_auth(free))
        await house.ask(_auth(standard))
        assert b"critical" == dict(start["headers"])[b"swell-serving-mode"]
        return orjson.loads(body["body"])["title"], start["status"], house.passed

    assert ("shed", 503, 1) == asyncio.run(course())


def test_a_key_without_tokens_is_told_when_to_come_again() -> None:
    """429, with the time of its next token at the moment of each refusal."""

    async def course() -> list[tuple[int, bytes]]:
        house = House()
        key = house.key(rate=RateLimit(0.01, 1))
        await house.know(key)
        caller = await house.authenticator.caller({}, {b"authorization": key})
        assert 0 == await house.gate.buckets.take(caller)
        starts = []
        for _ in range(2):
            start, _ = await house.ask(_auth(key))
            starts.append((start["status"], dict(start["headers"])[b"retry-after"]))
            house.seconds.advance(1.0)
        return starts

    assert [(429, b"100"), (429, b"99")] == asyncio.run(course())


def test_refusals_at_the_door_take_no_token() -> None:
    """Who was refused for want of a place has its whole rate when there is one."""

    async def course() -> list[float]:
        house = House()
        key = house.key(rate=RateLimit(0.01, 2))
        await house.know(key)
        house.fill()
        for _ in range(10):
            await house.ask(_auth(key))
        caller = await house.authenticator.caller({}, {b"authorization": key})
        return [await house.gate.buckets.take(caller) for _ in range(2)]

    assert [0.0, 0.0] == asyncio.run(course())


def test_what_was_refused_is_counted_once_a_second() -> None:
    """With the bytes that were sent, also the last ones, after which nobody comes; and never so that others wait."""

    async def course() -> tuple[Counted, int, list[int]]:
        house = House()
        key = house.key()
        await house.know(key)
        house.fill()
        before = _observed()
        sizes = [len((await house.ask(_auth(key)))[1]["body"]) for _ in range(600)]
        assert not house.load.told
        async with asyncio.timeout(30):
            await house.load.is_told.wait()
            observed = [_observed() - before]
            while observed[-1] < 600:
                await asyncio.sleep(0)
                observed.append(_observed() - before)
        return house.load, sum(sizes), observed

    load, size, observed = asyncio.run(course())

    assert [(600, Tier.FREE, 503, size)] == load.told
    assert 250 >= max(after - before for before, after in pairwise([0, *observed]))


def _observed() -> int:
    """How many durations of refusals at the door their histogram has."""
    found = re.search(rb'duration_seconds_count{function="query",route="none"} ([0-9.]+)', scrape()[0])
    return 0 if found is None else int(float(found[1]))


def test_the_door_says_what_the_layers_would_say() -> None:
    """Byte for byte."""

    async def course() -> tuple[Sequence[Message], list[Message]]:
        house = House()
        key = house.key()
        await house.know(key)
        house.fill()
        at_the_door = await house.ask(_auth(key))
        behind: list[Message] = []

        async def send(message: Message) -> None:
            behind.append(message)

        layers = [_knows(house), lambda app: Admission(app, house.gate)]
        function = HttpFunction("query", [], lambda: None, layers)
        scope = {"type": "http", "method": SEARCH[0], "path": SEARCH[1], "headers": [_auth(key)], "query_string": b""}
        await function(scope, _nothing, send)
        return at_the_door, behind

    at_the_door, behind = asyncio.run(course())

    assert behind[0]["status"] == at_the_door[0]["status"]
    assert behind[1]["body"] == at_the_door[1]["body"]
    assert sorted(at_the_door[0]["headers"]) == sorted([*behind[0]["headers"], (b"swell-serving-mode", b"normal")])


def _knows(house: House) -> Any:
    return lambda app: Authentication(app, house.authenticator)
