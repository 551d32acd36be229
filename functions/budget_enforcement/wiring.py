"""Puts budget enforcement together; built on first use, so that importing stays cheap."""

from datetime import timedelta
from functools import cache
from typing import Final

from functions.budget_enforcement.enforce import Costs, EnforceBudget
from functions.budget_enforcement.ledger_store import LedgerStore
from shared.adapters.opening import Adapters, open_adapters
from shared.adapters.platform import Platform, PlatformSettings, open_platform
from shared.crowds.timeline import Timeline
from shared.domain.prices import LIST_PRICES, InstanceShape
from shared.entrypoint import Consumer
from shared.events.crowds import SpendDueV1
from shared.topology import load_topology

BOOKED_LATER: Final = timedelta(minutes=2)
"""Load that comes later than this after it is expected is not booked; until then its worst is assumed."""


def build(adapters: Adapters, platform: Platform) -> Consumer:
    """Budget enforcement on these adapters."""
    topology = load_topology()
    query = topology.functions["query"]
    shape = InstanceShape(cpu_milli=round(query.cpu * 1000), memory_mib=query.memory_mb)
    enforce = EnforceBudget(
        state=adapters.state,
        metrics=platform.metrics,
        ledgers=LedgerStore(adapters.state),
        timeline=Timeline(adapters.state),
        clock=adapters.clock,
        costs=Costs(shape, LIST_PRICES, platform.load_late + BOOKED_LATER),
    )
    return Consumer(
        "budget_enforcement",
        {SpendDueV1: enforce},
        publisher=adapters.publisher,
        dead_letter_topics=topology.dead_letters_of("budget_enforcement"),
        clock=adapters.clock,
    )


@cache
def consumer() -> Consumer:
    """Budget enforcement as the environment says."""
    settings = PlatformSettings()
    adapters = open_adapters(settings)
    return build(adapters, open_platform(settings, adapters))
