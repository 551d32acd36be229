"""The benchmark of recall counts right, on a small set."""

from dataclasses import replace

import numpy as np

from benchmarks.recall import Achieved, measure_recall
from benchmarks.vectors.synthetic import make_hard
from shared.domain.collection import Metric


def test_an_exact_search_is_found_to_be_exact_under_every_metric() -> None:
    """What is counted against is computed apart from the engine: they agree on lengths, ties and signs."""
    raw = make_hard(2_000, 20)

    reports = list(measure_recall(raw, tuple(Metric), 10, targets=(1.0,)))

    assert [report.metric for report in reports] == ["cosine", "dot", "euclidean"]
    assert [(one.found, one.methods, one.met) for report in reports for one in report.achieved] == [
        (1.0, {"exact": 20}, True)
    ] * 3


def test_equal_lengths_are_stretched_so_that_metrics_differ() -> None:
    """On vectors of one length dot and euclidean would be cosine under another name."""
    raw = make_hard(500, 10)
    unit = replace(raw, vectors=raw.vectors / np.linalg.norm(raw.vectors, axis=1, keepdims=True))

    (report,) = measure_recall(unit, (Metric.DOT,), 10, targets=(1.0,))

    assert report.achieved[0].found == 1.0


def test_so_much_may_be_missing_and_no_more() -> None:
    """0.02 below what was asked, and of everything nothing."""
    assert Achieved(0.95, 0.93, {}, 1.0).met
    assert not Achieved(0.95, 0.929, {}, 1.0).met
    assert not Achieved(1.0, 0.9999, {}, 1.0).met
