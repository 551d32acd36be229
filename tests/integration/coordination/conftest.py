"""Coordination without waiting."""

import pytest

from shared.coordination import races


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is the test's."""
    monkeypatch.setattr(races, "pause", lambda _: None)
