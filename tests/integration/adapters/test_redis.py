"""What instances share through a real Redis, and what they do when it goes away."""

import asyncio
import threading
import time
from pathlib import Path
from uuid import uuid4

import pytest
from redis import Redis

from functions.query.answer_cache import AnswerCache, KeptAnswer
from shared.adapters.redis.answers import RedisAnswers
from shared.adapters.redis.buckets import RedisBuckets
from shared.adapters.redis.connection import RedisConnection
from shared.auth.caller import Caller
from shared.auth.scope import Scope
from shared.domain.rate_limit import RateLimit
from shared.domain.tier import Tier
from shared.errors import DependencyUnavailable
from shared.metrics import scrape
from shared.serving.buckets import Buckets
from tests.fakes.monotonic import ManualSeconds
from tests.redis_server import RedisServer

SLOW = RateLimit(0.001, 20)


def _caller(key_id: str) -> Caller:
    return Caller(key_id, "acme", Tier.STANDARD, frozenset(Scope), rate=SLOW)


def _opened(url: str) -> RedisConnection:
    connection = RedisConnection(url)
    connection.call("ping", lambda redis: redis.ping())
    return connection


async def _taken(buckets: Buckets, caller: Caller, count: int) -> int:
    return [await buckets.take(caller) for _ in range(count)].count(0)


def test_two_instances_share_a_bucket(redis_url: str) -> None:
    """Together they let in what the key may make, and not twice as much."""
    caller = _caller(uuid4().hex)

    async def course() -> int:
        connections = [_opened(redis_url) for _ in range(2)]
        instances = [Buckets({}, RedisBuckets(connection)) for connection in connections]
        return sum([await _taken(instance, caller, 15) for instance in instances for _ in range(2)])

    assert 20 == asyncio.run(course())


def test_an_empty_bucket_says_when_there_is_a_token(redis_url: str) -> None:
    """In seconds, by Redis's own clock."""
    buckets, key_id = RedisBuckets(RedisConnection(redis_url)), uuid4().hex

    first = buckets.lease(key_id, RateLimit(0.1, 5), 100)
    granted, wait_s = buckets.lease(key_id, RateLimit(0.1, 5), 1)

    assert ((5, 0.0), 0) == (first, granted)
    assert 0 < wait_s <= 10


def test_an_answer_of_one_instance_serves_another(redis_url: str) -> None:
    """Byte for byte."""
    key, answer = uuid4().bytes, KeptAnswer((b'[{"id":"\\u00e9","score":0.1}]', b"[]"), "sketch")
    one, other = (AnswerCache(1_000_000, RedisAnswers(_opened(redis_url))) for _ in range(2))

    one.put_shared(key, answer)

    assert (answer, None) == (other.get_shared(key), other.get_shared(uuid4().bytes))


def test_nobody_waits_for_its_library(redis_url: str) -> None:
    """It counts as away until that is loaded, which the first question begins."""
    connection = RedisConnection(redis_url)

    first = connection.is_away
    deadline_s = time.monotonic() + 60
    while connection.is_away and time.monotonic() < deadline_s:
        threading.Event().wait(0.01)

    assert (True, False, True) == (first, connection.is_away, connection.call("ping", lambda redis: redis.ping()))


@pytest.mark.usefixtures("redis_present")
def test_instances_go_on_without_redis_and_with_it_again(tmp_path: Path) -> None:
    """Killed: each counts alone, at once, and answers are misses. Back: it is asked again after a second."""
    server, seconds = RedisServer(tmp_path), ManualSeconds()
    connection = RedisConnection(server.url, monotonic_s=seconds)
    cache = AnswerCache(1000, RedisAnswers(connection))
    key, answer = b"k", KeptAnswer((b"[]",), "exact")

    async def course(key_id: str) -> int:
        return await _taken(Buckets({}, RedisBuckets(connection)), _caller(key_id), 30)

    with server.running():
        connection.call("ping", lambda redis: redis.ping())
        assert 20 == asyncio.run(course("before"))
        server.kill()
        with pytest.raises(DependencyUnavailable):
            connection.call("ping", lambda redis: redis.ping())
        assert (20, True, None) == (asyncio.run(course("during")), connection.is_away, cache.get_shared(key))
    with server.running():
        seconds.advance(1.1)
        cache.put_shared(key, answer)

        assert (False, answer) == (connection.is_away, cache.get_shared(key))


def test_a_redis_that_stays_away_is_behind_a_breaker(tmp_path: Path) -> None:
    """After eight failures it is not asked at all, and counts as away, until the pause is over."""
    seconds = ManualSeconds()
    connection = RedisConnection(f"unix://{tmp_path}/nobody.sock", monotonic_s=seconds)
    asked: list[str] = []

    def ping(redis: Redis) -> None:
        asked.append("redis")
        redis.ping()

    for _ in range(9):
        with pytest.raises(DependencyUnavailable):
            connection.call("ping", ping)

    assert (8, True) == (len(asked), connection.is_away)
    assert b'swell_dependency_calls_total{dependency="redis",operation="ping",outcome="unavailable"}' in scrape()[0]
