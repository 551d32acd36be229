"""Requests of workflows, sent by httpx."""

from collections.abc import Callable

import httpx

from swell.local.workflows.calls.http import ConnectionBroken, ConnectionFailed, Request, Response, ResponseLate


class HttpxSender:
    """Sends requests; `token` makes the bearer token that the receivers on this machine accept, for an audience."""

    def __init__(self, token: Callable[[str], str | None] = lambda _: None) -> None:
        self._token = token
        self._client = httpx.Client(trust_env=False, follow_redirects=False)

    def send(self, request: Request) -> Response:
        """As the protocol."""
        headers = dict(request.headers)
        token = None if request.oidc_audience is None else self._token(request.oidc_audience)
        if token is not None:
            headers.setdefault("Authorization", f"Bearer {token}")
        try:
            answer = self._client.request(
                request.method,
                request.url,
                headers=headers,
                params=dict(request.query) or None,
                content=request.body,
                timeout=request.timeout_s,
            )
        except httpx.TimeoutException as error:
            raise ResponseLate(str(error)) from error
        except (httpx.ConnectError, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise ConnectionFailed(str(error)) from error
        except httpx.HTTPError as error:
            raise ConnectionBroken(str(error)) from error
        return Response(answer.status_code, dict(answer.headers), answer.content)

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()
