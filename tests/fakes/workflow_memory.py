"""What an execution has learned and the steps that it took, for as long as a test."""

from swell.local.workflows.history import StepEntry
from swell.local.workflows.journal import Noted


class MemoryJournal:
    """A journal that lasts as long as its object."""

    def __init__(self) -> None:
        self.notes: dict[str, Noted] = {}

    def recall(self, key: str) -> Noted | None:
        """As the protocol."""
        return self.notes.get(key)

    def note(self, key: str, noted: Noted) -> None:
        """As the protocol."""
        self.notes[key] = noted


class MemoryHistory:
    """A history that lasts as long as its object."""

    def __init__(self) -> None:
        self.entries: dict[str, StepEntry] = {}

    def record(self, entry: StepEntry) -> None:
        """As the protocol."""
        self.entries[entry.id] = entry

    def steps(self) -> list[str]:
        """The names of the steps, in the order in which they ended."""
        return [entry.step for entry in self.entries.values()]
