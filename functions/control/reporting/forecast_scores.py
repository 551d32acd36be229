"""Scores of the bins of one day, by the definitions of docs/crowds.md: accuracy is 1 - WAPE at a lead of 15 minutes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from functions.control.reporting.report_day import ReportDay

_LEAD_MIN: Final = 15

Bin = Mapping[str, float | None]


def day_scores(log: Sequence[Bin], day: ReportDay) -> dict[str, Any] | None:
    """Of the bins that begin on the day and of which everything is known; None where there are none."""
    scored = [one for one in log if _is_known(one) and day.holds(_starts_at(one))]
    if not scored:
        return None
    requests = sum(_value(one, "actual") for one in scored)
    errors = {
        name: sum(abs(_value(one, "actual") - _value(one, name)) for one in scored) for name in ("model", "persistence")
    }
    return {
        "bins": len(scored),
        "accuracy": 1 - errors["model"] / requests if requests else None,
        "skill": 1 - errors["model"] / errors["persistence"] if errors["persistence"] else None,
        "coverage_p95": sum(_value(one, "actual") <= _value(one, "p95") for one in scored) / len(scored),
    }


def _is_known(one: Bin) -> bool:
    return all(one[name] is not None for name in ("actual", "model", "persistence", "p95"))


def _starts_at(one: Bin) -> datetime:
    return datetime.fromtimestamp((_value(one, "made_at_min") + _LEAD_MIN) * 60, UTC)


def _value(one: Bin, name: str) -> float:
    value = one[name]
    assert value is not None  # noqa: S101 - only known bins come here
    return value
