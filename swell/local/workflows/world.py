"""What an execution runs in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from swell.local.workflows.history import History
from swell.local.workflows.journal import Journal, Strand
from swell.local.workflows.library.function import Function
from swell.local.workflows.timing import Stop, Time

BlockingCall = Callable[[Strand, Mapping[str, Any]], Any]
"""A call that waits or reaches out; what it learns goes through the strand."""


@dataclass(frozen=True)
class World:
    """Time, memory and surroundings of one execution; `environment` has the functions that depend on it."""

    time: Time
    stop: Stop
    journal: Journal
    history: History
    calls: Mapping[str, BlockingCall]
    environment: Callable[[Strand], Mapping[str, Function]]
