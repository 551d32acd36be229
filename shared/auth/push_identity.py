"""Who sends a push: our own push identity, proven by a token that Google signed, or this machine.

Pub/Sub puts an OIDC token for the push service account on each push. Cloud Run checks it as well where invokers are
restricted; this check does not depend on that setting, and pins the one identity that our subscriptions push with.
Source: cloud.google.com/pubsub/docs/authenticate-push-subscriptions.
"""

import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import Field, SecretStr

from shared.auth.errors import Forbidden, Unauthenticated
from shared.auth.loopback import is_loopback
from shared.errors import ConfigurationError, DependencyUnavailable
from shared.settings import Settings

CLOCK_SKEW_S: Final = 10


class PushSettings(Settings):
    """Whose pushes an event function takes."""

    push_identity: str | None = Field(
        default=None, description="e-mail of the service account that subscriptions push with; runtime google"
    )
    push_audience: str | None = Field(
        default=None, description="audience that subscriptions ask tokens for; with push_identity"
    )
    push_secret: SecretStr | None = Field(
        default=None, description="instead of an identity, on emulators: the token of the push URL, from loopback only"
    )


@dataclass(frozen=True)
class Push:
    """What a delivery shows of its sender."""

    peer: str
    authorization: str = ""
    url_token: str = ""


Verify = Callable[[str, str], Mapping[str, Any]]
"""The claims of an ID token (first argument) for an audience (second).

Raises ValueError if it is not genuine or not for this audience, DependencyUnavailable without Google's certificates.
"""


class PushGate:
    """Lets through the pushes of one deployment's own subscriptions.

    Raises:
        ConfigurationError: the settings name no sender; nothing is taken then.
    """

    def __init__(self, settings: PushSettings, verify: Verify) -> None:
        if (settings.push_identity is None) != (settings.push_audience is None):
            raise ConfigurationError("SWELL_PUSH_IDENTITY and SWELL_PUSH_AUDIENCE go together")
        if settings.runtime == "google" and settings.push_identity is None and settings.push_secret is None:
            raise ConfigurationError("runtime 'google' needs SWELL_PUSH_IDENTITY and SWELL_PUSH_AUDIENCE")
        self._settings = settings
        self._verify = verify

    def check(self, push: Push) -> None:
        """Return if the push may be taken.

        Raises:
            Unauthenticated: the sender proves nothing, or nothing genuine.
            Forbidden: the sender is genuine and somebody else.
            DependencyUnavailable: the token cannot be checked now.
        """
        if self._settings.push_identity is not None:
            self._check_token(push.authorization)
        elif not is_loopback(push.peer):
            raise Unauthenticated(key_given=False)
        elif self._settings.push_secret is not None:
            secret = self._settings.push_secret.get_secret_value()
            if not hmac.compare_digest(push.url_token.encode(), secret.encode()):
                raise Unauthenticated(key_given=bool(push.url_token))

    def _check_token(self, authorization: str) -> None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated(key_given=False)
        try:
            claims = self._verify(token, self._settings.push_audience or "")
        except ValueError:
            raise Unauthenticated(key_given=True) from None
        if claims.get("email") != self._settings.push_identity or claims.get("email_verified") is not True:
            raise Forbidden("pushes are taken from the subscriptions of this deployment only")


def verify_with_google() -> Verify:
    """Verification by Google's library, with Google's certificates kept for as long as their answer allows."""
    from google.auth import exceptions  # noqa: PLC0415 - cold start
    from google.oauth2 import id_token  # noqa: PLC0415

    fetch = KeptAnswers()

    def verify(token: str, audience: str) -> Mapping[str, Any]:
        try:
            claims: Mapping[str, Any] = id_token.verify_oauth2_token(
                token, fetch, audience=audience, clock_skew_in_seconds=CLOCK_SKEW_S
            )
        except exceptions.TransportError as error:
            raise DependencyUnavailable(f"Google's certificates: {error}") from error
        except exceptions.GoogleAuthError as error:
            raise ValueError(str(error)) from error
        return claims

    return verify


class KeptAnswers:
    """A transport of google-auth that asks for one address at most every `kept_s`: each push needs the same answer."""

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
        answer = self._transport(url, method=method, **options)
        if answer.status == 200:
            self._kept[url] = (self._monotonic_s() + self._kept_s, answer)
        return answer
