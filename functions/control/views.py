"""What control answers with."""

from typing import Any

from shared.domain.calendar import CalendarEvent, Occurrence
from shared.domain.scaling_plan import ScalingPlan


def event_view(event: CalendarEvent) -> dict[str, Any]:
    """An event in the form that `PUT` takes, with its id and revision."""
    peak, repeated = event.peak_after_start, event.recurrence
    return {
        "id": event.event_id,
        "name": event.name,
        "kind": event.kind.value,
        "starts_at_local": event.starts_at_local.isoformat(),
        "time_zone": event.time_zone,
        "duration_min": event.duration.total_seconds() / 60,
        "regions": dict(event.region_weights),
        "stage": event.stage,
        "peak_after_start_min": None if peak is None else peak.total_seconds() / 60,
        "audience": event.audience,
        "requests_per_viewer": event.requests_per_viewer,
        "expected_multiple": event.expected_multiple,
        "recurrence": None
        if repeated is None
        else {
            "frequency": repeated.frequency.value,
            "interval": repeated.interval,
            "count": repeated.count,
            "until_local": None if repeated.until_local is None else repeated.until_local.isoformat(),
        },
        "revision": event.revision,
    }


def occurrence_view(occurrence: Occurrence) -> dict[str, Any]:
    """An event at one of its times."""
    peaks_at = occurrence.peaks_at
    return {
        **event_view(occurrence.event),
        "starts_at": occurrence.starts_at.isoformat(),
        "ends_at": occurrence.ends_at.isoformat(),
        "peaks_at": None if peaks_at is None else peaks_at.isoformat(),
    }


def plan_view(plan: ScalingPlan) -> dict[str, Any]:
    """A plan: the steps of every region that has any."""
    return {
        "revision": plan.revision,
        "made_at": plan.made_at.isoformat(),
        "until": plan.until.isoformat(),
        "regions": {
            region: [
                {"starts_at": step.starts_at.isoformat(), "instances": step.instances, "reason": step.reason.value}
                for step in steps
            ]
            for region, steps in sorted(plan.steps.items())
        },
    }
