"""A region that load falls on: what it shows when so many instances are there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from functions.scaling.reactive import Bounds, ReactiveState, ScaleDecision, decide_demand
from functions.scaling.reactive_policy import ReactivePolicy
from functions.scaling.signals import Signals

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = ReactivePolicy(concurrency_limit=80)
WIDE = Bounds(0, 1000)


def calm(instances: int = 10, **fields: object) -> Signals:
    """A minute in which all is well: half of everything is used."""
    usual = Signals(NOON, instances, 100.0, cpu=0.5, concurrency=30.0, memory=0.5, p99_ms=20.0, error_share=0.0)
    return usual._replace(**fields)  # type: ignore[arg-type]


def minutes(sample: Signals, count: int = 6) -> list[Signals]:
    """The same minute repeated, the last one at noon."""
    return [sample._replace(at=NOON - MINUTE * back) for back in range(count - 1, -1, -1)]


@dataclass
class Fleet:
    """Load in CPUs (of one an instance) by minute; instances that are asked for are there a minute later."""

    cpus: Callable[[int], float]
    instances: int
    p99_ms: Callable[[float], float] = lambda _busy: 20.0
    bounds: Bounds = WIDE

    def run(self, count: int) -> list[ScaleDecision]:
        """A decision each minute."""
        state = ReactiveState(self.instances)
        samples: list[Signals] = []
        decisions: list[ScaleDecision] = []
        for number in range(count):
            now = NOON + MINUTE * number
            samples = [*samples[-10:], self._shown(number, now)]
            decisions.append(decide_demand(samples, state, self.bounds, POLICY, now))
            state = decisions[-1].state
            self.instances = state.instances
        return decisions

    def _shown(self, number: int, now: datetime) -> Signals:
        cpus = self.cpus(number)
        busy = min(1.0, cpus / max(1, self.instances))
        return calm(
            self.instances,
            at=now,
            requests_per_s=10 * cpus,
            cpu=busy,
            concurrency=min(80.0, 40 * busy),
            p99_ms=self.p99_ms(busy),
        )


def changes(decisions: list[ScaleDecision]) -> list[int]:
    """The numbers that the demand was changed to."""
    return [decision.instances for decision in decisions if decision.changes]
