"""Operators that are service accounts: workflows and schedules show an ID token that Google signed for them.

Which roles may operate a function stands in topology.yaml (`operators`); whose role is which, in the settings of the
deployment. A token opens the functions that name its role, and nothing else: it is no key.
"""

import hmac
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Final

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.auth.caller import Caller
from shared.auth.errors import Unauthenticated
from shared.auth.google_tokens import Verify, verified_email, verify_with_google
from shared.auth.look_ups import LookUps
from shared.auth.scope import PUBLIC_PATHS
from shared.auth.scope import Scope as KeyScope
from shared.domain.rate_limit import RateLimit
from shared.domain.tenancy import DEFAULT_TENANT
from shared.domain.tier import Tier
from shared.errors import ConfigurationError
from shared.http import Middleware
from shared.request_context import context_of
from shared.settings import Settings

_FORM: Final = re.compile(rb"[Bb]earer +([A-Za-z0-9_-]{2,2048}\.[A-Za-z0-9_-]{2,4096}\.[A-Za-z0-9_-]{2,1024})")
"""A signed JWT; Google's have some 1,000 characters. A key has no full stop."""

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_BELIEVED_S: Final = 300.0
_KNOWN_AT_MOST: Final = 128
_LOOK_UPS: Final = RateLimit(per_s=20, burst=50)


class OperatorSettings(Settings):
    """Which service accounts operate a function."""

    operator_identities: dict[str, str] = Field(
        default_factory=dict,
        description="JSON object: role among the `operators` of this function in topology.yaml, and the e-mail of the "
        "service account that has it; a role without one is nobody's",
    )
    operator_audience: str | None = Field(
        default=None,
        min_length=1,
        description="audience that they ask tokens for: the root URL of this function; with operator_identities",
    )


@dataclass(frozen=True, slots=True)
class _Known:
    caller: Caller
    until_s: float


class OperatorTokens:
    """Knows operators by their tokens. One seen within the last minutes costs a SHA-256.

    `accounts`: e-mail of a service account by role.
    """

    def __init__(
        self,
        accounts: Mapping[str, str],
        audience: str,
        verify: Verify,
        *,
        now_s: Callable[[], float] = time.time,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accounts = dict(accounts)
        self._audience = audience
        self._verify = verify
        self._now_s = now_s
        self._monotonic_s = monotonic_s
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._look_ups = LookUps(_LOOK_UPS, monotonic_s)

    async def caller(self, authorization: bytes) -> Caller | None:
        """The operator who shows this; None for what is no token.

        Raises:
            Unauthenticated: it is a token, and none of an operator's that is valid here and now.
            TooManyUnknownKeys: too many tokens never seen before come in.
            DependencyUnavailable: Google's certificates cannot be had.
        """
        found = _FORM.fullmatch(authorization)
        if found is None:
            return None
        digest = sha256(found[1]).digest()
        known = self._known.get(digest)
        if known is None or self._monotonic_s() >= known.until_s:
            self._look_ups.count()
            known = self._known[digest] = await run_in_threadpool(self._verified, found[1].decode())
            while len(self._known) > _KNOWN_AT_MOST:
                self._known.popitem(last=False)
        return known.caller

    def _verified(self, token: str) -> _Known:
        try:
            claims = self._verify(token, self._audience)
        except ValueError:
            raise Unauthenticated(key_given=True) from None
        email = verified_email(claims).encode()
        roles = [
            role
            for role, account in self._accounts.items()  # all are compared, in a time that tells nothing of them
            if hmac.compare_digest(email, account.encode())
        ]
        if not roles:
            raise Unauthenticated(key_given=True)
        lasts_s = min(_BELIEVED_S, float(claims["exp"]) - self._now_s())
        return _Known(_operator(roles[0]), self._monotonic_s() + lasts_s)


class OperatorAuthentication:
    """An ASGI layer before `Authentication`, to which who shows a token is known. Raises as `OperatorTokens`."""

    def __init__(self, app: ASGIApp, tokens: OperatorTokens) -> None:
        self._app = app
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what is no token, and what is an operator's."""
        context = context_of(scope)
        authorization = context.headers.get(b"authorization")
        if authorization is not None and scope["path"] not in PUBLIC_PATHS:
            context.known_caller = await self._tokens.caller(authorization)
        await self._app(scope, receive, send)


def by_operator_tokens(
    settings: OperatorSettings, roles: Sequence[str], verify: Verify | None = None
) -> Sequence[Middleware]:
    """The layer for a function with these roles, to stand before `shared.edge`; none where the settings name nobody.

    Raises:
        ConfigurationError: a role is not the function's, an account is no e-mail, or the audience is missing.
    """
    accounts, audience = settings.operator_identities, settings.operator_audience
    if (not accounts) != (audience is None):
        raise ConfigurationError("SWELL_OPERATOR_IDENTITIES and SWELL_OPERATOR_AUDIENCE go together")
    for role, account in accounts.items():
        if role not in roles:
            allowed = ", ".join(roles) or "none"
            raise ConfigurationError(
                f"SWELL_OPERATOR_IDENTITIES: got role {role!r}, allowed by topology.yaml: {allowed}"
            )
        if not _EMAIL.fullmatch(account):
            raise ConfigurationError(f"SWELL_OPERATOR_IDENTITIES: {role!r} is {account!r}, allowed: an e-mail address")
    if audience is None:
        return []
    tokens = OperatorTokens(accounts, audience, verify or verify_with_google())
    return [partial(OperatorAuthentication, tokens=tokens)]


def _operator(role: str) -> Caller:
    """Sees and steers; what collections hold is none of its business."""
    return Caller(f"operator:{role}", DEFAULT_TENANT, Tier.PREMIUM, frozenset({KeyScope.READ, KeyScope.ADMIN}))
