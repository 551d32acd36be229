"""The report for programs, and what it calls a failure."""

from collections.abc import Sequence

import orjson
import pytest

from swell.client import CollectionDescription, Match, SegmentSummary
from swell.demo.changes import Check
from swell.demo.directory import DiskUse
from swell.demo.ingest import Ingested
from swell.demo.measurements import Latency, Recall
from swell.demo.questions import Answered, Question
from swell.demo.report import DemoReport
from swell.local.running import Delivery

GOOD = Check("the old self is gone", holds=True, took_ms=5.0)
BAD = Check("the old self is gone", holds=False, took_ms=5.0)


def report(*, recall: float = 0.99, checks: Sequence[Check] = (GOOD,)) -> DemoReport:
    """A demo that went well but for what is given."""
    segments = [SegmentSummary(0, "base", 900, 10_000), SegmentSummary(0, "delta", 100, 1_000)]
    collection = CollectionDescription("words", 50, "cosine", 1, {}, "now", 1000, "0:4", segments)
    return DemoReport(
        runtime="embedded",
        data_dir=".swell/demo",
        ingested=Ingested(1.0, 2.0, 3.0, collection),
        answers=[Answered(Question(["goal"]), [Match("goals", 0.9)])],
        recall=Recall(recall, 200, ["forest"]),
        latency=Latency(1.0, 2.0, 400),
        checks=checks,
        events=[Delivery("index_update", "dev.swell.mutations.accepted.v1", "done", 60)],
        disk=DiskUse(3, 12_000),
        total_s=9.0,
    )


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (report(), []),
        (report(recall=0.95), []),
        (report(recall=0.9499), ["recall@10 is 0.950, promised is 0.95"]),
        (report(checks=[GOOD, BAD]), ["this does not hold: the old self is gone"]),
    ],
    ids=["all well", "just enough recall", "too little recall", "an old self found"],
)
def test_a_broken_promise_is_a_shortcoming(outcome: DemoReport, expected: list[str]) -> None:
    """Recall below 0.95 and every check that fails are named; nothing else is."""
    assert outcome.shortcomings() == expected


def test_the_document_holds_what_programs_were_promised() -> None:
    """The names are an interface: vectors, recall, times, events; all of it is plain JSON."""
    document = orjson.loads(orjson.dumps(report().to_document()))

    promised = ("vectors", "recall_at_10", "p50_ms", "p99_ms", "ingest_to_searchable_s")
    assert [document[name] for name in promised] == [1000, 0.99, 1.0, 2.0, 2.0]
    assert document["ingest_vectors_per_s"] == 500
    assert (document["rows_in_forests"], document["rows_in_deltas"]) == (900, 100)
    assert document["events"] == [
        {
            "function": "index_update",
            "event_type": "dev.swell.mutations.accepted.v1",
            "outcome": "done",
            "count": 60,
        }
    ]
