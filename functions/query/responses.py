"""What query answers, as JSON."""

from typing import Any

from shared.index.answers import Match, Record
from shared.reads.listing import ListedRecord
from shared.reads.service import Read
from shared.reads.snapshots import OpenCollection
from shared.request_context import RequestContext


def describe_match(match: Match) -> dict[str, Any]:
    """One match; attributes and vector only where they were asked for."""
    answer: dict[str, Any] = {"id": match.id, "score": match.score}
    if match.attributes is not None:
        answer["attributes"] = match.attributes
    if match.vector is not None:
        answer["vector"] = match.vector.tolist()
    return answer


def describe_record(record: Record | ListedRecord, read: Read) -> dict[str, Any]:
    """One record with its version, which a conditional write may name."""
    answer: dict[str, Any] = {"id": record.id, "version": str(record.revision)}
    if read.include_attributes:
        answer["attributes"] = record.attributes or {}
    if read.include_vectors and record.vector is not None:
        answer["vector"] = record.vector.tolist()
    return answer


def describe_segments(opened: OpenCollection) -> list[dict[str, Any]]:
    """The segments of every shard, oldest first."""
    return [
        {
            "shard": number,
            "id": segment.entry.id,
            "kind": segment.entry.kind.value,
            "rows": segment.rows,
            "live_rows": live.count,
            "size_bytes": segment.entry.size_bytes,
            "local": segment.is_local,
            "calibration": segment.entry.calibration,
        }
        for number, snapshot in enumerate(opened.snapshots)
        for segment, live in zip(snapshot.segments, snapshot.live, strict=True)
    ]


def describe_state(opened: OpenCollection, context: RequestContext) -> dict[str, Any]:
    """What every answer says of what was read: its version, what the server gives up at present, and damages."""
    return {"version": str(opened.version), "serving_mode": context.mode.label, **describe_damages(opened)}


def describe_damages(opened: OpenCollection) -> dict[str, Any]:
    """Nothing where all is whole and as new as asked. What a damaged segment changed may show an earlier state."""
    answer: dict[str, Any] = {}
    if not opened.is_whole:
        answer["partial"] = True
    if opened.damages:
        answer["damaged_segments"] = [vars(damage) for damage in opened.damages]
    if opened.stand_ins:
        answer["damaged_manifests"] = [vars(stand_in) for stand_in in opened.stand_ins]
    if opened.stale_s is not None:
        answer |= {"stale": True, "age_ms": round(opened.stale_s * 1000)}
    return answer
