"""Counters, gauges and histograms by their Prometheus names, declared at import and made at first use.

Declaring costs nothing: prometheus-client is loaded by the first measurement or the first scrape, so that a function
that measures nothing does not wait for it in a cold start. A name is declared once, in the module that measures.

Labels come from a closed list of names whose values are few. Tenants, collections, keys, ids and texts are never
labels: there are as many as users like to make, and they are nobody else's business.

Several processes add up where `PROMETHEUS_MULTIPROC_DIR` names a directory before the first measurement
(`swell up` with workers does): each then keeps its values in files there, and any of them answers for all.
"""

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Final, Literal

LABELS: Final = frozenset(
    {
        "cache",  # hot, warm, …: how an answer was had
        "dependency",  # state, objects, publisher, redis, …
        "event_type",
        "function",
        "kind",
        "level",  # L1 … L5
        "method",  # of HTTP, or of search
        "mode",  # serving mode
        "operation",  # of a port
        "outcome",
        "priority",
        "protocol",
        "reason",
        "region",
        "result",
        "route",  # the template, never the path
        "state",
        "status",
        "tier",
    }
)
"""The labels that a metric may have. Whoever adds one bounds its values."""

SECONDS_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""From a millisecond, what a warm search takes, to half a minute."""

_PREFIX: Final = "swell_"


@dataclass(frozen=True)
class _Metric:
    """A declared family. Label values are given in the order of `labels`."""

    name: str
    help: str
    labels: tuple[str, ...] = ()

    kind: ClassVar[str]
    declared: ClassVar[dict[str, "_Metric"]] = {}

    def __post_init__(self) -> None:
        """Refuse what the conventions or the closed list of labels do not allow."""
        if not self.name.startswith(_PREFIX) or self.name in self.declared:
            raise ValueError(f"metric {self.name!r}: names begin with {_PREFIX!r} and are declared once")
        if unknown := set(self.labels) - LABELS:
            raise ValueError(f"metric {self.name!r}: labels {sorted(unknown)} are not among {sorted(LABELS)}")
        self.declared[self.name] = self

    @cached_property
    def _children(self) -> dict[tuple[str, ...], Any]:
        return {}

    @cached_property
    def _family(self) -> Any:
        with _making:
            return self.__dict__.get("_family") or self._make(_registry())

    def _make(self, registry: Any) -> Any:
        raise NotImplementedError

    def _child(self, values: tuple[str, ...]) -> Any:
        child = self._children.get(values)
        if child is None:
            child = self._children[values] = self._family.labels(*values) if self.labels else self._family
        return child


@dataclass(frozen=True)
class Counter(_Metric):
    """Only ever grows; its name ends in `_total`."""

    kind = "counter"

    def __post_init__(self) -> None:
        """Hold the name to the convention."""
        if not self.name.endswith("_total"):
            raise ValueError(f"counter {self.name!r}: its name ends in _total")
        super().__post_init__()

    def inc(self, *values: str, by: float = 1.0) -> None:
        """Add."""
        self._child(values).inc(by)

    def _make(self, registry: Any) -> Any:
        import prometheus_client  # noqa: PLC0415 - cold start

        return prometheus_client.Counter(self.name, self.help, self.labels, registry=registry)


@dataclass(frozen=True)
class Gauge(_Metric):
    """Goes up and down. Of several processes, `merged` says what their values make together."""

    merged: Literal["sum", "max"] = "sum"
    kind = "gauge"

    def set(self, value: float, *values: str) -> None:
        """Be at a value."""
        self._child(values).set(value)

    def inc(self, *values: str, by: float = 1.0) -> None:
        """Add, or subtract."""
        self._child(values).inc(by)

    def _make(self, registry: Any) -> Any:
        import prometheus_client  # noqa: PLC0415

        mode: Any = self.merged
        return prometheus_client.Gauge(self.name, self.help, self.labels, registry=registry, multiprocess_mode=mode)


@dataclass(frozen=True)
class Histogram(_Metric):
    """A distribution; its name ends in its unit."""

    buckets: Sequence[float] = field(default=SECONDS_BUCKETS)
    kind = "histogram"

    def observe(self, value: float, *values: str) -> None:
        """Count a value."""
        self._child(values).observe(value)

    def _make(self, registry: Any) -> Any:
        import prometheus_client  # noqa: PLC0415

        return prometheus_client.Histogram(self.name, self.help, self.labels, registry=registry, buckets=self.buckets)


_making: Final = threading.RLock()
_own: Any = None


def _registry() -> Any:
    global _own  # noqa: PLW0603 - a process has one
    import prometheus_client  # noqa: PLC0415

    with _making:
        if _own is None:
            _own = prometheus_client.CollectorRegistry()
            prometheus_client.ProcessCollector(registry=_own)  # memory, processor time, open files
        return _own


def declared() -> Sequence[_Metric]:
    """Every family that the modules loaded so far declare, by name."""
    return [_Metric.declared[name] for name in sorted(_Metric.declared)]


def scrape() -> tuple[bytes, str]:
    """All values in Prometheus' text format, and its content type."""
    import prometheus_client  # noqa: PLC0415

    registry = _registry()
    directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")  # noqa: TID251 - prometheus-client's own variable
    if directory and os.path.isdir(directory):  # noqa: PTH112 - as the library looks
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

        registry = prometheus_client.CollectorRegistry()
        MultiProcessCollector(registry, directory)  # type: ignore[no-untyped-call]
    return prometheus_client.generate_latest(registry), prometheus_client.CONTENT_TYPE_LATEST
