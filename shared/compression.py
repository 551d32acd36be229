"""Compression of bodies, both ways: gzip and Brotli, negotiated (RFC 9110, sections 8.4 and 12.5.3).

Only an answer that is whole in one piece is compressed: what streams passes through as it comes.
"""

import asyncio
import gzip
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.domain.limits import MAX_REQUEST_BYTES
from shared.errors import FieldProblem, InvalidRequest, PermanentError, RequestTooLarge
from shared.request_context import context_of

LEAST_BYTES: Final = 1000
"""Below this a packet is not saved."""
_IN_A_THREAD_FROM_BYTES: Final = 50_000
"""From here on compressing takes longer than a change of threads and back."""
_GZIP_LEVEL: Final = 4
_BROTLI_QUALITY: Final = 4
"""Of 11: denser than gzip's best, and about as quick as its fourth level."""
_TEXTUAL: Final = (b"application/json", b"application/problem+json", b"application/openmetrics-text", b"text/")
_STREAMED: Final = b"text/event-stream"


class UnsupportedEncoding(PermanentError):  # noqa: N818 - named for what is wrong, as RFC 9457 problem types are
    """The body is encoded in a way that is not understood."""

    code = "unsupported_encoding"
    status = 415

    @property
    def headers(self) -> Mapping[str, str]:
        """What is understood."""
        return {"Accept-Encoding": "gzip, br"}


class Compression:
    """An ASGI layer. Raises where a request's body cannot be decoded, when it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Decode the request's body, encode the answer's."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = context_of(scope).headers
        encoding = headers.get(b"content-encoding", b"identity").strip().lower().decode("latin-1")
        if encoding != "identity":
            receive = _Decoded(receive, _decoder(encoding))
        wanted = preferred(headers.get(b"accept-encoding", b"").decode("latin-1"))
        await self._app(scope, receive, send if wanted is None else _Encoded(send, wanted))


def preferred(accepted: str) -> str | None:
    """The encoding to answer with: Brotli before gzip where both are as welcome, None for neither."""
    weights = {"br": 0.0, "gzip": 0.0}
    everything = 0.0
    for part in accepted.lower().split(","):
        name, _, parameters = part.strip().partition(";")
        weight = _weight(parameters)
        if name.strip() in weights:
            weights[name.strip()] = weight
        elif name.strip() == "*":
            everything = weight
    named = {part.strip().partition(";")[0].strip() for part in accepted.lower().split(",")}
    weights = {name: weight if name in named else everything for name, weight in weights.items()}
    best = max(weights, key=lambda name: weights[name])
    return best if weights[best] > 0 else None


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


class _Encoded:
    """Sends an answer on, compressed where that is worth it."""

    def __init__(self, send: Send, encoding: str) -> None:
        self._send = send
        self._encoding = encoding
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            body = message.get("body", b"")
            if message["type"] == "http.response.body" and not message.get("more_body"):
                start, message = await self._worth_it(start, message, body)
            await self._send(start)
        await self._send(message)

    async def _worth_it(self, start: Message, message: Message, body: bytes) -> tuple[Message, Message]:
        headers = {name.lower(): value for name, value in start.get("headers", ())}
        kind = headers.get(b"content-type", b"")
        if b"content-encoding" in headers or kind.startswith(_STREAMED) or not kind.startswith(_TEXTUAL):
            return start, message
        kept = [(name, value) for name, value in start["headers"] if name.lower() not in (b"content-length", b"vary")]
        vary = b", ".join(value for value in (headers.get(b"vary"), b"Accept-Encoding") if value)
        if len(body) >= LEAST_BYTES:
            compress = _COMPRESSORS[self._encoding]
            in_thread = len(body) >= _IN_A_THREAD_FROM_BYTES
            body = await asyncio.to_thread(compress, body) if in_thread else compress(body)
            kept.append((b"content-encoding", self._encoding.encode()))
        kept += [(b"vary", vary), (b"content-length", str(len(body)).encode())]
        return {**start, "headers": kept}, {**message, "body": body}


def _brotli(body: bytes) -> bytes:
    import brotli  # noqa: PLC0415 - cold start

    compressed: bytes = brotli.compress(body, quality=_BROTLI_QUALITY)
    return compressed


_COMPRESSORS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "br": _brotli,
    "gzip": lambda body: gzip.compress(body, _GZIP_LEVEL, mtime=0),
}


class _Decoder(Protocol):
    """Decodes piece by piece."""

    def decode(self, chunk: bytes, at_most: int) -> bytes:
        """What a piece holds; more than `at_most` bytes mean that there is more than may be."""

    @property
    def is_done(self) -> bool:
        """Whether the end of the encoded data has come."""


class _Gzip:
    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(wbits=31)

    def decode(self, chunk: bytes, at_most: int) -> bytes:
        body = self._decoder.decompress(chunk, at_most + 1)
        if self._decoder.unused_data:
            raise zlib.error("more after its end")
        return body

    @property
    def is_done(self) -> bool:
        return self._decoder.eof


class _Brotli:
    def __init__(self) -> None:
        import brotli  # noqa: PLC0415 - cold start

        self._decoder: Any = brotli.Decompressor()

    def decode(self, chunk: bytes, at_most: int) -> bytes:
        parts = [self._decoder.process(chunk, output_buffer_limit=at_most + 1)]
        size = len(parts[0])
        while size <= at_most and not self._decoder.can_accept_more_data():
            part = self._decoder.process(b"", output_buffer_limit=at_most + 1 - size)
            if not part:
                break
            parts.append(part)
            size += len(part)
        return b"".join(parts)

    @property
    def is_done(self) -> bool:
        return bool(self._decoder.is_finished())


def _decoder(encoding: str) -> _Decoder:
    if encoding in {"gzip", "x-gzip"}:
        return _Gzip()
    if encoding == "br":
        return _Brotli()
    raise UnsupportedEncoding(f"Content-Encoding: got {encoding[:64]!r}, allowed: gzip, br, identity")


class _Decoded:
    """Receives a request's body, decoded, and never more of it than a request may have."""

    def __init__(self, receive: Receive, decoder: _Decoder) -> None:
        self._receive = receive
        self._decoder = decoder
        self._size = 0
        self._encoded = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        chunk = message.get("body", b"")
        self._encoded += len(chunk)
        damaged = InvalidRequest(FieldProblem("body", "damaged", "a body encoded as its header says"))
        if chunk and self._decoder.is_done:  # zlib would keep what follows, and copy it for every piece
            raise damaged
        try:
            body = self._decoder.decode(chunk, MAX_REQUEST_BYTES - self._size)
        except Exception as error:
            if type(error).__module__ not in {"zlib", "brotli", "_brotli"}:
                raise
            raise damaged from None
        self._size += len(body)
        if max(self._size, self._encoded) > MAX_REQUEST_BYTES:
            problem = FieldProblem("body", f"over {MAX_REQUEST_BYTES} bytes", f"at most {MAX_REQUEST_BYTES} bytes")
            raise RequestTooLarge(problem)
        more = message.get("more_body", False)
        if not more and not self._decoder.is_done and self._size:
            raise InvalidRequest(FieldProblem("body", "cut short", "a whole body"))
        return {"type": "http.request", "body": body, "more_body": more}
