"""Whose pushes are taken: tokens are made and signed here as Google's are, with a key of our own in Google's place."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt
from google.auth.crypt import RSASigner
from google.auth.exceptions import TransportError

from shared.auth.errors import Forbidden, Unauthenticated
from shared.auth.push_identity import KeptAnswers, Push, PushGate, PushSettings, verify_with_google
from shared.errors import ConfigurationError, DependencyUnavailable
from tests.fakes.monotonic import ManualSeconds

IDENTITY = "push@project.iam.gserviceaccount.com"
AUDIENCE = "swell"
REMOTE, HERE = "203.0.113.9", "127.0.0.1"


def _settings(runtime: str = "google", **options: Any) -> PushSettings:
    names = {"google": {"project": "p", "bucket": "b"}, "embedded": {"data_dir": "/tmp/x"}}[runtime]  # noqa: S108
    return PushSettings.model_validate({"runtime": runtime, **names, **options})


@cache
def _key_pair() -> tuple[RSASigner, str]:
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


def _token(**claims: Any) -> str:
    now = int(time.time())
    whole = {
        "iss": "https://accounts.google.com",
        "aud": AUDIENCE,
        "email": IDENTITY,
        "email_verified": True,
        "iat": now - 60,
        "exp": now + 3600,
        **claims,
    }
    token: str = jwt.encode(_key_pair()[0], whole).decode()
    return token


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> PushGate:
    """A gate as deployed, whose Google knows the key above."""
    monkeypatch.setattr(
        KeptAnswers,
        "__call__",
        lambda *_, **__: SimpleNamespace(status=200, data=json.dumps({"k1": _key_pair()[1]}).encode()),
    )
    return PushGate(_settings(push_identity=IDENTITY, push_audience=AUDIENCE), verify_with_google())


def test_a_push_of_our_own_identity_is_taken(gate: PushGate) -> None:
    """Signed by Google, for our audience, of our service account."""
    gate.check(Push(REMOTE, f"Bearer {_token()}"))


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Basic x",
        "Bearer x.y.z",
        lambda: f"Bearer {_token(aud='other')}",
        lambda: f"Bearer {_token(iss='https://evil.example')}",
        lambda: f"Bearer {_token(iat=1, exp=2)}",
        lambda: f"Bearer {_token()[:-6]}AAAAAA",
    ],
    ids=["none", "empty", "another scheme", "junk", "another audience", "another issuer", "expired", "bad signature"],
)
@pytest.mark.parametrize("peer", [REMOTE, HERE])
def test_what_google_did_not_sign_for_us_is_refused(gate: PushGate, authorization: Any, peer: str) -> None:
    """Whatever is wrong with the token, and also from this machine."""
    text = authorization if isinstance(authorization, str) else authorization()

    with pytest.raises(Unauthenticated):
        gate.check(Push(peer, text))


@pytest.mark.parametrize("claims", [{"email": "other@x.example"}, {"email_verified": False}, {"email": None}])
def test_a_genuine_token_of_somebody_else_is_refused(gate: PushGate, claims: Mapping[str, Any]) -> None:
    """Anybody with a Google account can get tokens for our audience."""
    with pytest.raises(Forbidden):
        gate.check(Push(REMOTE, f"Bearer {_token(**claims)}"))


def test_without_googles_certificates_nothing_is_decided() -> None:
    """The push comes again; it is neither taken nor parked."""

    def unreachable(*_: Any, **__: Any) -> Any:
        raise TransportError("no route")

    verify = verify_with_google()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KeptAnswers, "__call__", unreachable)
        gate = PushGate(_settings(push_identity=IDENTITY, push_audience=AUDIENCE), verify)
        with pytest.raises(DependencyUnavailable):
            gate.check(Push(REMOTE, f"Bearer {_token()}"))


def _never(_: str, __: str) -> Mapping[str, Any]:
    raise AssertionError("no token is looked at")


@pytest.mark.parametrize(
    ("push", "taken"),
    [
        (Push(HERE, "", "shared"), True),
        (Push(HERE, "", "other"), False),
        (Push(HERE), False),
        (Push(REMOTE, "", "shared"), False),
    ],
    ids=["here, with the secret", "here, with another", "here, without", "elsewhere, with the secret"],
)
def test_on_emulators_a_push_shows_the_secret_and_comes_from_here(push: Push, taken: bool) -> None:  # noqa: FBT001
    """The emulator signs nothing: knowing its secret counts, on this machine only."""
    gate = PushGate(_settings(push_secret="shared"), _never)  # noqa: S106

    if taken:
        gate.check(push)
    else:
        with pytest.raises(Unauthenticated):
            gate.check(push)


def test_embedded_only_this_machine_pushes() -> None:
    """No identity is needed there, and none from elsewhere is believed."""
    gate = PushGate(_settings("embedded"), _never)

    gate.check(Push(HERE))
    with pytest.raises(Unauthenticated):
        gate.check(Push(REMOTE, f"Bearer {_token()}"))


@pytest.mark.parametrize("options", [{}, {"push_identity": IDENTITY}, {"push_audience": AUDIENCE}])
def test_in_the_cloud_a_function_without_a_named_sender_takes_nothing(options: dict[str, str]) -> None:
    """A forgotten setting closes the door."""
    with pytest.raises(ConfigurationError, match="SWELL_PUSH_IDENTITY"):
        PushGate(_settings(**options), _never)


def test_certificates_are_fetched_once_an_hour() -> None:
    """Each push needs them, none waits for Google twice; a failed fetch is not kept."""
    clock, statuses, fetched = ManualSeconds(), [500, 200, 200], []

    def transport(url: str, **_: Any) -> Any:
        fetched.append(url)
        return SimpleNamespace(status=statuses[len(fetched) - 1], data=b"")

    kept = KeptAnswers(transport, kept_s=3600, monotonic_s=clock)
    seen = [kept("certs").status for _ in range(4)]
    clock.advance(3601)
    kept("certs")

    assert [500, 200, 200, 200] == seen
    assert 3 == len(fetched)
