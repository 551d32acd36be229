"""The load generator against servers whose answers are known; what it tells has to be right."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.load.exchange import exchange
from benchmarks.load.generator import GeneratorFailed, generate_load
from benchmarks.load.headroom import measure_capacity
from benchmarks.load.job import Task
from benchmarks.load.wire import encode_request
from benchmarks.peers.server_process import ServerProcess
from swell.local.server import free_port


@pytest.fixture
def bare_port(tmp_path: Path) -> Iterator[int]:
    """The HTTP server that all local Swells run on, with an app that answers 100 bytes."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.profiling.bare_server", str(port), "100"]
    server = ServerProcess(command, {}, port=port, health="/", log=tmp_path / "log")
    try:
        server.start()
        server.await_healthy()
        yield port
    finally:
        server.stop()


def test_every_request_is_sent_once_and_its_answer_kept(bare_port: int) -> None:
    """Once through the list, over more connections than one."""
    requests = [encode_request("POST", "/", b"x" * size, port=bare_port) for size in range(50)]

    load = generate_load(Task(bare_port, 4, seconds=None), requests)

    assert len(load.latencies_ms) == 50
    assert load.answers == dict.fromkeys(range(50), b"x" * 100)
    assert load.outcome.failures == {}


def test_a_timed_run_ends_and_its_latencies_fit_its_rate(bare_port: int) -> None:
    """Little's law: connections = rate x mean latency, within what starting and ending takes."""
    load = generate_load(Task(bare_port, 4, seconds=0.5), [encode_request("POST", "/", b"x", port=bare_port)])

    in_flight = load.per_s * float(load.latencies_ms.mean()) / 1000

    assert 2 <= in_flight <= 4.2


def test_the_capacity_of_the_generator_is_found() -> None:
    """It does more against a server that does nothing than any vector search answers."""
    capacity = measure_capacity([encode_request("POST", "/", b"x" * 3000, port=1)], 16, 0.5)

    assert capacity.per_s > 3000


def test_a_server_that_is_not_there_is_an_error() -> None:
    """No server is not a server without answers."""
    with pytest.raises(GeneratorFailed, match="Connect"):
        generate_load(Task(free_port(), 1, seconds=0.1), [b"GET / HTTP/1.1\r\n\r\n"])


def test_one_request_can_be_asked_beside_the_load(bare_port: int) -> None:
    """Status and body, over a connection of its own."""
    assert exchange(bare_port, encode_request("POST", "/", b"hello", port=bare_port)) == (200, b"x" * 100)
