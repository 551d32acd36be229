"""Puts scaling together; built on first use, so that importing stays cheap."""

from datetime import timedelta
from functools import cache

from functions.scaling.decisions import Decisions
from functions.scaling.follow_plan import BeginStep, KeepJobs, PrewarmPolicy
from functions.scaling.reactive_policy import ReactivePolicy
from functions.scaling.scale_regions import ScaleRegions, ScalingPolicy
from functions.scaling.settings import ScalingSettings
from functions.scaling.wants import terms_of
from shared.adapters.opening import Adapters, open_adapters
from shared.adapters.platform import Platform, open_platform
from shared.coordination.membership import Membership
from shared.crowds.timeline import Timeline
from shared.domain.prices import LIST_PRICES
from shared.entrypoint import Consumer
from shared.events.crowds import PlanChangedV1, PlanStepDueV1, ScalingDueV1
from shared.topology import load_topology


def build(adapters: Adapters, platform: Platform, settings: ScalingSettings) -> Consumer:
    """Scaling on these adapters."""
    topology, state, clock = load_topology(), adapters.state, adapters.clock
    timeline = Timeline(state)
    scale = ScaleRegions(
        terms_of(topology, LIST_PRICES, settings.query_quotas(topology), settings.most_answers),
        state=state,
        members=Membership(state, clock),
        metrics=platform.metrics,
        fleet=platform.fleet,
        decisions=Decisions(state),
        timeline=timeline,
        clock=clock,
        policy=ScalingPolicy(
            ReactivePolicy(
                concurrency_limit=topology.functions["query"].concurrency,
                settle=ReactivePolicy.settle + platform.load_late,
            ),
            settings.total_instances,
            platform.load_late,
            settings.ramp_instances_per_min,
        ),
    )
    keep_jobs = KeepJobs(state, platform.jobs, timeline, clock, ahead=timedelta(hours=settings.jobs_ahead_h))
    prewarm = PrewarmPolicy(settings.prewarm_collections, timedelta(seconds=settings.prewarm_ready_by_s))
    begin = BeginStep(state=state, runs=platform.runs, scale=scale, timeline=timeline, clock=clock, policy=prewarm)
    return Consumer(
        "scaling",
        {ScalingDueV1: scale, PlanChangedV1: keep_jobs, PlanStepDueV1: begin},
        publisher=adapters.publisher,
        dead_letter_topics=topology.dead_letters_of("scaling"),
        clock=clock,
    )


@cache
def consumer() -> Consumer:
    """Scaling as the environment says."""
    settings = ScalingSettings()
    adapters = open_adapters(settings)
    return build(adapters, open_platform(settings, adapters), settings)
