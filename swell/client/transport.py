"""HTTP between the client and one server: JSON out, JSON in, failures as exceptions."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
import orjson

from swell.client.errors import ServerError, UnreachableError
from swell.client.problem_details import error_of
from swell.client.retries import RetryPolicy, retrying
from swell.client.tracing import traced_request

_CONNECT_TIMEOUT_S: Final = 5.0
_SILENCE_S: Final = 60.0
"""A stream that says nothing for this long is broken: heartbeats come four times as often."""
_LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}


class Transport:
    """Keeps connections open between calls; safe to use from several threads."""

    def __init__(
        self, url: str, timeout_s: float, retries: RetryPolicy, http: httpx.BaseTransport | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self._timeout_s = timeout_s
        self._retries = retries
        self._http = httpx.Client(
            base_url=self.url,
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_TIMEOUT_S)),
            headers={"Accept": "application/json"},
            transport=http,
            # A proxy from the environment cannot reach this machine's own loopback.
            trust_env=httpx.URL(self.url).host not in _LOOPBACK,
        )

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | bytes | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Any:
        """The JSON answer, None where there is no content.

        Raises:
            UnreachableError: no answer, after the retries that are safe.
            ApiError: an error answer, after the same.
        """
        content = body if isinstance(body, bytes) or body is None else orjson.dumps(body)
        request_headers = {**(headers or {}), **({"Content-Type": "application/json"} if content else {})}
        attempts = retrying(self._retries, repeatable=repeatable)
        return attempts(self._send_once, method, path, content, request_headers)

    def events(self, path: str, body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Names and data of the Server-Sent Events that a POST is answered with, until the server ends them.

        Raises:
            UnreachableError: no answer, or the connection broke; nothing is tried again.
            ApiError: an error answer.
        """
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream", "Accept-Encoding": "identity"}
        timeout = httpx.Timeout(self._timeout_s, connect=_CONNECT_TIMEOUT_S, read=_SILENCE_S)
        try:
            with self._http.stream(
                "POST", path, content=orjson.dumps(body), headers=headers, timeout=timeout
            ) as response:
                if response.status_code >= 400:
                    response.read()
                    raise error_of(response)
                name = ""
                for line in response.iter_lines():
                    field, _, value = line.partition(": ")
                    if field == "event":
                        name = value
                    elif field == "data":
                        yield name, orjson.loads(value)
        except httpx.TransportError as error:
            raise UnreachableError(f"the stream from {self.url} broke ({error})", sent=True) from error

    def size_of(self, path: str) -> int:
        """The size of a file that the server has. Raises as `send`."""
        answer = self._ranged(path, 0, 1)
        return int(answer.headers["Content-Range"].rpartition("/")[2])

    def read_range(self, path: str, start: int, end: int) -> bytes:
        """Bytes of a file that the server has, all of them. Raises as `send`."""
        content = self._ranged(path, start, end).content
        if len(content) != end - start:
            raise ServerError(f"{len(content)} bytes in place of {end - start}", code="cut_short", status=206)
        return content

    def _ranged(self, path: str, start: int, end: int) -> httpx.Response:
        attempts = retrying(self._retries, repeatable=True)
        response: httpx.Response = attempts(self._answer, "GET", path, None, {"Range": f"bytes={start}-{end - 1}"})
        if response.status_code != 206:
            url = response.request.url
            raise ServerError(f"{url} does not answer in ranges", code="no_ranges", status=response.status_code)
        return response

    def _send_once(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> Any:
        return _json(self._answer(method, path, content, headers))

    def _answer(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> httpx.Response:
        try:
            with traced_request(method) as trace:
                response = self._http.request(method, path, content=content, headers={**headers, **trace})
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise UnreachableError(f"nothing answers at {self.url} ({error})", sent=False) from error
        except httpx.TimeoutException as error:
            raise UnreachableError(f"{self.url} did not answer within {self._timeout_s:g} s", sent=True) from error
        except httpx.TransportError as error:
            raise UnreachableError(f"the connection to {self.url} broke ({error})", sent=True) from error
        if response.status_code >= 400:
            raise error_of(response)
        return response


def _json(response: httpx.Response) -> Any:
    if response.status_code == 204:
        return None
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError as error:
        raise ServerError(
            f"{response.request.url} answers something other than JSON: is it Swell?",
            code="not_json",
            status=response.status_code,
        ) from error
