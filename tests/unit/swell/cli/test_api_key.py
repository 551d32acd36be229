"""The key that commands present."""

import pytest

from swell.cli.api_key import api_key


@pytest.mark.parametrize(("given", "presented"), [(None, None), ("swl_x", "swl_x")], ids=["none", "a key"])
def test_the_environment_names_the_key(
    given: str | None, presented: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without SWELL_API_KEY no key is sent."""
    monkeypatch.delenv("SWELL_API_KEY", raising=False)
    if given is not None:
        monkeypatch.setenv("SWELL_API_KEY", given)

    assert presented == api_key()
