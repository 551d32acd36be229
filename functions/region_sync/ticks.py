"""What a region does at set times: look for what it missed and say how far behind it is; remove what is old."""

from collections.abc import Callable

from functions.region_sync.catch_up import CatchUp, CaughtUp
from functions.region_sync.erasure_reports import ReportErasures
from functions.region_sync.sweep import SweepShard, Swept
from shared.errors import CorruptObject, TransientError
from shared.events.index import SweepDueV1
from shared.events.regions import RegionTickV1
from shared.listing import listed
from shared.outcomes import Outcome
from shared.ports.clock import Clock
from shared.ports.state import Put, StateStore
from shared.regions.lag import UNREPLICATED, ReplicationStatus
from shared.regions.paths import regional_heads, replication_status_document
from shared.telemetry import log


class CatchUpOnTick:
    """Handles `RegionTickV1`: also what no event told of is copied, and the lag of this region is written down."""

    def __init__(self, *, region: str, target_s: float, catch_up: CatchUp, state: StateStore, clock: Clock) -> None:
        self._region = region
        self._target_s = target_s
        self._catch_up = catch_up
        self._state = state
        self._clock = clock

    def __call__(self, _tick: RegionTickV1 | None = None) -> Outcome:
        """Every minute; twice does no harm."""
        status = self._status(self._catch_up())
        self._state.commit([Put(replication_status_document(self._region), status.to_document())])
        UNREPLICATED.set(status.behind, self._region)
        log(
            "INFO" if status.within_target else "WARNING",
            "replication",
            region=self._region,
            shards=status.shards,
            behind=status.behind,
            lag_p50_s=status.lag_p50_s,
            lag_max_s=status.lag_max_s,
            target_s=status.target_s,
        )
        return Outcome.DONE

    def _status(self, caught: CaughtUp) -> ReplicationStatus:
        return ReplicationStatus.of(
            self._region,
            self._clock.now(),
            lags_s=caught.lags_s,
            behind=caught.failed,
            waiting_s=caught.waiting_s,
            target_s=self._target_s,
        )


class BeThere:
    """Handles `RegionTickV1`: first the region is heard, which takes no time; then it looks for what it missed."""

    def __init__(self, be_heard: Callable[[], None], catch_up: CatchUpOnTick) -> None:
        self._be_heard = be_heard
        self._catch_up = catch_up

    def __call__(self, tick: RegionTickV1) -> Outcome:
        """Every minute; twice does no harm. A copy that takes long must not make the region look dead."""
        self._be_heard()
        return self._catch_up(tick)


class SweepRegion:
    """Handles `SweepDueV1` in one region: every shard that this region has, or had, a copy of; then its erasures."""

    def __init__(self, region: str, state: StateStore, sweep: SweepShard, report_erasures: ReportErasures) -> None:
        self._region = region
        self._state = state
        self._sweep = sweep
        self._report_erasures = report_erasures

    def __call__(self, _due: SweepDueV1) -> Outcome:
        """One shard that cannot be swept does not hold up the others; the next sweep tries again."""
        for document in listed(self._state, regional_heads(self._region)):
            collection, _, shard = document.id.rpartition("~")
            try:
                swept = self._sweep(collection, int(shard), document)
            except (CorruptObject, TransientError) as error:
                log("ERROR", "sweep failed", region=self._region, shard=document.id, reason=f"{error.code}: {error}")
            else:
                if swept != Swept():
                    log("INFO", "shard swept", region=self._region, shard=document.id, removed=swept.removed)
        self._report_erasures()
        return Outcome.DONE
