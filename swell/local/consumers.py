# ruff: noqa: PLC0415 - a function is imported by its first delivery: none of them delays the first answer
"""The event functions of an embedded Swell, each put together when it is first needed."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shared.adapters.opening import Adapters
from shared.ports.clock import Clock
from swell.local.crowd_clock import CROWD_FUNCTIONS

if TYPE_CHECKING:
    from shared.entrypoint import Consumer


@dataclass(frozen=True)
class Machine:
    """Where the event functions of this machine live, and what there is for them.

    `buckets`: the folder of each region, where there are several. `region_instances`: the query processes that a
    region may have. `crowd_clock`: the time of those that expect crowds.
    """

    data_dir: Path
    adapters: Adapters
    region_instances: int
    crowd_clock: Clock
    buckets: Mapping[str, str] = field(default_factory=dict)

    def adapters_of(self, function: str) -> Adapters:
        """The adapters of a function, on the clock that it goes by."""
        return replace(self.adapters, clock=self.crowd_clock) if function in CROWD_FUNCTIONS else self.adapters


class EmbeddedConsumers:
    """One consumer a function, made once; safe to use from several threads."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._made: dict[str, Consumer] = {}
        self._making = threading.Lock()

    def of(self, function: str) -> "Consumer":
        """The consumer of an event function of topology.yaml."""
        with self._making:
            if function not in self._made:
                self._made[function] = _BUILDERS[function](self._machine, self._machine.adapters_of(function))
            return self._made[function]


def _index_update(machine: Machine, adapters: Adapters) -> "Consumer":
    """One process stands for the index update of every region: a write commits where its shard is at home."""
    from functions.index_update.settings import IndexUpdateSettings
    from functions.index_update.wiring import build
    from shared.adapters.opening import open_bucket

    data_dir = machine.data_dir
    settings = IndexUpdateSettings(runtime="embedded", data_dir=data_dir, cache_dir=data_dir / "cache")
    homes = {region: open_bucket(settings, bucket) for region, bucket in machine.buckets.items()}
    return build(adapters, settings, homes)


def _transfer(machine: Machine, adapters: Adapters) -> "Consumer":
    from functions.transfer.limits import StepLimits
    from functions.transfer.wiring import build
    from shared.settings import Settings
    from shared.topology import load_topology

    home, buckets = load_topology().home_region, dict(machine.buckets)
    settings = Settings(runtime="embedded", data_dir=machine.data_dir, region=home, buckets=buckets)
    return build(adapters, StepLimits(), settings)


def _burst_prediction(machine: Machine, adapters: Adapters) -> "Consumer":
    from functions.burst_prediction.settings import BurstPredictionSettings
    from functions.burst_prediction.wiring import build
    from shared.adapters.platform import open_platform

    instances = machine.region_instances
    settings = BurstPredictionSettings(runtime="embedded", data_dir=machine.data_dir, region_instances=instances)
    return build(adapters, open_platform(settings, adapters), settings)


def _scaling(machine: Machine, adapters: Adapters) -> "Consumer":
    from functions.scaling.settings import ScalingSettings
    from functions.scaling.wiring import build
    from shared.adapters.platform import open_platform

    instances = machine.region_instances
    settings = ScalingSettings(runtime="embedded", data_dir=machine.data_dir, region_instances=instances)
    return build(adapters, open_platform(settings, adapters), settings)


def _budget_enforcement(machine: Machine, adapters: Adapters) -> "Consumer":
    from functions.budget_enforcement.settings import BudgetEnforcementSettings
    from functions.budget_enforcement.wiring import build
    from shared.adapters.platform import open_platform

    settings = BudgetEnforcementSettings(runtime="embedded", data_dir=machine.data_dir)
    return build(adapters, open_platform(settings, adapters), settings)


_BUILDERS: Final[Mapping[str, Callable[[Machine, Adapters], "Consumer"]]] = {
    "index_update": _index_update,
    "transfer": _transfer,
    "burst_prediction": _burst_prediction,
    "scaling": _scaling,
    "budget_enforcement": _budget_enforcement,
}
