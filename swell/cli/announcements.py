"""Announcements that are far from what crowds of their kind have drawn."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from swell.cli.output import note

_MOST: Final = 3


def warn_of(disagreements: Sequence[Mapping[str, Any]]) -> None:
    """On stderr, the farthest first."""
    for one in disagreements[:_MOST]:
        note(f"Warning: {one['text']}.")
    if len(disagreements) > _MOST:
        note(f"So it is in {len(disagreements) - _MOST} more: --json names them.")
