"""Puts burst prediction together; built on first use, so that importing stays cheap."""

from datetime import timedelta
from functools import cache

from functions.burst_prediction.forecasting import FittingPolicy, ForecastRegions
from functions.burst_prediction.outlook_store import OutlookStore
from functions.burst_prediction.planning import PlanRegions
from functions.burst_prediction.service import PredictBursts
from functions.burst_prediction.settings import BurstPredictionSettings
from shared.adapters.opening import Adapters, open_adapters
from shared.adapters.platform import Platform, open_platform
from shared.crowds.calendar_store import CalendarStore
from shared.crowds.load_days import LoadDays
from shared.crowds.timeline import Timeline
from shared.entrypoint import Consumer
from shared.events.crowds import CalendarChangedV1, ForecastDueV1
from shared.topology import load_topology


def build(adapters: Adapters, platform: Platform, settings: BurstPredictionSettings) -> Consumer:
    """Burst prediction on these adapters."""
    topology = load_topology()
    timeline = Timeline(adapters.state)
    forecast = ForecastRegions(
        tuple(topology.regions),
        metrics=platform.metrics,
        load=LoadDays(adapters.state),
        calendar=CalendarStore(adapters.state),
        store=OutlookStore(adapters.state),
        timeline=timeline,
        fitting=FittingPolicy(
            settings.history_days,
            timedelta(hours=settings.refit_after_h),
            settings.refits_at_once,
            settings.requests_per_viewer,
        ),
    )
    plan = PlanRegions(
        state=adapters.state,
        publisher=adapters.publisher,
        fleet=platform.fleet,
        timeline=timeline,
        quotas=settings.query_quotas(topology),
        policy=settings.policy,
        ramp=settings.ramp,
    )
    predict = PredictBursts(forecast, plan, adapters.clock)
    return Consumer(
        "burst_prediction",
        {ForecastDueV1: predict, CalendarChangedV1: predict},
        publisher=adapters.publisher,
        dead_letter_topics=topology.dead_letters_of("burst_prediction"),
        clock=adapters.clock,
    )


@cache
def consumer() -> Consumer:
    """Burst prediction as the environment says."""
    settings = BurstPredictionSettings()
    adapters = open_adapters(settings)
    return build(adapters, open_platform(settings, adapters), settings)
