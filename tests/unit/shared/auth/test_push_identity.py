"""Whose pushes are taken: tokens are made and signed here as Google's are, with a key of our own in Google's place."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import pytest
from google.auth.exceptions import TransportError

from shared.auth.errors import Forbidden, Unauthenticated
from shared.auth.google_tokens import verify_with_google
from shared.auth.push_identity import Push, PushGate, PushSettings
from shared.errors import ConfigurationError, DependencyUnavailable
from tests.fakes.google_tokens import certificates, signed_token

IDENTITY = "push@project.iam.gserviceaccount.com"
AUDIENCE = "swell"
REMOTE, HERE = "203.0.113.9", "127.0.0.1"


def _settings(runtime: str = "google", **options: Any) -> PushSettings:
    names = {"google": {"project": "p", "bucket": "b"}, "embedded": {"data_dir": "/tmp/x"}}[runtime]  # noqa: S108
    return PushSettings.model_validate({"runtime": runtime, **names, **options})


def _token(**claims: Any) -> str:
    token: str = signed_token(**{"email": IDENTITY, "audience": AUDIENCE, **claims})
    return token


def _deep() -> str:
    return urlsafe_b64encode(b"[" * 30_000).decode()


@pytest.fixture
def gate() -> PushGate:
    """A gate as deployed, whose Google has a key of ours."""
    return PushGate(_settings(push_identity=IDENTITY, push_audience=AUDIENCE), verify_with_google(certificates))


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
        lambda: f"Bearer {_token(audience='other')}",
        lambda: f"Bearer {_token(iss='https://evil.example')}",
        lambda: f"Bearer {_token(iat=1, exp=2)}",
        lambda: f"Bearer {_token()[:-6]}AAAAAA",
        lambda: f"Bearer {_deep()}.e30.AAAA",
        lambda: f"Bearer {_token(exp='soon')}",
    ],
    ids=[
        *("none", "empty", "another scheme", "junk", "another audience", "another issuer", "expired"),
        *("bad signature", "nested without end", "a claim of another type"),
    ],
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

    gate = PushGate(_settings(push_identity=IDENTITY, push_audience=AUDIENCE), verify_with_google(unreachable))
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
