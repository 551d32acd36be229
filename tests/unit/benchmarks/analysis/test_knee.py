"""Where more callers no longer help."""

import numpy as np
import pytest

from benchmarks.analysis.knee import Law, Point, fit, knee_of, means

CALLERS = (1, 2, 4, 8, 16, 32, 64)


def rounds(law: Law, noise: float = 0.0, seed: int = 3) -> list[list[Point]]:
    """Five rounds of a server that obeys the law."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(5):
        rates = [law.per_s(count) * float(np.exp(random.normal(0, noise))) for count in CALLERS]
        made.append([Point(count, rate, count / rate * 1000) for count, rate in zip(CALLERS, rates, strict=True)])
    return made


@pytest.mark.parametrize("law", [Law(500, 0.05, 0.001), Law(500, 0.3, 0.0), Law(500, 0.0, 0.0), Law(500, 0.0, 0.002)])
def test_a_law_is_found_again(law: Law) -> None:
    """What made the points comes out of them, also where a loss is 0."""
    found = fit(rounds(law)[0])

    assert (found.rate, found.contention, found.coherency) == pytest.approx(
        (law.rate, law.contention, law.coherency), abs=1e-9
    )


def test_the_interval_holds_the_knee() -> None:
    """Of points that are off by 3 %: in nearly all of 40 sweeps; the peak, near 31 callers, is shown."""
    law = Law(500, 0.05, 0.001)
    found = [knee_of(rounds(law, noise=0.03, seed=seed)) for seed in range(40)]

    assert all(one.shown for one in found)
    assert sum(one.callers.low <= law.knee <= one.callers.high for one in found) >= 35
    assert max(one.callers.high - one.callers.low for one in found) < 10


@pytest.mark.parametrize(("law", "why"), [(Law(500, 0.3, 0.0), "beyond"), (Law(500, 0.01, 0.0001), "beyond")])
def test_a_knee_that_was_not_reached_is_not_shown(law: Law, why: str) -> None:
    """A server that only flattens has none; one at 99 callers is not known from 64."""
    found = knee_of(rounds(law))

    assert not found.shown
    assert why in found.why


def test_figures_that_break_littles_law_show_nothing() -> None:
    """8 callers cannot have 16 requests under way."""
    wrong = [
        [Point(one.callers, one.per_s, one.mean_ms * (2 if one.callers == 8 else 1)) for one in each]
        for each in rounds(Law(500, 0.05, 0.001))
    ]

    found = knee_of(wrong)
    assert (False, "Little's law does not hold at 8 callers") == (found.shown, found.why)


def test_times_are_weighted_by_who_had_them() -> None:
    """A mean over rounds is that of all answers."""
    (point,) = means([[Point(2, 100.0, 20.0)], [Point(2, 300.0, 4.0)]])

    assert Point(2, 200.0, 8.0) == point


def test_three_points_have_no_knee() -> None:
    """Three unknowns go through any three."""
    with pytest.raises(ValueError, match="at least 4"):
        fit([Point(count, 10.0 * count, 100.0) for count in (1, 2, 3)])


def test_who_is_refused_is_left_out() -> None:
    """A server that sheds load from 32 callers on obeys the law before; too few numbers are no sweep."""
    shed = [
        [Point(one.callers, one.per_s / 4, one.mean_ms, 0.5) if one.callers >= 32 else one for one in each]
        for each in rounds(Law(500, 0.1, 0.02))
    ]

    found = knee_of(shed)
    assert found.law.coherency == pytest.approx(0.02)
    assert found.shown
    assert "of 32, 64 callers some were refused" in found.why
    assert found.per_s(32) is None
    assert found.per_s(16) == pytest.approx(found.law.per_s(16))
    with pytest.raises(ValueError, match="at least 4"):
        knee_of([[Point(count, 10.0, 5.0, 0.5) for count in CALLERS]])


def test_a_rate_that_only_flattens_has_no_knee() -> None:
    """Ten callers use it up, more change nothing: chance alone says which of them got the most."""
    shown = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        flat = [[min(100.0 * n, 1000.0) * float(np.exp(random.normal(0, 0.03))) for n in CALLERS] for _ in range(5)]
        shown += knee_of(
            [[Point(n, rate, n / rate * 1000) for n, rate in zip(CALLERS, one, strict=True)] for one in flat]
        ).shown

    assert shown <= 4


@pytest.mark.parametrize("rate", [0.0, float("nan"), -1.0])
def test_who_got_nothing_is_left_out(rate: float) -> None:
    """As who is refused: no division by it."""
    each = [Point(n, rate if n == CALLERS[2] else 10.0 * n, 100.0) for n in CALLERS]

    assert (CALLERS[2],) == knee_of([each] * 3).left_out
