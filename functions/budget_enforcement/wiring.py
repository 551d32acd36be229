"""Puts budget enforcement together; built on first use, so that importing stays cheap."""

from datetime import timedelta
from functools import cache
from typing import Final

from functions.budget_enforcement.begin_report import BeginReport
from functions.budget_enforcement.billing_notice import BUDGET_ID, read_notice
from functions.budget_enforcement.ceilings import ReadCeilings
from functions.budget_enforcement.enforce import Costs, EnforceBudget
from functions.budget_enforcement.ledger_store import LedgerStore
from functions.budget_enforcement.settings import BudgetEnforcementSettings
from functions.budget_enforcement.spend import Worst
from functions.budget_enforcement.take_notice import TakeNotice
from functions.budget_enforcement.want_stop import WantStop
from shared.adapters.opening import Adapters, open_adapters
from shared.adapters.platform import Platform, open_platform
from shared.budget.decision_store import SpendingDecisions
from shared.crowds.timeline import Timeline
from shared.domain.prices import LIST_PRICES, InstanceShape
from shared.entrypoint import Consumer
from shared.events.crowds import ReportDueV1, SpendDueV1
from shared.foreign_messages import ForeignContract
from shared.topology import Topology, load_topology

BOOKED_LATER: Final = timedelta(minutes=2)
"""Load that comes later than this after it is expected is not booked; until then its worst is assumed."""


def build(adapters: Adapters, platform: Platform, settings: BudgetEnforcementSettings) -> Consumer:
    """Budget enforcement on these adapters."""
    topology = load_topology()
    query = topology.functions["query"]
    shape = InstanceShape(cpu_milli=round(query.cpu * 1000), memory_mib=query.memory_mb)
    ledgers, timeline = LedgerStore(adapters.state), Timeline(adapters.state)
    enforce = EnforceBudget(
        state=adapters.state,
        metrics=platform.metrics,
        ceilings=ReadCeilings(adapters.state, platform.fleet, _quotas(topology, settings)),
        ledgers=ledgers,
        want_stop=WantStop(SpendingDecisions(adapters.state), platform.runs, timeline),
        timeline=timeline,
        clock=adapters.clock,
        costs=Costs(
            Worst(shape, LIST_PRICES, settings.most_answers),
            platform.load_late + BOOKED_LATER,
        ),
    )
    return Consumer(
        "budget_enforcement",
        {SpendDueV1: enforce, ReportDueV1: BeginReport(platform.runs)},
        publisher=adapters.publisher,
        dead_letter_topics=topology.dead_letters_of("budget_enforcement"),
        clock=adapters.clock,
        foreign=[
            ForeignContract(
                kind="cloud_billing_budget",
                topic="billing-notices",
                marked_by=BUDGET_ID,
                read=read_notice,
                handle=TakeNotice(ledgers, adapters.clock, settings.budget_id),
            )
        ],
    )


def _quotas(topology: Topology, settings: BudgetEnforcementSettings) -> dict[str, int]:
    """What query may have in each region that is deployed."""
    bounds = topology.functions["query"].instances
    return {region: bounds[topology.regions[region].tier].max for region in settings.buckets or topology.regions}


@cache
def consumer() -> Consumer:
    """Budget enforcement as the environment says."""
    settings = BudgetEnforcementSettings()
    adapters = open_adapters(settings)
    return build(adapters, open_platform(settings, adapters), settings)
