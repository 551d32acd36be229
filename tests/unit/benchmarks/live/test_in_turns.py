"""What is compared, and what a visit tells."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.live.in_turns import measured, recall_kept, strayed
from benchmarks.live.sides import BadSide, Side, environment_of, parse_side
from benchmarks.load.open_loop import Offered
from benchmarks.vectors.catalog import CHECKOUT
from benchmarks.vectors.synthetic import make_clustered


def test_a_side_is_a_checkout_settings_or_a_commit() -> None:
    """Several settings have commas between them."""
    assert Side(".") == parse_side(".")
    assert {"SWELL_A": "1", "SWELL_B": "x=y"} == parse_side("SWELL_A=1,SWELL_B=x=y").settings
    head = parse_side("HEAD").commit
    assert head is not None
    assert len(head) == 40


@pytest.mark.parametrize("text", ["PATH=/tmp", "no-such-commit", "--output=x", "SWELL_A=1,B=2", ""])
def test_what_is_no_side_is_refused(text: str) -> None:
    """With what was given."""
    with pytest.raises(BadSide, match="allowed"):
        parse_side(text)


def test_a_side_may_run_already() -> None:
    """On this machine alone."""
    assert (8080, 9090) == (parse_side("http://127.0.0.1:8080").port, parse_side("http://localhost:9090/").port)
    for text in ("http://example.com:80", "https://127.0.0.1:1", "http://127.0.0.1", "http://127.0.0.1:70000"):
        with pytest.raises(BadSide, match="allowed: http://127"):
            parse_side(text)


def test_a_commit_runs_its_own_code(tmp_path: Path) -> None:
    """Modules come from the commit that was laid out, though the program is started in this checkout."""
    environment = environment_of(parse_side("HEAD"), tmp_path / "source")
    program = [sys.executable, "-c", "import shared.domain.tier as one; print(one.__file__)"]

    found = subprocess.run(
        program, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=60
    )

    assert found.stdout.strip() == str(tmp_path / "source" / "shared" / "domain" / "tier.py")


def test_a_visit_counts_what_was_answered() -> None:
    """Times are those of good answers; a visit in which all failed has none."""
    times = np.arange(1.0, 101.0)
    half = Offered(times, times, np.array([200, 500] * 50), times)
    none = Offered(times, times, np.full(100, 500), times)

    assert (0.5, 50.0) == (measured({"one": half})["failed, share"], measured({"one": half})["p50, ms"])
    assert {"failed, share": 1.0} == measured({"one": none})


def test_recall_beyond_the_one_asked_for_is_no_difference() -> None:
    """Two equal servers may have built different indexes; a recall that breaks the promise is a difference."""
    assert recall_kept(1.0) == recall_kept(0.951) > recall_kept(0.93) == 0.93


def test_queries_of_a_visit_are_all_different() -> None:
    """And other ones in the next pair, the same for both sides: a server that keeps answers has none of them."""
    vectors = make_clustered(200, 20, 8)

    seen = [strayed(vectors, pair, 300) for pair in (0, 0, 1)]

    assert len(np.unique(np.vstack(seen), axis=0)) == 600
    assert np.array_equal(seen[0], seen[1])
