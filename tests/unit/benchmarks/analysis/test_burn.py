"""How fast a run spends its error budget."""

from dataclasses import replace

import pytest

from benchmarks.analysis.burn import BurnRate, error_budgets
from benchmarks.rehearsal.result import Objective, Run
from benchmarks.reports.markdown import to_markdown
from benchmarks.reports.report import report_on
from tests.builders.rehearsals import small_run


def failing(errors: list[float], asked: float = 100.0) -> Run:
    """Steps of a minute, of which so many requests a second fail; one in a thousand may."""
    run = small_run([asked] * len(errors), errors_rps=tuple(errors))
    return replace(run, objectives=(Objective("error_share", 0.001, "at_most", 0.0, met=True),))


def rates(run: Run) -> list[BurnRate]:
    """Of the only objective."""
    (budget,) = error_budgets(run)
    return list(budget.burn_rates)


def test_an_outage_of_an_hour_alerts() -> None:
    """2 % fail for an hour: 20 times what may; the pair of six hours fits into the day, too, that of three days not."""
    found = rates(failing([0.0] * 600 + [2.0] * 60 + [0.0] * 780))

    assert [14.4, 6.0, 3.0] == [one.threshold for one in found]
    assert pytest.approx(20.0) == found[0].rate
    assert ("yes", 660 * 60) == (found[0].alert, found[0].at_s)
    assert not found[0].scaled


def test_a_short_spike_is_no_alert() -> None:
    """Half of the requests of one minute fail: the long window does not burn so fast."""
    assert "no" == rates(failing([0.0] * 100 + [50.0] + [0.0] * 100))[0].alert


def test_what_is_over_does_not_alert() -> None:
    """The short window ends an alert: the pair's rate is that of the slower of both."""
    steps = [0.0] * 200 + [1.4] * 50 + [0.0] * 200
    (budget,) = error_budgets(failing(steps))

    assert budget.burn_rates[0].rate == pytest.approx(1.4 * 50 / 60 / 100 / 0.001, rel=0.01)
    assert "no" == budget.burn_rates[0].alert


def test_few_requests_prove_no_burn_rate() -> None:
    """One failure of 60 is 17 times what may, or chance."""
    assert "not proven" == rates(failing([0.0] * 30 + [1 / 60] + [0.0] * 29, asked=1 / 60))[0].alert


def test_a_short_run_stands_for_the_hour() -> None:
    """Ten minutes: windows of 10 min and 50 s, in whole steps, and the report says so."""
    (one,) = rates(failing([5.0] * 10))

    assert (600.0, 60.0, True, "yes") == (one.long_s, one.short_s, one.scaled, one.alert)
    assert "the run for an hour: burn rate 50" in to_markdown(report_on(failing([5.0] * 10)))


def test_what_is_spent_is_told() -> None:
    """60 failures a minute of the 6 that may: ten times the budget; without traffic there is none."""
    (budget,) = error_budgets(failing([1.0] * 60))

    assert pytest.approx(10.0) == budget.spent
    assert () == error_budgets(failing([0.0] * 60, asked=0.0))


@pytest.mark.parametrize("at", [0, 100, 200])
def test_a_short_spike_counts_alike_wherever_it_is(at: int) -> None:
    """At the very start it is no whole window either."""
    steps = [0.0] * 201
    steps[at] = 50.0
    first = rates(failing(steps))[0]

    assert "no" == first.alert
    assert pytest.approx(500 / 60) == first.rate
