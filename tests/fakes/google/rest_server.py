"""An HTTP server on loopback that hands each request to one function, and fails when it is told to."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.protobuf.json_format import ParseError

C = TypeVar("C")


@dataclass(frozen=True)
class Request:
    """What was asked: the path as it is, the query, the body as text."""

    method: str
    path: str
    query: Mapping[str, str]
    body: str


class ApiError(Exception):
    """An answer that is not 200."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.status = status


class RestApi:
    """The base of the fakes: `answer` is overridden. `failures` are the statuses of the next answers."""

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.failures: list[int] = []
        self.requests: list[Request] = []

    def answer(self, request: Request) -> str:
        """The JSON of an answer."""
        raise NotImplementedError

    def handle(self, request: Request) -> tuple[int, str]:
        """The status and the body, errors as Google words them."""
        with self.guard:
            self.requests.append(request)
            if self.failures:
                return _error(self.failures.pop(0), "told to fail")
            try:
                return 200, self.answer(request)
            except ApiError as error:
                return _error(error.status, str(error))
            except ParseError as error:
                return _error(400, str(error))


def _error(status: int, message: str) -> tuple[int, str]:
    return status, json.dumps({"error": {"code": status, "message": message}})


@contextmanager
def connected(api: RestApi, client: Callable[..., C]) -> Iterator[C]:
    """A client of Google's library, connected to the API."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(api.handle))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield client(
            credentials=AnonymousCredentials(),
            transport="rest",
            client_options=ClientOptions(api_endpoint=f"http://127.0.0.1:{server.server_port}"),
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def _handler(handle: Callable[[Request], tuple[int, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _respond(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            status, text = handle(Request(self.command, unquote(url.path), dict(parse_qsl(url.query)), body))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PATCH = do_DELETE = _respond  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in http.server
            """Say nothing."""

    return Handler
