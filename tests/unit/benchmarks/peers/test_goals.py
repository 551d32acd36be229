"""What Swell has to be beside Chroma, and when a run proves it."""

import pytest

from benchmarks.peers.goals import Measure, measures
from tests.unit.benchmarks.peers.reports import comparison, system_report, visit


def line(found: list[Measure], name: str) -> Measure:
    """The measure of that name."""
    return next(one for one in found if one.name.startswith(name))


@pytest.mark.parametrize(("ours", "met"), [(3000.0, True), (2990.0, False)], ids=["three times", "just less"])
def test_three_times_the_queries_per_second_meet_the_goal(ours: float, met: bool) -> None:  # noqa: FBT001
    """The goal is on the ratio, not on a figure of one machine."""
    swell = system_report("Swell", [visit("Swell", 0, queries_per_s=ours)])
    chroma = system_report("Chroma", [visit("Chroma", 0, queries_per_s=1000.0)])

    assert line(measures(comparison(swell, chroma)), "QPS").met is met


def test_the_ratio_is_the_median_over_rounds() -> None:
    """One round that went wrong for one system does not decide."""
    swell = system_report("Swell", [visit("Swell", number, p50_ms=ms) for number, ms in enumerate((0.5, 9.0, 0.6))])
    chroma = system_report("Chroma", [visit("Chroma", number) for number in range(3)])

    p50 = line(measures(comparison(swell, chroma)), "p50 at 1 ")

    assert p50.ratio is not None
    assert (p50.ratio.median, p50.ratio.largest) == (0.6, 9.0)
    assert p50.met is True


def test_a_run_that_the_generator_limited_proves_nothing() -> None:
    """Figures under load are marked, and meet no goal; the others stand."""
    swell = system_report(
        "Swell", [visit("Swell", 0, queries_per_s=9000.0, invalid="the generator took 99% of a core")]
    )
    chroma = system_report("Chroma", [visit("Chroma", 0)])

    found = measures(comparison(swell, chroma))

    assert line(found, "QPS").met is None
    assert line(found, "QPS").invalid is not None
    assert line(found, "p50 at 1 ").met is True


@pytest.mark.parametrize(
    ("ours_s", "theirs_s", "met"),
    [([0.4], [0.8], True), ([0.6], [0.8], False), ([0.4], [0.3], False)],
    ids=["both", "too long", "slower than the peer"],
)
def test_a_cold_start_has_to_be_quick_and_no_slower(ours_s: list[float], theirs_s: list[float], met: bool) -> None:  # noqa: FBT001
    """Two conditions, both needed."""
    swell = system_report("Swell", [visit("Swell", 0)], cold_starts_s=ours_s)
    chroma = system_report("Chroma", [visit("Chroma", 0)], cold_starts_s=theirs_s)

    assert line(measures(comparison(swell, chroma)), "cold").met is met


def test_recall_is_that_of_the_timed_answers() -> None:
    """Being tuned to a recall is not having it under load."""
    swell = system_report("Swell", [visit("Swell", 0, recall=0.97), visit("Swell", 1, recall=0.98)])
    chroma = system_report("Chroma", [visit("Chroma", 0), visit("Chroma", 1)])

    recall = line(measures(comparison(swell, chroma)), "recall")

    assert recall.ours == pytest.approx(0.975)
    assert recall.met is False


def test_what_the_platform_cannot_tell_is_left_open() -> None:
    """Memory is unknown where there is no /proc: no ratio, and no goal met or missed."""
    swell = system_report("Swell", [visit("Swell", 0, memory=None)])
    chroma = system_report("Chroma", [visit("Chroma", 0, memory=None)])

    memory = line(measures(comparison(swell, chroma)), "memory")

    assert (memory.ours, memory.ratio, memory.met) == (None, None, None)
