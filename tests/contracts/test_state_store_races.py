"""What every state store does when several write at once."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

from shared.ports.state import ABSENT, PreconditionFailed, Put, StateStore


def test_of_many_that_create_one_wins(state: StateStore) -> None:
    """A document is a lock."""
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda number: _creates(state, number), range(8)))

    found = state.get("lock/1")
    assert 1 == won.count(True)
    assert found is not None
    assert won.index(True) == found.data["by"]


def test_compare_and_set_loses_no_update(state: StateStore) -> None:
    """Four threads that add one, ten times each, make forty."""
    state.commit([Put("n/1", {"count": 0})])

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(_add_ten, state) for _ in range(4)]:
            future.result()

    found = state.get("n/1")
    assert found is not None
    assert 40 == found.data["count"]


def _creates(state: StateStore, number: int) -> bool:
    try:
        state.commit([Put("lock/1", {"by": number}, if_version=ABSENT)])
    except PreconditionFailed:
        return False
    return True


def _add_ten(state: StateStore) -> None:
    for _ in range(10):
        for _attempt in count():
            found = state.get("n/1")
            assert found is not None
            try:
                state.commit([Put("n/1", {"count": found.data["count"] + 1}, if_version=found.version)])
            except PreconditionFailed:
                continue
            break
