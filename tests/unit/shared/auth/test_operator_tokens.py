"""Which service accounts operate a function; a key of our own signs in Google's place."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from shared.auth.caller import Caller
from shared.auth.errors import TooManyUnknownKeys, Unauthenticated
from shared.auth.google_tokens import verify_with_google
from shared.auth.operator_tokens import OperatorSettings, OperatorTokens, by_operator_tokens
from shared.auth.scope import Scope
from shared.errors import ConfigurationError
from swell.local.workflows.issuer import WORKFLOWS, LocalIssuer
from tests.fakes.google_tokens import certificates, signed_token
from tests.fakes.monotonic import ManualSeconds

ACCOUNT = "workflows@project.iam.gserviceaccount.com"
ROOT = "https://control-1.us-central1.run.app"
ACCOUNTS = {"scheduler": "scheduler@project.iam.gserviceaccount.com", "workflows": ACCOUNT}


class World:
    """A function with two operators, and how often a token was verified."""

    def __init__(self) -> None:
        self.verified = 0
        self.seconds = ManualSeconds()
        self.tokens = OperatorTokens(ACCOUNTS, ROOT, self._verify, monotonic_s=self.seconds)
        self._with_google = verify_with_google(certificates)

    def caller(self, authorization: str) -> Caller | None:
        """Who shows this."""
        return asyncio.run(self.tokens.caller(authorization.encode()))

    def _verify(self, token: str, audience: str) -> Mapping[str, Any]:
        self.verified += 1
        return self._with_google(token, audience)


def _token(**claims: Any) -> str:
    token: str = signed_token(**{"email": ACCOUNT, "audience": ROOT, **claims})
    return token


def test_a_token_of_an_operator_names_its_role() -> None:
    """Of the default tenant, which runs the deployment; it sees and steers, and writes no records."""
    caller = World().caller(f"Bearer {_token()}")

    assert caller is not None
    assert ("operator:workflows", "default", {Scope.READ, Scope.ADMIN}) == (
        caller.key_id,
        caller.tenant,
        set(caller.scopes),
    )


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "workflows@other.iam.gserviceaccount.com"},
        {"email": ACCOUNT.upper()},
        {"email": ACCOUNT + ".evil.example"},
        {"email": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"audience": "https://control-2.us-central1.run.app"},
        {"audience": [ROOT]},
        {"audience": None},
        {"iss": "https://evil.example"},
        {"iat": 1, "exp": 2},
        {"iat": 4_000_000_000, "exp": 4_000_003_600},
        {"exp": "never"},
    ],
    ids=str,
)
def test_all_other_tokens_look_the_same(claims: dict[str, Any]) -> None:
    """Whatever is wrong, also with a genuine one of somebody else: one answer, word for word, that of a bad key."""
    answer = _refused(f"Bearer {_token(**claims)}")

    assert answer == _refused(f"Bearer {_token()[:-6]}AAAAAA")
    assert str(Unauthenticated(key_given=True)) == answer[0]


def test_unsigned_tokens_are_refused() -> None:
    """`alg: none`, and a key in the header, are not how Google signs."""
    body = _token().split(".")[1]

    assert _refused(f"Bearer eyJhbGciOiJub25lIn0.{body}.AA") == _refused(f"Bearer {_token(audience='x')}")


@pytest.mark.parametrize("authorization", ["Bearer swl_0_x", "Basic YTpi", "Bearer", "Bearer a.b.", "Bearer a..c"])
def test_what_is_no_token_is_left_to_the_keys(authorization: str) -> None:
    """The next layer knows keys, and refuses what is neither."""
    assert World().caller(authorization) is None


def test_a_token_is_verified_once_in_five_minutes() -> None:
    """A workflow shows the same one for an hour; its end is its end."""
    world, text = World(), f"Bearer {_token()}"
    for _ in range(3):
        world.caller(text)
    seen_at_first = world.verified
    world.seconds.advance(301)
    world.caller(text)

    assert (1, 2) == (seen_at_first, world.verified)


def test_guessing_is_slowed_down_and_known_operators_are_not() -> None:
    """Tokens never seen before cost work: above some a second they get 429, unverified."""
    world, text = World(), f"Bearer {_token()}"
    world.caller(text)
    refusals = []
    for guess in range(100):
        with pytest.raises((Unauthenticated, TooManyUnknownKeys)) as refusal:
            world.caller(f"Bearer aaa.{guess:04}.bbb")
        refusals.append(refusal.type)

    assert 49 == refusals.count(Unauthenticated)
    assert 50 == world.verified
    assert world.caller(text) is not None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"operator_identities": {"workflows": ACCOUNT}}, "go together"),
        ({"operator_audience": ROOT}, "go together"),
        ({"operator_identities": {"cron": ACCOUNT}, "operator_audience": ROOT}, "allowed by topology.yaml: workflows"),
        ({"operator_identities": {"workflows": ""}, "operator_audience": ROOT}, "allowed: an e-mail address"),
    ],
)
def test_settings_that_cannot_be_meant_stop_the_function(options: dict[str, Any], said: str) -> None:
    """A role that the topology does not give this function is not let in by a setting."""
    settings = OperatorSettings.model_validate({"runtime": "embedded", "data_dir": "/tmp/x", **options})  # noqa: S108

    with pytest.raises(ConfigurationError, match=said):
        by_operator_tokens(settings, ["workflows"])


def test_workflows_of_this_machine_take_the_same_way() -> None:
    """The local issuer's tokens pass the same verification, for their audience, and only those of this process."""
    issuer, stranger = LocalIssuer(), LocalIssuer()
    tokens = OperatorTokens({"workflows": WORKFLOWS}, ROOT, verify_with_google(issuer.certificates))
    caller = asyncio.run(tokens.caller(f"Bearer {issuer.token(ROOT)}".encode()))

    assert caller is not None
    for token in (issuer.token("http://127.0.0.1:1"), stranger.token(ROOT), _token(email=WORKFLOWS)):
        with pytest.raises(Unauthenticated):
            asyncio.run(tokens.caller(f"Bearer {token}".encode()))


def _refused(authorization: str) -> tuple[Any, ...]:
    with pytest.raises(Unauthenticated) as refusal:
        World().caller(authorization)
    return str(refusal.value), refusal.value.status, *refusal.value.headers.items()
