"""ID tokens that Google signed for service accounts: who shows one, for which audience.

Source: cloud.google.com/pubsub/docs/authenticate-push-subscriptions, cloud.google.com/workflows/docs/authentication.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from shared.errors import DependencyUnavailable

CLOCK_SKEW_S: Final = 10
_FETCH_WITHIN_S: Final = 5.0

Verify = Callable[[str, str], Mapping[str, Any]]
"""The claims of an ID token (first argument) for an audience (second).

Raises ValueError if it is not genuine or not for this audience, DependencyUnavailable without Google's certificates.
"""


def verified_email(claims: Mapping[str, Any]) -> str:
    """Whose token it is, or nothing where Google did not verify that."""
    email = claims.get("email")
    return email if isinstance(email, str) and claims.get("email_verified") is True else ""


def verify_with_google(fetch: Callable[..., Any] | None = None) -> Verify:
    """Verification by Google's library: signature, issuer, audience, expiry.

    `fetch` is the transport that asks for certificates: by default Google's, kept for an hour.
    """
    fetched = KeptAnswers() if fetch is None else fetch

    def verify(token: str, audience: str) -> Mapping[str, Any]:
        from google.auth import exceptions  # noqa: PLC0415 - cold start
        from google.oauth2 import id_token  # noqa: PLC0415

        try:
            claims: Mapping[str, Any] = id_token.verify_oauth2_token(
                token, fetched, audience=audience, clock_skew_in_seconds=CLOCK_SKEW_S
            )
        except exceptions.TransportError as error:
            raise DependencyUnavailable("Google's certificates cannot be had now") from error
        except (exceptions.GoogleAuthError, TypeError, AttributeError, RecursionError):
            # of JSON nested too deep, and of claims of other types, the library raises what Python does
            raise ValueError("not a token that Google signed for this audience") from None
        return claims

    return verify


class KeptAnswers:
    """A transport of google-auth that asks for one address at most every `kept_s`: each token needs the same answer."""

    def __init__(
        self,
        transport: Callable[..., Any] | None = None,
        kept_s: float = 3600.0,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._kept_s = kept_s
        self._monotonic_s = monotonic_s
        self._kept: dict[str, tuple[float, Any]] = {}

    def __call__(self, url: str, method: str = "GET", **options: Any) -> Any:
        """The answer, its body read."""
        kept = self._kept.get(url)
        if kept is not None and self._monotonic_s() < kept[0]:
            return kept[1]
        if self._transport is None:
            from google.auth.transport.requests import Request  # noqa: PLC0415 - cold start

            self._transport = Request()
        answer = self._transport(url, method=method, **{"timeout": _FETCH_WITHIN_S, **options})
        if answer.status == 200:
            self._kept[url] = (self._monotonic_s() + self._kept_s, answer)
        return answer
