"""Chroma's server as its users start it: `chroma run`, on one machine."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.load.wire import encode_request
from benchmarks.peers.control import ask
from benchmarks.peers.server_process import ServerProcess
from benchmarks.peers.system import COLLECTION, BuildState, batches, restart
from benchmarks.vectors.vector_set import TOP_K, Rows, VectorSet
from shared.vectors import encode_vectors
from swell.local.server import free_port

_DATABASE: Final = "/api/v2/tenants/default_tenant/databases/default_database"
EFFORTS: Final = (10, 16, 24, 32, 40, 48, 64, 80, 100, 128, 160, 200, 256, 320, 400, 512, 768, 1024, 1536, 2048, 4096)
# The rest are Chroma's defaults.
HNSW: Final = {"space": "cosine", "max_neighbors": 16, "ef_construction": 100}


class ChromaSystem:
    """`chroma run` on a directory. Its effort is HNSW's `ef_search`, which it reads when it starts."""

    def __init__(self, directory: Path, programs: Path) -> None:
        self.name = "Chroma"
        self.directory = directory
        self.port = free_port()
        self.version = _version(programs)
        self.efforts: Sequence[float] = EFFORTS
        self.effort: float = 100
        self._collection = ""
        self._rows_per_request = 0
        self.process = ServerProcess(
            [
                str(programs / "chroma"),
                "run",
                "--path",
                str(directory),
                "--host",
                "127.0.0.1",
                "--port",
                str(self.port),
            ],
            {"ANONYMIZED_TELEMETRY": "False"},
            port=self.port,
            health="/api/v2/heartbeat",
            log=directory.with_suffix(".log"),
        )

    def empty(self) -> None:
        """Stop the server and remove its directory."""
        self.process.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def create(self, vectors: VectorSet) -> None:
        """Declare a cosine collection; it learns the dimension from the first vectors."""
        assert vectors.dimension  # noqa: S101 - every set has one
        body = {"name": COLLECTION, "configuration": {"hnsw": {**HNSW, "ef_search": int(self.effort)}}}
        self._collection = ask(self.port, "POST", f"{_DATABASE}/collections", body)["id"]
        self._rows_per_request = ask(self.port, "GET", "/api/v2/pre-flight-checks")["max_batch_size"]

    def write_requests(self, vectors: VectorSet, rows: range) -> list[bytes]:
        """As many records a request as it says it takes, vectors in base64 as its Python client sends them."""
        path = f"{self._path()}/add"
        bodies = (_add_body(vectors.vectors, part) for part in batches(rows, self._rows_per_request))
        return [encode_request("POST", path, body, port=self.port) for body in bodies]

    def build_state(self) -> BuildState:
        """It indexes what is written before it answers a query: its parts change with the number of rows."""
        rows = int(ask(self.port, "GET", f"{self._path()}/count"))
        return BuildState(rows, str(rows))

    def query_requests(self, queries: Rows) -> list[bytes]:
        """Vectors as JSON numbers, the only form that it takes here; ids and distances come back."""
        asked = {"n_results": TOP_K, "include": ["distances"]}
        options = orjson.OPT_SERIALIZE_NUMPY
        bodies = [orjson.dumps({"query_embeddings": [row], **asked}, option=options) for row in queries]
        return [encode_request("POST", f"{self._path()}/query", body, port=self.port) for body in bodies]

    def read_ids(self, answer: bytes) -> list[int]:
        """Ids are row numbers."""
        return [int(found) for found in orjson.loads(answer)["ids"][0]]

    def use_effort(self, effort: float) -> None:
        """Change the collection's configuration, and restart: a running server goes on with the old value."""
        ask(self.port, "PUT", self._path(), {"new_configuration": {"hnsw": {"ef_search": int(effort)}}})
        self.effort = effort
        restart(self)

    def forget_local_copies(self) -> None:
        """Its local disk is its only store."""

    def settings(self) -> dict[str, Any]:
        """The index parameters."""
        return {"command": "chroma run", **HNSW, "ef_search": int(self.effort), "top_k": TOP_K}

    def _path(self) -> str:
        return f"{_DATABASE}/collections/{self._collection}"


def _add_body(vectors: Rows, rows: range) -> bytes:
    return orjson.dumps(
        {"ids": [str(row) for row in rows], "embeddings": [encode_vectors(vectors[row]) for row in rows]}
    )


def _version(programs: Path) -> str:
    asked = "import importlib.metadata as m; print(m.version('chromadb'))"
    answered = subprocess.run(  # noqa: S603 - our own environment
        [str(programs / "python"), "-c", asked], capture_output=True, text=True, check=True, timeout=60
    )
    return answered.stdout.strip()
