"""What pairs of runs prove."""

import numpy as np
import pytest

from benchmarks.analysis.paired import Finding, Measure, paired

P99 = Measure("p99, ms", "ratio", 0.05)
FAILED = Measure("failed, share", "difference", 0.001)
TRIALS = 300


def found(slower: float, trials: int = TRIALS) -> float:
    """The share of trials in which five pairs show B to be worse: the machine drifts by 2 % between pairs."""
    random = np.random.default_rng(7)
    drift = random.normal(0, 0.02, (trials, 5)).cumsum(axis=1)
    a, b = (np.exp(drift + random.normal(0, 0.01, drift.shape)) * one for one in (10.0, 10.0 * (1 + slower)))
    worse = [paired(P99, x, y).finding is Finding.WORSE for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    return float(np.mean(worse))


def test_the_same_thing_is_seldom_worse_than_itself() -> None:
    """At most 7 of 100 comparisons cry wolf; what is a tenth slower is found in nearly all."""
    assert found(0.0) <= 0.07
    assert found(0.1) >= 0.95


def test_a_small_change_is_none_however_sure() -> None:
    """1 % more in every pair is proven and does not matter."""
    assert Finding.NOT_PROVEN is paired(P99, [10.0, 20.0, 30.0], [10.1, 20.2, 30.3]).finding


def test_a_change_is_told_within_pairs() -> None:
    """The machine grows three times as slow meanwhile; B takes a fifth more in every pair."""
    one = paired(P99, [10.0, 20.0, 30.0], [12.0, 24.0, 36.0])

    assert Finding.WORSE is one.finding
    assert pytest.approx(0.2) == one.change.low


def test_more_of_what_is_good_is_better() -> None:
    """Recall that falls is worse, though the number is smaller."""
    recall = Measure("recall", "difference", 0.005, more_is_better=True)

    found = [paired(recall, [0.9] * 5, [one] * 5).finding for one in (0.88, 0.92)]
    assert [Finding.WORSE, Finding.BETTER] == found


def test_nothing_failed_is_no_difference() -> None:
    """Zero on both sides, and a single pair proves nothing."""
    assert Finding.NOT_PROVEN is paired(FAILED, [0.0] * 5, [0.0] * 5).finding
    assert Finding.NOT_PROVEN is paired(P99, [1.0], [9.0]).finding


@pytest.mark.parametrize("pairs", [5, 17, 40])
def test_the_interval_holds_the_truth_in_95_of_100(pairs: int) -> None:
    """Five hundred planted differences; beyond the table of t too."""
    random = np.random.default_rng(11)
    more = random.normal(0.5, 0.3, (500, pairs)).tolist()
    found = [paired(FAILED, [0.0] * pairs, one).change for one in more]

    assert 0.93 <= float(np.mean([one.low <= 0.5 <= one.high for one in found])) <= 0.98


@pytest.mark.parametrize("strange", [float("nan"), float("inf"), -1.0])
def test_what_is_not_known_proves_nothing(strange: float) -> None:
    """A run that answered nobody has no p99: no finding, and no traceback."""
    assert Finding.NOT_PROVEN is paired(P99, [1.0] * 5, [9.0, 9.0, strange, 9.0, 9.0]).finding


def test_no_pair_is_refused() -> None:
    """By the name of the measure."""
    with pytest.raises(ValueError, match="p99, ms: got no pair"):
        paired(P99, [], [])
