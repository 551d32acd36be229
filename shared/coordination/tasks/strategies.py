"""Which agent gets a task. Pure: the same task, members and history choose the same agent.

round_robin   the one after the last that was chosen, by name
least_loaded  the fewest streams for its capacity
weighted      by chance, in proportion to capacity; the chance is drawn from the task's id and attempt
adaptive      the mean of what is free of CPU, memory, streams and a second of latency, as far as it was measured
              (weights 0.3, 0.3, 0.2, 0.2: RUVECTOR §3.1)
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from shared.coordination.member import Member
from shared.coordination.tasks.task import Strategy, Task

_LATENCY_SPAN_MS: Final = 1000.0


def choose_agent(task: Task, able: Sequence[Member], *, last: str = "") -> str | None:
    """One of those who are able; None where nobody is."""
    if task.region is not None:
        able = [member for member in able if member.region == task.region]
    members = sorted(able, key=lambda member: member.region)
    if not members:
        return None
    match task.strategy:
        case Strategy.ROUND_ROBIN:
            return next((member.region for member in members if member.region > last), members[0].region)
        case Strategy.LEAST_LOADED:
            return min(members, key=lambda member: (_utilisation(member), member.region)).region
        case Strategy.WEIGHTED:
            return _drawn(members, _chance(task))
        case Strategy.ADAPTIVE:
            return max(members, key=free_share).region


def free_share(member: Member) -> float:
    """How much of a region is free, 0 to 1; of one that measured nothing, half is assumed."""
    load = member.load
    weighed = [
        (0.3, None if load.cpu_share is None else 1 - load.cpu_share),
        (0.3, None if load.memory_share is None else 1 - load.memory_share),
        (0.2, None if load.streams is None or not member.capacity.streams else 1 - _utilisation(member)),
        (0.2, None if load.p99_ms is None else 1 - load.p99_ms / _LATENCY_SPAN_MS),
    ]
    known = [(weight, max(0.0, free)) for weight, free in weighed if free is not None]
    total = sum(weight for weight, _ in known)
    return sum(weight * free for weight, free in known) / total if total else 0.5


def _utilisation(member: Member) -> float:
    """Half of one that did not measure it."""
    if member.load.streams is None or not member.capacity.streams:
        return 0.5
    return member.load.streams / member.capacity.streams


def _drawn(members: Sequence[Member], chance: float) -> str:
    weights = [max(member.capacity.instances_max or 1, 1) for member in members]
    reached, point = 0, chance * sum(weights)
    for member, weight in zip(members, weights, strict=True):
        reached += weight
        if point < reached:
            return member.region
    return members[-1].region


def _chance(task: Task) -> float:
    digest = hashlib.sha256(f"{task.id}/{task.attempts}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64
