"""Standing queries over a WebSocket, on a real server."""

import asyncio
import re

import orjson
import pytest

from functions.ingest.collections import CollectionRegister
from functions.stream.outbox import Ending
from shared.auth.key_store import KeyStore
from shared.auth.scope import Scope
from shared.domain.serving_mode import SERVING_MODE_DOCUMENT, ServingMode
from shared.domain.tier import Tier
from shared.metrics import scrape
from shared.ports.state import Put
from swell.local.websocket_client import RefusedError
from tests.integration.stream.conftest import World, ids_of, run, talk

_ASK = {"type": "subscribe", "subscription": "s", "collection": "c", "vector": [0, 0], "top_k": 2}


def test_an_answer_comes_first_and_updates_when_a_commit_changes_it(world: World) -> None:
    """Entering, leaving and moving records are pushed; a commit that changes nothing of it is not."""

    async def story() -> None:
        world.commit(a=(1, 0), b=(2, 0))
        async with world.stream() as (url, _):
            client = await talk(url, world.key())
            await client.say(**_ASK)
            first = await client.hear()
            world.commit(far=(9, 9))
            world.commit(near=(0.5, 0))
            entered = await client.hear()
            world.remove("near")
            left = await client.hear()
            world.commit(a=(3, 0))
            moved = await client.hear()

        assert ("answer", ["a", "b"]) == (first["type"], ids_of(first))
        assert [["near", "a"], ["a", "b"], ["b", "a"]] == [ids_of(frame) for frame in (entered, left, moved)]
        versions = [int(frame["version"].removeprefix("0:")) for frame in (first, entered, left, moved)]
        assert sorted(set(versions)) == versions

    run(story)


def test_a_client_that_comes_back_misses_nothing_and_hears_nothing_twice(world: World) -> None:
    """The token of the last frame says what is known: unchanged, or the whole answer as it is now."""

    async def story() -> None:
        world.commit(a=(1, 0), b=(2, 0))
        async with world.stream() as (url, _):
            key = world.key()
            client = await talk(url, key)
            await client.say(**_ASK)
            token = (await client.hear())["token"]
            client.socket.kill()
            again = await talk(url, key)
            await again.say(**_ASK, after=token)
            same = await again.hear()
            again.socket.kill()
            world.commit(near=(0.5, 0))
            world.remove("a")
            third = await talk(url, key)
            await third.say(**_ASK, after=same["token"])
            missed = await third.hear()
            world.commit(nearer=(0.1, 0))
            next_one = await third.hear()

        assert "unchanged" == same["type"]
        assert ("update", ["near", "b"]) == (missed["type"], ids_of(missed))
        assert ["nearer", "near"] == ids_of(next_one)

    run(story)


def test_a_token_that_is_ahead_waits_for_its_version(world: World) -> None:
    """A region that lags behind never shows a client an older answer than it has seen."""

    async def story() -> None:
        world.commit(a=(1, 0))
        async with world.stream() as (url, _):
            client = await talk(url, world.key())
            await client.say(**_ASK, after="0:2/0123456789abcdef")
            await client.say(type="ping")
            silence = await client.hear("heartbeat")
            world.commit(b=(2, 0))
            answer = await client.hear()

        assert "heartbeat" == silence["type"]
        assert ("0:2", ["a", "b"]) == (answer["version"], ids_of(answer))

    run(story)


