"""Events and schedules of an embedded Swell: what nobody who asks for an answer waits for."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.dispatcher import Dispatcher
from shared.adapters.embedded.received_message import ReceivedMessage
from shared.adapters.embedded.state import SqliteState
from shared.adapters.opening import Adapters
from shared.adapters.stored.jobs import StoredJobs
from shared.adapters.watched import WatchedPublisher, WatchedState
from shared.foreign_messages import PUBLISHED_AT, PUBLISHED_ID
from shared.topology import load_topology
from swell.local.consumers import EmbeddedConsumers, Machine
from swell.local.folding import fold_logs
from swell.local.schedules import of_crowds, run_schedules

_YIELDING: Final = {"index_update.compactions": "index_update.mutations"}


@contextmanager
def handle_events(machine: Machine) -> Iterator[None]:
    """Deliver events to the home functions, and tick the schedules, until the block ends.

    Where there are several regions, events for their functions are left to them.
    """
    adapters = machine.adapters
    broker = broker_of(adapters)
    topology = load_topology()
    consumers = EmbeddedConsumers(machine)
    functions = {
        name: placed.subscription.push_function
        for name, placed in topology.placed_subscriptions(machine.buckets).items()
        if placed.region is None
    }

    def deliver(subscription: str, received: ReceivedMessage) -> None:
        envelope = {PUBLISHED_ID: received.message_id, PUBLISHED_AT: received.published_at.isoformat()}
        consumers.of(functions[subscription]).consume(received.data, received.attributes, envelope)

    dispatcher = Dispatcher(broker, deliver, only=functions, yielding=_YIELDING)
    dispatcher.start()
    crowds, others = of_crowds(topology)
    try:
        with ExitStack() as stack:
            jobs = StoredJobs(adapters.state)
            stack.enter_context(run_schedules(others, adapters.publisher, adapters.clock))
            stack.enter_context(run_schedules(crowds, adapters.publisher, machine.crowd_clock, jobs))
            stack.enter_context(fold_logs([broker, state_of(adapters)]))
            yield
    finally:
        dispatcher.stop(grace_s=10)


def state_of(adapters: Adapters) -> SqliteState:
    """The state store itself, behind what watches it."""
    assert isinstance(adapters.state, WatchedState)  # noqa: S101 - what embedded opens
    state = adapters.state.inner
    assert isinstance(state, SqliteState)  # noqa: S101
    return state


def broker_of(adapters: Adapters) -> SqliteBroker:
    """The queue itself, behind what watches it."""
    assert isinstance(adapters.publisher, WatchedPublisher)  # noqa: S101 - what embedded opens
    broker = adapters.publisher.inner
    assert isinstance(broker, SqliteBroker)  # noqa: S101
    return broker
