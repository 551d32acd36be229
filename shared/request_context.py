"""What is known of a request while it is served: the edge fills it in, handlers read it."""

import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.auth.caller import Caller
from shared.auth.errors import Unauthenticated
from shared.domain.serving_mode import ServingMode
from shared.serving.deadline import Deadline
from shared.serving.lane import Slot
from shared.serving.priority import Priority

_KEY: Final = "swell"


@dataclass(slots=True)
class RequestContext:
    """One request. `headers` have their names in lower case; of a name that came twice, the last."""

    headers: Mapping[bytes, bytes]
    known_caller: Caller | None = field(default=None, kw_only=True)
    mode: ServingMode = ServingMode.NORMAL
    answer_headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    """What every answer to this request carries, refusals too."""
    notes: dict[str, str | float] = field(default_factory=dict)
    """What the log line of this request says beside what it always says; no vector, key, id or text."""

    arrived_s: float = field(default_factory=time.monotonic)
    priority: Priority = Priority.NORMAL
    slot: Slot | None = None
    """Its place among the work in progress; None where it takes none."""
    is_logged_in_bulk: bool = False
    """Whether it is counted into one line with others like it, rather than logged by itself."""

    def deadline(self, timeout_ms: int) -> Deadline:
        """The moment after which its caller no longer waits."""
        return Deadline(self.arrived_s + timeout_ms / 1000, timeout_ms)

    def wait_begins(self) -> None:
        """From now on the request waits for something, rather than being worked on."""
        if self.slot is not None:
            self.slot.step_aside()

    @property
    def caller(self) -> Caller:
        """Who asks.

        Raises:
            Unauthenticated: nothing has found out; a function without authentication answers nobody.
        """
        if self.known_caller is None:
            raise Unauthenticated(key_given=False)
        return self.known_caller


def begin_context(scope: MutableMapping[str, Any]) -> RequestContext:
    """The context of a request that has just arrived, from now on part of its ASGI scope."""
    context = scope[_KEY] = RequestContext(dict(scope["headers"]))
    return context


def context_of(scope: Mapping[str, Any]) -> RequestContext:
    """The context of a request."""
    context: RequestContext = scope[_KEY]
    return context
