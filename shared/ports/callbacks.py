"""The addresses at which workflows wait to be called: Cloud Workflows', or this machine's."""

from typing import Any, Protocol


class Callbacks(Protocol):
    """Wakes workflows that wait."""

    def allows(self, url: str) -> bool:
        """Whether this is such an address: nothing is ever sent to another."""
        ...

    def send(self, url: str, body: Any) -> bool:
        """Call; False where nobody waits there any more, or somebody called before.

        Raises:
            DependencyUnavailable: it cannot be known whether it arrived; called again, the first call counts.
        """
        ...
