"""How much of one instance a key may hold."""

from collections import Counter

from functions.stream.errors import TooManyStreams


class KeyLimits:
    """Counts connections and standing queries by key."""

    def __init__(self, connections: int, subscriptions: int) -> None:
        self._connections_at_most = connections
        self._subscriptions_at_most = subscriptions
        self._connections: Counter[str] = Counter()
        self._subscriptions: Counter[str] = Counter()

    def connect(self, key: str) -> None:
        """One more connection. Raises TooManyStreams."""
        _take(self._connections, key, self._connections_at_most, "connections")

    def disconnect(self, key: str) -> None:
        """One less."""
        _give_back(self._connections, key)

    def subscribe(self, key: str) -> None:
        """One more standing query. Raises TooManyStreams."""
        _take(self._subscriptions, key, self._subscriptions_at_most, "standing queries")

    def unsubscribe(self, key: str) -> None:
        """One less."""
        _give_back(self._subscriptions, key)


def _take(counts: Counter[str], key: str, at_most: int, what: str) -> None:
    if counts[key] >= at_most:
        raise TooManyStreams(f"this key has {at_most} {what} on this instance; it may not have more")
    counts[key] += 1


def _give_back(counts: Counter[str], key: str) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]
