"""Pushes due deliveries of a broker to a handler, as Pub/Sub pushes to a function."""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Container, Iterable, Mapping
from functools import partial
from typing import Final

from shared.adapters.embedded.broker import SqliteBroker
from shared.adapters.embedded.delivery_counters import DeliveryCounters, SubscriptionStatus
from shared.adapters.embedded.delivery_queue import Lease, Settlement
from shared.adapters.embedded.owners import Owner
from shared.adapters.embedded.received_message import ReceivedMessage
from shared.adapters.embedded.subscription import SubscriptionConfig
from shared.adapters.embedded.worker_pool import WorkerPool
from shared.adapters.embedded.yielding import Yielding
from shared.errors import DependencyUnavailable, TransientError

Deliver = Callable[[str, ReceivedMessage], None]
"""Gets a subscription's name and a message. Returning acknowledges; raising has it delivered again."""

POLL_S: Final = 0.02
"""How soon a publish by another process is noticed. A look costs microseconds."""
DEFAULT_MAX_OUTSTANDING: Final = 8
_LOOK_AROUND_EVERY_S: Final = 2.0
_BROKEN_STORE_PAUSE_S: Final = 0.5
_log = logging.getLogger(__name__)


class Dispatcher:
    """Delivers the messages of every subscription of the broker, each on a thread of a pool.

    `only` names the subscriptions that this process serves, where several processes share the broker; `yielding`
    those that give way to another while that is busy.
    `max_outstanding` bounds the deliveries of one subscription that run at once. One thread talks to the queue and
    settles many results in one transaction. A handler that outlasts the ack deadline runs on while its message is
    delivered again, as with Pub/Sub.
    """

    def __init__(
        self,
        broker: SqliteBroker,
        deliver: Deliver,
        *,
        max_outstanding: int | Mapping[str, int] = DEFAULT_MAX_OUTSTANDING,
        only: Container[str] | None = None,
        yielding: Mapping[str, str] | None = None,
    ) -> None:
        self._broker = broker
        self._queue = broker.queue
        self._deliver = deliver
        served = [config for config in broker.subscriptions() if only is None or config.name in only]
        self._subscriptions = {config.name: config for config in served}
        self._limits = _limits(self._subscriptions, max_outstanding)
        self._pool = WorkerPool("deliver", sum(self._limits.values()))
        self._counters = DeliveryCounters()
        self._yielding = Yielding(yielding or {})
        self._returned: deque[Settlement] = deque()
        self._unsettled: list[Settlement] = []
        self._wake = threading.Event()
        self._progress = threading.Condition()
        self._stopping = self._abandoned = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to deliver, once; what a dead process was delivering is due at once."""
        owner = self._queue.enter()
        self._thread = threading.Thread(target=self._run, args=(owner,), name="dispatcher", daemon=True)
        self._broker.add_listener(self._wake.set)
        self._thread.start()

    def stop(self, grace_s: float = 10.0) -> bool:
        """Deliver nothing new, and wait for the handlers. False when some still ran after `grace_s`.

        Their messages are delivered again by whoever opens the broker next.
        """
        if self._thread is None:
            return True
        self._stopping = True
        self._wake.set()
        self._thread.join(grace_s)
        in_time = not self._thread.is_alive()
        self._abandoned = True
        self._wake.set()
        self._thread.join()
        self._broker.remove_listener(self._wake.set)
        self._pool.close()
        self._thread = None
        return in_time

    def drain(self, timeout_s: float) -> None:
        """Wait until no subscription has a message left, back-off included; what handlers publish counts too.

        Raises:
            TimeoutError: some were left; it says how many of which.
            RuntimeError: the dispatcher is not running.
        """
        deadline = time.monotonic() + timeout_s
        while left := {name: count for name, count in self._broker.backlog().items() if count}:
            if not self.is_running:
                raise RuntimeError(f"the dispatcher is not running; not delivered: {left}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"not acknowledged after {timeout_s} s: {left}")
            with self._progress:
                self._progress.wait(POLL_S)

    @property
    def is_running(self) -> bool:
        """Whether it delivers. False before `start`, after `stop`, and if it met a defect."""
        return self._thread is not None and self._thread.is_alive()

    def status(self) -> dict[str, SubscriptionStatus]:
        """What was done for each subscription since `start`, and what is left."""
        backlog = self._broker.backlog()
        return {name: self._counters.status(name, backlog=backlog.get(name, 0)) for name in self._subscriptions}

    def _run(self, owner: Owner) -> None:
        try:
            while not self._is_finished():
                self._wake.clear()
                try:
                    self._turn(owner)
                except DependencyUnavailable as error:
                    _log.warning("queue unavailable", extra={"error": str(error)})
                    self._wake.wait(_BROKEN_STORE_PAUSE_S)
        finally:
            owner.leave()

    def _turn(self, owner: Owner) -> None:
        """Exchange what there is to exchange, or wait for a reason to."""
        changes_seen = self._queue.changes_seen()
        while self._returned:
            self._unsettled.append(self._returned.popleft())
        wanted, yields_s = self._spare(), self._yielding_s()
        wanted = {config: count for config, count in wanted.items() if not yields_s.get(config.name)}
        due_in_s = self._queue.wait_until_due_s([config.name for config in wanted])
        if self._unsettled or (due_in_s is not None and due_in_s <= 0):
            self._exchange(owner, wanted)
        else:
            waits_s = [wait_s for wait_s in (due_in_s, *yields_s.values()) if wait_s is not None]
            self._await_change(min(waits_s, default=None), changes_seen)

    def _yielding_s(self) -> dict[str, float]:
        """How much longer subscriptions give way to others: those that do."""
        waits_s = {name: self._yielding.wait_s(name, self._is_busy) for name in self._subscriptions}
        return {name: wait_s for name, wait_s in waits_s.items() if wait_s > 0}

    def _is_busy(self, subscription: str) -> bool:
        return self._counters.outstanding(subscription) > 0

    def _exchange(self, owner: Owner, wanted: dict[SubscriptionConfig, int]) -> None:
        outcome = self._queue.exchange(owner, self._unsettled, wanted)
        self._counters.settled(self._unsettled)
        self._counters.exchanged(outcome)
        self._unsettled = []
        for lease in outcome.leases:
            self._pool.submit(partial(self._handle, lease))
        with self._progress:
            self._progress.notify_all()

    def _await_change(self, due_in_s: float | None, changes_seen: int) -> None:
        """Until a handler returns, this process publishes, another one commits, or something is due."""
        now = time.monotonic()
        # The bound is for leases of processes that die, and for a clock that is set.
        deadline = now + min(_LOOK_AROUND_EVERY_S, due_in_s if due_in_s is not None else _LOOK_AROUND_EVERY_S)
        while not self._wake.wait(max(0.0, min(POLL_S, deadline - time.monotonic()))):
            if self._queue.changes_seen() != changes_seen:
                return
            if time.monotonic() >= deadline:
                self._queue.free_leases_of_the_dead()
                return

    def _handle(self, lease: Lease) -> None:
        """On a thread of the pool. The handler is an entry point: whatever it raises means "deliver again"."""
        message, acked = lease.message, False
        try:
            self._deliver(lease.subscription.name, message)
            acked = True
        except Exception as error:  # noqa: BLE001 - see above
            _log.warning(
                "delivery failed",
                exc_info=not isinstance(error, TransientError),
                extra={
                    "subscription": lease.subscription.name,
                    "message_id": message.message_id,
                    "delivery_attempt": message.delivery_attempt,
                    "error": repr(error),
                },
            )
        finally:
            self._returned.append(Settlement(lease, acked))
            self._wake.set()

    def _spare(self) -> dict[SubscriptionConfig, int]:
        """How many more deliveries each subscription may have out, once the unsettled ones are settled."""
        if self._stopping:
            return {}
        returned = Counter(settlement.lease.subscription.name for settlement in self._unsettled)
        spare = {
            config: self._limits[name] - self._counters.outstanding(name) + returned[name]
            for name, config in self._subscriptions.items()
        }
        return {config: count for config, count in spare.items() if count > 0}

    def _is_finished(self) -> bool:
        idle = not any(self._counters.outstanding(name) for name in self._subscriptions)
        return self._abandoned or (self._stopping and idle)


def _limits(subscriptions: Iterable[str], max_outstanding: int | Mapping[str, int]) -> dict[str, int]:
    if isinstance(max_outstanding, int):
        return dict.fromkeys(subscriptions, max_outstanding)
    return {name: max_outstanding.get(name, DEFAULT_MAX_OUTSTANDING) for name in subscriptions}
