"""What a deployment costs while nobody searches, by the phase of docs/deployment.md that makes it.

Functions by the one price table (`shared/domain/prices.py`); beside it stand here the prices of what no function needs
to know while it runs: nano-dollars for a month of 730 hours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import yaml
from croniter import croniter

from shared.domain.money import Micros, micros_rounded_up
from shared.domain.prices import LIST_PRICES, InstanceShape, Price, Usage, cost_of
from shared.topology import Topology
from shared.topology.loading import TOPOLOGY_FILE

ALERTS: Final = TOPOLOGY_FILE.parent / "terraform" / "alerts.yaml"
HOURS_A_MONTH: Final = 730
FREE_SCHEDULES: Final = 3
CHEAP_FORWARDING_RULES_FROM: Final = 5

_LOAD_BALANCER: Final = "cloud.google.com/load-balancing/pricing"
_NOT_READ: Final = "from memory; check {} before relying on it"

FORWARDING_RULE: Final = Price(25_000_000 * HOURS_A_MONTH, verified=True, source=_LOAD_BALANCER)
FURTHER_FORWARDING_RULE: Final = Price(10_000_000 * HOURS_A_MONTH, verified=True, source=_LOAD_BALANCER)
ALERT_CONDITION: Final = Price(
    1_500_000_000, verified=False, source="cloud.google.com/monitoring/alerts/cost-control, which announced it"
)
REDIS_GIB: Final = Price(
    49_000_000 * HOURS_A_MONTH,
    verified=False,
    source=_NOT_READ.format("cloud.google.com/memorystore/docs/redis/pricing"),
)
SECURITY_POLICY: Final = Price(5_000_000_000, verified=False, source=_NOT_READ.format("cloud.google.com/armor/pricing"))
SECURITY_RULE: Final = Price(1_000_000_000, verified=False, source=_NOT_READ.format("cloud.google.com/armor/pricing"))
SCHEDULE: Final = Price(100_000_000, verified=False, source=_NOT_READ.format("cloud.google.com/scheduler/pricing"))


@dataclass(frozen=True)
class Deployment:
    """What of an environment of terraform/ decides what it costs."""

    regions: Sequence[str]
    redis_regions: int = 0
    redis_gib: int = 1
    forwarding_rules: int = 0
    security_rules: int = 0
    alert_conditions: int = 0


def environments(topology: Topology) -> dict[str, Deployment]:
    """Those of terraform/envs, as they are by default; tests/deploy/test_terraform.py counts in their plans."""
    of_promises, others = _alert_conditions()
    return {
        "dev": Deployment(("us-central1", "europe-west1"), alert_conditions=others),
        "prod": Deployment(
            tuple(topology.regions),
            redis_regions=5,
            forwarding_rules=4,
            security_rules=11,
            alert_conditions=of_promises + others,
        ),
    }


def _alert_conditions() -> tuple[int, int]:
    """Those of promises, which need a load balancer and have two windows each, and the others."""
    read = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["alerts"]
    burns = sum("burn" in alert for alert in read.values())
    return 2 * burns, len(read) - burns


@dataclass(frozen=True)
class Standing:
    """A month of one thing, and the phase of the guide that makes it."""

    phase: int
    what: str
    month: Micros
    verified: bool


def standing_costs(topology: Topology, deployment: Deployment, *, tick_ms: int) -> list[Standing]:
    """Everything that costs money while nobody searches and can be reckoned, in the order in which it is made.

    `tick_ms` is how long an instance is busy with one tick: that depends on how much there is to look at.
    """
    return [line for line in _lines(topology, deployment, tick_ms) if line.month]


def _lines(topology: Topology, deployment: Deployment, tick_ms: int) -> Iterator[Standing]:
    redis = deployment.redis_regions * deployment.redis_gib
    yield _line(3, f"{redis} GiB of Redis in {deployment.redis_regions} regions", (redis, REDIS_GIB))
    for function, ticks in sorted(_ticks(topology, deployment.regions).items()):
        yield _ticking(topology, function, ticks, tick_ms)
    schedules = len(topology.schedules)
    yield _line(4, f"{schedules} schedules, {FREE_SCHEDULES} of them free", (schedules - FREE_SCHEDULES, SCHEDULE))
    rules = deployment.forwarding_rules
    first = min(rules, CHEAP_FORWARDING_RULES_FROM)
    yield _line(4, f"{rules} forwarding rules", (first, FORWARDING_RULE), (rules - first, FURTHER_FORWARDING_RULE))
    armor = deployment.security_rules
    yield _line(4, f"Cloud Armor, {armor} rules", (1 if armor else 0, SECURITY_POLICY), (armor, SECURITY_RULE))
    conditions = deployment.alert_conditions
    yield _line(8, f"{conditions} conditions of alerts", (conditions, ALERT_CONDITION))


def _line(phase: int, what: str, *parts: tuple[int, Price]) -> Standing:
    nanos = sum(count * price.nanos for count, price in parts)
    return Standing(phase, what, micros_rounded_up(nanos), all(price.verified for count, price in parts if count))


def _ticks(topology: Topology, regions: Sequence[str]) -> dict[str, dict[str, int]]:
    """Deliveries of schedules in a month, by function and region."""
    found: dict[str, dict[str, int]] = {}
    for schedule in topology.schedules.values():
        month = _runs_a_day(schedule.cron) * HOURS_A_MONTH // 24
        for subscription in topology.subscriptions.values():
            if subscription.topic != schedule.topic:
                continue
            function = topology.functions[subscription.push_function]
            by_region = found.setdefault(subscription.push_function, {})
            for region in regions if function.placement == "regional" else [topology.home_region]:
                by_region[region] = by_region.get(region, 0) + month
    return found


def _runs_a_day(cron: str) -> int:
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    runs = croniter(cron, midnight - timedelta(seconds=1))
    count = 0
    while runs.get_next(datetime) < midnight + timedelta(days=1):
        count += 1
    return count


def _ticking(topology: Topology, name: str, ticks: dict[str, int], tick_ms: int) -> Standing:
    function = topology.functions[name]
    shape = InstanceShape(round(function.cpu * 1000), function.memory_mb)
    month = sum(
        cost_of(Usage(region, count * tick_ms, 0, count, 0), shape, LIST_PRICES) for region, count in ticks.items()
    )
    where = f"in {len(ticks)} regions" if function.placement == "regional" else "at home"
    what = f"{name}, {sum(ticks.values()):,} ticks of {tick_ms / 1000:g} s {where}"
    return Standing(4, what, month, all(_is_verified(region) for region in ticks))


def _is_verified(region: str) -> bool:
    prices = LIST_PRICES.prices(region)
    return prices.active_vcpu_s.verified and prices.active_gib_s.verified
