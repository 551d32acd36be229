"""A watch of the client over the death of its server."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.topology.loading import TOPOLOGY_FILE
from swell.client import Swell
from swell.local.server import free_port


@contextmanager
def _server(data_dir: Path, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.e2e.serve_embedded", str(data_dir), str(port)]
    with subprocess.Popen(command, cwd=TOPOLOGY_FILE.parent, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("http://"), "the server did not start"
            yield
        finally:
            process.send_signal(signal.SIGKILL)


def test_a_watch_outlives_kill_9_and_hears_what_was_committed_after(tmp_path: Path) -> None:
    """Nothing is lost, and what was known before is not told again."""
    port = free_port()
    with Swell(f"http://127.0.0.1:{port}") as swell:
        words = swell.collection("words")
        answers = words.watch([0.0, 0.0], top_k=2)
        with _server(tmp_path, port):
            swell.collections.create("words", dimension=2, metric="euclidean")
            words.upsert(["a"], [[1.0, 0.0]], wait="committed")
            heard = [next(answers)]
        with _server(tmp_path, port):
            words.upsert(["b"], [[0.5, 0.0]], wait="committed")
            heard.append(next(answers))

    assert [["a"], ["b", "a"]] == [answer.ids for answer in heard]
