"""How fast a file becomes a searchable collection: `python -m benchmarks.bulk_import`.

Starts `swell up` on a directory of its own, imports one file by URI, and compares the seconds with those that reading
the file takes. Rows are *searchable* when the operation is done: all of them are committed. The index is *settled*
when its segments have changed for the last time: since then the server has been idle for a while.
"""

import argparse
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Self

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measure.idle import IdleWatch
from benchmarks.measure.process_tree import cpu_seconds, resident_memory
from benchmarks.peers.server_process import ServerProcess
from shared.bulk.choice import Choice
from shared.bulk.formats import open_reader
from shared.bulk.rows import Cursor
from shared.bulk.source import LocalSource
from swell.client import Swell
from swell.client.transport import Transport
from swell.local.server import free_port

_CHUNK_ROWS: Final = 20_000
_SETTLED_AFTER_S: Final = 3.0
_GIVE_UP_AFTER_S: Final = 3600.0


@dataclass(frozen=True)
class Report:
    """Seconds from the request on. `read_s` is what reading the file through the same reader takes, and nothing else.

    `peak_bytes` is the largest resident memory of the server (PSS); of it, `peak_file_bytes` were pages of files.
    """

    rows: int
    dimension: int
    format: str
    file_bytes: int
    read_s: float
    searchable_s: float
    settled_s: float
    rows_per_s: float
    searchable_over_read: float
    peak_bytes: int
    peak_file_bytes: int
    peak_anonymous_bytes: int
    cpu_s: float
    segments: dict[str, int]


def make_file(path: Path, rows: int, dimension: int) -> None:
    """Vectors around 1,000 centres, seeded, written chunk by chunk in the format that the name tells."""
    writers: dict[str, Callable[[Path, int, int], None]] = {".npy": _make_npy, ".parquet": _make_parquet}
    writers[path.suffix](path, rows, dimension)


def _chunks(rows: int, dimension: int) -> Any:
    random = np.random.default_rng(1)
    centres = random.standard_normal((1000, dimension)).astype(np.float32)
    for first in range(0, rows, _CHUNK_ROWS):
        count = min(_CHUNK_ROWS, rows - first)
        noise = random.standard_normal((count, dimension)).astype(np.float32)
        yield first, centres[random.integers(0, len(centres), count)] + 0.7 * noise


def _make_npy(path: Path, rows: int, dimension: int) -> None:
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, dimension)}
        np.lib.format.write_array_header_1_0(file, header)
        for _, chunk in _chunks(rows, dimension):
            file.write(chunk.tobytes())


def _make_parquet(path: Path, rows: int, dimension: int) -> None:
    schema = pa.schema([("id", pa.string()), ("vector", pa.list_(pa.float32(), dimension)), ("rank", pa.int64())])
    with pq.ParquetWriter(path, schema, compression="snappy") as writer:
        for first, chunk in _chunks(rows, dimension):
            ids = pa.array([f"record-{row}" for row in range(first, first + len(chunk))])
            vectors = pa.FixedSizeListArray.from_arrays(pa.array(chunk.reshape(-1)), dimension)
            ranks = pa.array(np.arange(first, first + len(chunk)))
            writer.write_batch(pa.record_batch([ids, vectors, ranks], schema=schema))


def seconds_to_read(path: Path) -> float:
    """Through the reader of imports, from a warm page cache."""
    started = time.perf_counter()
    with open_reader(LocalSource(path), Choice()) as reader:
        for batch in reader.batches(Cursor(), 10_000):
            batch.vectors.sum()
    return time.perf_counter() - started


class PeakMemory:
    """Looks at a process tree five times a second, in a thread."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._ended = threading.Event()
        self.peak_bytes = self.peak_file_bytes = self.peak_anonymous_bytes = 0
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.2):
            memory = resident_memory(self._pid)
            if memory is not None:
                self.peak_bytes = max(self.peak_bytes, memory.bytes)
                self.peak_file_bytes = max(self.peak_file_bytes, memory.file_bytes)
                self.peak_anonymous_bytes = max(self.peak_anonymous_bytes, memory.bytes - memory.file_bytes)


def measure(directory: Path, rows: int, dimension: int, suffix: str) -> Report:
    """One import in a fresh server."""
    files = directory / "data" / "files"
    files.mkdir(parents=True)
    path = files / f"vectors.{suffix}"
    make_file(path, rows, dimension)
    read_s = seconds_to_read(path)
    port = free_port()
    command = [sys.executable, "-m", "swell", "up", "--port", str(port), "--data", str(directory / "data")]
    server = ServerProcess(command, {}, port=port, health="/ready", log=directory / "server.log")
    server.start()
    try:
        server.await_healthy()
        with PeakMemory(server.pid) as memory:
            searchable_s, settled_s, segments = _import(f"http://127.0.0.1:{port}", server.pid, path, dimension)
        used_s = cpu_seconds(server.pid) or 0.0
    finally:
        server.stop()
    return Report(
        rows=rows,
        dimension=dimension,
        format=suffix,
        file_bytes=path.stat().st_size,
        read_s=round(read_s, 3),
        searchable_s=round(searchable_s, 2),
        settled_s=round(settled_s, 2),
        rows_per_s=round(rows / searchable_s),
        searchable_over_read=round(searchable_s / read_s, 1),
        peak_bytes=memory.peak_bytes,
        peak_file_bytes=memory.peak_file_bytes,
        peak_anonymous_bytes=memory.peak_anonymous_bytes,
        cpu_s=round(used_s, 1),
        segments=segments,
    )


def _import(url: str, pid: int, path: Path, dimension: int) -> tuple[float, float, dict[str, int]]:
    with Swell(url) as swell:
        swell.collections.create("bulk", dimension=dimension, metric="cosine")
        transport: Transport = swell._transport  # noqa: SLF001 - the client's own way to ask what it has no words for
        started = time.perf_counter()
        body = {"uri": f"file:{path.name}"}
        operation = transport.send("POST", "/v1/collections/bulk/import", body)["operation"]
        while True:
            shown = transport.send("GET", f"/v1/operations/{operation}")
            if shown["state"] != "running":
                break
            time.sleep(0.02)
        searchable_s = time.perf_counter() - started
        if shown["state"] != "done":
            raise SystemExit(f"the import failed: {shown['error']}")
        settled_s, kinds = _await_settled(swell, pid, started)
    return searchable_s, settled_s, kinds


def _await_settled(swell: Swell, pid: int, started: float) -> tuple[float, dict[str, int]]:
    seen, since, idle = None, time.perf_counter(), IdleWatch(pid)
    while idle.for_s() < _SETTLED_AFTER_S and time.perf_counter() - started < _GIVE_UP_AFTER_S:
        description = swell.collections.get("bulk")
        kinds = [segment.kind for segment in description.segments]
        state = (description.version, tuple(kinds))
        if state != seen:
            seen, since, idle = state, time.perf_counter(), IdleWatch(pid)
        time.sleep(0.1)
    return since - started, {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def main() -> None:
    """Print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--format", choices=["npy", "parquet"], default="npy")
    parser.add_argument("--directory", type=Path, help="where to put the data, removed afterwards; default: a new one")
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="swell-bulk-", dir=asked.directory) as directory:
        report = measure(Path(directory), asked.rows, asked.dimension, asked.format)
    sys.stdout.write(orjson.dumps(asdict(report), option=orjson.OPT_INDENT_2).decode() + "\n")


if __name__ == "__main__":
    main()
