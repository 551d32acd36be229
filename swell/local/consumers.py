# ruff: noqa: PLC0415 - a function is imported by its first delivery: none of them delays the first answer
"""The event functions of an embedded Swell, each put together when it is first needed."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shared.adapters.opening import Adapters

if TYPE_CHECKING:
    from shared.entrypoint import Consumer


class EmbeddedConsumers:
    """One consumer a function, made once; safe to use from several threads."""

    def __init__(self, data_dir: Path, adapters: Adapters, buckets: Mapping[str, str] | None = None) -> None:
        """`buckets`: the folder of each region, where there are several."""
        self._data_dir = data_dir
        self._adapters = adapters
        self._buckets = buckets or {}
        self._made: dict[str, Consumer] = {}
        self._making = threading.Lock()

    def of(self, function: str) -> "Consumer":
        """The consumer of an event function of topology.yaml."""
        with self._making:
            if function not in self._made:
                self._made[function] = _BUILDERS[function](self._data_dir, self._adapters, self._buckets)
            return self._made[function]


def _index_update(data_dir: Path, adapters: Adapters, buckets: Mapping[str, str]) -> "Consumer":
    """One process stands for the index update of every region: a write commits where its shard is at home."""
    from functions.index_update.settings import IndexUpdateSettings
    from functions.index_update.wiring import build
    from shared.adapters.opening import open_bucket

    settings = IndexUpdateSettings(runtime="embedded", data_dir=data_dir, cache_dir=data_dir / "cache")
    homes = {region: open_bucket(settings, bucket) for region, bucket in buckets.items()}
    return build(adapters, settings, homes)


def _transfer(data_dir: Path, adapters: Adapters, buckets: Mapping[str, str]) -> "Consumer":
    from functions.transfer.limits import StepLimits
    from functions.transfer.wiring import build
    from shared.settings import Settings
    from shared.topology import load_topology

    settings = Settings(
        runtime="embedded", data_dir=data_dir, region=load_topology().home_region, buckets=dict(buckets)
    )
    return build(adapters, StepLimits(), settings)


def _burst_prediction(data_dir: Path, adapters: Adapters, _: Mapping[str, str]) -> "Consumer":
    from functions.burst_prediction.settings import BurstPredictionSettings
    from functions.burst_prediction.wiring import build
    from shared.adapters.platform import open_platform

    settings = BurstPredictionSettings(runtime="embedded", data_dir=data_dir)
    return build(adapters, open_platform(settings, adapters), settings)


def _scaling(data_dir: Path, adapters: Adapters, _: Mapping[str, str]) -> "Consumer":
    from functions.scaling.settings import ScalingSettings
    from functions.scaling.wiring import build
    from shared.adapters.platform import open_platform

    settings = ScalingSettings(runtime="embedded", data_dir=data_dir)
    return build(adapters, open_platform(settings, adapters), settings)


def _budget_enforcement(data_dir: Path, adapters: Adapters, _: Mapping[str, str]) -> "Consumer":
    from functions.budget_enforcement.settings import BudgetEnforcementSettings
    from functions.budget_enforcement.wiring import build
    from shared.adapters.platform import open_platform

    settings = BudgetEnforcementSettings(runtime="embedded", data_dir=data_dir)
    return build(adapters, open_platform(settings, adapters), settings)


_BUILDERS: Final[Mapping[str, Callable[[Path, Adapters, Mapping[str, str]], "Consumer"]]] = {
    "index_update": _index_update,
    "transfer": _transfer,
    "burst_prediction": _burst_prediction,
    "scaling": _scaling,
    "budget_enforcement": _budget_enforcement,
}
