"""What was decided about each region, as state documents: for people, for the budget, and for the next decision."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from functions.scaling.allocation import Denial, reason_of
from functions.scaling.combined import CombinedDecision
from functions.scaling.pressure import Relief
from functions.scaling.reactive import Limit, ReactiveState, ScaleDecision
from functions.scaling.returning import Standing, standing_data, standing_from
from functions.scaling.signals import Signal
from functions.scaling.tiers import UNKNOWN, TierCounts
from shared.crowds.paths import fleet_document
from shared.domain.tier import Tier
from shared.moments import moment_of, text_of
from shared.parsed_documents import ParsedDocuments
from shared.ports.state import ABSENT, Absent, Document, Put, StateStore


class Remembered(NamedTuple):
    """What the last decision about a region left, and the version of its document."""

    state: ReactiveState
    tiers: TierCounts
    decided_at: datetime | None
    version: str | Absent
    standing: Standing | None = None


class RegionDecision(NamedTuple):
    """What a region is set to, and everything that led to it.

    `floor` is the highest that plan, prewarms and a region's return ask for; `returning` is what its return does.
    """

    region: str
    at: datetime
    floor: int
    plan_revision: int | None
    demand: ScaleDecision
    combined: CombinedDecision
    tiers: TierCounts = UNKNOWN
    denials: tuple[Denial, ...] = ()
    returning: int = 0
    standing: Standing | None = None

    @property
    def denial(self) -> str:
        """What was short; empty where nothing was."""
        reason = reason_of(self.denials)
        return "" if reason is None else reason.value


class Decisions:
    """One document a region, written by compare-and-set: of two decisions at once, one counts."""

    def __init__(self, state: StateStore) -> None:
        self._state = state
        self._parsed = ParsedDocuments(_remembered)

    def recall(self, regions: Mapping[str, int]) -> dict[str, Remembered]:
        """What is remembered of regions, given the instances that each is set to where nothing is."""
        documents = self._state.get_many([fleet_document(region) for region in regions])
        return {
            region: _unknown(instances) if document is None else self._parsed.of(document)
            for (region, instances), document in zip(regions.items(), documents, strict=True)
        }

    def keep(self, decision: RegionDecision, before: Remembered) -> None:
        """Remember a decision.

        Raises:
            PreconditionFailed: another decision about the region was kept since it was recalled.
        """
        path = fleet_document(decision.region)
        (version,) = self._state.commit([Put(path, _data(decision), if_version=before.version)])
        after = Remembered(decision.demand.state, decision.tiers, decision.at, version, decision.standing)
        self._parsed.written(path, version, after)


def _data(decision: RegionDecision) -> dict[str, Any]:
    demand, combined = decision.demand, decision.combined
    return {
        "region": decision.region,
        "decided_at": text_of(decision.at),
        "min_instances": combined.min_instances,
        "max_instances": combined.max_instances,
        "winner": combined.winner.value,
        "denied": combined.denied,
        "denial": decision.denial,
        "denied_by_tier": {denial.tier.value: denial.instances for denial in decision.denials},
        "floor": decision.floor,
        "returning": decision.returning,
        "standing": None if decision.standing is None else standing_data(decision.standing),
        "plan_revision": decision.plan_revision,
        "demand": demand.instances,
        "reason": demand.reason.value,
        "signal": None if demand.signal is None else demand.signal.value,
        "urgency": demand.urgency.name.lower(),
        "reactive": _state_data(demand.state),
        "tiers": {"requests": dict(decision.tiers.requests), "until": text_of(decision.tiers.until)},
    }


def _state_data(state: ReactiveState) -> dict[str, Any]:
    relief, limit = state.relief, state.limit
    return {
        "instances": state.instances,
        "changed_at": text_of(state.changed_at),
        "asked_at": text_of(state.asked_at),
        "burst_at": text_of(state.burst_at),
        "relief": None
        if relief is None
        else {"signal": relief.signal.value, "excess": relief.excess, "at": text_of(relief.at)},
        "limit": None if limit is None else {"requests_per_s": limit.requests_per_s, "at": text_of(limit.at)},
    }


def _unknown(instances: int) -> Remembered:
    return Remembered(ReactiveState(instances), UNKNOWN, None, ABSENT)


def _remembered(document: Document) -> Remembered:
    data = document.data["reactive"]
    relief, limit = data["relief"], data["limit"]
    state = ReactiveState(
        instances=data["instances"],
        changed_at=moment_of(data["changed_at"]),
        asked_at=moment_of(data.get("asked_at")),  # documents from before it was kept
        burst_at=moment_of(data["burst_at"]),
        relief=None
        if relief is None
        else Relief(Signal(relief["signal"]), relief["excess"], datetime.fromisoformat(relief["at"])),
        limit=None if limit is None else Limit(limit["requests_per_s"], datetime.fromisoformat(limit["at"])),
    )
    tiers = _tiers(document.data.get("tiers"))
    standing = document.data.get("standing")  # documents from before it was kept
    return Remembered(
        state=state,
        tiers=tiers,
        decided_at=moment_of(document.data["decided_at"]),
        version=document.version,
        standing=None if standing is None else standing_from(standing),
    )


def _tiers(data: Mapping[str, Any] | None) -> TierCounts:
    if data is None:  # documents from before they were counted
        return UNKNOWN
    requests = {Tier(name): float(count) for name, count in data["requests"].items()}
    return TierCounts(requests, moment_of(data["until"]))
