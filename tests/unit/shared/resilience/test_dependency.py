"""What counts against a dependency, and what the ports around it do."""

from collections.abc import Callable

import pytest

from shared.adapters.opening import Adapters, watched
from shared.errors import DependencyUnavailable, NotProvisioned, SwellError
from shared.metrics import scrape
from shared.ports.objects import ObjectNotFound
from shared.ports.publisher import Message
from shared.ports.state import ABSENT, PreconditionFailed, Put
from shared.resilience.circuit_breaker import BreakerPolicy, BreakerState, CircuitOpen
from shared.resilience.dependency import Dependency
from shared.trace_context import TraceContext, current, parse
from tests.builders.faults import Fault, failing
from tests.fakes.monotonic import ManualSeconds
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState

POLICY = BreakerPolicy(min_calls=3, first_pause_s=1)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (DependencyUnavailable("away"), BreakerState.OPEN),
        (NotProvisioned("no such topic"), BreakerState.CLOSED),
        (PreconditionFailed("moved"), BreakerState.CLOSED),
        (ObjectNotFound("gone"), BreakerState.CLOSED),
        (ValueError("a defect of ours"), BreakerState.CLOSED),
    ],
    ids=["no answer", "not provisioned", "precondition", "not found", "defect"],
)
def test_only_what_the_dependency_failed_to_do_counts(error: Exception, state: BreakerState) -> None:
    """An answer that says no is an answer."""
    dependency = Dependency("store", POLICY, monotonic_s=ManualSeconds())

    for _ in range(POLICY.min_calls):
        with pytest.raises(type(error)), dependency.call("get"):
            raise error

    assert state is dependency.breaker.state


def test_an_open_breaker_refuses_before_the_call() -> None:
    """The dependency is left alone, and the metrics say that it is."""
    dependency = Dependency("test_store", POLICY, monotonic_s=ManualSeconds())
    for _ in range(POLICY.min_calls):
        with pytest.raises(DependencyUnavailable), dependency.call("get"):
            raise DependencyUnavailable("away")
    called = False

    with pytest.raises(CircuitOpen), dependency.call("get"):
        called = True

    assert not called
    text = scrape()[0].decode()
    assert 'swell_circuit_breaker_state{dependency="test_store"} 1.0' in text
    assert 'swell_dependency_calls_total{dependency="test_store",operation="get",outcome="unavailable"} 3.0' in text


def _adapters() -> Adapters:
    return Adapters(InMemoryState(), InMemoryObjects(), RecordingPublisher())


def test_every_method_of_every_port_is_behind_its_breaker() -> None:
    """A store that is away opens its own breaker, by whichever method, and no other."""
    calls: dict[str, list[Callable[[Adapters], object]]] = {
        "state": [
            lambda world: world.state.get("a/b"),
            lambda world: world.state.get_many(["a/b"]),
            lambda world: world.state.list("a"),
            lambda world: world.state.commit([Put("a/b", {}, ABSENT)]),
        ],
        "objects": [
            lambda world: world.objects.put("a", b""),
            lambda world: world.objects.read("a"),
            lambda world: list(world.objects.list("a")),
            lambda world: world.objects.delete("a"),
        ],
        "publisher": [lambda world: world.publisher.publish([Message("t", b"x")])],
    }
    for name, methods in calls.items():
        for method in methods:
            world = watched(failing(_adapters(), _Always()))

            for _ in range(BreakerPolicy().min_calls):
                with pytest.raises(SwellError):
                    method(world)

            with pytest.raises(CircuitOpen):
                method(world)
            assert [name] == [each for each in world.breakers if world.breakers[each].state is BreakerState.OPEN]


class _Always(Fault):
    """Every call fails."""

    def __init__(self) -> None:
        super().__init__(at_call=1, after_effect=False)

    def around(self, effect: object) -> object:
        """Fail."""
        raise DependencyUnavailable("away")


def test_a_long_list_comes_whole() -> None:
    """Pages are an affair between the store and its watcher."""
    world = _adapters()
    names = [f"many/{number:04}" for number in range(2001)]
    for name in names:
        world.objects.put(name, b"")

    listed = [info.name for info in watched(world).objects.list("many/")]

    assert names == listed


def test_messages_carry_the_trace_that_they_were_published_in() -> None:
    """Each gets its place; a dead letter keeps the one it has."""
    world = _adapters()
    token = current.set(TraceContext("a" * 32, "b" * 16, sampled=False))
    old = f"00-{'c' * 32}-{'d' * 16}-01"

    watched(world).publisher.publish([Message("t", b"x"), Message("t", b"y", {"ce-traceparent": old})])

    current.reset(token)
    assert isinstance(world.publisher, RecordingPublisher)
    new, kept = (message.attributes["ce-traceparent"] for message in world.publisher.messages)
    place = parse(new)
    assert place is not None
    assert ("a" * 32, old) == (place.trace_id, kept)
