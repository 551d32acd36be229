"""Every event type and its class."""

from typing import Final

from shared.events.coordination import BallotDecidedV1, BallotOpenedV1, HomeMovedV1, InquiryOpenedV1
from shared.events.crowds import (
    CalendarChangedV1,
    ForecastDueV1,
    PlanChangedV1,
    PlanStepDueV1,
    ReportDueV1,
    ScalingDueV1,
    SpendDueV1,
)
from shared.events.event import Event
from shared.events.index import CompactionDueV1, ErasureDueV1, ShardCommittedV1, SweepDueV1
from shared.events.mutations import MutationsAcceptedV1
from shared.events.regions import RegionHeadMovedV1, RegionTickV1
from shared.events.rollouts import RolloutStepDueV1
from shared.events.tasks import TaskAssignedV1
from shared.events.transfers import TransferDueV1

EVENTS: Final[dict[str, type[Event]]] = {
    event.type: event
    for event in (
        MutationsAcceptedV1,
        CompactionDueV1,
        ErasureDueV1,
        RolloutStepDueV1,
        ShardCommittedV1,
        TransferDueV1,
        SweepDueV1,
        RegionHeadMovedV1,
        RegionTickV1,
        BallotOpenedV1,
        BallotDecidedV1,
        HomeMovedV1,
        InquiryOpenedV1,
        CalendarChangedV1,
        ForecastDueV1,
        PlanChangedV1,
        PlanStepDueV1,
        ReportDueV1,
        ScalingDueV1,
        SpendDueV1,
        TaskAssignedV1,
    )
}
