"""Reads while the state store is away: what is still answered, how it says so, and for how long."""

import threading

import pytest

from shared.adapters.opening import watched
from shared.domain.versions import VersionVector
from shared.errors import DependencyUnavailable, VersionNotVisible
from shared.ports.state import Document, StateStore
from shared.readiness import readiness
from shared.reads.heads import OUTAGE_S, Freshness, Heads
from tests.builders.pipeline import Pipeline
from tests.fakes.monotonic import ManualSeconds

EVENTUAL = Freshness(1.0, VersionVector({}), may_be_stale=True)
BOUNDED = Freshness(5.0, VersionVector({}))
STRONG = Freshness(0.0, VersionVector({}))


class Away:
    """A state store that can be away, or hold every read back."""

    def __init__(self, inner: StateStore) -> None:
        self._inner = inner
        self.away, self.asked = False, 0
        self.answers = threading.Event()
        self.answers.set()

    def get(self, path: str) -> Document | None:
        """As the port."""
        return self.get_many([path])[0]

    def get_many(self, paths: list[str]) -> list[Document | None]:
        """As the port."""
        self.asked += 1
        self.answers.wait(30)
        if self.away:
            raise DependencyUnavailable("away")
        return self._inner.get_many(paths)


@pytest.fixture
def clock() -> ManualSeconds:
    """Time at rest."""
    return ManualSeconds()


@pytest.fixture
def store(pipeline: Pipeline) -> Away:
    """The store of a collection `c` with one commit."""
    pipeline.upsert({"a": (1, 1)})
    pipeline.deliver_all()
    return Away(pipeline.adapters.state)


@pytest.fixture
def heads(store: Away, clock: ManualSeconds) -> Heads:
    """An instance that has seen the collection, and whose store then goes away."""
    heads = Heads(store, monotonic_s=clock)  # type: ignore[arg-type]
    heads.look("c", EVENTUAL)
    store.away = True
    return heads


def test_reads_that_state_no_bound_are_answered_with_their_age(heads: Heads, clock: ManualSeconds) -> None:
    """For a minute; within its staleness an answer is not called stale."""
    fresh = heads.look("c", EVENTUAL)
    clock.advance(30)
    stale = heads.look("c", EVENTUAL)

    assert (None, 30.0) == (fresh.stale_s, stale.stale_s)
    assert "0:1" == str(stale.version)


def test_an_outage_that_lasts_ends_the_answers(heads: Heads, clock: ManualSeconds) -> None:
    """Older than stated is refused, which over HTTP is 503 with Retry-After."""
    clock.advance(OUTAGE_S + 1)

    with pytest.raises(DependencyUnavailable) as refused:
        heads.look("c", EVENTUAL)

    assert 503 == refused.value.status
    assert not heads.outlasts_outage()


def test_a_stated_bound_is_never_passed(heads: Heads, clock: ManualSeconds) -> None:
    """Bounded reads are answered within their bound and refused past it; strong ones are refused."""
    clock.advance(4)
    within = heads.look("c", BOUNDED)
    clock.advance(2)

    assert within.stale_s is None
    for freshness in (BOUNDED, STRONG):
        with pytest.raises(DependencyUnavailable):
            heads.look("c", freshness)


def test_a_least_version_is_never_passed_either(heads: Heads, clock: ManualSeconds) -> None:
    """Whoever must see its own write gets 503 rather than an answer without it."""
    clock.advance(30)

    with pytest.raises((DependencyUnavailable, VersionNotVisible)):
        heads.look("c", Freshness(1.0, VersionVector({0: 9}), may_be_stale=True))


def test_nobody_waits_again_for_a_store_that_hangs(heads: Heads, store: Away, clock: ManualSeconds) -> None:
    """One read waits a moment; those of the next second are answered from memory, and the store is asked once."""
    store.answers.clear()
    clock.advance(30)
    before = store.asked

    answers = [heads.look("c", EVENTUAL) for _ in range(50)]

    store.answers.set()
    assert {30.0} == {answer.stale_s for answer in answers}
    assert 1 == store.asked - before
    assert heads.remembered("c", EVENTUAL) is not None


def test_when_the_store_is_back_answers_are_fresh_again(heads: Heads, store: Away, clock: ManualSeconds) -> None:
    """Within the second that nobody asks in."""
    clock.advance(30)
    heads.look("c", EVENTUAL)
    store.away = False
    clock.advance(2)

    assert heads.look("c", EVENTUAL).stale_s is None


def test_readiness_follows_what_can_be_served(pipeline: Pipeline) -> None:
    """Without its state store an instance is ready only as long as it can do without."""
    world = watched(pipeline.adapters)
    whole = readiness(world)
    store = Away(pipeline.adapters.state)
    store.away = True
    broken = watched(type(pipeline.adapters)(store, pipeline.adapters.objects, pipeline.publisher))  # type: ignore[arg-type]

    assert {"dependencies": {"state": "closed", "objects": "closed", "publisher": "closed"}} == whole
    assert "degraded" == readiness(broken, lambda: True)["status"]
    with pytest.raises(DependencyUnavailable):
        readiness(broken)
