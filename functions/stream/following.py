"""Follows collections: looks at their heads, and tells subscriptions what a commit makes of their answers.

What is pushed rests on heads alone, which are looked at in any case; no event is needed, so none can be lost, doubled
or late. One task a collection takes turns: first all answers move to the newest version, then who is new gets its
first answer, at that version.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from functions.stream.answering import advance, search_all, standing_query
from functions.stream.changes import is_same
from functions.stream.frames import answer_frame, digest, error_frame, unchanged_frame
from functions.stream.messages import Ask, parse_token
from functions.stream.outbox import Outbox
from functions.stream.standing import Standing, StandingQuery
from shared.domain.tenancy import public_name
from shared.domain.versions import VersionVector
from shared.errors import NotFound, SwellError, VersionNotVisible
from shared.metrics import Gauge, Histogram
from shared.reads.heads import Freshness
from shared.reads.service import AnswerReads, Read
from shared.reads.snapshots import OpenCollection
from shared.telemetry import log

STANDING: Final = Gauge("swell_standing_queries", "Standing queries that this instance follows", merged="sum")
MATCHING: Final = Histogram("swell_standing_match_duration_seconds", "Time from a seen commit to its frames", ())

_NEWEST: Final = Freshness(0.0, VersionVector({}))
_TOKEN_WITHIN_S: Final = 30.0
"""How long a client waits whose token is ahead of what this region has seen."""


@dataclass(eq=False)
class Subscription:
    """One standing query of one client. `recall` and `top_k` are what the serving mode leaves of what was asked."""

    id: str
    ask: Ask
    recall: float
    top_k: int
    outbox: Outbox
    on_end: Callable[["Subscription"], None]
    since_s: float = field(default_factory=time.monotonic)
    standing: Standing | None = None
    is_active: bool = True

    def fail(self, error: SwellError) -> None:
        """End it, saying why."""
        if self.is_active:
            self.on_end(self)
            self.outbox.put(error_frame(error, self.id))

    def tell(self, kind: str, standing: Standing, version: VersionVector) -> None:
        """Its answer."""
        self.standing = standing
        self.outbox.put(answer_frame(kind, self.id, standing.matches, version))


class _Followed:
    """One collection, for as long as anybody follows it."""

    def __init__(self, name: str, reads: AnswerReads, poll_s: float) -> None:
        self._read = Read(name, _NEWEST)
        self._reads = reads
        self._poll_s = poll_s
        self._entries: list[Subscription] = []
        self._waiting: list[Subscription] = []
        self._opened: OpenCollection | None = None
        self._counted = 0
        self._wake = asyncio.Event()

    def add(self, subscription: Subscription) -> None:
        """Follow for it too."""
        self._waiting.append(subscription)
        self._wake.set()

    async def run(self) -> None:
        """Until nobody is left."""
        while self._everybody():
            self._wake.clear()
            try:
                await self._turn()
            except NotFound as error:
                self.fail_all(error)
            except SwellError as error:  # the next turn tries again; answers stay as they are
                log("WARNING", "collection not followed for now", reason=str(error))
            try:
                await asyncio.wait_for(self._wake.wait(), self._poll_s)
            except TimeoutError:
                continue

    def _everybody(self) -> list[Subscription]:
        self._entries = [entry for entry in self._entries if entry.is_active]
        self._waiting = [entry for entry in self._waiting if entry.is_active]
        return [*self._entries, *self._waiting]

    def fail_all(self, error: SwellError) -> None:
        """End every subscription."""
        for subscription in self._everybody():
            subscription.fail(error)

    async def _turn(self) -> None:
        opened = await asyncio.to_thread(self._reads.open, self._read)
        before = self._opened
        if before is not None and before.collection.uid != opened.collection.uid:
            raise NotFound(f"collection {public_name(self._read.collection)!r} was deleted, and another one declared")
        self._everybody()
        entries = self._entries
        if before is not None and entries and not is_same(before, opened):
            await self._advance(before, opened, entries)
        self._opened = opened
        if self._waiting:
            await self._begin(opened)
        self.count(len(self._entries))

    def count(self, standing: int) -> None:
        """So many of the standing queries of this instance are of this collection."""
        STANDING.inc(by=standing - self._counted)
        self._counted = standing

    async def _advance(self, before: OpenCollection, opened: OpenCollection, entries: list[Subscription]) -> None:
        started = time.perf_counter()
        known = [entry.standing for entry in entries]
        standings = [standing for standing in known if standing is not None]
        changed = await asyncio.to_thread(advance, before, opened, standings)
        for number, standing in changed.items():
            if entries[number].is_active:
                entries[number].tell("update", standing, opened.version)
        MATCHING.observe(time.perf_counter() - started)

    async def _begin(self, opened: OpenCollection) -> None:
        due = [entry for entry in self._waiting if self._is_due(entry, opened)]
        taken = set(map(id, due))
        self._waiting = [entry for entry in self._waiting if id(entry) not in taken]
        prepared = await asyncio.to_thread(_prepared, due, opened)
        asked = [(entry, query) for entry, query in zip(due, prepared, strict=True) if isinstance(query, StandingQuery)]
        for entry, query in zip(due, prepared, strict=True):
            if isinstance(query, SwellError):
                entry.fail(query)
        try:
            standings = await asyncio.to_thread(search_all, opened, [query for _, query in asked])
        except SwellError:
            self._waiting += [entry for entry, _ in asked]
            raise
        for (entry, _), standing in zip(asked, standings, strict=True):
            if entry.is_active:
                _answer_first(entry, standing, opened.version)
                self._entries.append(entry)

    def _is_due(self, entry: Subscription, opened: OpenCollection) -> bool:
        """Whether this version is as new as what the client has seen; who waits for too long is told."""
        if entry.ask.after is None or opened.version.covers(parse_token(entry.ask.after)[0]):
            return True
        if time.monotonic() - entry.since_s > _TOKEN_WITHIN_S:
            entry.fail(VersionNotVisible(f"the collection is at version {opened.version}, behind the token"))
        return False


def _prepared(entries: Sequence[Subscription], opened: OpenCollection) -> list[StandingQuery | SwellError]:
    prepared: list[StandingQuery | SwellError] = []
    for entry in entries:
        try:
            prepared.append(standing_query(entry.ask, opened.collection, recall=entry.recall, top_k=entry.top_k))
        except SwellError as error:
            prepared.append(error)
    return prepared


def _answer_first(entry: Subscription, standing: Standing, version: VersionVector) -> None:
    if entry.ask.after is not None and parse_token(entry.ask.after)[1] == digest(standing.matches):
        entry.standing = standing
        entry.outbox.put(unchanged_frame(entry.id, standing.matches, version))
    else:
        entry.tell("answer" if entry.ask.after is None else "update", standing, version)


class Following:
    """The collections that an instance follows. Use it on one event loop."""

    def __init__(self, reads: AnswerReads, poll_s: float) -> None:
        self._reads = reads
        self._poll_s = poll_s
        self._followed: dict[str, _Followed] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, stored_name: str, subscription: Subscription) -> None:
        """Follow a collection for a subscription, until that is no longer active."""
        followed = self._followed.get(stored_name)
        if followed is None:
            followed = self._followed[stored_name] = _Followed(stored_name, self._reads, self._poll_s)
            followed.add(subscription)
            task = asyncio.get_running_loop().create_task(self._follow(stored_name, followed))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            followed.add(subscription)

    async def _follow(self, name: str, followed: _Followed) -> None:
        try:
            await followed.run()
        except Exception as error:  # noqa: BLE001 - the top of a task: clients must hear of a defect
            log("ERROR", "following ended", reason=repr(error))
            followed.fail_all(SwellError("an unexpected error; the log has the details"))
        finally:
            followed.count(0)
            del self._followed[name]

    async def close(self) -> None:
        """Follow nothing any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
