"""Swell as its users start it: `swell up`, embedded, on one machine."""

import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.load.wire import encode_request
from benchmarks.peers.control import ask
from benchmarks.peers.server_process import ServerProcess
from benchmarks.peers.system import COLLECTION, BuildState, batches
from benchmarks.vectors.vector_set import TOP_K, Rows, VectorSet
from shared.domain.limits import MAX_RECORDS_PER_REQUEST
from shared.vectors import encode_vectors
from swell.local.server import free_port

_PATH: Final = f"/v1/collections/{COLLECTION}"
EFFORTS: Final = (0.8, 0.85, 0.9, 0.93, 0.95, 0.96, 0.97, 0.975, 0.98, 0.985, 0.99, 0.995, 0.999, 1.0)


class SwellSystem:
    """`swell up --workers N` on a directory, or another command that serves it. Effort is the recall asked for."""

    def __init__(
        self,
        directory: Path,
        workers: int,
        *,
        name: str = "Swell",
        command: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`command`, if given, has the directory and the port added to it."""
        self.name = name
        self.directory = directory
        self.port = free_port()
        self.version = _version()
        self.efforts: Sequence[float] = EFFORTS
        self.effort: float = 0.95
        self._workers = workers
        up = [sys.executable, "-m", "swell", "up", "--workers", str(workers), "--json"]
        up += ["--port", str(self.port), "--data", str(directory)]
        self.process = ServerProcess(
            [*command, str(directory), str(self.port)] if command else up,
            # As `swell up` sets it itself; and rounds repeat their queries: each is searched for, as the peer's is.
            {"OPENBLAS_NUM_THREADS": "1", "SWELL_ANSWERS_MAX_BYTES": "0", **(environment or {})},
            port=self.port,
            health="/ready",
            log=directory.with_suffix(".log"),
        )

    def empty(self) -> None:
        """Stop the server and remove its directory."""
        self.process.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def create(self, vectors: VectorSet) -> None:
        """Declare a cosine collection without attributes."""
        ask(self.port, "PUT", _PATH, {"dimension": vectors.dimension, "metric": "cosine"})

    def write_requests(self, vectors: VectorSet, rows: range) -> list[bytes]:
        """1,000 records a request, vectors in base64 as the Python client sends them."""
        return [
            encode_request("POST", f"{_PATH}/upsert", _upsert_body(vectors.vectors, part), port=self.port)
            for part in batches(rows, MAX_RECORDS_PER_REQUEST)
        ]

    def build_state(self) -> BuildState:
        """Every commit, of writes or of a merge, makes a new version."""
        seen = ask(self.port, "GET", _PATH)
        return BuildState(seen["records"], seen["version"])

    def query_requests(self, queries: Rows) -> list[bytes]:
        """Vectors as JSON numbers, as any HTTP client sends them."""
        asked = {"top_k": TOP_K, "recall": self.effort}
        options = orjson.OPT_SERIALIZE_NUMPY
        bodies = [orjson.dumps({"vector": row, **asked}, option=options) for row in queries]
        return [encode_request("POST", f"{_PATH}/query", body, port=self.port) for body in bodies]

    def read_ids(self, answer: bytes) -> list[int]:
        """Ids are row numbers."""
        return [int(match["id"]) for match in orjson.loads(answer)["matches"]]

    def use_effort(self, effort: float) -> None:
        """Every query says what it wants: nothing to restart."""
        self.effort = effort

    def forget_local_copies(self) -> None:
        """Empty the cache of segments; they stay in the object store."""
        shutil.rmtree(self.directory / "cache", ignore_errors=True)

    def settings(self) -> dict[str, Any]:
        """Workers and the recall asked for."""
        return {"command": "swell up", "workers": self._workers, "recall": self.effort, "top_k": TOP_K}


def _upsert_body(vectors: Rows, rows: range) -> bytes:
    records = [{"id": str(row), "vector": encode_vectors(vectors[row])} for row in rows]
    return orjson.dumps({"records": records, "wait": "accepted"})


def _version() -> str:
    try:
        return version("swell")
    except PackageNotFoundError:
        return "checkout"
