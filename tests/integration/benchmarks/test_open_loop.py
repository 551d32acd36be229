"""The open loop tells the truth about a server that stops: golden, against what the server itself noted."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from benchmarks.load.generator import CHECKOUT
from benchmarks.load.headroom import await_listener
from benchmarks.load.open_loop import LATE_MS, Sent, Stream, evenly, offer
from benchmarks.load.wire import encode_request
from swell.local.processes import child_process
from swell.local.server import free_port
from tests.integration.benchmarks import freezing_server

PER_S, SECONDS = 200.0, 3.0


@dataclass(frozen=True)
class Frozen:
    """A server, and its notes of when it was frozen."""

    port: int
    notes: Path


@pytest.fixture
def frozen(tmp_path: Path) -> Iterator[Frozen]:
    """It runs."""
    port, notes = free_port(), tmp_path / "notes"
    command = [sys.executable, "-m", freezing_server.__name__, str(port), str(notes)]
    with child_process(command, {}, log=tmp_path / "log", directory=CHECKOUT):
        await_listener(port)
        yield Frozen(port, notes)


def test_the_time_in_which_a_server_stands_still_is_in_the_percentiles(frozen: Frozen) -> None:
    """What was due meanwhile counts from when it was due: p99 is within 5 % of the truth.

    A closed loop would send nothing meanwhile, and report a p99 of under a millisecond.
    """
    request = encode_request("POST", "/", b"{}", port=frozen.port)
    before_s = time.perf_counter()
    seen, sent = offer(frozen.port, [Stream("all", request, evenly(PER_S, SECONDS))], connections=64, processes=2)
    offered = seen["all"]

    frozen_ms = [
        (float(end) - float(begin)) * 1000
        for begin, end in (line.split() for line in frozen.notes.read_text().splitlines())
        if float(begin) > before_s
    ]
    longest_ms, every_ms = float(np.median(frozen_ms)), freezing_server.EVERY_S * 1000
    truth_ms = longest_ms - 0.01 * every_ms  # due times are even: one in a hundred waits longer than this
    assert round(PER_S * SECONDS) == len(offered.due_s) == int(offered.good.sum())
    if sent.invalid is None:  # else the machine was too busy for any generator, and it says so
        assert float(np.percentile(offered.latency_ms, 99)) == pytest.approx(truth_ms, rel=0.05, abs=2 * LATE_MS)
    assert float(np.percentile(offered.latency_ms, 50)) < truth_ms / 2


def test_a_generator_that_is_the_bottleneck_says_so() -> None:
    """A busy core, or requests that it sent late itself."""
    assert Sent(0.5, 1.0).invalid is None
    assert "bottleneck" in str(Sent(0.95, 1.0).invalid)
    assert "late by the load generator itself" in str(Sent(0.5, 50.0).invalid)
