"""The synchronous client is the asynchronous one, without waiting."""

import pytest

from shared.topology.loading import TOPOLOGY_FILE
from swell.deploy.client_code import TARGETS, generated, modules

ROOT = TOPOLOGY_FILE.parent


@pytest.mark.parametrize("module", modules(ROOT))
def test_the_synchronous_client_is_what_would_be_made(module: str) -> None:
    """`python -m swell.deploy.client_code` was run after the last change."""
    assert generated(ROOT, module) == (ROOT / TARGETS / module).read_text(encoding="utf-8")
