"""Bursts and the alarms that foretell them."""

import numpy as np
import pytest

from functions.burst_prediction.alarms import alarm_raised
from functions.burst_prediction.arrays import Floats
from functions.burst_prediction.bursts import (
    burst_bins,
    episodes,
    onset_coverage,
    score_alarms,
    week_means,
)


def load_with(*bursts: tuple[int, int]) -> Floats:
    """Three days of 100 requests a bin, 300 in the given stretches."""
    requests = np.full(864, 100.0)
    for first, last in bursts:
        requests[first:last] = 300.0
    return requests


def test_a_burst_begins_with_its_first_bin() -> None:
    """Twice the hour before, for two bins or more, is a burst; one bin is not."""
    assert burst_bins(load_with((300, 310), (500, 501)), 5) == [300]


def test_a_second_rise_within_two_hours_is_the_same_burst() -> None:
    """A pause does not make two of one; after two calm hours there is a new one."""
    requests = load_with((300, 304), (322, 326), (400, 404))

    assert burst_bins(requests, 5) == [300, 400]
    assert [burst_bins(requests, 5, since) for since in (300, 301, 400, 401)] == [[300, 400], [400], [400], []]


def test_growth_far_below_the_usual_load_is_no_burst() -> None:
    """Load that comes back from a dip to its mean is not a crowd."""
    requests = load_with()
    requests[300:400] = 50.0

    assert burst_bins(requests, 5) == []
    assert burst_bins(requests[:5], 5) == []


def test_the_mean_of_the_week_leaves_out_the_bin_itself() -> None:
    """Each bin is compared with those before it."""
    assert week_means(np.array([4.0, 8.0, 100.0]), 5).tolist() == [4, 4, 6]
    assert week_means(np.array([4.0, 8.0, 100.0]), 5, since=2).tolist() == [6]


def test_episodes_are_told_apart_by_calm() -> None:
    """Bins within the calm belong together, however long they go on."""
    assert episodes([1, 3, 5, 9, 10], 2) == [1, 9]


def test_an_onset_is_covered_with_85_percent_of_its_first_quarter_of_an_hour() -> None:
    """Providing more than comes in one bin does not make up for another."""
    requests = load_with((300, 310))

    covered = [onset_coverage(requests, np.full(864, level), [300], 5) for level in (250.0, 260.0, 1000.0)]

    assert covered == [0, 1, 1]
    assert np.isnan(onset_coverage(requests, requests, [], 5))


def test_alarms_are_matched_with_bursts_within_the_hour() -> None:
    """One alarm 20 minutes ahead, one in vain, one burst without."""
    score = score_alarms([295, 500], [300, 700], 5)

    assert (score.recall, score.precision, score.median_lead_min) == (0.5, 0.5, 20)


def test_an_alarm_after_the_first_bin_of_a_burst_counts_unless_more_is_asked() -> None:
    """A burst is one by its second bin; asked for alarms before the first bin, a later one is none."""
    assert score_alarms([300], [300], 5).recall == 1
    assert score_alarms([300], [300], 5).median_lead_min == -5
    assert score_alarms([300], [300], 5, before_first_bin=True).recall == 0


def test_without_bursts_or_alarms_there_is_no_score() -> None:
    """Nothing to foretell is neither good nor bad."""
    score = score_alarms([], [], 5)

    assert np.isnan([score.recall, score.precision, score.median_lead_min]).all()


@pytest.mark.parametrize(
    ("ahead", "raised"),
    [
        pytest.param([100.0, 100, 100], False, id="calm"),
        pytest.param([100.0, 300, 300], True, id="two bins of a burst ahead"),
        pytest.param([100.0, 100, 300], False, id="one bin only"),
    ],
)
def test_an_alarm_is_a_burst_in_the_forecast(ahead: list[float], raised: bool) -> None:  # noqa: FBT001
    """What counts as a burst afterwards is what is warned of."""
    assert alarm_raised(np.full((1, 13), 100.0), np.array([ahead]), np.array([100.0])).tolist() == [raised]


def test_a_burst_that_has_just_begun_is_warned_of() -> None:
    """The last measured bin may be the first of a burst that the forecast continues."""
    last_hour = np.array([[*[100.0] * 12, 300.0]])

    assert alarm_raised(last_hour, np.array([[280.0, 100, 100]]), np.array([100.0])).tolist() == [True]
