"""Who sends a push: our own push identity, proven by a token that Google signed, or this machine.

Pub/Sub puts an OIDC token for the push service account on each push. Cloud Run checks it as well where invokers are
restricted; this check does not depend on that setting, and pins the one identity that our subscriptions push with.
Source: cloud.google.com/pubsub/docs/authenticate-push-subscriptions.
"""

import hmac
from dataclasses import dataclass

from pydantic import Field, SecretStr

from shared.auth.errors import Forbidden, Unauthenticated
from shared.auth.google_tokens import Verify, verified_email
from shared.auth.loopback import is_loopback
from shared.errors import ConfigurationError
from shared.settings import Settings


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
        if verified_email(claims) != self._settings.push_identity:
            raise Forbidden("pushes are taken from the subscriptions of this deployment only")
