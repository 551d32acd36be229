"""Server-Sent Events over HTTP/1.1: an answer in events, of which the last is `done`, or `error`."""

from collections.abc import Sequence
from typing import Final

import orjson

from benchmarks.load.protocols.conversation import Heard
from benchmarks.load.wire import AnswerPieces

_EVENT_END: Final = b"\n\n"
_DONE: Final = b"event: done\n"
_ANSWER: Final = b"event: answer\n"
_BROKEN_OFF: Final = 0


class Sse:
    """The first event is heard as such; the end is the event `done`, or an answer that is no stream of events."""

    def __init__(self) -> None:
        self._pieces = AnswerPieces()
        self._place = -1
        self._is_spent = False
        self._begun = False
        self._ending: int | None = None
        self._text = b""

    @property
    def room(self) -> int:
        """One, unless a stream is under way or the server will close the connection."""
        return 1 if self._place < 0 and not self._is_spent else 0

    def opening(self) -> bytes:
        """Nothing."""
        return b""

    def ask(self, place: int, request: bytes) -> bytes:
        """The request as it is."""
        self._place, self._begun, self._ending, self._text = place, False, None, b""
        return request

    def hear(self, data: bytes) -> tuple[Sequence[Heard], bytes]:
        """The first event, and the end of the answer."""
        heard: list[Heard] = []
        piece, is_whole = self._pieces.feed(data)
        if piece and self._pieces.status == 200:
            self._text += piece
            heard += self._events()
        if is_whole:
            heard.append(self._end())
        return heard, b""

    def under_way(self) -> Sequence[int]:
        """At most one."""
        return () if self._place < 0 else (self._place,)

    def _events(self) -> list[Heard]:
        *events, self._text = self._text.split(_EVENT_END)
        heard: list[Heard] = []
        for event in events:
            if not self._begun:
                self._begun = True
                heard.append((self._place, self._pieces.status, False))
            if event.startswith(_DONE):
                self._ending = self._pieces.status
            elif event.startswith(_ANSWER):  # the most there are: these are not read further
                continue
            else:
                name, data = _fields(event)
                if name == b"done":
                    self._ending = self._pieces.status
                elif name == b"error":
                    self._ending = int(orjson.loads(data)["status"])
        return heard

    def _end(self) -> Heard:
        """A stream that ends without `done` was broken off."""
        place, self._place = self._place, -1
        status, self._is_spent = self._pieces.status, self._pieces.is_last
        if status != 200:
            return place, status, True
        return place, _BROKEN_OFF if self._ending is None else self._ending, True


def _fields(event: bytes) -> tuple[bytes, bytes]:
    fields = dict(line.partition(b": ")[::2] for line in event.split(b"\n"))
    return fields.get(b"event", b"message"), fields.get(b"data", b"")
