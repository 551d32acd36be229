"""The gate: a base segment is published only if, searched as it will be served, it reaches what it promises."""

from typing import Final

import numpy as np

from shared.errors import PermanentError
from shared.index.questions import Question, plain_questions
from shared.index.scan import best_places
from shared.index.search import Task, choose, find_candidates
from shared.index.segment import Segment

# Targets asked of the finished segment, each with the questions that it takes to tell: the mean recall of 48 has a
# standard error of about 0.01; an exact search that errs errs always.
_TARGETS: Final = {0.8: 48, 0.95: 48, 1.0: 4}
_TOP_K: Final = 10


class RecallGateMissed(PermanentError):  # noqa: N818 - named for what is wrong, as its base is
    """A base segment does not reach the recall that its calibration promises; it must not be published."""

    code = "recall_gate_missed"
    status = 500


def check_recall(segment: Segment, *, questions: int, tolerance: float, seed: int) -> dict[float, float]:
    """Recall reached for each target, by questions that calibration has not seen.

    Raises:
        RecallGateMissed: it is more than `tolerance` below a target.
    """
    random = np.random.default_rng(seed)
    rows = random.choice(segment.rows, size=min(questions, segment.rows), replace=False)
    held_out, perturbed = plain_questions(segment, rows, random)
    reached = {}
    for target, enough in _TARGETS.items():
        kinds = [_reached(segment, kind[:enough], target) for kind in (held_out, perturbed)]
        reached[target] = min(kinds)
        if min(kinds) < target - tolerance:
            raise RecallGateMissed(
                f"segment {segment.entry.id}: recall {min(kinds):.3f} where {target} was asked, "
                f"tolerance {tolerance}; method {_choice_of(segment, held_out[0], target)}"
            )
    return reached


def reached_recall(segment: Segment, target: float, *, questions: int, seed: int) -> float:
    """Recall reached for one target, by held-out and by perturbed rows: the lower of the two; 1.0 without rows."""
    random = np.random.default_rng(seed)
    rows = random.choice(segment.rows, size=min(questions, segment.rows), replace=False)
    return min((_reached(segment, kind, target) for kind in plain_questions(segment, rows, random)), default=1.0)


def _choice_of(segment: Segment, question: Question, target: float) -> str:
    return str(choose(segment, Task(question.query[None], _TOP_K, target), question.among))


def _reached(segment: Segment, questions: list[Question], target: float) -> float:
    shares = []
    for question in questions:
        task = Task(question.query[None], min(_TOP_K, question.among.count), target)
        if not task.top_k:
            continue
        rows, vectors = find_candidates(segment, task, question.among, choose(segment, task, question.among))[0]
        best = rows[best_places(segment, rows, vectors, question.query, task.top_k)]
        shares.append(float(np.isin(question.truth[: task.top_k], best).mean()))
    return float(np.mean(shares)) if shares else 1.0
