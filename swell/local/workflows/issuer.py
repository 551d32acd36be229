"""ID tokens for workflows on this machine: signed and verified as Google's are, by a key that dies with the process."""

import json
import secrets
import time
from functools import cached_property
from types import SimpleNamespace
from typing import Any, Final

WORKFLOWS: Final = "workflows@swell.local"
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_LASTS_S: Final = 300


class LocalIssuer:
    """Stands in for Google where it signs tokens and where it publishes certificates.

    Made before workers are forked, so that they know the key; what signs and verifies loads when it is needed.
    """

    def __init__(self) -> None:
        self._secret = 1 + secrets.randbelow(_P256_ORDER - 1)

    def token(self, audience: str) -> str:
        """That the bearer is a workflow of this machine, for five minutes."""
        from google.auth import jwt  # noqa: PLC0415 - see above

        now = int(time.time())
        claims = {"aud": audience, "email": WORKFLOWS, "email_verified": True, "iat": now, "exp": now + _LASTS_S}
        token: str = jwt.encode(self._signer, {"iss": "https://accounts.google.com", **claims}).decode()
        return token

    def certificates(self, _: str, **__: Any) -> Any:
        """As a transport of google-auth that asked Google."""
        return SimpleNamespace(status=200, data=self._certificates)

    @cached_property
    def _key(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - see above

        return ec.derive_private_key(self._secret, ec.SECP256R1())

    @cached_property
    def _signer(self) -> Any:
        from google.auth.crypt import ES256Signer  # noqa: PLC0415 - see above

        return ES256Signer(self._key, "local")

    @cached_property
    def _certificates(self) -> bytes:
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - see above

        public = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return json.dumps({"local": public.decode()}).encode()
