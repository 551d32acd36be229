"""Users who come, ask, think, ask again and leave: when each would, were answers there at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.load.comings import Comings
from benchmarks.scenarios.model import Sessions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STEP_S: Final = 0.05
"""How often users come or leave to follow the course."""


@dataclass(frozen=True)
class Break:
    """At `at_s` a share of the users lose their connections; each is back within `for_s`, and asks once more for it."""

    at_s: float
    for_s: float
    share: float


@dataclass
class _User:
    arrives_s: float
    leaves_s: float
    asks_s: Floats

    def leave(self, moment_s: float) -> None:
        self.leaves_s = moment_s
        self.asks_s = self.asks_s[self.asks_s < moment_s]

    def come_back(self, cut_s: float, back_s: float) -> None:
        """What was still to be asked is asked so much later, and one thing at once."""
        later = self.asks_s > cut_s
        self.asks_s = np.concatenate([self.asks_s[~later], [back_s], self.asks_s[later] + (back_s - cut_s)])
        self.leaves_s += back_s - cut_s


def users_of(
    sessions: Sessions, times_s: Floats, rate_at: Floats, breaks: Sequence[Break], random: np.random.Generator
) -> tuple[Comings, Ints, Floats]:
    """Users who together ask at the rate of the course; for each request who makes it and when, by time.

    As many are there as ask so often when each asks once in `think_s`. Who is too many leaves: a crowd that goes home
    closes its connections.
    """
    end_s = float(times_s[-1])
    users: list[_User] = []
    there: set[int] = set()
    leaving: list[tuple[float, int]] = []
    for start_s in np.arange(0.0, end_s, _STEP_S).tolist():
        while leaving and leaving[0][0] <= start_s:
            there.discard(heappop(leaving)[1])
        wanted = float(np.interp(start_s, times_s, rate_at)) * sessions.think_s
        for _ in range(int(wanted) - len(there)):
            first = not start_s
            user = _coming(sessions, 0.0 if first else start_s + random.uniform(0, _STEP_S), random, first=first)
            there.add(len(users))
            heappush(leaving, (user.leaves_s, len(users)))
            users.append(user)
        if (surplus := len(there) - int(np.ceil(wanted))) > 0:
            for chosen in random.choice(sorted(there), surplus, replace=False).tolist():
                there.discard(chosen)
                users[chosen].leave(min(users[chosen].leaves_s, start_s + random.uniform(0, _STEP_S)))
    cuts = [cut for one in breaks for cut in _cut(users, one, random)]
    for user in users:
        user.leave(min(user.leaves_s, end_s))
    who = np.repeat(np.arange(len(users)), [len(user.asks_s) for user in users])
    when = np.concatenate([user.asks_s for user in users]) if users else np.zeros(0)
    order = np.argsort(when, kind="stable")
    made = Comings(
        np.array([user.arrives_s for user in users]),
        np.array([user.leaves_s for user in users]),
        np.array([user for user, _, _ in cuts], np.int64),
        np.array([at_s for _, at_s, _ in cuts], np.float64),
        np.array([back_s for _, _, back_s in cuts], np.float64),
        end_s,
    )
    return made, who[order], when[order]


def _coming(sessions: Sessions, arrives_s: float, random: np.random.Generator, *, first: bool) -> _User:
    """Who comes asks at once; who was there before it all began is somewhere between two requests."""
    count = int(random.geometric(1 / sessions.requests))
    pauses = random.exponential(sessions.think_s, count + first)
    moments = arrives_s + np.cumsum(pauses)
    if first:
        return _User(arrives_s, float(moments[-1]), moments[:-1])
    return _User(arrives_s, float(moments[-1]), np.concatenate([[arrives_s], moments[:-1]]))


def _cut(users: Sequence[_User], one: Break, random: np.random.Generator) -> list[tuple[int, float, float]]:
    """Some of those who are there, by chance; who would be back after leaving does not come back."""
    found = []
    for number, user in enumerate(users):
        if user.arrives_s <= one.at_s < user.leaves_s and random.random() < one.share:
            back_s = one.at_s + random.uniform(0, one.for_s)
            user.come_back(one.at_s, back_s)
            found.append((number, one.at_s, back_s))
    return found
