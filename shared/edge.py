"""What stands before every HTTP function: the one list of middleware."""

from collections.abc import Sequence
from functools import partial
from typing import Literal

from pydantic import Field

from shared.adapters.opening import Adapters
from shared.auth.authenticator import Authenticator
from shared.auth.key_store import KeyStore
from shared.auth.middleware import Authentication
from shared.http import Middleware
from shared.serving.current_mode import CurrentMode
from shared.serving.mode_layer import UnderServingMode
from shared.settings import Settings


class EdgeSettings(Settings):
    """Who may come in, and how many."""

    access: Literal["keys", "loopback"] | None = Field(
        default=None,
        description="keys: everybody needs one; loopback: requests made on this machine do not, while there is none. "
        "Default: loopback in the embedded runtime, keys elsewhere",
    )

    @property
    def is_open_on_loopback(self) -> bool:
        """Whether this machine's own user may come in without a key."""
        return (self.access or ("loopback" if self.runtime == "embedded" else "keys")) == "loopback"


def edge(adapters: Adapters, settings: EdgeSettings) -> Sequence[Middleware]:
    """The layers of one process, outermost first; functions that share a process share their state."""
    authenticator = Authenticator(
        KeyStore(adapters.state, adapters.clock), adapters.clock, open_on_loopback=settings.is_open_on_loopback
    )
    return [
        partial(Authentication, authenticator=authenticator),
        partial(UnderServingMode, current_mode=CurrentMode(adapters.state)),
    ]
