"""Answers of several shards."""

from shared.index.answers import Answer, Match
from shared.index.merge import merge_answers


def test_the_best_of_all_shards_come_first() -> None:
    """Matches are merged by score, ties by id, query by query; the least exact method describes the whole."""
    one = Answer([[Match("a", 0.9), Match("d", 0.5)], [Match("a", 0.1)]], "exact", 0.95)
    two = Answer([[Match("c", 0.9), Match("b", 0.7)], []], "forest", 0.95)

    merged = merge_answers([one, two], 3)

    assert [[match.id for match in matches] for matches in merged.matches] == [["a", "c", "b"], ["a"]]
    assert (merged.method, merged.recall_target) == ("forest", 0.95)
