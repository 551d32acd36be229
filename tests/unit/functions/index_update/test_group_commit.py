"""Group commit."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from functions.index_update.group_commit import GroupCommit


def test_a_lone_item_is_committed_at_once() -> None:
    """Nothing waits for company."""
    groups: list[list[int]] = []

    def commit(_: str, items: Sequence[int]) -> list[int]:
        groups.append(list(items))
        return [item * 10 for item in items]

    result = GroupCommit(commit, 8).submit("k", 1)

    assert 10 == result
    assert [[1]] == groups


def test_what_arrives_during_a_commit_forms_the_next_group() -> None:
    """The first commit carries one item; everything that came while it ran goes together, bounded by the limit."""
    groups: list[list[int]] = []
    first_runs, all_wait = Event(), Event()

    def commit(_: str, items: Sequence[int]) -> list[int]:
        groups.append(list(items))
        if len(groups) == 1:
            first_runs.set()
            all_wait.wait(10)
        return list(items)

    group: GroupCommit[str, int, int] = GroupCommit(commit, 4)
    with ThreadPoolExecutor(7) as pool:
        futures = [pool.submit(group.submit, "k", 0)]
        first_runs.wait(10)
        futures += [pool.submit(group.submit, "k", number) for number in range(1, 7)]
        while len(group.waiting("k")) < 6:
            pass
        all_wait.set()
        results = sorted(future.result(10) for future in futures)

    assert [0, 1, 2, 3, 4, 5, 6] == results
    assert [1, 4, 2] == [len(items) for items in groups]


def test_keys_do_not_wait_for_each_other() -> None:
    """Two keys commit at the same time."""
    both = Barrier(2, timeout=10)

    def commit(_: str, items: Sequence[int]) -> list[int]:
        both.wait()
        return list(items)

    group: GroupCommit[str, int, int] = GroupCommit(commit, 8)
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda key: group.submit(key, 1), ["a", "b"]))

    assert [1, 1] == results


def test_the_error_of_one_item_is_raised_to_its_submitter_only() -> None:
    """A result that is an exception reaches the one who sent the item."""
    group: GroupCommit[str, int, int] = GroupCommit(lambda _, items: [ValueError("no") for _ in items], 8)

    with pytest.raises(ValueError, match="no"):
        group.submit("k", 1)


def test_after_a_failed_group_the_next_one_runs() -> None:
    """A commit that raises fails its group and leaves no one waiting."""
    attempts: list[int] = []

    def commit(_: str, items: Sequence[int]) -> list[int]:
        attempts.append(len(items))
        if len(attempts) == 1:
            raise RuntimeError("store away")
        return list(items)

    group: GroupCommit[str, int, int] = GroupCommit(commit, 8)
    with pytest.raises(RuntimeError):
        group.submit("k", 1)

    assert 2 == group.submit("k", 2)
