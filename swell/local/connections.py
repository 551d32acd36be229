"""How connections come to the servers of this machine: so many at most, and none that only holds its place.

In the cloud Google's front end does this. Here it is uvicorn's protocol with three differences: a connection beyond the
limit is refused with a problem document before anything of it is read, one whose request does not begin and get its
headers across in time is closed, and what is no HTTP is told so as a problem document, too.
"""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar, Final, cast

import orjson
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from shared.errors import ConfigurationError, FieldProblem, InvalidRequest, SwellError, TransientError
from shared.http import problem_document
from shared.metrics import Counter

REFUSED: Final = Counter("swell_connections_refused_total", "Connections beyond the limit of this process")

HEADERS_WITHIN_S: Final = 10.0
"""A new connection, and every request that has begun, has so long to get its headers across."""
_LINGERS_S: Final = 1.0
"""A refused connection is read from for so long, or closing it would take the answer away from its reader."""
_LINGERING_AT_MOST: Final = 64
"""Beyond this refused connections are closed without an answer."""


class ConnectionSettings(BaseSettings):
    """How many connections a process of this machine serves."""

    model_config = SettingsConfigDict(env_prefix="SWELL_", frozen=True, extra="ignore")

    connections_at_most: int = Field(
        default=1000,
        ge=1,
        le=100_000,
        description="connections of one process, WebSockets included: what Cloud Run lets an instance have",
    )


def connections_at_most() -> int:
    """The limit of this process.

    Raises:
        ConfigurationError: the environment says something else than a number that is allowed.
    """
    try:
        return ConnectionSettings().connections_at_most
    except ValidationError as error:
        problem = error.errors()[0]
        reason = f"SWELL_CONNECTIONS_AT_MOST: got {problem['input']!r}, allowed: 1 to 100000"
        raise ConfigurationError(reason) from None


class TooManyConnections(TransientError):  # noqa: N818 - named for what is wrong, as RFC 9457 problem types are
    """This process has all the connections that it serves."""

    code = "too_many_connections"

    def __init__(self, most: int) -> None:
        super().__init__(f"this process serves {most} connections at once, and has them; close some, or ask again")


class Limited(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """One connection of a process that serves `most` at once; `limited` makes the class of a server."""

    most: ClassVar[int]
    headers_within_s: ClassVar[float]
    lingering: "ClassVar[set[_Refused]]"
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Serve it, or have it refused."""
        if len(self.connections) >= self.most:
            REFUSED.inc()
            refused = _Refused(_answer(TooManyConnections(self.most), "503 Service Unavailable"), self.lingering)
            cast("asyncio.Transport", transport).set_protocol(refused)
            refused.connection_made(transport)
            return
        super().connection_made(transport)
        self._expect_headers()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._expect_headers()

    def on_headers_complete(self) -> None:
        """Its headers are there."""
        self._expect_nothing()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        self._expect_nothing()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says more
        """What came is no HTTP."""
        self._expect_nothing()
        problem = InvalidRequest(FieldProblem("request", "what is no HTTP", "HTTP/1.1"))
        self.transport.write(_answer(problem, "400 Bad Request"))
        self.transport.close()

    def _expect_headers(self) -> None:
        self._expect_nothing()
        self._late = self.loop.call_later(self.headers_within_s, self.transport.close)

    def _expect_nothing(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def limited(most: int, *, headers_within_s: float = HEADERS_WITHIN_S) -> type[asyncio.Protocol]:
    """The HTTP protocol of a server that has so many connections at most."""
    limits = {"most": most, "headers_within_s": headers_within_s, "lingering": set()}
    return type("Limited", (Limited,), limits)


class _Refused(asyncio.Protocol):
    """A connection that gets an answer and nothing else."""

    def __init__(self, answer: bytes, lingering: "set[_Refused]") -> None:
        self._answer = answer
        self._lingering = lingering
        self._end: Callable[[], None] = lambda: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Answer, and let the reader have it."""
        stream: Any = transport
        if len(self._lingering) >= _LINGERING_AT_MOST:
            stream.abort()
            return
        self._lingering.add(self)
        stream.write(self._answer)
        stream.write_eof()
        self._end = asyncio.get_running_loop().call_later(_LINGERS_S, stream.abort).cancel

    def data_received(self, data: bytes) -> None:
        """Nobody reads it."""

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - it is gone either way
        """It has ended."""
        self._end()
        self._lingering.discard(self)


def _answer(error: SwellError, status: str) -> bytes:
    body = orjson.dumps(problem_document(error))
    headers = {
        **error.headers,
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
