"""What is expected of crowds, and what is done about it."""

from datetime import timedelta
from typing import ClassVar

from pydantic import AwareDatetime, Field

from shared.events.event import Event, EventPart, Tick


class CalendarChangedV1(Event):
    """The event calendar is at `revision`; state, not a delta: whoever takes it reads the calendar."""

    type: ClassVar[str] = "dev.swell.crowds.calendar_changed.v1"
    topic: ClassVar[str] = "crowd-forecasts"
    source: ClassVar[str] = "//swell.dev/functions/control"

    revision: int
    """The calendar's revision; it only grows."""


class ForecastDueV1(Tick):
    """It is time to take in the load of the last minutes, forecast every region, and plan."""

    type: ClassVar[str] = "dev.swell.crowds.forecast_due.v1"
    topic: ClassVar[str] = "crowd-forecasts"
    source: ClassVar[str] = "//swell.dev/schedules/forecast"


class PlanChangedV1(Event):
    """The scaling plan is at `revision`; state, not a delta: whoever takes it reads the plan."""

    type: ClassVar[str] = "dev.swell.crowds.plan_changed.v1"
    topic: ClassVar[str] = "scaling-plans"
    source: ClassVar[str] = "//swell.dev/functions/burst_prediction"

    revision: int
    """The plan's revision; it only grows."""


class PrewarmFloor(EventPart):
    """Instances that a region shall keep at least."""

    region: str
    """The region."""
    instances: int = Field(ge=0)
    """At least so many."""


class PlanStepDueV1(Event):
    """A step of the plan begins now, says a job that was made for it.

    Floors are what the plan said when the job was made. A plan of a later revision is the one that is followed.
    """

    type: ClassVar[str] = "dev.swell.crowds.plan_step_due.v1"
    topic: ClassVar[str] = "scaling-plans"
    source: ClassVar[str] = "//swell.dev/functions/scaling"
    max_age: ClassVar[timedelta] = timedelta(hours=1)

    revision: int
    """The revision of the plan that the step is of."""
    starts_at: AwareDatetime
    """When the step begins."""
    floors: tuple[PrewarmFloor, ...]
    """The floor of every region whose floor changes with this step."""
    rises: bool
    """Whether any of them is higher than before: instances must be ready before the crowd, so a prewarm is run."""


class ScalingDueV1(Tick):
    """A minute has passed: each region is set to what plan, load and budget ask for."""

    type: ClassVar[str] = "dev.swell.crowds.scaling_due.v1"
    topic: ClassVar[str] = "scaling-ticks"
    source: ClassVar[str] = "//swell.dev/schedules/scaling"
    max_age: ClassVar[timedelta] = timedelta(minutes=3)


class ReportDueV1(Tick):
    """It is time to report about the day of UTC before."""

    type: ClassVar[str] = "dev.swell.crowds.report_due.v1"
    topic: ClassVar[str] = "report-ticks"
    source: ClassVar[str] = "//swell.dev/schedules/report"
    max_age: ClassVar[timedelta] = timedelta(hours=12)


class SpendDueV1(Tick):
    """A minute has passed: what was spent is booked, and the budget decides what may be spent next."""

    type: ClassVar[str] = "dev.swell.crowds.spend_due.v1"
    topic: ClassVar[str] = "spend-ticks"
    source: ClassVar[str] = "//swell.dev/schedules/spend"
    max_age: ClassVar[timedelta] = timedelta(minutes=10)
