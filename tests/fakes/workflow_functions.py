"""Functions that workflows call, in the test's own process."""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from swell.local.workflows.calls.http import Request, Response

Answer = Response | Exception
Handler = Callable[[Request, Any], Answer]
"""Takes the request and its decoded body."""


def answer(body: Any = None, code: int = 200, **headers: str) -> Response:
    """A JSON answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(code, {"content-type": "application/json", **named}, json.dumps(body).encode())


class InProcessFunctions:
    """Answers by method and path; a list of answers is used up, its last one stays."""

    def __init__(self, handlers: Mapping[str, Handler | list[Answer] | Answer]) -> None:
        self._handlers = {each: list(given) if isinstance(given, list) else given for each, given in handlers.items()}
        self._guard = threading.Lock()
        self.requests: list[Request] = []

    def send(self, request: Request) -> Response:
        """As the protocol of a sender."""
        with self._guard:
            self.requests.append(request)
            given = self._handlers.get(f"{request.method} {urlsplit(request.url).path}", answer(None, 404))
            if isinstance(given, list):
                given = given.pop(0) if len(given) > 1 else given[0]
        if callable(given):
            given = given(request, json.loads(request.body) if request.body else None)
        if isinstance(given, Exception):
            raise given
        return given

    def called(self) -> list[str]:
        """Method and path of each request, in the order in which they came."""
        return [f"{request.method} {urlsplit(request.url).path}" for request in self.requests]

    def bodies(self, called: str) -> list[Any]:
        """The bodies that came to a method and path."""
        return [
            json.loads(request.body or b"null")
            for request in self.requests
            if f"{request.method} {urlsplit(request.url).path}" == called
        ]
