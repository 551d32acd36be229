"""From the headers of a request to its caller."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.auth.api_key import PresentedKey, presented_key
from shared.auth.caller import LOCAL_OWNER, Caller
from shared.auth.errors import Unauthenticated
from shared.auth.key_record import KeyRecord
from shared.auth.key_store import KeyStore
from shared.auth.look_ups import LookUps
from shared.auth.loopback import made_on_this_machine
from shared.domain.rate_limit import RateLimit
from shared.ports.clock import Clock
from shared.resilience.believed import Believed, Lifetimes, Unknown

KEY_LIFETIMES: Final = Lifetimes(refresh_after_s=2.0, believed_s=5.0, outage_s=600.0)
"""A revoked key opens nothing after 5 s, or after 10 minutes while the state store is away."""

_LOOK_UPS: Final = RateLimit(per_s=50, burst=200)


@dataclass(frozen=True, slots=True)
class _KnownKey:
    record: KeyRecord
    caller: Caller


class Authenticator:
    """Knows callers by their keys. A key seen within the last seconds costs one SHA-256 and no read.

    With `open_on_loopback`, requests made on this machine need no key for as long as no key was ever made.
    """

    def __init__(
        self,
        keys: KeyStore,
        clock: Clock,
        *,
        open_on_loopback: bool = False,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._open_on_loopback = open_on_loopback
        self._known: Believed[str, _KnownKey | None] = Believed(
            lambda key_id: _known(keys.find(key_id)), KEY_LIFETIMES, monotonic_s=monotonic_s
        )
        self._any: Believed[None, bool] = Believed(lambda _: keys.any(), KEY_LIFETIMES, monotonic_s=monotonic_s)
        self._look_ups = LookUps(_LOOK_UPS, monotonic_s)

    async def caller(self, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> Caller:
        """Who makes this request (an ASGI scope, and its headers with names in lower case).

        Raises:
            Unauthenticated: there is no key, or none that is valid.
            TooManyUnknownKeys: too many keys never seen before come in.
            DependencyUnavailable: the key must be looked up, and the state store does not answer.
        """
        authorization = headers.get(b"authorization")
        if authorization is None:
            return await self._without_key(scope, headers)
        presented = presented_key(authorization)
        if presented is None:
            raise Unauthenticated(key_given=True)
        known = self._known.peek(presented.id)
        if isinstance(known, Unknown):
            if not self._known.holds(presented.id):
                self._look_ups.count()
            known = await self._known.get(presented.id)
        if known is None or not self._opens(known, presented):
            raise Unauthenticated(key_given=True)
        return known.caller

    def known_caller(self, headers: Sequence[tuple[bytes, bytes]]) -> Caller | None:
        """Whose key these headers carry, if it is valid and that can be told from memory; else `caller` must say."""
        shown = [value for name, value in headers if name == b"authorization"]
        presented = presented_key(shown[0]) if len(shown) == 1 else None
        if presented is None:
            return None
        known = self._known.peek(presented.id)
        if isinstance(known, Unknown) or known is None or not self._opens(known, presented):
            return None
        return known.caller

    def _opens(self, known: _KnownKey, presented: PresentedKey) -> bool:
        return presented.matches(known.record.sha256) and known.record.is_valid(self._clock.now())

    async def _without_key(self, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> Caller:
        may_be_open = self._open_on_loopback and made_on_this_machine(scope, headers)
        if may_be_open and not await self._any.get(None):
            return LOCAL_OWNER
        raise Unauthenticated(key_given=False)


def _known(record: KeyRecord | None) -> _KnownKey | None:
    return None if record is None else _KnownKey(record, record.caller())
