"""What matching makes of a commit equals asking every standing query again."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.stream.changes import changes_between
from functions.stream.matching import match
from functions.stream.standing import Standing, StandingQuery, StandingSet
from shared.domain.collection import AttributeType, Metric
from shared.index.filter import Filter, parse_filter
from shared.index.metric import directed
from shared.reads.snapshots import OpenCollection
from tests.builders.pipeline import Pipeline, read
from tests.integration.pipeline.conftest import make_pipeline

_ATTRIBUTES: Final = {"first": AttributeType.FLOAT}
_LOW: Final = parse_filter({"range": {"first": {"lt": 0.5}}}, _ATTRIBUTES)

_number = st.integers(-4, 4).map(lambda whole: whole / 4)  # few values: ties are common
_upsert = st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(_number, _number), min_size=1, max_size=4)
_delete = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3, unique=True)
_commit = st.tuples(st.one_of(_upsert, _delete), st.booleans())


def _queries(metric: Metric) -> list[StandingQuery]:
    vectors = directed(np.array([[1, 0], [0, 1], [-1, 0.5], [0.5, 0.5]], np.float32), metric)
    options: list[tuple[int, Filter | None, float | None]] = [(2, None, None), (3, _LOW, None), (10, None, -0.25)]
    return [
        StandingQuery(vector, top_k, condition=condition, min_score=min_score, include_attributes=top_k == 3)
        for vector in vectors
        for top_k, condition, min_score in options
    ]


def _asked(opened: OpenCollection, query: StandingQuery) -> Standing:
    """The answer of a plain exact search of every shard."""
    found = [
        found
        for snapshot in opened.snapshots
        for found in snapshot.search(
            query.vector[None],
            top_k=query.top_k,
            recall=1.0,
            filter=query.condition,
            include_attributes=query.include_attributes,
        ).matches[0]
    ]
    best = sorted(found, key=lambda match: (-match.score, match.id))[: query.top_k]
    return Standing(query, query.trimmed(best))


def _write(pipeline: Pipeline, write: dict[str, tuple[float, float]] | Sequence[str]) -> None:
    if isinstance(write, dict):
        pipeline.upsert(dict(write))
    else:
        pipeline.delete(*write)
    pipeline.deliver_all()


@pytest.mark.parametrize("metric", list(Metric), ids=str)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_commit, min_size=1, max_size=9), st.integers(1, 3))
def test_matching_equals_asking_again(metric: Metric, commits: list[tuple[object, bool]], shards: int) -> None:
    """After every commit, or several at once with compactions between them: no loss, no stale record, no repeat."""
    with tempfile.TemporaryDirectory() as directory:
        pipeline = make_pipeline(Path(directory), metric=metric, shards=shards, attributes=_ATTRIBUTES)
        reads = pipeline.reads()
        opened = reads.open(read())
        standing = [_asked(opened, query) for query in _queries(metric)]
        for write, is_looked_at in commits:
            _write(pipeline, write)  # type: ignore[arg-type]
            if not is_looked_at:
                continue
            now = reads.open(read())
            changes = changes_between(opened, now)
            assert changes is not None
            matched = match(changes, StandingSet(standing, metric))

            truth = [_asked(now, entry.query) for entry in standing]

            for number, (before, after) in enumerate(zip(standing, truth, strict=True)):
                if number in matched.refills:
                    continue
                assert matched.changed.get(number, before.matches) == after.matches
                assert (number in matched.changed) == (before.matches != after.matches)
            opened, standing = now, truth


def test_only_what_lost_a_record_is_searched_again(tmp_path: Path) -> None:
    """A row that gets in, or stays out, costs no search; a loss costs one only where others may move up."""
    pipeline = make_pipeline(tmp_path, metric=Metric.DOT)
    pipeline.upsert({f"r{n}": [n / 10, 0.0] for n in range(10)})
    pipeline.deliver_all()
    reads = pipeline.reads()
    before = reads.open(read())
    few, all_of_them = (StandingQuery(np.array([1, 0], np.float32), top_k) for top_k in (3, 50))
    standing = StandingSet([_asked(before, few), _asked(before, all_of_them)], Metric.DOT)
    pipeline.upsert({"r0": [5.0, 0.0]})
    pipeline.deliver_all()
    entered = reads.open(read())
    pipeline.delete("r9")
    pipeline.deliver_all()
    left = reads.open(read())

    by_entry = match(changes_between(before, entered) or [], standing)
    by_loss = match(changes_between(before, left) or [], StandingSet([standing.entries[1]], Metric.DOT))
    after = StandingSet([_asked(entered, few), _asked(entered, all_of_them)], Metric.DOT)
    refilled = match(changes_between(entered, left) or [], after)

    assert ([], ["r0", "r9", "r8"]) == (by_entry.refills, [found.id for found in by_entry.changed[0]])
    assert ([], 9) == (by_loss.refills, len(by_loss.changed[0]))
    assert ([0], 9) == (refilled.refills, len(refilled.changed[1]))


def test_a_late_write_that_lost_changes_nothing(tmp_path: Path) -> None:
    """A row that arrives with an older revision than the one in the answer is no newer word."""
    pipeline = make_pipeline(tmp_path, metric=Metric.DOT)
    pipeline.upsert({"a": [1.0, 0.0]})
    late = pipeline.taken("mutations")
    pipeline.upsert({"a": [2.0, 0.0]})
    pipeline.deliver_all()
    reads = pipeline.reads()
    before = reads.open(read())
    standing = StandingSet([_asked(before, StandingQuery(np.array([1, 0], np.float32), 1))], Metric.DOT)
    pipeline.deliver(late)

    changes = changes_between(before, reads.open(read()))

    assert changes
    matched = match(changes, standing)
    assert ({}, []) == (matched.changed, matched.refills)
