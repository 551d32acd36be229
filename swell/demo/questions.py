"""Questions that anyone can judge the answers of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from swell.client import Collection, Match
from swell.demo.words import Vocabulary

_ANSWERS: Final = 5


@dataclass(frozen=True)
class Question:
    """Words to add up and words to take away; one word alone asks for its neighbours."""

    plus: Sequence[str]
    minus: Sequence[str] = ()

    def __str__(self) -> str:
        return (
            " + ".join(self.plus[:1])
            + "".join(f" - {w}" for w in self.minus)
            + "".join(f" + {w}" for w in self.plus[1:])
        )

    @property
    def words(self) -> set[str]:
        """The words that it is made of, which are not answers."""
        return {*self.plus, *self.minus}

    def vector(self, vocabulary: Vocabulary) -> NDArray[np.float32]:
        """What to search with: the sum of unit vectors."""
        summed: NDArray[np.float32] = np.sum(
            [_unit(vocabulary.vector(word)) for word in self.plus]
            + [-_unit(vocabulary.vector(word)) for word in self.minus],
            axis=0,
            dtype=np.float32,
        )
        return summed


@dataclass(frozen=True)
class Answered:
    """A question and the words found, best first."""

    question: Question
    matches: Sequence[Match]


QUESTIONS: Final = (
    Question(["goal"]),
    Question(["king", "woman"], minus=["man"]),
    Question(["paris", "japan"], minus=["france"]),
    Question(["better", "bad"], minus=["good"]),
    Question(["mozart"]),
    Question(["seven"]),
)


def ask(words: Collection, vocabulary: Vocabulary, question: Question) -> Answered:
    """The words nearest to a question, its own words left out."""
    vector = question.vector(vocabulary)
    found = words.query(vector, top_k=_ANSWERS + len(question.words), include=["attributes"])
    return Answered(question, [match for match in found.matches if match.id not in question.words][:_ANSWERS])


def known(vocabulary: Vocabulary) -> list[Question]:
    """The questions whose words are all ingested."""
    return [question for question in QUESTIONS if question.words <= vocabulary.places.keys()]


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vector / np.float32(np.linalg.norm(vector))
    return unit
