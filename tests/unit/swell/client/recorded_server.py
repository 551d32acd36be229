"""A server that answers from a list and remembers what it was asked."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import orjson

from swell.client import RetryPolicy, Swell

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]

AT_ONCE = RetryPolicy(attempts=3, first_wait_s=0, longest_wait_s=0)


class RecordedServer:
    """Gives its answers one after the other, the last one for ever; `requests` is what came in."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    def client(self) -> Swell:
        """A client of this server that waits for nothing between retries."""
        return Swell("http://swell.test", retries=AT_ONCE, http_transport=httpx.MockTransport(self))

    def bodies(self) -> list[Any]:
        """What the requests carried."""
        return [orjson.loads(request.content) for request in self.requests]


def ok(document: Mapping[str, Any], status: int = 200) -> httpx.Response:
    """A good answer."""
    return httpx.Response(status, content=orjson.dumps(document))


def problem(
    status: int, code: str, *, errors: list[dict[str, str]] | None = None, retry_after: str | None = None
) -> httpx.Response:
    """An error answer as the functions give it."""
    document = {
        "type": f"https://swell.dev/problems/{code}",
        "title": code.replace("_", " "),
        "status": status,
        "detail": f"detail of {code}",
        **({"errors": errors} if errors else {}),
    }
    headers = {"Retry-After": retry_after} if retry_after is not None else {}
    return httpx.Response(status, content=orjson.dumps(document), headers=headers)