def test_one_connection_has_many_subscriptions_and_ends_them_one_by_one(world: World) -> None:
    """With filters of their own; what is ended is heard of no more; a name in use is refused."""

    async def story() -> None:
        world.commit(a=(1, 0))
        async with world.stream() as (url, _):
            client = await talk(url, world.key())
            await client.say(**{**_ASK, "subscription": "one"})
            await client.say(**{**_ASK, "subscription": "two", "min_score": -2})
            first = [await client.hear(), await client.hear()]
            await client.say(**{**_ASK, "subscription": "two"})
            taken = await client.hear("error")
            await client.say(type="unsubscribe", subscription="one")
            ended = await client.hear("ended")
            world.commit(b=(1.5, 0))
            update = await client.hear()

        assert {"one", "two"} == {frame["subscription"] for frame in first}
        assert "subscription" in taken["problem"]["errors"][0]["field"]
        assert ("one", "two") == (ended["subscription"], update["subscription"])

    run(story)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"collection": "missing"}, "not_found"),
        ({"vector": [1, 2, 3]}, "invalid_request"),
        ({"filter": {"eq": {"undeclared": 1}}}, "invalid_request"),
        ({"after": "no token"}, "invalid_request"),
    ],
    ids=["collection", "vector", "filter", "token"],
)
def test_what_is_wrong_with_one_subscription_ends_it_alone(world: World, change: dict[str, object], code: str) -> None:
    """The error names the subscription and has problem details; its neighbour goes on."""

    async def story() -> None:
        world.commit(a=(1, 0))
        async with world.stream() as (url, _):
            client = await talk(url, world.key())
            await client.say(**{**_ASK, "subscription": "bad", **change})
            error = await client.hear()
            await client.say(**_ASK)
            answer = await client.hear()

        assert ("error", "bad") == (error["type"], error["subscription"])
        assert error["problem"]["type"].endswith(code)
        assert ["a"] == ids_of(answer)

    run(story)


@pytest.mark.parametrize("text", ["nonsense", "{}", '{"type": "subscribe"}', '{"type": "dance"}'])
def test_a_message_that_makes_no_sense_is_told_and_costs_nothing_else(world: World, text: str) -> None:
    """The connection stays."""

    async def story() -> None:
        async with world.stream() as (url, _):
            client = await talk(url, world.key())
            await client.socket.send(text)
            error = await client.hear("error")
            await client.say(type="ping")
            await client.hear("heartbeat")

        assert error["problem"]["type"].endswith("invalid_request")

    run(story)


def test_a_key_is_needed_in_the_header_or_the_first_message(world: World) -> None:
    """A bad header is refused before the handshake, a bad first message after it; a key without `read` is none."""

    async def story() -> None:
        world.commit(a=(1, 0))
        async with world.stream() as (url, _):
            with pytest.raises(RefusedError) as by_header:
                await talk(url, "swl_0123456789abcdef_" + "x" * 43)
            with pytest.raises(RefusedError) as writer:
                await talk(url, world.key(Scope.WRITE))
            mute = await talk(url)
            await mute.say(**_ASK)
            told = await mute.hear("error")
            code = await mute.ending()
            browser = await talk(url)
            await browser.say(type="authenticate", key=world.key())
            await browser.say(**_ASK)
            answer = await browser.hear()

        assert (401, 403) == (by_header.value.status, writer.value.status)
        assert "unauthenticated" in orjson.loads(by_header.value.body)["type"]
        assert ("unauthenticated", Ending.REFUSED) == (told["problem"]["type"].rpartition("/")[2], code)
        assert ["a"] == ids_of(answer)

    run(story)


def test_a_revoked_key_ends_its_connections(world: World) -> None:
    """The next heartbeat after the key is no longer believed is the last word."""

    async def story() -> None:
        async with world.stream(heartbeat_s=0.2) as (url, _):
            key = world.key()
            client = await talk(url, key)
            await client.hear("heartbeat")
            state, clock = world.pipeline.adapters.state, world.pipeline.adapters.clock
            KeyStore(state, clock).revoke(key.split("_")[1], by="test")
            error = await client.hear("error")
            code = await client.ending()

        assert (401, Ending.REFUSED) == (error["problem"]["status"], code)

    run(story)


