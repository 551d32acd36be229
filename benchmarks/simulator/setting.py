"""The fleet that a scenario is simulated on: that of topology.yaml and of the deployed settings, or as it asks."""

from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.scenarios.course import Course
from benchmarks.scenarios.model import Scenario
from benchmarks.simulator.calibration import Calibration, load_calibration
from benchmarks.simulator.fleet import FleetRules
from benchmarks.simulator.past import DAYS, Past
from benchmarks.simulator.policies import Terms
from benchmarks.simulator.simulation import BEAT_S, BEFORE_MIN, Setting
from benchmarks.simulator.work import Work
from functions.burst_prediction.plan import PlanPolicy
from functions.burst_prediction.ramp import Ramp
from functions.burst_prediction.settings import BurstPredictionSettings
from functions.scaling.settings import ScalingSettings
from functions.scaling.wants import RegionTerms, terms_of
from shared.budget.answers import MostAnswers
from shared.domain.prices import LIST_PRICES, InstanceShape
from shared.topology import Topology

INSTANCE_RPS: Final = 200.0
"""Searches a second of one instance in the cloud: what two vCPUs did on the slowest machine (docs/crowds.md)."""


def setting_for(scenario: Scenario, topology: Topology, *, kept_in: Path | None = None, days: int = DAYS) -> Setting:
    """The fleet, what its instances do, and so many days of its past; fitted models are kept in `kept_in`."""
    course = Course.of(scenario, topology)
    calibration = load_calibration().at(INSTANCE_RPS)
    terms = _terms(scenario, topology, calibration)
    starts = terms.ramp.instances_per_min
    return Setting(
        topology=topology,
        terms=terms,
        calibration=calibration,
        rules=FleetRules(starts_per_min=starts, cold_start_s=terms.ramp.warm_up_s, beat_s=BEAT_S),
        past=Past(course, scenario.starts_at - timedelta(minutes=BEFORE_MIN), days=days, kept_in=kept_in),
        quotas=np.array([float(one.quota) for one in terms.regions]),
    )


def _terms(scenario: Scenario, topology: Topology, calibration: Calibration) -> Terms:
    query, fleet = topology.functions["query"], scenario.fleet
    predicting, scaling = BurstPredictionSettings.model_construct(), ScalingSettings.model_construct()
    per_instance = calibration.requests_per_s * 60 / Work(scenario, calibration, 1, BEAT_S).usual_cost()
    answers = MostAnswers(per_instance, scenario.stream.bytes_per_query)
    regions = [
        RegionTerms(
            one.region,
            (fleet.hub_at_most if topology.regions[one.region].hub is None else fleet.other_at_most) or one.quota,
            one.micros_per_instance_hour,
            one.priority,
        )
        for one in terms_of(topology, LIST_PRICES, scaling.query_quotas(topology), answers)
    ]
    deployed = predicting.policy
    plan = PlanPolicy(
        requests_per_min=per_instance,
        quantile=deployed.quantile,
        event_quantile=deployed.event_quantile,
        headroom=deployed.headroom,
        idle_requests_per_min=deployed.idle_requests_per_min,
        step_down_min=deployed.step_down_min,
    )
    return Terms(
        regions=regions,
        total_instances=fleet.total_at_most or scaling.total_instances,
        concurrency=query.concurrency,
        shape=InstanceShape(cpu_milli=round(query.cpu * 1000), memory_mib=query.memory_mb),
        plan=plan,
        ramp=Ramp(predicting.ramp_instances_per_min, predicting.warm_up_s),
    )
