"""What a soak counts, and what of it must be nothing."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from benchmarks.soak.usage import Usage

MUST_HAPPEN: Final = ("query", "upsert", "sse: updates", "websocket: updates", "grpc: updates", "writes compared")
"""A soak in which one of these never happened has shown nothing."""
MAX_EXAMPLES: Final = 10
MAX_MORE_SOCKETS: Final = 4
"""Connections between front door, regions and Redis are opened as they are needed, and kept for seconds."""
MAX_MORE_FILES: Final = 8
"""Of others than databases: segments that are searched stay open while they are new."""
DATABASES: Final = (".db", ".db-wal")
"""Each thread that has used one keeps its connection, and pools fill up with time. What a thread that ended had open
SQLite keeps for the next one while any other connection lives, since closing it would drop their locks (its
os_unix.c, `setPendingFd`): as often open as there were threads at once, and no more.
"""
MOST_THREADS: Final = 56
"""At once: forty of anyio's pool, six of asyncio's on two cores, ten of our own."""
MAX_MORE_THREADS: Final = 10
"""Six of asyncio's pool on two cores and four that ask for heads: made as they are needed, and kept."""
MAX_MORE_KB: Final = 64_000
MAX_MORE_MEMORY: Final = 0.3


@dataclass
class Findings:
    """Counts of what was done, and of what was wrong, with the first examples."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def note(self, what: str, example: str) -> None:
        """Something was wrong."""
        self.wrong[what] += 1
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(f"{what}: {example}")


@dataclass(frozen=True)
class Held:
    """What one process held idle before and after; `is_same` unless it was killed in between."""

    name: str
    before: Usage
    after: Usage
    is_same: bool

    def leaks(self) -> list[str]:
        """What has grown beyond what idle pools explain."""
        before, after = self.before, self.after
        memory_kb = max(MAX_MORE_KB, round(before.anonymous_kb * MAX_MORE_MEMORY))
        limits = {
            "sockets": (after.sockets - before.sockets, MAX_MORE_SOCKETS),
            "files": (_others(after) - _others(before), MAX_MORE_FILES),
            "threads": (after.threads - before.threads, MAX_MORE_THREADS),
            "memory": (after.anonymous_kb - before.anonymous_kb, memory_kb),
        }
        found = [
            f"{self.name}: {more} more {what}, allowed {most}" + (f" ({self._more_files()})" if what == "files" else "")
            for what, (more, most) in limits.items()
            if more > most
        ]
        return found + [
            f"{self.name}: {name} is open {times} times, of at most {MOST_THREADS} threads"
            for name, times in after.open_files.items()
            if name.endswith(DATABASES) and times > MOST_THREADS
        ]

    def _more_files(self) -> str:
        before = Counter(self.before.open_files)
        return ", ".join(f"{more} {name}" for name, more in (Counter(self.after.open_files) - before).most_common(5))


def _others(usage: Usage) -> int:
    """Files that are no database."""
    databases = sum(times for name, times in usage.open_files.items() if name.endswith(DATABASES))
    return usage.files - databases


@dataclass(frozen=True)
class SoakReport:
    """A whole run."""

    minutes: float
    findings: Findings
    held: list[Held]
    connections_left: int
    with_redis: bool

    @property
    def leaks(self) -> list[str]:
        """What was not given back."""
        found = [leak for held in self.held for leak in held.leaks()]
        return found + (
            [f"{self.connections_left} connections of clients that are gone"] if self.connections_left else []
        )

    @property
    def left_out(self) -> list[str]:
        """What never happened."""
        return [what for what in MUST_HAPPEN if not self.findings.done[what]]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was wrong, nothing is left, and nothing was left out."""
        return not self.findings.wrong and not self.leaks and not self.left_out

    def to_document(self) -> dict[str, Any]:
        """For `--json`."""
        return {**asdict(self), "leaks": self.leaks, "left_out": self.left_out, "is_clean": self.is_clean}
