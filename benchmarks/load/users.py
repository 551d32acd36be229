"""Users of one process of the generator: each over a connection of its own, asking once the last answer is there."""

from collections import deque
from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.load.comings import Comings
from benchmarks.load.connection import Connection, Pool
from benchmarks.load.protocols.conversation import Heard
from benchmarks.load.sender import AT_ONCE, OVERDUE_S, Schedule, Sender

_LEAVES: Final = -1
_CUT: Final = -2
_SHORT_S: Final = 0.1


class UserSender(Sender):
    """Due times are those of users whose answers come at once; who waits for an answer asks so much later.

    `pool_of` makes the connection of a user whose requests are of a stream; `user` is who makes each request.
    """

    def __init__(
        self,
        pool_of: Callable[[int], Pool],
        requests: Sequence[bytes],
        schedule: Schedule,
        user: NDArray[np.int64],
        comings: Comings,
    ) -> None:
        super().__init__((), requests, schedule)
        self._comings, self._user, self._pool_of = comings, user.tolist(), pool_of
        self._meant = self._due
        self._due = [inf] * len(self._meant)  # as they turn out
        self._turns: dict[int, deque[int]] = {}
        for place, who in enumerate(self._user):
            self._turns.setdefault(who, deque()).append(place)
        self._there: dict[int, Pool] = {}
        self._waits: dict[int, int] = {}
        """The request of each user that is under way, or due and not sent."""
        self._agenda: list[tuple[float, int, int]] = []
        """Moment, user, and place: what is to be asked then, or that the user leaves, or loses the connection."""
        self._next_of: dict[int, float] = {}
        for who, turns in self._turns.items():
            self._plan(who, self._meant[turns[0]])
        cuts = zip(comings.cut_at_s.tolist(), comings.cut_user.tolist(), strict=True)
        self._agenda += [(at_s, who, _CUT) for at_s, who in cuts if who in self._turns]
        self._back_s = dict(zip(comings.cut_user.tolist(), comings.cut_back_s.tolist(), strict=True))
        heapify(self._agenda)

    def open(self) -> None:
        """Open the connections of those who are there from the beginning."""
        self._each_pool = [self._pool(who) for who in self._turns if not self._comings.arrives_s[who]]
        super().open()

    def _pool(self, who: int) -> Pool:
        if who not in self._there:
            self._there[who] = self._pool_of(self._kind[self._turns[who][0]])
            self._there[who].selector = self._selector
        return self._there[who]

    def _plan(self, who: int, moment_s: float) -> None:
        """What a user does next, instead of what was planned before: to ask, or to leave when nothing is left."""
        self._next_of[who] = moment_s
        heappush(self._agenda, (moment_s, who, self._turns[who][0] if self._turns[who] else _LEAVES))

    def _goes_on(self) -> bool:
        return bool(self._agenda or self._waits)

    def _send_due(self, now_s: float) -> float:
        """Have those act whose moment has come; seconds until the next one's."""
        if now_s >= self._comings.until_s:
            self._agenda.clear()
            self._waits.clear()
        for _ in range(AT_ONCE):
            if not self._agenda:
                return _SHORT_S
            moment_s, who, what = self._agenda[0]
            if moment_s > now_s:
                return moment_s - now_s
            heappop(self._agenda)
            if what == _CUT:
                self._cut(who)
            elif self._next_of.get(who) != moment_s:
                continue  # it came otherwise
            elif what == _LEAVES:
                self._hang_up(who)
            else:
                self._ask(who, what, moment_s)
        return 0.0

    def _ask(self, who: int, place: int, due_s: float) -> None:
        pool = self._pool(who)
        self._turns[who].popleft()
        self._due[place], self._waits[who] = due_s, place
        self._next_of[who] = inf
        self._next += 1
        self._send(place, due_s, pool)

    def _record(self, heard: Sequence[Heard], now_s: float) -> None:
        super()._record(heard, now_s)
        for place, _, is_last in heard:
            if is_last:
                self._think(self._user[place], place, now_s)

    def _lost(self, connection: Connection) -> None:
        lost = connection.conversation.under_way()
        super()._lost(connection)
        now_s = self._now_s()
        for place in lost:
            self._think(self._user[place], place, now_s)

    def _think(self, who: int, place: int, now_s: float) -> None:
        """Ask again, or leave, after the time that was meant to lie between."""
        if self._waits.get(who) != place:
            return
        del self._waits[who]
        turns = self._turns[who]
        then_s = self._meant[turns[0]] if turns else float(self._comings.leaves_s[who])
        self._plan(who, now_s + max(0.0, then_s - self._meant[place]))

    def _cut(self, who: int) -> None:
        """Lose the connection, with what was under way; the next thing is asked when the user is back."""
        if who in self._there:
            self._ended += len(self._there.pop(who).hang_up())
            self._waits.pop(who, None)
            self._plan(who, self._back_s[who])

    def _hang_up(self, who: int) -> None:
        if who in self._there:
            self._there.pop(who).hang_up()

    def _retry(self) -> None:
        for who in list(self._waits):
            self._send_waiting(self._there[who])

    def _unanswered(self, now_s: float) -> int:
        status = np.frombuffer(self.status, np.int16)
        return int(((status == 0) & (np.array(self._due) < now_s - OVERDUE_S)).sum())

    def _counted(self) -> NDArray[np.intp]:
        return np.flatnonzero(np.isfinite(self._due))
