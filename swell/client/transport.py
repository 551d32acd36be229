# Made from swell/client/aio/transport.py by python -m swell.deploy.client_code: change that file.
"""HTTP between the client and the regions of one deployment: JSON out, JSON in, failures as exceptions."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import orjson
from tenacity import Retrying

from swell.client.cache import AnswerCache
from swell.client.deadline import Deadline, timeout_field
from swell.client.endpoints import Endpoints
from swell.client.errors import ServerError, UnreachableError
from swell.client.hedging import Hedging
from swell.client.problem_details import error_of
from swell.client.racing import Racing
from swell.client.region_finder import RegionFinder
from swell.client.reports import Observed, OnRequest
from swell.client.retries import RetryBudget, RetryPolicy, retry_options
from swell.client.tracing import traced_request

if TYPE_CHECKING:
    import httpx

_CONNECT_TIMEOUT_S: Final = 5.0
_SILENCE_S: Final = 60.0
"""A stream that says nothing for this long is broken: heartbeats come four times as often."""
_LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}


class Transport:
    """Keeps connections open between calls; safe to use for several calls at once."""

    def __init__(
        self,
        url: str | Sequence[str],
        timeout_s: float,
        retries: RetryPolicy,
        http: "httpx.BaseTransport | None" = None,
        *,
        api_key: str | None = None,
        cache: AnswerCache | None = None,
        hedging: Hedging | None = None,
        find_regions: bool = False,
        on_request: OnRequest | None = None,
    ) -> None:
        import httpx  # noqa: PLC0415 - loads when it is needed

        self._endpoints = Endpoints([url] if isinstance(url, str) else url)
        self._timeout_s = timeout_s
        self._retries = retries
        self._budget = RetryBudget(retries)
        self._cache = cache
        self._hedging = hedging
        self._racing = Racing()
        ask = partial(self.send, "GET", "/v1/endpoints")
        self._finder = RegionFinder(self._endpoints, ask) if find_regions else None
        self._on_request = on_request
        self._http = httpx.Client(
            headers={
                "Accept": "application/json",
                **({} if api_key is None else {"Authorization": f"Bearer {api_key}"}),
            },
            transport=http,
            # A proxy from the environment cannot reach this machine's own loopback.
            trust_env=not all(httpx.URL(one).host in _LOOPBACK for one in self._endpoints.urls),
        )

    @property
    def url(self) -> str:
        """The nearest region's."""
        return self._endpoints.urls[0]

    def close(self) -> None:
        """Close all connections."""
        self._racing.close()
        self._http.close()

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | bytes | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
        deadline: Deadline | None = None,
    ) -> Any:
        """The JSON answer, None where there is no content.

        Raises:
            UnreachableError: no answer, after the retries that are safe.
            ApiError: an error answer, after the same.
        """
        with self._observed(method, path) as call:
            return self._send(call, body, headers or {}, repeatable=repeatable, deadline=deadline)

    def read(
        self, collection: str, action: str, body: Mapping[str, Any], *, deadline: Deadline | None, cacheable: bool
    ) -> Any:
        """The answer to a search; where there is a cache and it may be used, perhaps from there. Raises as `send`."""
        path = f"{collection}/{action}"
        with self._observed("POST", path) as call:
            if self._cache is None or not cacheable:
                return self._send(call, body, {}, deadline=deadline, is_read=True)
            key = action.encode() + orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
            kept = self._cache.get(collection, key)
            call.cache = "miss" if kept is None else "hit"
            if kept is not None:
                return kept
            answer = self._send(call, body, {}, deadline=deadline, is_read=True)
            self._cache.put(collection, key, answer)
            return answer

    def write(
        self, collection: str, action: str, body: Mapping[str, Any] | bytes, key: str, deadline: Deadline | None
    ) -> Any:
        """Send a write whose repetition `key` makes harmless; kept answers of the collection end. Raises as `send`."""
        headers = {"Idempotency-Key": key}
        try:
            return self.send("POST", f"{collection}/{action}", body, headers=headers, deadline=deadline)
        finally:
            if self._cache is not None:
                self._cache.forget(collection)

    def events(
        self, path: str, body: Mapping[str, Any], *, deadline: Deadline | None = None
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Names and data of the Server-Sent Events that a POST is answered with, until the server ends them.

        Raises:
            UnreachableError: no answer, or the connection broke; nothing is tried again.
            ApiError: an error answer.
        """
        import httpx  # noqa: PLC0415 - loads when it is needed

        url = self._endpoints.choose()
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream", "Accept-Encoding": "identity"}
        timeout_s = self._timeout_s if deadline is None else deadline.left_s()
        silence_s = _SILENCE_S if deadline is None else timeout_s
        timeout = httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_TIMEOUT_S), read=silence_s)
        content = orjson.dumps({**body, **timeout_field(deadline)})
        try:
            with traced_request("POST") as trace:
                request = self._http.build_request(
                    "POST", url + path, content=content, headers={**headers, **trace}, timeout=timeout
                )
                response = self._http.send(request, stream=True)
            try:
                self._endpoints.answered(url)
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
            finally:
                response.close()
        except httpx.TransportError as error:
            self._endpoints.failed(url)
            raise UnreachableError(f"the stream from {url} broke ({error})", sent=True) from error

    def size_of(self, path: str) -> int:
        """The size of a file that the server has. Raises as `send`."""
        answer = self._ranged(path, 0, 1)
        return int(answer.headers["Content-Range"].rpartition("/")[2])

    def read_range(self, path: str, start: int, end: int) -> bytes:
        """Bytes of a file that the server has, all of them. Raises as `send`."""
        content = (self._ranged(path, start, end)).content
        if len(content) != end - start:
            raise ServerError(f"{len(content)} bytes in place of {end - start}", code="cut_short", status=206)
        return content

    def _ranged(self, path: str, start: int, end: int) -> "httpx.Response":
        with self._observed("GET", path) as call:
            attempts = Retrying(**self._retry_options(self._endpoints, repeatable=True, deadline=None))
            headers = {"Range": f"bytes={start}-{end - 1}"}
            response: httpx.Response = attempts(self._answer, call, None, headers, None, among=self._endpoints)
        if response.status_code != 206:
            url = response.request.url
            raise ServerError(f"{url} does not answer in ranges", code="no_ranges", status=response.status_code)
        return response

    def _send(
        self,
        call: Observed,
        body: Mapping[str, Any] | bytes | None,
        headers: Mapping[str, str],
        *,
        repeatable: bool = True,
        deadline: Deadline | None = None,
        is_read: bool = False,
    ) -> Any:
        """`is_read`: the server is told the deadline, and may be asked twice at the same time."""
        answer = self._hedged_answer if is_read and self._hedging is not None else self._answer
        among = self._finder.endpoints() if is_read and self._finder is not None else self._endpoints

        def once() -> Any:
            stated = timeout_field(deadline) if is_read else {}
            content = body if isinstance(body, bytes) or body is None else orjson.dumps({**body, **stated})
            kind = {"Content-Type": "application/json"} if content else {}
            return _json(answer(call, content, {**headers, **kind}, deadline, among=among))

        attempts = Retrying(**self._retry_options(among, repeatable=repeatable, deadline=deadline))
        return attempts(once)

    def _hedged_answer(
        self,
        call: Observed,
        content: bytes | None,
        headers: Mapping[str, str],
        deadline: Deadline | None,
        *,
        among: Endpoints,
    ) -> "httpx.Response":
        """As `_answer`, asked a second time elsewhere when most reads would have been answered."""
        assert self._hedging is not None  # noqa: S101 - the caller looked
        delay_s, url, began_s = self._hedging.begin(), among.choose(), monotonic()
        if delay_s is None:
            response = self._answer(call, content, headers, deadline, among=among, url=url)
        else:
            response, is_second = self._racing.race(
                partial(self._answer, call, content, headers, deadline, among=among, url=url),
                partial(self._answer, call, content, headers, deadline, among=among, url=among.besides(url)),
                delay_s,
                self._hedging.spend,
            )
            if is_second:
                self._hedging.second_won()
        self._hedging.took(monotonic() - began_s)
        return response

    def _answer(
        self,
        call: Observed,
        content: bytes | None,
        headers: Mapping[str, str],
        deadline: Deadline | None,
        *,
        among: Endpoints,
        url: str | None = None,
    ) -> "httpx.Response":
        import httpx  # noqa: PLC0415 - loads when it is needed

        url = url or among.choose()
        call.attempts += 1
        left_s = self._timeout_s if deadline is None else max(deadline.left_s(), 0.001)
        timeout = httpx.Timeout(left_s, connect=min(left_s, _CONNECT_TIMEOUT_S))
        try:
            with traced_request(call.method) as trace:
                response = self._http.request(
                    call.method, url + call.path, content=content, headers={**headers, **trace}, timeout=timeout
                )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            among.failed(url)
            raise UnreachableError(f"nothing answers at {url} ({error})", sent=False) from error
        except httpx.TimeoutException as error:
            within_s = self._timeout_s if deadline is None else deadline.timeout_s
            if deadline is None:  # a short deadline says nothing about the region
                among.failed(url)
            raise UnreachableError(f"{url} did not answer within {within_s:g} s", sent=True) from error
        except httpx.TransportError as error:
            among.failed(url)
            raise UnreachableError(f"the connection to {url} broke ({error})", sent=True) from error
        among.answered(url)
        call.status = response.status_code
        if response.status_code >= 400:
            raise error_of(response)
        return response

    def _retry_options(self, among: Endpoints, *, repeatable: bool, deadline: Deadline | None) -> dict[str, Any]:
        self._budget.earn()
        return retry_options(
            self._retries,
            repeatable=repeatable,
            budget=self._budget,
            deadline=deadline,
            is_elsewhere=among.has_healthy,
        )

    @contextmanager
    def _observed(self, method: str, path: str) -> Iterator[Observed]:
        call = Observed(method, path)
        try:
            yield call
        finally:
            if self._on_request is not None:
                self._on_request(call.report())


def _json(response: "httpx.Response") -> Any:
    if response.status_code == 204:
        return None
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError as error:
        raise ServerError(
            f"{response.request.url} answers something other than JSON; look at the URL",
            code="not_json",
            status=response.status_code,
        ) from error
