"""What an execution has learned from outside: results of calls, times, random values.

Everything else that a workflow does follows from these. So an execution that was interrupted is run again from its
first step with what the journal holds, and calls again only what was under way: at least once, as a retry would.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from swell.local.workflows.failure import Raised, failure


@dataclass(frozen=True)
class Noted:
    """How a call ended: with a value, or with an error that the workflow can catch."""

    what: str
    value: Any = None
    error: Any = None
    failed: bool = False


class Journal(Protocol):
    """Notes of one execution, under keys that say where in its course they were made."""

    def recall(self, key: str) -> Noted | None:
        """What was noted there before this process."""
        ...

    def note(self, key: str, noted: Noted) -> None:
        """Keep it, so that it survives this process."""
        ...


class Strand:
    """One line of steps in the order in which they run: the main one, or a parallel branch."""

    def __init__(self, journal: Journal, path: str = "0") -> None:
        self.path = path
        self._journal = journal
        self._numbers = itertools.count()
        self._step_numbers = itertools.count(1)

    def next_step(self) -> str:
        """The id of the step that begins; the same in every run of the execution."""
        return f"{self.path}:{next(self._step_numbers):06}"

    def split(self) -> Callable[[int], "Strand"]:
        """The strands of the branches of one parallel step, by their position."""
        base = f"{self.path}.{next(self._numbers)}"
        return lambda position: Strand(self._journal, f"{base}.{position}")

    def once(self, what: str, learn: Callable[[], Any]) -> Any:
        """What `learn` returned or raised when this place was first passed.

        Raises:
            Raised: what it raised, or SystemError where the journal belongs to another course of events.
        """
        key = f"{self.path}.{next(self._numbers)}"
        noted = self._journal.recall(key)
        if noted is None:
            noted = _outcome(what, learn)
            self._journal.note(key, noted)
        elif noted.what != what:
            raise failure("SystemError", f"the execution cannot go on: {noted.what} came here before, now {what}")
        if noted.failed:
            raise Raised(noted.error)
        return noted.value


def _outcome(what: str, learn: Callable[[], Any]) -> Noted:
    try:
        return Noted(what, value=learn())
    except Raised as error:
        return Noted(what, error=error.payload, failed=True)
