"""Users come, ask, think and leave as the course has it; a cut connection is back in time."""

from itertools import pairwise

import numpy as np
import pytest

from benchmarks.live.arrivals import arrivals_of
from benchmarks.live.sessions import Break, users_of
from benchmarks.scenarios.catalog import find_scenario
from benchmarks.scenarios.model import Sessions
from shared.topology import load_topology

SESSIONS = Sessions(requests=5, think_s=0.5)
SECONDS, PER_S = 20.0, 200.0


def test_users_together_ask_as_often_as_the_course_says() -> None:
    """So many are there as ask so often, each pausing as long as it thinks; a session has its requests, on average."""
    times_s = np.array([0.0, 10.0, SECONDS])
    rate = np.array([PER_S, PER_S, 0.0])

    comings, user, due_s = users_of(SESSIONS, times_s, rate, (), np.random.default_rng(1))

    counts, _ = np.histogram(due_s, bins=4, range=(0, SECONDS))
    assert counts.tolist() == pytest.approx([1000, 1000, 750, 250], rel=0.15)
    assert comings.most == pytest.approx(PER_S * SESSIONS.think_s, rel=0.05)
    assert len(due_s) / len(comings.arrives_s) == pytest.approx(SESSIONS.requests, rel=0.2)
    pauses = [later - one for who in range(50) for one, later in pairwise(due_s[user == who].tolist())]
    assert np.mean(pauses) == pytest.approx(SESSIONS.think_s, rel=0.3)
    assert bool((due_s >= comings.arrives_s[user]).all() and (due_s <= comings.leaves_s[user]).all())


def test_a_crowd_that_goes_home_leaves() -> None:
    """Where the course falls faster than sessions end, users leave in the middle of theirs."""
    times_s = np.array([0.0, 2.0, 2.1, 4.0])
    rate = np.array([PER_S, PER_S, 0.0, 0.0])

    comings, _, due_s = users_of(Sessions(requests=1000, think_s=1.0), times_s, rate, (), np.random.default_rng(1))

    assert int((comings.leaves_s <= 2.2).sum()) == len(comings.leaves_s) == comings.most == PER_S
    assert due_s.max() <= 2.2


def test_a_lost_connection_is_back_in_time_with_a_request_more() -> None:
    """Half of those who are there, each within the time that the fault allows."""
    steady = np.array([0.0, SECONDS]), np.array([PER_S, PER_S])
    _, _, before = users_of(SESSIONS, *steady, (), np.random.default_rng(1))

    comings, user, due_s = users_of(SESSIONS, *steady, [Break(8.0, 2.0, 0.5)], np.random.default_rng(1))

    cut = len(comings.cut_user)
    assert cut == pytest.approx(PER_S * SESSIONS.think_s / 2, rel=0.4)
    assert bool(((comings.cut_back_s >= 8.0) & (comings.cut_back_s <= 10.0)).all())
    assert len(due_s) == pytest.approx(len(before) + cut, abs=cut / 2)
    for who, back_s in zip(comings.cut_user.tolist(), comings.cut_back_s.tolist(), strict=True):
        asks_s = due_s[user == who]
        assert back_s in asks_s.tolist()
        assert not ((asks_s > 8.0) & (asks_s < back_s)).any()


def test_a_user_keeps_tier_protocol_and_region() -> None:
    """What a user is does not change from request to request; the kind of request does."""
    scenario = find_scenario("balanced").model_copy(update={"sessions": SESSIONS})
    shares = {"us-central1": 0.7, "europe-west1": 0.3}

    arrivals = arrivals_of(scenario, load_topology(), peak_per_s=PER_S, seconds=SECONDS, regions=shares)

    assert arrivals.user is not None
    found: dict[int, set[tuple[str, ...]]] = {}
    for what, users in arrivals.user.items():
        for who in users.tolist():
            found.setdefault(who, set()).add((what.tier, what.protocol, what.region))
    assert all(len(one) == 1 for one in found.values())
    here = sum(len(due) for what, due in arrivals.due_s.items() if what.region == "europe-west1")
    assert here / arrivals.count == pytest.approx(0.3, abs=0.1)
    kinds = {what.kind: 0 for what in arrivals.due_s}
    for what, due in arrivals.due_s.items():
        kinds[what.kind] += len(due)
    assert {kind: count / arrivals.count for kind, count in kinds.items()} == pytest.approx(
        {kind: share for kind, share in scenario.mix.model_dump().items() if share}, abs=0.05
    )