def test_a_key_has_so_many_connections_and_subscriptions(world: World) -> None:
    """More are refused with 429; what ends makes room."""

    async def story() -> None:
        world.commit(a=(1, 0))
        async with world.stream(connections_per_key=1, subscriptions_per_key=1) as (url, _):
            key = world.key()
            client = await talk(url, key)
            await client.say(**_ASK)
            await client.hear("answer")
            await client.say(**{**_ASK, "subscription": "more"})
            refused = await client.hear("error")
            with pytest.raises(RefusedError) as second:
                await talk(url, key)
            await client.say(type="unsubscribe", subscription="s")
            await client.hear("ended")
            await client.say(**{**_ASK, "subscription": "more"})
            await client.hear("answer")

        assert ("more", 429) == (refused["subscription"], refused["problem"]["status"])
        assert 429 == second.value.status

    run(story)


def test_a_mode_that_holds_streams_takes_no_new_ones_and_one_that_closes_them_ends_all(world: World) -> None:
    """Those that run go on while held; when closed they are told, with the mode's reason."""

    async def story() -> None:
        world.commit(a=(1, 0))
        state = world.pipeline.adapters.state
        async with world.stream(heartbeat_s=0.2) as (url, _):
            key = world.key(tier=Tier.PREMIUM)
            client = await talk(url, key)
            await client.say(**_ASK)
            await client.hear("answer")
            state.commit([Put(SERVING_MODE_DOCUMENT, {"mode": int(ServingMode.CRITICAL)})])
            async with asyncio.timeout(30):
                while True:
                    try:
                        (await talk(url, key)).socket.kill()
                    except RefusedError as refused:
                        held = refused
                        break
            world.commit(b=(0.5, 0))
            update = await client.hear("update")
            state.commit([Put(SERVING_MODE_DOCUMENT, {"mode": int(ServingMode.EMERGENCY)})])
            error = await client.hear("error")
            code = await client.ending()

        assert (503, ["b", "a"]) == (held.status, ids_of(update))
        assert ("streams_held", Ending.TRY_AGAIN_LATER) == (error["problem"]["type"].rpartition("/")[2], code)

    run(story)


def test_a_shutdown_is_told_with_a_time_to_come_back(world: World) -> None:
    """Close code 1001, and no new connection."""

    async def story() -> None:
        world.commit(a=(1, 0))
        async with world.stream() as (url, stream):
            key = world.key()
            client = await talk(url, key)
            await client.say(**_ASK)
            await client.hear("answer")
            stream.sessions.tell_shutdown()
            told = await client.hear("shutdown")
            code = await client.ending()
            with pytest.raises(RefusedError) as late:
                await talk(url, key)

        assert (1.0, Ending.GOING_AWAY, 503) == (told["retry_after_s"], code, late.value.status)

    run(story)


def test_a_deleted_collection_ends_its_subscriptions(world: World) -> None:
    """With `not_found`; and nobody counts them any more."""

    async def story() -> None:
        world.commit(a=(1, 0))
        async with world.stream() as (url, _):
            before = _standing()
            client = await talk(url, world.key())
            await client.say(**_ASK)
            await client.hear("answer")
            counted = await _until_standing(before + 1)
            adapters = world.pipeline.adapters
            CollectionRegister(adapters.state, adapters.clock).delete("c")
            error = await client.hear("error")
            counted += await _until_standing(before)

        assert (404, "s") == (error["problem"]["status"], error["subscription"])
        assert {before, before + 1} == set(counted)

    run(story)


def _standing() -> float:
    """How many standing queries this process says it follows."""
    found = re.search(rb"^swell_standing_queries ([0-9.]+)", scrape()[0], re.MULTILINE)
    return 0.0 if found is None else float(found[1])


async def _until_standing(wanted: float) -> list[float]:
    """What it says until it says that."""
    seen = [_standing()]
    while seen[-1] != wanted:
        await asyncio.sleep(0.01)
        seen.append(_standing())
    return seen


def test_of_a_stranger_only_a_key_is_read(world: World) -> None:
    """A first message that is longer than a key is not even parsed."""

    async def story() -> None:
        async with world.stream() as (url, _):
            stranger = await talk(url)
            await stranger.say(type="authenticate", key="swl_" + "x" * 2000)
            told = await stranger.hear("error")

            assert "unauthenticated" == told["problem"]["title"]
            assert 1008 == await stranger.ending()

    run(story)
