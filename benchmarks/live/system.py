"""The Swell that a scenario is played against: `swell up`, and beside it what speaks HTTP/2 and gRPC."""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import orjson

from benchmarks.load.generator import CHECKOUT
from benchmarks.load.headroom import await_listener
from benchmarks.load.wire import encode_request
from benchmarks.peers.control import ask
from benchmarks.peers.server_process import ServerFailed
from benchmarks.peers.swell_system import SwellSystem
from benchmarks.peers.system import COLLECTION, batches
from benchmarks.scenarios.protocol import ProtocolName
from benchmarks.vectors.vector_set import VectorSet
from shared.domain.limits import MAX_RECORDS_PER_REQUEST
from shared.vectors import encode_vectors
from swell.local.processes import child_process
from swell.local.server import free_port

PARTS: Final = 10
"""Values of the attribute `part`: a filtered search asks for one of them."""
_PATH: Final = f"/v1/collections/{COLLECTION}"
_USERS_HAVE_KEYS: Final = {"SWELL_CONNECTIONS_PER_KEY": "100000"}
"""A crowd has many keys, and each has its own limit; here one of each tier stands for all."""
_GRPC_SAID: Final = re.compile(r'"grpc":\s*"[^":]+:(\d+)"')


class LiveSystem(SwellSystem):
    """`swell up` with a collection whose records have an attribute, `part`; several `regions` can be lost."""

    def __init__(
        self, directory: Path, workers: int, *, regions: int = 1, environment: Mapping[str, str] | None = None
    ) -> None:
        command = [sys.executable, "-m", "benchmarks.live.regions_server", str(regions)] if regions > 1 else []
        more = {**_USERS_HAVE_KEYS, **(environment or {})}
        super().__init__(directory, workers, command=command, environment=more)

    def command(self, what: str, regions: Sequence[str]) -> None:
        """Have a server of several regions `kill` or `start` some of them; it does not wait until they are."""
        with os.fdopen(os.open(pipe_of(self.directory), os.O_WRONLY | os.O_NONBLOCK), "w") as commands:
            commands.writelines(f"{what} {region}\n" for region in regions)

    def create(self, vectors: VectorSet) -> None:
        """Declare a cosine collection with the attribute."""
        ask(self.port, "PUT", _PATH, {"dimension": vectors.dimension, "attributes": {"part": "integer"}})

    def write_requests(self, vectors: VectorSet, rows: range) -> list[bytes]:
        """As of its parent, with the attribute."""
        return [
            encode_request("POST", f"{_PATH}/upsert", _upsert(vectors, part), port=self.port)
            for part in batches(rows, MAX_RECORDS_PER_REQUEST)
        ]

    @property
    def grpc_port(self) -> int:
        """Where the running server answers gRPC, as it said.

        Raises:
            ServerFailed: it has not said.
        """
        said = _GRPC_SAID.findall(self.directory.with_suffix(".log").read_text(errors="replace"))
        if not said:
            raise ServerFailed("swell up did not say where it answers gRPC")
        return int(said[-1])


def pipe_of(directory: Path) -> Path:
    """Where a server of several regions takes commands."""
    return directory.with_suffix(".commands")


@contextmanager
def ports(system: LiveSystem, protocols: Sequence[ProtocolName]) -> Iterator[dict[ProtocolName, int]]:
    """Where each protocol is answered, until the block ends.

    Raises:
        GeneratorFailed: one of them is not answered in time.
    """
    found: dict[ProtocolName, int] = dict.fromkeys(protocols, system.port)
    with ExitStack() as stack:
        if "http2" in found:
            found["http2"] = stack.enter_context(_http2_server(system.directory))
        if "grpc" in found:
            found["grpc"] = system.grpc_port
            await_listener(found["grpc"])
        yield found


@contextmanager
def _http2_server(directory: Path) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.live.http2_server", str(directory), str(port)]
    environment = {"OPENBLAS_NUM_THREADS": "1", "SWELL_ANSWERS_MAX_BYTES": "0"}
    with child_process(command, environment, log=directory.with_suffix(".http2.log"), directory=CHECKOUT):
        await_listener(port, within_s=60.0)
        yield port


def _upsert(vectors: VectorSet, rows: range) -> bytes:
    records = [
        {"id": str(row), "vector": encode_vectors(vectors.vectors[row]), "attributes": {"part": row % PARTS}}
        for row in rows
    ]
    return orjson.dumps({"records": records, "wait": "accepted"})
