"""What each method of one base segment reaches and costs: `python -m benchmarks.methods --data glove --rows 250000`.

Times are processor time, so that other programs weigh less. Recall is of the 10 nearest, by kind of question: rows held
out, rows moved, and noise, which is near no row; the planner goes by the lowest.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.vectors.catalog import NAMES, read_set
from shared.domain.collection import Metric
from shared.index.build import build_base
from shared.index.manifest import IndexSpec
from shared.index.questions import Question, foreign_questions, plain_questions
from shared.index.rows import RowBatch
from shared.index.rowset import all_rows
from shared.index.scan import exact_candidates
from shared.index.segment import Segment, open_segment
from shared.index.sketch_search import Probe, search_by_sketch

_QUESTIONS = 48
_WANTED = 10
_CONFIDENCES = (0.6, 0.8, 0.9, 0.95, 0.99)
_SEARCH_KS = (1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000)

Search = Callable[[Segment, Question], Sequence[int]]


def methods() -> dict[str, Search]:
    """Every method and effort by name."""
    found: dict[str, Search] = {"exact": _exact}
    for confidence in _CONFIDENCES:
        found[f"sketch, confidence {confidence}"] = _sketch(confidence)
    for search_k in _SEARCH_KS:
        found[f"forest, search_k {search_k}"] = _forest(search_k)
    return found


def _exact(segment: Segment, question: Question) -> Sequence[int]:
    rows: list[int] = exact_candidates(segment, question.query[None], question.among, _WANTED + 1)[0].tolist()
    return rows


def _sketch(confidence: float) -> Search:
    def search(segment: Segment, question: Question) -> Sequence[int]:
        assert segment.sketch  # noqa: S101 - a base has one
        probe = Probe(question.query, question.among, _WANTED)
        rows: list[int] = search_by_sketch(segment, segment.sketch, probe, confidence).candidates[0].tolist()
        return rows

    return search


def _forest(search_k: int) -> Search:
    def search(segment: Segment, question: Question) -> Sequence[int]:
        assert segment.forest  # noqa: S101 - its file is here
        rows: list[int] = segment.forest.nearest(question.query, _WANTED + 8, search_k).tolist()
        return rows

    return search


def _measure(segment: Segment, kinds: Sequence[Sequence[Question]], search: Search) -> tuple[list[float], float]:
    """The recall of each kind, and the median processor time of a question in milliseconds."""
    recalls, times = [], []
    for questions in kinds:
        shares = []
        for question in questions:
            started = time.process_time()
            found = search(segment, question)
            times.append((time.process_time() - started) * 1000)
            shares.append(float(np.isin(question.truth[:_WANTED], found).mean()))
        recalls.append(float(np.mean(shares)))
    return recalls, median(times)


def main() -> None:
    """Build one base, and print a line for each method and effort."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", choices=NAMES, default="glove")
    parser.add_argument("--rows", type=int, default=250_000)
    parser.add_argument("--metric", choices=[each.value for each in Metric], default="cosine")
    given = parser.parse_args()
    vectors = np.asarray(read_set(given.data, given.rows, 10).vectors, np.float32)
    spec, count = IndexSpec(vectors.shape[1], Metric(given.metric), {}), len(vectors)
    none = np.empty(0, np.int64)
    batch = RowBatch([str(row) for row in range(count)], vectors, np.ones(count, np.int64), [None] * count, [], none)
    with tempfile.TemporaryDirectory(prefix="swell-methods-") as name:
        built = build_base(batch, spec, min_version=1, max_version=1, directory=Path(name) / "base")
        segment = open_segment(built.entry, spec, built.directory)
        random = np.random.default_rng(5)
        held_out, moved = plain_questions(segment, random.choice(count, _QUESTIONS, replace=False), random)
        noise = foreign_questions(segment, _QUESTIONS, random)
        exact_candidates(segment, held_out[0].query[None], all_rows(count), _WANTED)  # pages of files come in
        print(f"{count:,} vectors of {spec.dimension} dimensions ({given.data}, {given.metric})")
        print(f"{'':26} {'held out':>9} {'moved':>7} {'noise':>7} {'CPU':>9}")
        for label, search in methods().items():
            recalls, cpu_ms = _measure(segment, [held_out, moved, noise], search)
            shown = " ".join(f"{recall:>7.3f}" for recall in recalls)
            print(f"{label:26}   {shown} {cpu_ms:>6.2f} ms")


if __name__ == "__main__":
    main()
