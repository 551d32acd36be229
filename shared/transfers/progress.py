"""How far a transfer is, how fast it goes, and when it will be done."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Progress:
    """Rows and bytes so far and, where known, in all; `elapsed_s` since the start."""

    rows_done: int
    rows_total: int | None
    bytes_done: int
    bytes_total: int | None
    elapsed_s: float

    @property
    def share(self) -> float | None:
        """How much is done, 0 to 1; None where the whole is not known."""
        if self.rows_total is not None:
            return self.rows_done / self.rows_total if self.rows_total else 1.0
        if self.bytes_total is not None:
            return self.bytes_done / self.bytes_total if self.bytes_total else 1.0
        return None

    @property
    def rows_per_s(self) -> float | None:
        """The mean rate so far."""
        return self.rows_done / self.elapsed_s if self.elapsed_s > 0 else None

    @property
    def eta_s(self) -> float | None:
        """Seconds until the end if it goes on like this; None before anything is done."""
        share = self.share
        return self.elapsed_s * (1 - share) / share if share else None

    def to_document(self) -> dict[str, Any]:
        """As an operation shows it."""
        return {
            "rows_done": self.rows_done,
            "rows_total": self.rows_total,
            "bytes_done": self.bytes_done,
            "bytes_total": self.bytes_total,
            "rows_per_s": None if self.rows_per_s is None else round(self.rows_per_s, 1),
            "eta_s": None if self.eta_s is None else round(self.eta_s, 1),
        }
