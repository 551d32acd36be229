"""`swell bench quick`, `swell rehearse live` and `swell bench compare` end with the code of what they found."""

from dataclasses import replace

import pytest
import typer

from benchmarks.analysis.paired import Measure, paired
from benchmarks.live.in_turns import Compared
from benchmarks.live.play import LiveResult
from benchmarks.live.sides import parse_side
from benchmarks.load.open_loop import INTERRUPTED, Sent
from benchmarks.rehearsal.result import Objective, Run
from swell.cli.rehearse_live import end
from tests.builders.rehearsals import small_run

QUIET = Sent(cpu_share=0.1, wake_p99_ms=0.1)
INVALID = "the load generator used 99% of a core: it was the bottleneck"


def promising(limit_ms: float, invalid: str = "") -> Run:
    """A live run that answers in 10 ms, which is promised or not."""
    run = replace(small_run(), objectives=(Objective("p99_ms", limit_ms, "at_most", 10.0, met=None),))
    return replace(run, meta=replace(run.meta, simulated=False, invalid=invalid))


@pytest.mark.parametrize(
    ("run", "sent", "code"),
    [
        pytest.param(promising(50.0), QUIET, 0, id="kept"),
        pytest.param(promising(5.0), QUIET, 99, id="broken"),
        pytest.param(small_run([0.1] * 9), QUIET, 98, id="few"),
        pytest.param(small_run([0.0] * 9), QUIET, 97, id="idle"),
        pytest.param(promising(5.0, INVALID), QUIET, 97, id="generator busy"),
        pytest.param(promising(50.0), replace(QUIET, ended_early=INTERRUPTED), 130, id="Ctrl-C"),
    ],
)
def test_a_live_run_ends_as_its_verdict_says(run: Run, sent: Sent, code: int) -> None:
    """Nothing that is invalid is kept or broken; Ctrl-C is no verdict."""
    with pytest.raises(typer.Exit) as ended:
        end(LiveResult(run, sent, 100.0, {}))

    assert code == ended.value.exit_code


@pytest.mark.parametrize(
    ("slower", "invalid", "code"),
    [(1.0, None, 0), (1.2, None, 96), (0.8, None, 0), (1.2, INVALID, 97)],
    ids=["as fast", "slower", "faster", "invalid"],
)
def test_a_comparison_ends_as_what_it_proves(slower: float, invalid: str | None, code: int) -> None:
    """Worse in one measure is a regression; not proven is none, and nor is what the generator limited."""
    before = [10.0, 10.1, 9.9, 10.05, 9.95]
    found = paired(Measure("p99, ms", "ratio", 0.05), before, [one * slower for one in before[::-1]])

    compared = Compared(parse_side("."), parse_side("."), 100.0, 5, (found,), invalid)

    assert code == compared.exit_code
