"""API keys: their form, their hash, and what is taken for one."""

import re

import pytest

from shared.auth.api_key import new_api_key, presented_key

KEY = "swl_0123456789abcdef_" + "a" * 43


def test_a_new_key_is_known_again_by_its_hash() -> None:
    """What was made is recognised from the header that carries it, and only with the hash of itself."""
    key, other = new_api_key(), new_api_key()

    presented = presented_key(f"Bearer {key.text}".encode())

    assert presented is not None
    assert key.id == presented.id
    assert presented.matches(key.sha256)
    assert not presented.matches(other.sha256)


def test_keys_differ_and_have_the_form_that_scanners_look_for() -> None:
    """No two alike; 43 characters of 62 carry 256 bits."""
    keys = {new_api_key().text for _ in range(200)}

    assert 200 == len(keys)
    assert all(re.fullmatch(r"swl_[0-9a-f]{16}_[0-9A-Za-z]{43}", key) for key in keys)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"Bearer",
        KEY.encode(),
        b"Basic " + KEY.encode(),
        f"Bearer {KEY}x".encode(),
        f"Bearer {KEY[:-1]}".encode(),
        f"Bearer {KEY} ".encode(),
        f"Bearer {KEY[:-1]}\u00e9".encode(),
        b"Bearer " + KEY.upper().encode(),
        b"Bearer swl_0123456789ABCDEF_" + b"a" * 43,
        b"Bearer \xff\xfe",
    ],
)
def test_what_is_not_a_key_is_not_taken_for_one(header: bytes) -> None:
    """Anything but `Bearer` and a whole key, whatever its bytes."""
    assert presented_key(header) is None


def test_a_difference_anywhere_is_a_difference() -> None:
    """The hash covers the whole text: another id with the same secret is another key."""
    presented = presented_key(f"Bearer {KEY.replace('0123', '0124')}".encode())
    original = presented_key(f"Bearer {KEY}".encode())

    assert presented is not None
    assert original is not None
    assert not presented.matches(original.digest.hex())
