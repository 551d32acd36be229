"""Questions read as sums of words, and are not answered with their own words."""

import numpy as np
import pytest

from swell.demo.questions import Question, ask, known
from tests.unit.swell.demo.in_memory_server import InMemoryServer
from tests.unit.swell.demo.vocabularies import random_vocabulary

VOCABULARY = random_vocabulary(["king", "man", "woman", "queen", *(f"word-{number}" for number in range(20))])
ANALOGY = Question(["king", "woman"], minus=["man"])


def test_a_question_reads_as_a_sum() -> None:
    """The reader sees what was added and what was taken away."""
    assert str(ANALOGY) == "king - man + woman"


def test_words_count_alike_whatever_their_length() -> None:
    """The sum is of unit vectors: a frequent word's longer vector does not outweigh the others."""
    king, man, woman = (
        VOCABULARY.vector(word) / np.linalg.norm(VOCABULARY.vector(word)) for word in ("king", "man", "woman")
    )

    assert ANALOGY.vector(VOCABULARY) == pytest.approx(king - man + woman, abs=1e-6)


def test_the_words_of_a_question_are_not_among_its_answers() -> None:
    """Five answers remain, best first, without the words that would always win."""
    words = InMemoryServer().collection(dict(zip(VOCABULARY.words, VOCABULARY.vectors, strict=True)))

    answered = ask(words, VOCABULARY, ANALOGY)

    scores = [match.score for match in answered.matches]
    assert not ANALOGY.words & {match.id for match in answered.matches}
    assert (len(scores), scores) == (5, sorted(scores, reverse=True))


def test_only_questions_about_known_words_are_asked() -> None:
    """A small vocabulary is asked less, not wrongly."""
    assert [str(question) for question in known(VOCABULARY)] == ["king - man + woman"]
