"""From headers to callers."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from shared.auth.authenticator import KEY_LIFETIMES, Authenticator
from shared.auth.caller import LOCAL_OWNER, Caller
from shared.auth.errors import TooManyUnknownKeys, Unauthenticated
from shared.auth.key_record import Grant
from shared.auth.key_store import KeyStore
from shared.auth.scope import Scope
from shared.errors import DependencyUnavailable
from tests.fakes.clock import FrozenClock
from tests.fakes.monotonic import ManualSeconds
from tests.fakes.state import InMemoryState

GRANT = Grant("ci", frozenset({Scope.READ}), "acme")
HERE: dict[str, Any] = {"client": ("127.0.0.1", 1)}
HOST = {b"host": b"127.0.0.1:8080"}


class LosableState(InMemoryState):
    """A state store that can go away."""

    away = False

    def get_many(self, paths: Any) -> Any:
        """As the port."""
        if self.away:
            raise DependencyUnavailable("away")
        return super().get_many(paths)


class World:
    """A state store with keys, and an instance that knows callers by them."""

    def __init__(self, *, open_on_loopback: bool = False) -> None:
        self.clock, self.seconds = FrozenClock(), ManualSeconds()
        self.state = LosableState(clock=self.clock)
        self.keys = KeyStore(self.state, self.clock)
        self.authenticator = Authenticator(
            self.keys, self.clock, open_on_loopback=open_on_loopback, monotonic_s=self.seconds
        )

    def caller(self, key: str | None, scope: dict[str, Any] | None = None, **headers: bytes) -> Caller:
        """Who a request with this key is from."""
        fields = {**HOST, **{name.encode(): value for name, value in headers.items()}}
        if key is not None:
            fields[b"authorization"] = f"Bearer {key}".encode()
        return asyncio.run(self.authenticator.caller(HERE if scope is None else scope, fields))

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds.advance(seconds)
        self.clock.advance(timedelta(seconds=seconds))


def test_a_valid_key_names_its_caller() -> None:
    """The bearer has what the key was granted."""
    world = World()
    record, text = world.keys.create(GRANT, by="ann")

    assert record.caller() == world.caller(text)


@pytest.mark.parametrize("spoil", [lambda _: "nonsense", lambda key: key[:-1] + "~", lambda key: key[:-1] + "0"])
def test_what_is_not_the_key_names_nobody(spoil: Any) -> None:
    """Another form, a character that no key has, and one wrong character."""
    world = World()
    _, text = world.keys.create(GRANT, by="ann")
    text = text[:-1] + "1"

    with pytest.raises(Unauthenticated):
        world.caller(spoil(text))


def test_all_bad_keys_look_the_same() -> None:
    """Unknown, wrong, expired and revoked keys get one answer, word for word."""
    world = World()
    expired = world.keys.create(Grant("x", GRANT.scopes, expires_at=world.clock.now()), by="ann")[1]
    record, revoked = world.keys.create(GRANT, by="ann")
    world.keys.revoke(record.id, by="ann")
    _, valid = world.keys.create(GRANT, by="ann")
    wrong = valid[:-1] + ("0" if valid[-1] != "0" else "1")

    answers = set()
    for key in ("swl_" + "0" * 16 + "_" + "a" * 43, wrong, expired, revoked, "junk"):
        with pytest.raises(Unauthenticated) as refusal:
            world.caller(key)
        answers.add((str(refusal.value), *refusal.value.headers.items()))

    assert 1 == len(answers)


def test_a_revoked_key_opens_nothing_after_a_few_seconds() -> None:
    """An instance that knew the key learns of it within the stated time."""
    world = World()
    record, text = world.keys.create(GRANT, by="ann")
    world.caller(text)
    world.keys.revoke(record.id, by="ann")

    world.pass_s(KEY_LIFETIMES.believed_s + 0.1)

    with pytest.raises(Unauthenticated):
        world.caller(text)


def test_known_callers_are_served_while_the_state_store_is_away() -> None:
    """For as long as stated; a key that this instance never saw is refused as unavailable, not as invalid."""
    world = World()
    record, text = world.keys.create(GRANT, by="ann")
    _, unseen = world.keys.create(GRANT, by="ann")
    world.caller(text)
    world.state.away = True
    world.pass_s(300)

    assert record.caller() == world.caller(text)
    with pytest.raises(DependencyUnavailable):
        world.caller(unseen)


def test_guessing_is_slowed_down_and_known_callers_are_not() -> None:
    """More unknown keys than an instance looks up a second get 429; who is known passes all the same."""
    world = World()
    record, text = world.keys.create(GRANT, by="ann")
    world.caller(text)
    refusals = []
    for guess in range(400):
        with pytest.raises((Unauthenticated, TooManyUnknownKeys)) as refusal:
            world.caller(f"swl_{guess:016x}_" + "a" * 43)
        refusals.append(refusal.type)

    world.pass_s(KEY_LIFETIMES.believed_s + 0.1)

    assert (199, 201) == (refusals.count(Unauthenticated), refusals.count(TooManyUnknownKeys))
    assert record.caller() == world.caller(text)


def test_without_keys_this_machine_is_open_where_that_is_allowed() -> None:
    """No key was ever made, the request comes from here: its maker owns what is here."""
    assert LOCAL_OWNER is World(open_on_loopback=True).caller(None)


@pytest.mark.parametrize(
    ("open_on_loopback", "scope", "headers"),
    [
        (False, HERE, {}),
        (True, {"client": ("10.0.0.7", 1)}, {}),
        (True, HERE, {"origin": b"https://evil.example"}),
        (True, HERE, {"host": b"evil.example"}),
    ],
    ids=["not allowed", "another machine", "a page of another site", "a rebound name"],
)
def test_otherwise_nobody_comes_in_without_a_key(
    open_on_loopback: bool,  # noqa: FBT001 - a table
    scope: dict[str, Any],
    headers: dict[str, bytes],
) -> None:
    """Where it was not allowed, and whatever did not clearly start on this machine."""
    with pytest.raises(Unauthenticated):
        World(open_on_loopback=open_on_loopback).caller(None, scope, **headers)


def test_the_first_key_closes_the_door_for_good() -> None:
    """Once a key was made, this machine needs one too, also after the key was revoked."""
    world = World(open_on_loopback=True)
    world.caller(None)
    record, _ = world.keys.create(GRANT, by="ann")
    world.pass_s(KEY_LIFETIMES.believed_s + 0.1)

    with pytest.raises(Unauthenticated):
        world.caller(None)
    world.keys.revoke(record.id, by="ann")
    world.pass_s(KEY_LIFETIMES.believed_s + 0.1)
    with pytest.raises(Unauthenticated):
        world.caller(None)
