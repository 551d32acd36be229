"""What must hold between the entries of a topology. A rule names the entry, its value and what is allowed."""

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.topology.models import Function, Region, Route, Subscription, Topology


def violations(topology: "Topology") -> list[str]:
    """Return every broken rule as one line; empty for a consistent topology."""
    rules = (_regions, _subscriptions, _dead_letters, _functions, _routes, _schedules)
    return [problem for rule in rules for problem in rule(topology)]


def _regions(topology: "Topology") -> Iterator[str]:
    home = topology.regions.get(topology.home_region)
    if home is None:
        yield f"home_region: {topology.home_region!r} is not in regions"
    elif home.hub is not None:
        yield f"home_region: {topology.home_region!r} must be a hub, but it has hub {home.hub!r}"
    for name, region in topology.regions.items():
        yield from _region(f"regions.{name}", region, topology)


def _region(place: str, region: "Region", topology: "Topology") -> Iterator[str]:
    if region.tier not in topology.tiers:
        yield f"{place}.tier: {region.tier!r} is not in tiers"
    if region.hub is None:
        return
    hub = topology.regions.get(region.hub)
    if hub is None:
        yield f"{place}.hub: {region.hub!r} is not in regions"
    elif hub.hub is not None:
        yield f"{place}.hub: {region.hub!r} is not a hub itself: it has hub {hub.hub!r}"


def _subscriptions(topology: "Topology") -> Iterator[str]:
    for name, subscription in topology.subscriptions.items():
        place = f"subscriptions.{name}"
        expected = f"{subscription.push_function}.{subscription.topic}"
        if name != expected:
            yield f"{place}: must be named {expected!r}, after its function and topic"
        if subscription.topic not in topology.topics:
            yield f"{place}.topic: {subscription.topic!r} is not in topics"
        if subscription.min_backoff_s > subscription.max_backoff_s:
            yield (
                f"{place}.min_backoff_s: {subscription.min_backoff_s} "
                f"is more than max_backoff_s {subscription.max_backoff_s}"
            )
        yield from _push(place, subscription, topology.functions.get(subscription.push_function))


def _push(place: str, subscription: "Subscription", function: "Function | None") -> Iterator[str]:
    if function is None:
        yield f"{place}.push_function: {subscription.push_function!r} is not in functions"
        return
    if function.trigger != "event":
        yield f"{place}.push_function: {subscription.push_function!r} is not an event function"
    if subscription.ack_deadline_s < function.timeout_s:
        # otherwise a slow but healthy delivery runs twice at the same time
        yield (
            f"{place}.ack_deadline_s: {subscription.ack_deadline_s} is less than timeout_s "
            f"{function.timeout_s} of {subscription.push_function!r}"
        )


def _dead_letters(topology: "Topology") -> Iterator[str]:
    sources = {subscription.topic for subscription in topology.subscriptions.values()}
    owners: dict[str, str] = {}
    for name, subscription in topology.subscriptions.items():
        place, dead = f"subscriptions.{name}.dead_letter_topic", subscription.dead_letter_topic
        if dead not in topology.topics:
            yield f"{place}: {dead!r} is not in topics"
        if dead in sources:
            # a message that cannot be handled would be pushed for ever
            yield f"{place}: {dead!r} has a subscription that pushes from it"
        if dead in owners:
            yield f"{place}: {dead!r} already takes the dead letters of {owners[dead]!r}"
        owners[dead] = name


def _functions(topology: "Topology") -> Iterator[str]:
    home = topology.regions.get(topology.home_region)
    for name, function in topology.functions.items():
        place = f"functions.{name}"
        yield from _instances(place, function, set(topology.tiers), home.tier if home else None)
        if function.concurrency > 1 and function.cpu < 1:
            yield f"{place}.concurrency: {function.concurrency} needs at least 1 cpu, got {function.cpu}"
        if function.trigger == "event":
            yield from _event_function(place, name, topology)
        elif not function.routes:
            yield f"{place}.routes: an http function serves at least one route"


def _event_function(place: str, name: str, topology: "Topology") -> Iterator[str]:
    function = topology.functions[name]
    if function.routes:
        yield f"{place}.routes: an event function has no routes"
    if function.operators:
        yield f"{place}.operators: an event function is started by pushes of its own push identity only"
    if function.interface != "wsgi":
        yield f"{place}.interface: an event function needs wsgi, which accepts raw pushes"
    if not topology.subscriptions_of(name):
        yield f"{place}: an event function needs a subscription that pushes to it"


def _instances(place: str, function: "Function", tiers: set[str], home_tier: str | None) -> Iterator[str]:
    expected = tiers if function.placement == "regional" else {home_tier}
    if home_tier is not None and set(function.instances) != expected:
        wanted = ", ".join(sorted(str(tier) for tier in expected))
        yield f"{place}.instances: got {', '.join(sorted(function.instances))}, must be for: {wanted}"
    for tier, instances in function.instances.items():
        if instances.min > instances.max:
            yield f"{place}.instances.{tier}.min: {instances.min} is more than max {instances.max}"


def _routes(topology: "Topology") -> Iterator[str]:
    served = [(name, route) for name, function in topology.functions.items() for route in function.routes]
    for (first, one), (second, other) in combinations(served, 2):
        if _overlap(one, other):
            yield (
                f"functions.{second}.routes: {other.method} {other.path} "
                f"matches requests that {one.method} {one.path} of {first!r} serves"
            )
    for name, route in served:
        if route.method == "GET" and route.path in topology.health_paths:
            yield f"functions.{name}.routes: GET {route.path} is a health path, which every function serves"


def _overlap(one: "Route", other: "Route") -> bool:
    """Tell whether some request matches both."""
    left, right = one.path.split("/"), other.path.split("/")
    return (
        one.method == other.method
        and len(left) == len(right)
        and all(a == b or "{" in (a[:1], b[:1]) for a, b in zip(left, right, strict=True))
    )


def _schedules(topology: "Topology") -> Iterator[str]:
    for name, schedule in topology.schedules.items():
        if schedule.topic not in topology.topics:
            yield f"schedules.{name}.topic: {schedule.topic!r} is not in topics"
