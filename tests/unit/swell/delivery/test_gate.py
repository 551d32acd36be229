"""The gate of a delivery: what passes, what fails, what proves nothing."""

import pytest

from swell.delivery.gate import GateRules, Health, Outcome, judge, wilson_lower

STABLE = Health(10_000, 20, 40.0)


@pytest.mark.parametrize(
    ("candidate", "outcome"),
    [
        (Health(1000, 2, 45.0), Outcome.PASS),
        (Health(1000, 2, None), Outcome.PASS),
        (Health(1000, 2, 61.0), Outcome.FAIL),
        (Health(1000, 40, 40.0), Outcome.FAIL),
        (Health(199, 0, 40.0), Outcome.UNPROVEN),
        (Health(0, 0), Outcome.UNPROVEN),
        (Health(20, 20, 40.0), Outcome.FAIL),
        (Health(20, 1, 40.0), Outcome.UNPROVEN),
    ],
    ids=["as good", "latency unknown", "slow", "errors", "few", "none", "few and all bad", "few and one bad"],
)
def test_a_candidate_is_held_against_what_is_in_place(candidate: Health, outcome: Outcome) -> None:
    """Few requests can condemn and cannot acquit."""
    assert outcome is judge(candidate, STABLE).outcome


def test_what_nobody_notices_is_no_failure() -> None:
    """Three times as slow is all right below the time that counts as quick."""
    assert Outcome.PASS is judge(Health(1000, 0, 30.0), Health(1000, 0, 10.0)).outcome
    assert Outcome.FAIL is judge(Health(1000, 0, 30.0), Health(1000, 0, 10.0), GateRules(quick_ms=20.0)).outcome


def test_a_bad_revision_in_place_excuses_one_as_bad() -> None:
    """An outage of a dependency is not the candidate's."""
    assert Outcome.PASS is judge(Health(1000, 90, 40.0), Health(9000, 900, 40.0)).outcome


def test_the_interval_is_wilsons() -> None:
    """Against values worked out by hand: 5 of 100 with z = 1.645."""
    assert 0.0246 == pytest.approx(wilson_lower(5, 100), abs=0.0001)
    assert 0.0 == wilson_lower(0, 50)
    assert 0.0 == wilson_lower(0, 0)
