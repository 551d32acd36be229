"""Imports and exports as the server runs them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class OperationProgress:
    """Rows and bytes so far and, where the server knows, in all; None where it does not."""

    rows_done: int
    rows_total: int | None
    bytes_done: int
    bytes_total: int | None
    rows_per_s: float | None
    eta_s: float | None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read the progress of an answer."""
        return cls(**{name: document[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Operation:
    """One import or export. `state` is running, cancelling, done, failed or cancelled.

    `result` is there when it is done, `error` (code, detail, problems) when it failed.
    """

    id: str
    kind: str
    collection: str
    state: str
    uri: str
    progress: OperationProgress
    result: Mapping[str, Any] | None
    error: Mapping[str, Any] | None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read an operation of an answer; fields that a newer server adds are ignored."""
        names = ("kind", "collection", "state", "uri", "result", "error")
        progress = OperationProgress.of(document["progress"])
        return cls(id=document["operation"], progress=progress, **{name: document[name] for name in names})

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in {"done", "failed", "cancelled"}
