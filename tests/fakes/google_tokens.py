"""Google's place as signer of ID tokens, taken by a key of our own."""

import json
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt
from google.auth.crypt import RSASigner


@cache
def key_pair() -> tuple[RSASigner, str]:
    """What signs, and its certificate."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return RSASigner.from_string(private, "k1"), certificate.public_bytes(serialization.Encoding.PEM).decode()


def certificates(*_: Any, **__: Any) -> Any:
    """As a transport of google-auth that asked Google for certificates."""
    return SimpleNamespace(status=200, data=json.dumps({"k1": key_pair()[1]}).encode())


def signed_token(email: str, audience: str, **claims: Any) -> str:
    """An ID token like Google's."""
    now = int(time.time())
    whole = {
        "iss": "https://accounts.google.com",
        "aud": audience,
        "email": email,
        "email_verified": True,
        "iat": now - 60,
        "exp": now + 3600,
        **claims,
    }
    token: str = jwt.encode(key_pair()[0], whole).decode()
    return token
