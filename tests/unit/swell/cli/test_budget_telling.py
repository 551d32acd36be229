"""What `swell budget` says, in the states that a budget goes through."""

import re
from typing import Any

import pytest

from swell.cli.budget_telling import print_budget

WINDOW = {"limit": 20.0, "booked": 1.0, "likely": 2.0, "counted": 4.0, "projected": 3.0, "used": 0.1, "ends_at": "x"}
STANDING: dict[str, Any] = {
    "level": {"label": "normal", "reason": "within_budget", "window": None, "since": "2026-06-01T12:00:00+00:00"},
    "binding": "day",
    "windows": dict.fromkeys(("hour", "day", "month"), WINDOW),
    "alerts": [],
    "month_end": {"expected": 30.0, "at_most": 35.0},
    "worst_tick": 0.164435,
    "correction": 1.0,
    "billed": None,
}


def _told(capsys: pytest.CaptureFixture[str], **changes: Any) -> list[str]:
    """What is told of a budget that was just set, with changes."""
    print_budget(
        {
            "budget": {"hour": 2.0, "day": 20.0, "month": 300.0, "raises": [], "contradictions": []},
            "dollars_per_hour": 3.26,
            "serving_mode": "normal",
            "stopped": False,
            "stop": {"by": "ada", "ordered_at": "2026-06-01T12:00:00+00:00", "why": "", "stopped": False},
            "standing": None,
            **changes,
        }
    )
    return [re.sub(" +", " ", line.strip()) for line in capsys.readouterr().out.splitlines()]


def test_before_the_first_tick_there_are_limits_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is counted then, and no column says so line by line."""
    told = _told(capsys)

    assert "day $20.00" in told
    assert told[-1] == "Counting begins within a minute. Nothing is decided yet; mode normal."


def test_the_worst_of_a_minute_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """On one line, after what may be spent."""
    told = _told(capsys, standing=STANDING)

    assert "day $20.00 $1.00 $2.00 10% $4.00 $3.00" in told
    assert "May spend $3.26 an hour, as the day has it." in told
    assert "A minute costs at most $0.16: all instances that there may be, all of them busy." in told


def test_while_all_is_stopped_nothing_may_be_spent(capsys: pytest.CaptureFixture[str]) -> None:
    """It says who stopped it, and of no rate that some window would have."""
    told = _told(capsys, standing={**STANDING, "worst_tick": 0.0}, stopped=True)

    assert "No instance may run: a minute costs nothing." in told
    assert "All spending is stopped by ada since 2026-06-01 12:00." in told
    assert not [line for line in told if line.startswith("May spend")]
