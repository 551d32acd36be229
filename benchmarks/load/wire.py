"""HTTP/1.1 as the load generator speaks it: whole messages as bytes, cut out of a stream."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"


class UnreadableMessage(Exception):  # noqa: N818 - named for what happened
    """A message that does not begin as expected or has no Content-Length: the generator reads nothing else."""


def encode_request(
    method: str,
    path: str,
    body: bytes = b"",
    *,
    port: int,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """One request that keeps its connection open; with a key it shows that."""
    own = {} if key is None else {"Authorization": f"Bearer {key}"}
    more = "".join(f"{name}: {value}\r\n" for name, value in {**own, **(headers or {})}.items())
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    )
    return head.encode() + body


def encode_answer(body: bytes) -> bytes:
    """One answer of status 200."""
    return f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def status_of(head: bytes) -> int:
    """The status that an answer's head begins with."""
    return int(head[9:12])


class MessageReader:
    """Cuts one message at a time out of the bytes of a connection; each has to begin with `beginning`."""

    def __init__(self, beginning: bytes = b"HTTP/1.1 ") -> None:
        self._beginning = beginning
        self._received = b""
        self._head_bytes = 0
        self._needed = 0  # bytes of the message under way; 0 until its head is complete
        self._last_head, self._last_bytes = b"", -1

    def feed(self, received: bytes) -> tuple[bytes, bytes] | None:
        """Add bytes; the head and the body once they complete a message, else None.

        Raises:
            UnreadableMessage: the bytes are no such message.
        """
        if len(received) == self._last_bytes and not self._received and received.startswith(self._last_head):
            return self._last_head, received[len(self._last_head) :]  # as the last one, so that nothing is looked for
        self._received = self._received + received if self._received else received
        if not self._needed and not self._read_head():
            return None
        if len(self._received) < self._needed:
            return None
        head, body = self._received[: self._head_bytes], self._received[self._head_bytes : self._needed]
        self._received = self._received[self._needed :]
        self._last_head, self._last_bytes = head, self._needed
        self._needed = 0
        return head, body

    def _read_head(self) -> bool:
        end = self._received.find(_HEAD_END)
        if end < 0:
            return False
        head = self._received[: end + 2].lower()
        start = head.find(_LENGTH)
        if start < 0 or not self._received.startswith(self._beginning):
            raise UnreadableMessage(f"got {head[:120]!r}")
        self._head_bytes = end + len(_HEAD_END)
        self._needed = self._head_bytes + int(head[start + len(_LENGTH) : head.find(b"\r", start)])
        return True


class AnswerPieces:
    """The body of one answer after the other, as its pieces come: chunked, or of a length that its head says."""

    def __init__(self) -> None:
        self.status = 0
        self.is_last = False
        self._received = b""
        self._in_head = True
        self._chunked = False
        self._left = 0  # bytes of the body, or of a chunk and its end
        self._last_head: bytes | None = None
        self._length = 0

    def feed(self, received: bytes) -> tuple[bytes, bool]:
        """Add bytes; what they are of the body, and whether the answer is whole.

        Raises:
            UnreadableMessage: the bytes are no such answer.
        """
        self._received += received
        if self._in_head:
            head, found, rest = self._received.partition(_HEAD_END)
            if not found:
                return b"", False
            if head != self._last_head:
                self._read_head(head)
                self._last_head = head
            self._left = self._length
            self._received, self._in_head = rest, False
        piece, is_whole = self._chunks() if self._chunked else self._plain()
        if is_whole:
            self._in_head = True
        return piece, is_whole

    def _read_head(self, head: bytes) -> None:
        first, *lines = head.lower().split(b"\r\n")
        if not first.startswith(b"http/1.1 ") or not first[9:12].isdigit():
            raise UnreadableMessage(f"got {head[:120]!r}")
        fields = {name: value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        self._chunked = fields.get(b"transfer-encoding") == b"chunked"
        if not self._chunked and not fields.get(b"content-length", b"").isdigit():
            raise UnreadableMessage(f"got {head[:120]!r}")
        self._length = 0 if self._chunked else int(fields[b"content-length"])
        self.status, self.is_last = int(first[9:12]), fields.get(b"connection") == b"close"

    def _plain(self) -> tuple[bytes, bool]:
        piece, self._received = self._received[: self._left], self._received[self._left :]
        self._left -= len(piece)
        return piece, not self._left

    def _chunks(self) -> tuple[bytes, bool]:
        """Of whole chunks; one that is not whole waits for the rest."""
        pieces: list[bytes] = []
        at, received, is_whole = 0, self._received, False
        while (end := received.find(b"\r\n", at)) >= 0:
            size = _chunk_size(received[at:end])
            after = end + 2 + size + 2
            if len(received) < after:
                break
            pieces.append(received[end + 2 : after - 2])
            at = after
            if not size:
                is_whole = True
                break
        self._received = received[at:]
        return b"".join(pieces), is_whole


@lru_cache(1024)
def _chunk_size(said: bytes) -> int:
    try:
        return int(b"0x" + said.partition(b";")[0].strip(), 16)
    except ValueError as error:
        raise UnreadableMessage(f"chunk: got {said[:40]!r}") from error
