"""Imports and exports on in-memory adapters."""

from pathlib import Path

import pytest

from tests.builders.transfers import Bulk


@pytest.fixture
def bulk(tmp_path: Path) -> Bulk:
    """A world of its own for one test."""
    return Bulk(tmp_path)
