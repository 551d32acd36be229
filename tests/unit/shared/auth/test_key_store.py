"""Keys in the state store."""

from datetime import timedelta

import pytest

from shared.auth.caller import Caller
from shared.auth.key_record import Grant, KeyRecord
from shared.auth.key_store import KeyStore
from shared.auth.scope import Scope
from shared.domain.rate_limit import RateLimit
from shared.domain.tier import Tier
from shared.errors import NotFound
from tests.fakes.clock import FrozenClock
from tests.fakes.state import InMemoryState

GRANT = Grant("ci", frozenset({Scope.READ, Scope.WRITE}), "acme", Tier.FREE, ("team-",), RateLimit(5.0, 10))


@pytest.fixture
def clock() -> FrozenClock:
    """A clock at rest."""
    return FrozenClock()


@pytest.fixture
def state(clock: FrozenClock) -> InMemoryState:
    """An empty state store."""
    return InMemoryState(clock=clock)


@pytest.fixture
def keys(state: InMemoryState, clock: FrozenClock) -> KeyStore:
    """No keys yet."""
    return KeyStore(state, clock)


def test_a_key_is_found_as_it_was_granted(keys: KeyStore, clock: FrozenClock) -> None:
    """Everything of the grant comes back, also an end of its validity."""
    grant = Grant(**{**vars(GRANT), "expires_at": clock.now() + timedelta(days=1)})

    created, _ = keys.create(grant, by="ann")

    assert created == keys.find(created.id)
    assert (grant, "ann", clock.now()) == (created.grant, created.created_by, created.created_at)
    assert Caller(created.id, "acme", Tier.FREE, GRANT.scopes, ("team-",), RateLimit(5.0, 10)) == created.caller()


def test_the_text_of_a_key_is_nowhere_kept(keys: KeyStore, state: InMemoryState) -> None:
    """Neither the key nor its secret is in any document, the audit's included."""
    created, text = keys.create(GRANT, by="ann")

    stored = str([*state.list("keys"), *state.list("audit")])

    assert created.id in stored
    assert text not in stored
    assert text.rpartition("_")[2] not in stored


def test_a_revoked_key_is_kept_and_good_for_nothing(keys: KeyStore, clock: FrozenClock) -> None:
    """It stays in the list with who revoked it; revoking again changes nothing."""
    created, _ = keys.create(GRANT, by="ann")
    revoked = keys.revoke(created.id, by="bob")
    clock.advance(timedelta(days=1))

    again = keys.revoke(created.id, by="eve")

    assert created.is_valid(clock.now())
    assert not revoked.is_valid(clock.now())
    assert ("bob", revoked) == (revoked.revoked_by, again)
    assert [revoked] == keys.list()


def test_a_key_ends_when_it_expires(keys: KeyStore, clock: FrozenClock) -> None:
    """It is valid before that moment and not from then on."""
    created, _ = keys.create(Grant("x", GRANT.scopes, expires_at=clock.now() + timedelta(hours=1)), by="ann")

    assert created.is_valid(clock.now() + timedelta(minutes=59))
    assert not created.is_valid(clock.now() + timedelta(hours=1))


def test_a_key_that_does_not_exist_cannot_be_revoked(keys: KeyStore) -> None:
    """A mistyped id is told, not taken for done."""
    with pytest.raises(NotFound):
        keys.revoke("0" * 16, by="ann")


def test_whether_there_ever_was_a_key_outlives_its_revocation(keys: KeyStore) -> None:
    """Revoking the last key does not open the door again."""
    before = keys.any()
    created, _ = keys.create(GRANT, by="ann")
    keys.revoke(created.id, by="ann")

    assert (False, True) == (before, keys.any())


def test_all_keys_are_listed_over_many_pages(keys: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list longer than one read is whole."""
    monkeypatch.setattr("shared.auth.key_store._PAGE", 3)
    made = {keys.create(GRANT, by="ann")[0].id for _ in range(7)}

    assert sorted(made) == [key.id for key in keys.list()]


def test_every_act_on_a_key_is_audited(keys: KeyStore, state: InMemoryState) -> None:
    """Who did what to which key, in the same batch as the act."""
    created, _ = keys.create(GRANT, by="ann")
    keys.revoke(created.id, by="bob")

    acts = {(entry.data["act"], entry.data["key"], entry.data["by"]) for entry in state.list("audit")}

    assert {("key created", created.id, "ann"), ("key revoked", created.id, "bob")} == acts


def test_a_stored_key_is_read_as_it_was_written() -> None:
    """The document of a record makes the same record."""
    record = KeyRecord("id", "00" * 32, GRANT, FrozenClock().now(), "ann")

    assert record == KeyRecord.from_document("id", record.to_document())
