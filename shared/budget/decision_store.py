"""Decisions that wait for a word, in the state store, changed by compare-and-set."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from shared.budget.decisions import SpendingDecision
from shared.coordination.races import retry_lost_races
from shared.errors import NotFound
from shared.listing import listed
from shared.ports.state import ABSENT, Absent, Put, StateStore

KEPT: Final = timedelta(days=90)
"""To look up later what was decided by whom."""
_DECISIONS: Final = "budget_decisions"


class SpendingDecisions:
    """One document a decision."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def find(self, decision_id: str) -> SpendingDecision | None:
        """One decision, or None."""
        document = self._state.get(_path(decision_id))
        return None if document is None else SpendingDecision.from_data(document.data)

    def get(self, decision_id: str) -> SpendingDecision:
        """One decision.

        Raises:
            NotFound: there is none of this id.
        """
        found = self.find(decision_id)
        if found is None:
            raise _missing(decision_id)
        return found

    def all(self) -> list[SpendingDecision]:
        """The decisions that are kept, the latest first."""
        found = [SpendingDecision.from_data(document.data) for document in listed(self._state, _DECISIONS)]
        return sorted(found, key=lambda one: one.wanted_at, reverse=True)

    def want(self, decision: SpendingDecision) -> SpendingDecision:
        """Keep a decision; one of its id that is there already stays as it is."""

        def attempt() -> SpendingDecision:
            there = self.find(decision.id)
            if there is None:
                self._state.commit([_put(decision, ABSENT)])
            return there or decision

        return retry_lost_races(attempt, f"budget decision {decision.id}")

    def change(self, decision_id: str, change: Callable[[SpendingDecision], SpendingDecision]) -> SpendingDecision:
        """Change what stands.

        Raises:
            NotFound: there is none of this id.
        """

        def attempt() -> SpendingDecision:
            document = self._state.get(_path(decision_id))
            if document is None:
                raise _missing(decision_id)
            before = SpendingDecision.from_data(document.data)
            after = change(before)
            if after != before:
                self._state.commit([_put(after, document.version)])
            return after

        return retry_lost_races(attempt, f"budget decision {decision_id}")


def _put(decision: SpendingDecision, version: str | Absent) -> Put:
    return Put(_path(decision.id), decision.to_data(), version, expires_at=decision.ends_at + KEPT)


def _missing(decision_id: str) -> NotFound:
    return NotFound(f"budget decision {decision_id!r} does not exist")


def _path(decision_id: str) -> str:
    return f"{_DECISIONS}/{decision_id}"
