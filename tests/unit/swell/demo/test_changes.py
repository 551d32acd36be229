"""The demo's look at a replaced and a deleted word notices the old self."""

import pytest

from swell.demo.changes import BORROWED, DELETED, REPLACED, check_changes
from tests.unit.swell.demo.in_memory_server import InMemoryServer
from tests.unit.swell.demo.vocabularies import random_vocabulary

VOCABULARY = random_vocabulary([REPLACED, BORROWED, DELETED, *(f"word-{number}" for number in range(60))])


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (InMemoryServer(), [True, True, True]),
        (InMemoryServer(keeps_replaced=True), [False, True, True]),
        (InMemoryServer(keeps_deleted=True), [True, False, True]),
    ],
    ids=["a right server", "replaced words keep their place", "deleted words stay"],
)
def test_an_old_self_that_is_still_found_fails_its_check(server: InMemoryServer, expected: list[bool]) -> None:
    """Each fault fails the one check that is about it."""
    words = server.collection(dict(zip(VOCABULARY.words, VOCABULARY.vectors, strict=True)))

    checks = list(check_changes(words, VOCABULARY))

    assert [check.holds for check in checks] == expected


def test_the_words_are_as_before_afterwards() -> None:
    """The collection that the demo leaves behind holds every word with its own vector."""
    server = InMemoryServer()
    words = server.collection(dict(zip(VOCABULARY.words, VOCABULARY.vectors, strict=True)))

    list(check_changes(words, VOCABULARY))

    assert {word: vector.tolist() for word, vector in server.vectors.items()} == {
        word: VOCABULARY.vector(word).tolist() for word in VOCABULARY.words
    }
