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

    def __init__(self, data_dir: Path, adapters: Adapters) -> None:
        self._data_dir = data_dir
        self._adapters = adapters
        self._made: dict[str, Consumer] = {}
        self._making = threading.Lock()

    def of(self, function: str) -> "Consumer":
        """The consumer of an event function of topology.yaml."""
        with self._making:
            if function not in self._made:
                self._made[function] = _BUILDERS[function](self._data_dir, self._adapters)
            return self._made[function]


def _index_update(data_dir: Path, adapters: Adapters) -> "Consumer":
    from functions.index_update.settings import IndexUpdateSettings
    from functions.index_update.wiring import build

    return build(adapters, IndexUpdateSettings(runtime="embedded", data_dir=data_dir, cache_dir=data_dir / "cache"))


def _transfer(_: Path, adapters: Adapters) -> "Consumer":
    from functions.transfer.limits import StepLimits
    from functions.transfer.wiring import build

    return build(adapters, StepLimits())


def _burst_prediction(data_dir: Path, adapters: Adapters) -> "Consumer":
    from functions.burst_prediction.settings import BurstPredictionSettings
    from functions.burst_prediction.wiring import build
    from shared.adapters.platform import open_platform

    settings = BurstPredictionSettings(runtime="embedded", data_dir=data_dir)
    return build(adapters, open_platform(settings, adapters), settings)


_BUILDERS: Final[Mapping[str, Callable[[Path, Adapters], "Consumer"]]] = {
    "index_update": _index_update,
    "transfer": _transfer,
    "burst_prediction": _burst_prediction,
}
