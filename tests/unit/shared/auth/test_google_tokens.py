"""How Google's certificates are fetched."""

from types import SimpleNamespace
from typing import Any

from shared.auth.google_tokens import KeptAnswers
from tests.fakes.monotonic import ManualSeconds


def test_certificates_are_fetched_once_an_hour() -> None:
    """Each token needs them, none waits for Google twice; a failed fetch is not kept, and none waits for long."""
    clock, statuses, fetched, waits = ManualSeconds(), [500, 200, 200], [], set()

    def transport(url: str, *, timeout: float, **_: Any) -> Any:
        fetched.append(url)
        waits.add(timeout)
        return SimpleNamespace(status=statuses[len(fetched) - 1], data=b"")

    kept = KeptAnswers(transport, kept_s=3600, monotonic_s=clock)
    seen = [kept("certs").status for _ in range(4)]
    clock.advance(3601)
    kept("certs")

    assert [500, 200, 200, 200] == seen
    assert 3 == len(fetched)
    assert {5.0} == waits
