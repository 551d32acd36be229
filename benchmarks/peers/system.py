"""What the comparison needs to know about a vector database behind HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks.peers.server_process import ServerProcess
from benchmarks.vectors.vector_set import Rows, VectorSet

COLLECTION = "vectors"


@dataclass(frozen=True)
class BuildState:
    """How far a collection is. `stamp` changes whenever its parts do."""

    rows: int
    stamp: str


class System(Protocol):
    """One database, with its files in a directory of its own.

    `efforts` are its settings for more recall, ascending; `effort` is the one in use.
    """

    name: str
    version: str
    port: int
    directory: Path
    process: ServerProcess
    efforts: Sequence[float]
    effort: float

    def empty(self) -> None:
        """Stop the server and remove all that it stored."""

    def create(self, vectors: VectorSet) -> None:
        """Declare an empty collection."""

    def write_requests(self, vectors: VectorSet, rows: range) -> list[bytes]:
        """Some rows, encoded as the system's own client would, in its largest batches."""

    def build_state(self) -> BuildState:
        """How far the collection is."""

    def query_requests(self, queries: Rows) -> list[bytes]:
        """One request for the ten nearest of each query, at the effort in use."""

    def read_ids(self, answer: bytes) -> list[int]:
        """The rows that an answer names, best first."""

    def use_effort(self, effort: float) -> None:
        """Search with this effort from now on; the server may be restarted for it."""

    def forget_local_copies(self) -> None:
        """Remove what a stopped server can fetch again from its own store."""

    def settings(self) -> dict[str, Any]:
        """What was chosen, for the reader."""


def restart(system: System) -> None:
    """Stop the server, start it and wait until it answers."""
    system.process.stop()
    system.process.start()
    system.process.await_healthy()


def batches(rows: range, most: int) -> list[range]:
    """The rows in order, at most so many together."""
    return [rows[start : start + most] for start in range(0, len(rows), most)]
