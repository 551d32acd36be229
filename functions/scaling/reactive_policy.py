"""Every threshold of reactive scaling, with its source."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class ReactivePolicy:
    """Defaults are those of RuVector's reactive scaler and of Knative's autoscaler, as far as they can both hold.

    A decision is made each minute, so the panic window is the last minute and the stable window five of them; Knative,
    which decides each 2 s, takes 6 s and 60 s.
    """

    concurrency_limit: float  # of one instance, as deployed
    cpu_target: float = 0.60  # RuVector: ceil(instances * cpu / 0.60)
    cpu_out: float = 0.70  # RuVector
    cpu_high: float = 0.80
    cpu_critical: float = 0.90
    concurrency_target: float = 0.70  # Knative: target utilisation 70 %
    concurrency_out: float = 0.80  # RuVector
    memory_out: float = 0.75  # RuVector
    p99_out_ms: float = 50.0  # RuVector
    p99_critical_ms: float = 100.0
    errors_out: float = 0.01  # RuVector: 1 %
    step_high: float = 0.30  # RuVector: +30 %, critical +50 %
    step_critical: float = 0.50
    panic_window: timedelta = timedelta(minutes=1)
    stable_window: timedelta = timedelta(minutes=5)
    panic_threshold: float = 2.0  # Knative: 200 %
    max_up_rate: float = 10.0  # times per decision; Knative allows 1000, a region's quota is far below that
    max_down_rate: float = 2.0  # Knative: at most half at once
    tolerance: float = 0.10  # Kubernetes: changes of less than a tenth are not made
    in_cooldown: timedelta = timedelta(minutes=5)  # RuVector: 300 s
    # The last instance goes when nobody has asked for this long. The first is kept when somebody asks in so many
    # minutes of the stable window; below that the platform starts one by itself and keeps it for a while. So a region
    # that is asked now and then stays as it is, and where three minutes in five have requests by chance, half an hour
    # without any is rare.
    idle_window: timedelta = timedelta(minutes=30)
    awake_minutes: int = 3
    # A step that did not lower what it was taken for is not repeated; it shows once new instances have warmed up.
    settle: timedelta = timedelta(minutes=3)
    improvement: float = 0.10
    # Latency, memory or errors above their limit at less than half of what instances take are not for want of them.
    from_load: float = 0.5
    # The load per instance that a step against pressure led to is kept in mind, so as not to go back above it.
    limit_memory: timedelta = timedelta(hours=6)
