"""`http.*`. Source: cloud.google.com/workflows/docs/reference/stdlib/http/request, and …/syntax/error-types."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from swell.local.workflows.calls.signatures import HTTP_METHODS
from swell.local.workflows.expressions.operators import as_text, is_number
from swell.local.workflows.failure import failure
from swell.local.workflows.journal import Strand
from swell.local.workflows.limits import HTTP_TIMEOUT_S, MAX_HTTP_TIMEOUT_S, MAX_RESPONSE_BYTES
from swell.local.workflows.world import BlockingCall

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


@dataclass(frozen=True)
class Request:
    """What is sent. `oidc_audience`: the receiver is to be shown an identity token for it."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes | None
    timeout_s: float
    oidc_audience: str | None = None


@dataclass(frozen=True)
class Response:
    """What came back."""

    code: int
    headers: Mapping[str, str]
    body: bytes


class ConnectionFailed(Exception):  # noqa: N818 - named as the tag it becomes
    """No connection was made: nothing can have been received."""


class ConnectionBroken(Exception):  # noqa: N818
    """The connection broke: the request may have been received."""


class ResponseLate(Exception):  # noqa: N818
    """The answer was not there in time: the request may have been received."""


class Sender(Protocol):
    """Sends requests."""

    def send(self, request: Request) -> Response:
        """The answer, whatever its code.

        Raises:
            ConnectionFailed: no connection was made.
            ConnectionBroken: it broke before the answer was complete.
            ResponseLate: the answer took longer than the request allows.
        """
        ...


def http_calls(sender: Sender) -> Mapping[str, BlockingCall]:
    """The calls, sent by `sender`."""

    def call(strand: Strand, method: Any, arguments: Mapping[str, Any]) -> Any:
        request = _request(method, arguments)
        return strand.once(f"{request.method} {request.url}", lambda: _answer(sender, request))

    def method_call(method: str) -> BlockingCall:
        return lambda strand, arguments: call(strand, method, arguments)

    named = {name: method_call(method) for name, method in HTTP_METHODS.items()}
    return {**named, "http.request": lambda strand, arguments: call(strand, arguments["method"], arguments)}


def _request(method: Any, arguments: Mapping[str, Any]) -> Request:
    url, timeout = arguments["url"], arguments.get("timeout")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise failure("ValueError", f"url is an HTTP address, got {url!r:.100}")
    if method not in _METHODS:
        raise failure("ValueError", f"method is one of {sorted(_METHODS)}, got {method!r:.20}")
    if timeout is not None and not (is_number(timeout) and 0 < timeout <= MAX_HTTP_TIMEOUT_S):
        raise failure("ValueError", f"timeout is at most {MAX_HTTP_TIMEOUT_S:.0f} seconds, got {timeout!r:.20}")
    headers = _texts("headers", arguments.get("headers"))
    body = arguments.get("body")
    if body is not None and not isinstance(body, str | bytes):
        headers = {"Content-Type": "application/json; charset=utf-8", **headers}
    return Request(
        method=method,
        url=url,
        headers=headers,
        query=_texts("query", arguments.get("query")),
        body=_encoded(body),
        timeout_s=HTTP_TIMEOUT_S if timeout is None else float(timeout),
        oidc_audience=_audience(url, arguments.get("auth")),
    )


def _texts(name: str, given: Any) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise failure("TypeError", f"{name} is a map, got {given!r:.50}")
    return {key: as_text(value) for key, value in given.items()}


def _encoded(body: Any) -> bytes | None:
    match body:
        case None | bytes():
            return body
        case str():
            return body.encode()
        case _:
            try:
                return json.dumps(body, ensure_ascii=False).encode()
            except TypeError as error:  # bytes in it, such as the answer of a proxy
                raise failure("TypeError", f"body: {error}") from None


def _audience(url: str, auth: Any) -> str | None:
    """By default the URL itself, as documented."""
    if auth is None:
        return None
    if not isinstance(auth, dict) or auth.get("type") != "OIDC":
        raise failure("ValueError", f"auth: only type OIDC is interpreted here, got {auth!r:.50}")
    return str(auth.get("audience", url))


def _answer(sender: Sender, request: Request) -> dict[str, Any]:
    try:
        response = sender.send(request)
    except ConnectionFailed as error:
        raise failure("ConnectionFailedError", f"{request.url}: {error}") from None
    except ConnectionBroken as error:
        raise failure("ConnectionError", f"{request.url}: {error}") from None
    except ResponseLate:
        raise failure("TimeoutError", f"{request.url}: no answer within {request.timeout_s:g} s") from None
    if len(response.body) > MAX_RESPONSE_BYTES:
        raise failure("ResourceLimitError", f"{request.url}: the answer has more than {MAX_RESPONSE_BYTES:,} bytes")
    answer = {"code": response.code, "headers": _canonical(response.headers), "body": _body(response)}
    if not 200 <= response.code < 400:
        raise failure("HttpError", f"HTTP server responded with error code {response.code}", **answer)
    return answer


def _canonical(headers: Mapping[str, str]) -> dict[str, str]:
    return {"-".join(part.capitalize() for part in name.split("-")): value for name, value in headers.items()}


def _body(response: Response) -> Any:
    """JSON is decoded where the content type says so; other text is a string, anything else bytes."""
    kind = next((value for name, value in response.headers.items() if name.lower() == "content-type"), "")
    media = kind.partition(";")[0].strip().lower()
    if media.endswith(("/json", "+json")):
        try:
            return json.loads(response.body) if response.body else None
        except ValueError as error:
            raise failure("ResponseTypeError", f"the answer is not the JSON that it says it is: {error}") from None
    try:
        return response.body.decode() if media.startswith("text/") or not response.body else response.body
    except UnicodeDecodeError:
        return response.body
