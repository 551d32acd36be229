"""API keys: `swl_<id>_<secret>`.

The secret is 256 random bits, so it cannot be guessed, not even from its hash and at any speed of hashing. One SHA-256
is therefore enough at rest, and no slow or keyed hash is used: those protect what people choose, and would cost
every request milliseconds, or every instance one more secret to keep.
"""

import hmac
import re
import secrets
import string
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

_ALPHABET: Final = string.digits + string.ascii_letters
_SECRET_LENGTH: Final = 43  # 62 ** 43 > 2 ** 256
_FORM: Final = re.compile(rb"(?:[Bb]earer +)(swl_([0-9a-f]{16})_[0-9A-Za-z]{43})")


@dataclass(frozen=True)
class NewApiKey:
    """A key that was made just now; nothing but the hash of its text is kept."""

    id: str
    text: str

    @property
    def sha256(self) -> str:
        """What is kept to know the key again, in hex."""
        return sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """A key as a request carries it: whose it says it is, and the hash of all of it."""

    id: str
    digest: bytes

    def matches(self, sha256_hex: str) -> bool:
        """Whether it is the key that was hashed, in a time that does not depend on where they differ."""
        return hmac.compare_digest(self.digest, bytes.fromhex(sha256_hex))


def new_api_key() -> NewApiKey:
    """A key that nobody has."""
    key_id = secrets.token_hex(8)
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))
    return NewApiKey(key_id, f"swl_{key_id}_{secret}")


def presented_key(authorization: bytes) -> PresentedKey | None:
    """The key in the value of an `Authorization` header, or None where there is none of our form."""
    found = _FORM.fullmatch(authorization)
    if found is None:
        return None
    return PresentedKey(found[2].decode(), sha256(found[1]).digest())
