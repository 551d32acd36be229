"""What limits a run cites numbers that follow from one another."""

from benchmarks.analysis.bottleneck import bottleneck
from tests.builders.rehearsals import small_run


def test_littles_law_takes_the_mean() -> None:
    """A slow tenth is under way for most of the time, which the median does not know."""
    run = small_run((100.0, 200.0, 50.0), mean_ms=(60.0, 55.0, None))

    (told,) = bottleneck(run)

    assert told.startswith("Little's law: 11 requests that were answered were under way at once at minute 1")
    assert "200 a second for a mean of 55 ms" in told


def test_nothing_is_told_of_a_mean_that_is_not_known() -> None:
    """Records of before had medians alone."""
    assert bottleneck(small_run()) == ()
