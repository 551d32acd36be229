"""The journal and the history of an execution, in the state store: they survive a kill -9."""

import base64
import json
from datetime import datetime
from typing import Any, Final

from shared.adapters.embedded.workflow_runs import KEPT
from shared.ports.clock import Clock
from shared.ports.state import Document, Put, StateStore
from swell.local.workflows.history import StepEntry
from swell.local.workflows.journal import Noted

MAX_ENTRIES: Final = 5_000
"""A loop that runs wild fills its history so far, and no further."""


class StoredJournal:
    """Notes as documents; they are durable before the workflow goes on."""

    def __init__(self, state: StateStore, clock: Clock, workflow: str, run_id: str) -> None:
        self._state = state
        self._clock = clock
        self._collection = f"workflows/{workflow}/runs/{run_id}/journal"

    def recall(self, key: str) -> Noted | None:
        """As the protocol."""
        found = self._state.get(f"{self._collection}/{key}")
        if found is None:
            return None
        noted = json.loads(found.data["noted"], object_hook=_from_json)
        return Noted(found.data["what"], noted["value"], noted["error"], failed=noted["failed"])

    def note(self, key: str, noted: Noted) -> None:
        """As the protocol."""
        kept = {"value": noted.value, "error": noted.error, "failed": noted.failed}
        data = {"what": noted.what[:500], "noted": json.dumps(kept, default=_to_json, ensure_ascii=False)}
        self._state.commit([Put(f"{self._collection}/{key}", data, expires_at=self._clock.now() + KEPT)])


class StoredHistory:
    """Entries as documents."""

    def __init__(self, state: StateStore, clock: Clock, workflow: str, run_id: str) -> None:
        self._state = state
        self._clock = clock
        self._collection = f"workflows/{workflow}/runs/{run_id}/steps"
        self._kept: set[str] = set()

    def record(self, entry: StepEntry) -> None:
        """As the protocol."""
        if entry.id not in self._kept and len(self._kept) >= MAX_ENTRIES:
            return
        self._kept.add(entry.id)
        data = {
            "routine": entry.routine,
            "step": entry.step,
            "kind": entry.kind,
            "attempt": entry.attempt,
            "started_at": entry.started_at.isoformat(),
            "ended_at": None if entry.ended_at is None else entry.ended_at.isoformat(),
            "error": json.dumps(entry.error, default=_to_json),
        }
        self._state.commit([Put(f"{self._collection}/{entry.id}", data, expires_at=self._clock.now() + KEPT)])


def steps_of(state: StateStore, workflow: str, run_id: str) -> list[StepEntry]:
    """The steps that an execution has taken, in the order in which they began."""
    documents = state.list(f"workflows/{workflow}/runs/{run_id}/steps", limit=MAX_ENTRIES)
    return sorted(map(_entry, documents), key=lambda entry: (entry.started_at, entry.id))


def _entry(document: Document) -> StepEntry:
    data = document.data
    return StepEntry(
        id=document.id,
        routine=data["routine"],
        step=data["step"],
        kind=data["kind"],
        attempt=data["attempt"],
        started_at=datetime.fromisoformat(data["started_at"]),
        ended_at=None if data["ended_at"] is None else datetime.fromisoformat(data["ended_at"]),
        error=json.loads(data["error"]),
    )


def _to_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"__bytes__": base64.b64encode(value).decode()}
    raise TypeError(f"{type(value).__name__} is not a value of a workflow")


def _from_json(found: dict[str, Any]) -> Any:
    return base64.b64decode(found["__bytes__"]) if set(found) == {"__bytes__"} else found
