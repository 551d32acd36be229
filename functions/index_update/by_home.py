"""Events go to the services of the region that is their shard's home, where one process serves several regions."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from functions.index_update.home_check import HomeElsewhere
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

    A home that moves while it is at work refuses the event; then the new one is asked, once.
    """
    first = next(iter(handlers.values()))
    if len(handlers) == 1:
        return first

    def home(event: E) -> str:
        head = state.get(head_document(event.collection, event.shard))
        return home_of(head.data if head is not None else {}, default_region).region

    def handle(event: E) -> Outcome:
        asked = home(event)
        try:
            return handlers.get(asked, first)(event)
        except HomeElsewhere:
            moved_to = home(event)
            if moved_to == asked:
                raise
            return handlers.get(moved_to, first)(event)

    return handle
