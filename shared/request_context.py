"""What is known of a request while it is served: the edge fills it in, handlers read it."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.auth.caller import Caller
from shared.auth.errors import Unauthenticated
from shared.domain.serving_mode import ServingMode

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
