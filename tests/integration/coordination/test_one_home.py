"""Two homes are impossible, and nothing committed is lost: 1,000 seeded runs over 3 to 5 regions."""

import pytest

from shared.coordination.home_moves import Step
from tests.integration.coordination.storm import Storm

RUNS = 1000
CHUNK = 50


@pytest.mark.parametrize("first", range(0, RUNS, CHUNK))
def test_any_course_of_events_leaves_one_home_and_every_version(first: int) -> None:
    """Deaths, crashes, lost answers, late and double votes, lost leases, interruptions, clocks that are wrong.

    `WatchedState` holds every single write to it: one home in an epoch, epochs and fencing tokens only grow, no
    commit by a deposed home, a home has what it is home of, an outcome never changes. In the end every version that
    was acknowledged is in the history of its head, and the home can still be moved: nothing was blocked for good.
    """
    moves = refused = 0
    for seed in range(first, first + CHUNK):
        storm = Storm(seed)
        storm.rage(12)
        step = storm.settle(home_is_lost=False)

        assert step is Step.MOVED, seed
        for (head, version), manifest in storm.acknowledged.items():
            assert storm.watched.history[head, version] == manifest, f"{seed}: version {version} was lost"
        moves += storm.watched.moves
        refused += storm.refused

    assert moves > 1.1 * CHUNK, "homes hardly ever moved: this shows little"
    assert refused > CHUNK, "no region ever tried to commit away from home: this shows little"
