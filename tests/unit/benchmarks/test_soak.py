"""A soak finds what is wrong: each of its judges is shown something wrong."""

import os
import socket
from collections import Counter

import numpy as np
import pytest

from benchmarks.soak.findings import MUST_HAPPEN, Findings, Held, SoakReport
from benchmarks.soak.follow import Follower
from benchmarks.soak.truth import Truth, nearest
from benchmarks.soak.usage import Usage, connections_to, tree_of, usage_of

ONE, TWO = np.ones(2, np.float32), np.full(2, 2, np.float32)
QUIET = Usage(threads=5, sockets=3, files=10, anonymous_kb=100_000)


def _report(findings: Findings | None = None, after: Usage = QUIET, connections: int = 0) -> SoakReport:
    findings = findings or Findings(Counter(MUST_HAPPEN))
    return SoakReport(1, findings, [Held("front", QUIET, after, is_same=True)], connections, with_redis=True)


def test_a_run_without_findings_is_clean() -> None:
    """Nothing wrong, nothing left, nothing left out."""
    assert _report().is_clean


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (_report(after=Usage(5, 8, 10, 100_000)), "5 more sockets"),
        (_report(after=Usage(5, 3, 19, 100_000, {"a.bin": 9})), "9 more files, allowed 8 (9 a.bin)"),
        (_report(after=Usage(5, 3, 16, 100_000, {"state.db": 57})), "state.db is open 57 times, of at most 56 threads"),
        (_report(after=Usage(16, 3, 10, 100_000)), "11 more threads"),
        (_report(after=Usage(5, 3, 10, 165_000)), "65000 more memory"),
        (_report(connections=1), "1 connections of clients"),
    ],
)
def test_what_is_not_given_back_is_named(report: SoakReport, words: str) -> None:
    """Beyond what idle pools explain."""
    assert not report.is_clean
    assert words in " ".join(report.leaks)


def test_a_run_in_which_nothing_happened_shows_nothing() -> None:
    """It is not clean, and says what was left out."""
    report = _report(Findings())

    assert (False, list(MUST_HAPPEN)) == (report.is_clean, report.left_out)


def test_the_last_acknowledged_write_must_be_there() -> None:
    """Or one that was sent after it and never answered; nothing older, nothing else."""
    truth = Truth({})
    truth.begin("a", ONE)
    allowed_before = [truth.allows("a", found) for found in (None, ONE, TWO)]
    truth.committed("a", ONE)
    truth.begin("a", TWO)
    allowed_after = [truth.allows("a", found) for found in (None, ONE, TWO, ONE * 3)]
    truth.committed("a", TWO)

    assert [True, True, False] == allowed_before
    assert [False, True, True, False] == allowed_after
    assert not truth.allows("a", ONE)


@pytest.mark.parametrize(
    ("second", "wrong"),
    [("0:2/b", None), ("0:2/a", "update repeated"), ("0:0/b", "went back")],
    ids=["a new answer", "the same again", "an older one"],
)
def test_an_update_that_repeats_or_goes_back_is_found(second: str, wrong: str | None) -> None:
    """By version and digest, also across connections."""
    findings = Findings()
    follower = Follower("sse", ONE, findings)
    follower._take(["x"], "0:1/a")
    follower._take(["y"], second)

    assert ([] if wrong is None else [wrong]) == list(findings.wrong)


def test_brute_force_is_by_distance() -> None:
    """Best first."""
    assert ["b", "a"] == nearest({"a": TWO, "b": ONE, "c": ONE * 9}, ONE, 2)


def test_linux_tells_what_a_process_holds() -> None:
    """A socket more is seen, and so is who is connected."""
    before = usage_of(os.getpid())
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        connection, _ = server.accept()
        with connection:
            during = usage_of(os.getpid())
            port = server.getsockname()[1]
            connected = connections_to(port)

    assert before.sockets + 3 == during.sockets
    assert 1 == connected
    assert during.threads >= 1
    assert during.anonymous_kb > 1000
    assert {"front": os.getpid()} == tree_of(os.getpid())
