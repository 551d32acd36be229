"""The open loop tells the truth about a server that stops: golden, against what the server itself noted."""

import selectors
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.load.comings import Comings
from benchmarks.load.connection import Pool
from benchmarks.load.generator import CHECKOUT, GeneratorFailed
from benchmarks.load.headroom import await_listener
from benchmarks.load.histograms import percentile_ms
from benchmarks.load.open_loop import INTERRUPTED, Sent, Stream, evenly, offer
from benchmarks.load.protocols.http1 import Http1
from benchmarks.load.watch import StopRule
from benchmarks.load.wire import encode_request
from swell.local.processes import child_process
from swell.local.server import LOOPBACK, free_port
from tests.integration.benchmarks import freezing_server

PER_S, SECONDS = 150.0, 3.6


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
    """What was due meanwhile counts from when it was due: p99 is within 5 % of the truth, also of what is streamed.

    A closed loop would send nothing meanwhile, and report a p99 of under a millisecond.
    """
    whole = encode_request("POST", "/", b"{}", port=frozen.port)
    events = encode_request("POST", "/stream", b"{}", port=frozen.port)
    streams = [
        Stream("whole", whole, evenly(PER_S, SECONDS)),
        Stream("events", events, evenly(PER_S, SECONDS), protocol="sse"),
    ]

    seen, sent = offer(frozen.port, streams, connections=64, processes=2)

    freezes = [tuple(map(float, line.split())) for line in frozen.notes.read_text().splitlines()]
    for name, offered in seen.items():
        assert round(PER_S * SECONDS) == len(offered.due_s) == int(offered.good.sum())
        p99_ms = float(np.percentile(offered.latency_ms, 99))
        assert percentile_ms(sent.histograms[name], 99) == pytest.approx(p99_ms, rel=0.02)  # of both processes
        waited_ms = should_have_waited_ms(sent.began_s + offered.due_s, freezes)
        if sent.invalid is None:  # else the machine was too busy for any generator, and it says so
            assert p99_ms == pytest.approx(float(np.percentile(waited_ms, 99)), rel=0.05)
        assert float(np.percentile(offered.latency_ms, 25)) < p99_ms / 2  # what is due while it goes on
    assert seen["events"].first_ms is not None
    assert bool((seen["events"].first_ms <= seen["events"].latency_ms).all())


def should_have_waited_ms(due_s: NDArray[np.float64], freezes: Sequence[tuple[float, ...]]) -> NDArray[np.float64]:
    """By the server's own notes: what is due while it stands still waits until it goes on, anything else not at all."""
    waited_s = np.zeros(len(due_s))
    for begin_s, end_s in freezes:
        waited_s = np.where((due_s >= begin_s) & (due_s < end_s), end_s - due_s, waited_s)
    return waited_s * 1000


def test_a_run_that_only_hurts_is_ended_and_told_as_far_as_it_came(frozen: Frozen) -> None:
    """The rule of abortion stops all processes; what was due until then is there, and nothing else."""
    request = encode_request("POST", "/broken", b"{}", port=frozen.port)

    seen, sent = offer(
        frozen.port, [Stream("all", request, evenly(PER_S, 60.0))], connections=8, processes=2, stop=StopRule(0.5, 0.3)
    )

    assert sent.ended_early is not None
    assert "allowed: under 50%" in sent.ended_early
    assert sent.seconds < 30
    assert 0 < len(seen["all"].due_s) < PER_S * 30
    assert set(seen["all"].status.tolist()) == {500}


def test_an_interrupted_run_tells_what_it_has_seen(frozen: Frozen) -> None:
    """Ctrl-C is no crash: the processes end in order, and their answers are put together."""
    request = encode_request("POST", "/", b"{}", port=frozen.port)

    seen, sent = offer(frozen.port, [Stream("all", request, evenly(PER_S, 60.0))], connections=8, stop=CtrlC(0.5, 0.3))

    assert sent.ended_early == INTERRUPTED
    assert 0 < int(seen["all"].good.sum()) == len(seen["all"].due_s) < PER_S * 30


def test_a_user_asks_again_once_the_answer_is_there_and_the_user_has_thought(frozen: Frozen) -> None:
    """However long that took: nobody has two requests under way. A lost connection is back when it is to be."""
    asks_s = {who: who * 0.02 + np.arange(6) * 0.2 for who in range(8)}
    asks_s[3] = np.concatenate([asks_s[3][asks_s[3] < 0.5], [0.75], asks_s[3][asks_s[3] > 0.5] + 0.25])
    user = np.repeat(np.arange(8), [len(each) for each in asks_s.values()])
    due_s = np.concatenate(list(asks_s.values()))
    order = np.argsort(due_s, kind="stable")
    leaves_s = np.array([each[-1] + 0.2 for each in asks_s.values()])
    comings = Comings(
        np.array([each[0] for each in asks_s.values()]),
        leaves_s,
        np.array([3]),
        np.array([0.5]),
        np.array([0.75]),
        60.0,
    )
    request = encode_request("POST", "/", b"{}", port=frozen.port)

    seen, _ = offer(
        frozen.port, [Stream("all", request, due_s[order], user=user[order])], connections=1, comings=comings
    )

    asked, who = seen["all"], user[order]
    assert len(asked.due_s) == len(due_s)
    answered_s = asked.due_s + asked.latency_ms / 1000
    for one in range(8):
        due, until, meant = asked.due_s[who == one], answered_s[who == one], due_s[order][who == one]
        if one == 3:
            assert 0.75 in due.tolist()
        else:
            assert due[1:] - until[:-1] == pytest.approx(np.diff(meant))
    assert int((asked.status != 200).sum()) <= 1  # what was under way when the connection was lost


class CtrlC(StopRule):
    """Somebody presses it when the rule is asked first."""

    def broken(self, before: tuple[int, int], now: tuple[int, int]) -> str | None:
        """Once something was answered."""
        if now[0]:
            raise KeyboardInterrupt
        return super().broken(before, now)


def test_nobody_there_is_told() -> None:
    """A generator that cannot begin says why."""
    port = free_port()
    request = encode_request("POST", "/", b"{}", port=port)

    with pytest.raises(GeneratorFailed, match="Connection"):
        offer(port, [Stream("all", request, evenly(PER_S, 1.0))], connections=2)


def test_no_load_is_sent_to_another_machine() -> None:
    """It is refused by name before anything starts."""
    request = encode_request("POST", "/", b"{}", port=80).replace(b"127.0.0.1", b"example.com")

    with pytest.raises(GeneratorFailed, match=r"got 'example\.com:80', allowed: 127\.0\.0\.1"):
        offer(80, [Stream("all", request, evenly(PER_S, 1.0))], connections=2)


def test_a_generator_that_is_the_bottleneck_says_so() -> None:
    """A busy core, or requests that it sent late itself."""
    assert Sent(0.5, 1.0).invalid is None
    assert "bottleneck" in str(Sent(0.95, 1.0).invalid)
    assert "late by the load generator itself" in str(Sent(0.5, 50.0).invalid)


def test_what_is_said_over_a_connection_that_was_closed_goes_nowhere() -> None:
    """Also where the kernel had not taken all: what is due is sent together, and a user may have left by then."""
    with socket.create_server((LOOPBACK, 0)) as server, selectors.DefaultSelector() as selector:
        pool = Pool(server.getsockname()[1], 1, Http1, multiplexed=False)
        pool.open(selector)
        connection = pool.take()
        assert connection is not None
        connection.send(b"x" * 50_000_000)

        connection.close()

        connection.send(b"x")
        assert not selector.get_map()
