"""Questions to measure a segment with, and their true answers.

Queries are not documents, so several kinds are asked. *Held-out*: a row of the segment that must not find itself.
*Perturbed*: a row moved as far as it stands from the middle of all; its nearest rows are as far away as those of real
questions (mean cosine 0.71, against 0.58 of real sentences and 0.71 of held-out words), and it is at least as hard to
answer. *Foreign*: noise, near no row; for methods that spend the same on every query. *Filtered*: perturbed, but only
rows near another row are allowed, which is the worst a filter can do: they stand far from the query, where bits tell
little.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.index.metric import directed, exact_scores, norms
from shared.index.rowset import RowSet, all_rows
from shared.index.scan import exact_candidates, rank_all
from shared.index.segment import Segment

NEAREST: Final = 100
_BATCH: Final = 32
# The share of rows that a calibration filter allows.
_FILTER_SHARE: Final = 0.05


@dataclass(frozen=True, eq=False)
class Question:
    """A query, the rows it may find, and the nearest of them, best first."""

    query: NDArray[np.float32]
    among: RowSet
    truth: NDArray[np.int64]


def plain_questions(
    segment: Segment, rows: NDArray[np.int64], random: np.random.Generator
) -> tuple[list[Question], list[Question]]:
    """Held-out and perturbed questions about some rows, with their true answers."""
    own = segment.vectors_of(rows)
    everything = all_rows(segment.rows)
    queries = directed(own, segment.spec.metric)
    truths = _nearest(segment, queries, everything, NEAREST + 1)
    held_out = [
        Question(query, _without(segment, row), truth[truth != row][:NEAREST])
        for query, row, truth in zip(queries, rows.tolist(), truths, strict=True)
    ]
    noisy = directed(_perturbed(segment, own, random), segment.spec.metric)
    truths = _nearest(segment, noisy, everything, NEAREST)
    perturbed = [Question(query, everything, truth) for query, truth in zip(noisy, truths, strict=True)]
    return held_out, perturbed


def filtered_questions(segment: Segment, questions: Sequence[Question], rows: NDArray[np.int64]) -> list[Question]:
    """The same queries, where only rows around another row are allowed."""
    count = max(1, int(_FILTER_SHARE * segment.rows))
    ranks = rank_all(segment, directed(segment.vectors_of(rows), segment.spec.metric))
    filtered = []
    for question, other in zip(questions, ranks, strict=True):
        mask = np.zeros(segment.rows, np.bool_)
        mask[np.argpartition(other, segment.rows - count)[segment.rows - count :]] = True
        among = RowSet(mask)
        truth = _nearest(segment, question.query[None], among, NEAREST)[0]
        filtered.append(Question(question.query, among, truth))
    return filtered


def _nearest(segment: Segment, queries: NDArray[np.float32], among: RowSet, count: int) -> list[NDArray[np.int64]]:
    found = []
    for start in range(0, len(queries), _BATCH):
        block = queries[start : start + _BATCH]
        for query, rows in zip(block, exact_candidates(segment, block, among, count), strict=True):
            scores = exact_scores(segment.vectors_of(rows), query, segment.spec.metric)
            found.append(rows[np.argsort(-scores, kind="stable")[:count]])
    return found


def foreign_questions(segment: Segment, count: int, random: np.random.Generator) -> list[Question]:
    """Queries that are like no row: noise of the data's own shape, around the middle of all."""
    sample = segment.vectors_of(random.integers(segment.rows, size=min(2000, segment.rows)))
    noise = random.normal(size=(count, segment.spec.dimension)) * sample.std(axis=0)
    queries = directed(np.asarray(sample.mean(axis=0) + noise, np.float32), segment.spec.metric)
    everything = all_rows(segment.rows)
    truths = _nearest(segment, queries, everything, NEAREST)
    return [Question(query, everything, truth) for query, truth in zip(queries, truths, strict=True)]


def _perturbed(segment: Segment, own: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """Each row moved as far as it stands from the middle, in a direction of the data's own shape."""
    sample = segment.vectors_of(random.integers(segment.rows, size=min(2000, segment.rows)))
    noise = random.normal(size=own.shape) * sample.std(axis=0)
    lengths = norms(noise)
    lengths[lengths == 0] = 1
    return np.asarray(own + noise * (norms(own - sample.mean(axis=0)) / lengths)[:, None], np.float32)


def _without(segment: Segment, row: int) -> RowSet:
    mask = np.ones(segment.rows, np.bool_)
    mask[row] = False
    return RowSet(mask)
