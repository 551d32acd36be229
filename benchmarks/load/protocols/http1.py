"""HTTP/1.1: one request at a time, and its answer."""

from collections.abc import Sequence

from benchmarks.load.protocols.conversation import Heard
from benchmarks.load.wire import MessageReader, status_of


class Http1:
    """The next request is sent when the last one is answered."""

    def __init__(self) -> None:
        self._reader = MessageReader()
        self._place = -1

    @property
    def room(self) -> int:
        """One, unless a request is under way."""
        return 1 if self._place < 0 else 0

    def opening(self) -> bytes:
        """Nothing."""
        return b""

    def ask(self, place: int, request: bytes) -> bytes:
        """The request as it is."""
        self._place = place
        return request

    def hear(self, data: bytes) -> tuple[Sequence[Heard], bytes]:
        """The answer, once it is whole."""
        answer = self._reader.feed(data)
        if answer is None:
            return (), b""
        place, self._place = self._place, -1
        return ((place, status_of(answer[0]), True),), b""

    def under_way(self) -> Sequence[int]:
        """At most one."""
        return () if self._place < 0 else (self._place,)
