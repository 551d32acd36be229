"""What operators decide about money, in the state store: limits, raises for approved events, the emergency stop."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from shared.budget.emergency_stop import StopState
from shared.budget.limits import ApprovedRaise, Limits
from shared.coordination.races import retry_lost_races, version_of
from shared.errors import Conflict, NotFound
from shared.moments import moment_of, text_of
from shared.parsed_documents import ParsedDocuments
from shared.ports.state import ABSENT, Put, StateStore

LEDGER: Final = "spend/ledger"
_BUDGET: Final = "control/budget"
_STOP: Final = "control/budget_stop"
_MOMENTS: Final = ("begin", "end", "approved_at")


@dataclass(frozen=True)
class Budget:
    """Limits and raises; `revision` rises with each change."""

    limits: Limits
    raises: tuple[ApprovedRaise, ...] = ()
    revision: int = 0


B = TypeVar("B", bound=Budget | None)


class Budgets:
    """The budget and the stop, changed by compare-and-set."""

    def __init__(self, state: StateStore) -> None:
        self._state = state
        self._parsed = ParsedDocuments(lambda document: _budget(document.data))

    def find(self) -> Budget | None:
        """The budget, or None where nobody ever set one."""
        document = self._state.get(_BUDGET)
        return None if document is None else self._parsed.of(document)

    def set_limits(self, limits: Limits, *, if_revision: int | None = None) -> Budget:
        """Set the limits; the raises stay.

        Raises:
            Conflict: the budget is at another revision than `if_revision`.
        """

        def change(before: Budget | None) -> Budget:
            at = 0 if before is None else before.revision
            if if_revision is not None and at != if_revision:
                raise Conflict(f"the budget is at revision {at}, not {if_revision}")
            return replace(before or Budget(limits), limits=limits)

        return self._change(change)

    def approve(self, raised: ApprovedRaise) -> Budget:
        """Allow more for an event, or change what was allowed for it.

        Raises:
            Conflict: there is no budget that could be raised.
        """

        def change(before: Budget | None) -> Budget:
            if before is None:
                raise Conflict("no budget is set, so nothing limits what could be raised")
            others = tuple(one for one in before.raises if one.event_id != raised.event_id)
            return replace(before, raises=(*others, raised))

        return self._change(change)

    def remove_raise(self, event_id: str) -> Budget:
        """Take back what was allowed for an event; from the next minute on the limits are the lower ones.

        Raises:
            NotFound: nothing is allowed for it.
        """

        def change(before: Budget | None) -> Budget:
            if before is None or all(one.event_id != event_id for one in before.raises):
                raise NotFound(f"no raise for event {event_id!r}")
            return replace(before, raises=tuple(one for one in before.raises if one.event_id != event_id))

        return self._change(change)

    def drop_past(self, now: datetime) -> Sequence[ApprovedRaise]:
        """Remove the raises that are over, and return them."""
        dropped: Sequence[ApprovedRaise] = ()

        def change(before: Budget | None) -> Budget | None:
            nonlocal dropped
            dropped = () if before is None else [one for one in before.raises if one.is_over(now)]
            return before and replace(before, raises=tuple(one for one in before.raises if one not in dropped))

        self._change(change)
        return dropped

    def stop(self) -> StopState:
        """Whether everything stands still."""
        document = self._state.get(_STOP)
        return StopState() if document is None else _stop(document.data)

    def change_stop(self, change: Callable[[StopState], StopState]) -> StopState:
        """Change whether everything stands still."""

        def attempt() -> StopState:
            document = self._state.get(_STOP)
            before = StopState() if document is None else _stop(document.data)
            after = change(before)
            if after != before:
                data = {**vars(after), "ordered_at": text_of(after.ordered_at)}
                self._state.commit([Put(_STOP, data, if_version=version_of(document) or ABSENT)])
            return after

        return retry_lost_races(attempt, "emergency stop")

    def _change(self, change: Callable[[Budget | None], B]) -> B:
        def attempt() -> B:
            document = self._state.get(_BUDGET)
            before = None if document is None else _budget(document.data)
            after = change(before)
            if after is None or after == before:
                return after
            counted = replace(after, revision=after.revision + 1)
            self._state.commit([Put(_BUDGET, _data(counted), if_version=version_of(document) or ABSENT)])
            return counted

        return retry_lost_races(attempt, "budget")


def _data(budget: Budget) -> dict[str, Any]:
    raises = [{name: _json(value) for name, value in vars(one).items()} for one in budget.raises]
    return {"limits": vars(budget.limits), "raises": raises, "revision": budget.revision}


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _budget(data: Mapping[str, Any]) -> Budget:
    raises = tuple(
        ApprovedRaise(
            **{**one, **{name: datetime.fromisoformat(one[name]) for name in _MOMENTS if one.get(name) is not None}}
        )
        for one in data["raises"]
    )
    return Budget(Limits(**data["limits"]), raises, data["revision"])


def _stop(data: Mapping[str, Any]) -> StopState:
    ordered_at = moment_of(data["ordered_at"])
    return StopState(data["stopped"], data["by"], ordered_at, data.get("why", ""), data.get("decision", ""))
