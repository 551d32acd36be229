"""How steps end: by falling through, by a jump, or with the routine."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Jump:
    """Go on at a step of this block or one around it; `break` and `continue` are steps of the loop."""

    target: str


@dataclass(frozen=True)
class Done:
    """The routine has ended."""

    value: Any


Flow = Jump | Done | None
"""How steps ended; None: by falling through to what follows."""


def following(target: str | None) -> Flow:
    """What `next` says."""
    if target is None:
        return None
    return Done(None) if target == "end" else Jump(target)
