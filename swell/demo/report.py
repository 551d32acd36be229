"""Everything that one demo measured, and whether it is good enough."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from swell.demo.changes import Check
from swell.demo.directory import DiskUse
from swell.demo.ingest import Ingested
from swell.demo.measurements import Latency, Recall
from swell.demo.questions import Answered
from swell.demo.words import CREDITS, DIMENSION
from swell.local.running import Delivery

LEAST_RECALL: Final = 0.95


@dataclass(frozen=True)
class DemoReport:
    """What happened."""

    runtime: Literal["embedded", "emulators"]
    data_dir: str
    ingested: Ingested
    answers: Sequence[Answered]
    recall: Recall
    latency: Latency
    checks: Sequence[Check]
    events: Sequence[Delivery]
    disk: DiskUse
    total_s: float

    @property
    def vectors(self) -> int:
        """Vectors that were found to be searchable."""
        return self.ingested.collection.records

    @property
    def vectors_per_s(self) -> float:
        """From the first write until the last vector was searchable."""
        return self.vectors / self.ingested.searchable_s

    def shortcomings(self) -> list[str]:
        """What was promised and not kept, each in a sentence; empty when all is well."""
        found = [f"this does not hold: {check.claim}" for check in self.checks if not check.holds]
        if self.recall.at_10 < LEAST_RECALL:
            found.append(f"recall@10 is {self.recall.at_10:.3f}, promised is {LEAST_RECALL}")
        return found

    def to_document(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "runtime": self.runtime,
            "data_dir": self.data_dir,
            "vectors": self.vectors,
            "dimension": DIMENSION,
            "ingest_vectors_per_s": self.vectors_per_s,
            "ingest_to_accepted_s": self.ingested.accepted_s,
            "ingest_to_searchable_s": self.ingested.searchable_s,
            "ingest_to_indexed_s": self.ingested.indexed_s,
            "rows_in_forests": self.ingested.collection.rows("base"),
            "rows_in_deltas": self.ingested.collection.rows("delta"),
            "recall_at_10": self.recall.at_10,
            "recall_queries": self.recall.queries,
            "methods": list(self.recall.methods),
            "p50_ms": self.latency.p50_ms,
            "p99_ms": self.latency.p99_ms,
            "latency_queries": self.latency.queries,
            "answers": [
                {
                    "question": str(answered.question),
                    "words": [{"word": match.id, "score": match.score} for match in answered.matches],
                }
                for answered in self.answers
            ],
            "checks": [asdict(check) for check in self.checks],
            "events": [asdict(event) for event in self.events],
            "disk": asdict(self.disk),
            "total_s": self.total_s,
            "shortcomings": self.shortcomings(),
            "credits": CREDITS,
        }
