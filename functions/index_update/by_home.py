"""Events go to the services of the region that is their shard's home, where one process serves several regions."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from shared.domain.paths import head_document
from shared.events.shard import ShardEvent
from shared.outcomes import Outcome
from shared.ports.state import StateStore
from shared.regions.homes import home_of

E = TypeVar("E", bound=ShardEvent)


def by_home(
    state: StateStore, default_region: str, handlers: Mapping[str, Callable[[E], Outcome]]
) -> Callable[[E], Outcome]:
    """A handler that asks the head where it commits; the only one of `handlers` need not be asked for.

    A region that is not the home, or no longer, refuses the event (`HomeElsewhere`), and redelivery asks again.
    """
    first = next(iter(handlers.values()))
    if len(handlers) == 1:
        return first

    def handle(event: E) -> Outcome:
        head = state.get(head_document(event.collection, event.shard))
        home = home_of(head.data if head is not None else {}, default_region).region
        return handlers.get(home, first)(event)

    return handle
