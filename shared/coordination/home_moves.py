"""Moving the home of a collection: first fenced, so that an heir can catch up, then given to it.

Both are one compare-and-set on every head of the collection, under an accepted ballot and a lease. What an old home
had under way compares a head that has changed since, so it commits nothing more: two homes are impossible, however
late it learns of it. A shard is given away only at the version that the heir has whole in its own bucket, and only if
it is still at that version: nothing committed is lost.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.collections import load_collection
from shared.coordination.ballot import Ballot, Outcome
from shared.coordination.lease import fenced
from shared.coordination.leases import HeldLease, Leases
from shared.coordination.member import Presence
from shared.coordination.membership import Membership
from shared.coordination.proposal import MoveHome
from shared.coordination.races import LostRace, retry_lost_races
from shared.domain.collection import Collection
from shared.domain.paths import COLLECTIONS, head_document
from shared.errors import Conflict, NotFound
from shared.listing import listed
from shared.manifests import Head
from shared.ports.clock import Clock
from shared.ports.state import Delete, Document, PreconditionFailed, Put, StateStore, Write
from shared.regions.heads import RegionalHead
from shared.regions.homes import Home, home_of
from shared.regions.paths import regional_head_document

ALLOWS_FOR: Final = timedelta(hours=1)
"""An accepted ballot that was not carried out by then allows nothing any more: what was voted on has changed."""

FENCE: Final = timedelta(minutes=2)
"""How long a fence lasts if nobody comes to take it away: writes wait for as long, and go on in the old home."""


class Step(StrEnum):
    """What became of a collection."""

    FENCED = "fenced"
    MOVED = "moved"
    MOVED_BEFORE = "moved_before"
    HEIR_IS_BEHIND = "heir_is_behind"
    HOME_IS_ANOTHER = "home_is_another"


@dataclass(frozen=True)
class Move:
    """What became of a collection, and how much would be lost if its home never came back."""

    collection: str
    step: Step
    home: str
    epoch: int
    versions_behind: int = 0
    """Committed versions that the heir does not have, over all shards: 0 means a recovery point of 0."""
    behind_s: float = 0.0
    """How much older the heir's copy is than the last commit."""


class HomeMoves:
    """Fences and moves homes. Each step can be done again; what is done already is told, not done twice."""

    def __init__(
        self, state: StateStore, clock: Clock, membership: Membership, leases: Leases, default_region: str
    ) -> None:
        self._state = state
        self._clock = clock
        self._membership = membership
        self._leases = leases
        self._default_region = default_region

    def concerned(self, ballot: Ballot) -> Iterator[str]:
        """The collections that a ballot is about: those that commit in the region to be left, or did until it."""
        move = ballot.proposal
        if not isinstance(move, MoveHome):
            return
        if move.collection is not None:
            yield move.collection
            return
        for document in listed(self._state, COLLECTIONS):
            heads = self._state.get_many([head_document(document.id, each) for each in range(document.data["shards"])])
            homes = [home_of(head.data, self._default_region) for head in heads if head is not None]
            if any(home.region == move.from_region or home.ballot == ballot.id for home in homes):
                yield document.id

    def fence(self, ballot: Ballot, collection: str, held: HeldLease) -> Move:
        """Have nothing commit for a while; what is under way fails, and what is being merged is given up.

        Raises:
            Conflict: the ballot does not allow it, or its lease was lost.
            NotFound: there is no such collection.
        """
        move = self._allowed(ballot, collection)
        return self._attempt(collection, lambda: self._try_fence(ballot, move, collection, held))

    def promote(self, ballot: Ballot, collection: str, held: HeldLease) -> Move:
        """Give a collection to its heir, if that has everything. Raises as `fence`."""
        move = self._allowed(ballot, collection)
        return self._attempt(collection, lambda: self._try_promote(ballot, move, collection, held))

    def _allowed(self, ballot: Ballot, collection: str) -> MoveHome:
        move = ballot.proposal
        if not isinstance(move, MoveHome) or not move.covers(collection):
            raise Conflict(f"ballot {ballot.id!r} is not about the home of {collection!r}")
        if ballot.outcome is not Outcome.ACCEPTED or ballot.decided_at is None:
            raise Conflict(f"ballot {ballot.id!r} is {ballot.outcome.value if ballot.outcome else 'still open'}")
        if ballot.closed_at is not None or self._clock.now() - ballot.decided_at > ALLOWS_FOR:
            raise Conflict(f"ballot {ballot.id!r} was carried out, or is too old to be")
        return move

    def _attempt(self, collection: str, attempt: Callable[[], Move]) -> Move:
        return retry_lost_races(attempt, f"home of {collection}")

    def _try_fence(self, ballot: Ballot, move: MoveHome, name: str, held: HeldLease) -> Move:
        _, documents, home = self._look(name)
        if home.region != move.from_region:
            return self._not_from(name, move, home)
        now = self._clock.now()
        is_fenced = home.ballot == ballot.id and home.fenced_until > now.timestamp()
        if is_fenced and home.fenced_until > (now + FENCE / 2).timestamp():
            return Move(name, Step.FENCED, home.region, home.epoch)
        epoch = home.epoch if is_fenced else home.epoch + 1  # one that still stands is made to last longer
        after = Home(home.region, epoch, ballot.id, (now + FENCE).timestamp())
        self._commit(held, [_moved(document, after) for document in documents])
        return Move(name, Step.FENCED, after.region, after.epoch)

    def _try_promote(self, ballot: Ballot, move: MoveHome, name: str, held: HeldLease) -> Move:
        collection, documents, home = self._look(name)
        if home.region != move.from_region:
            return self._not_from(name, move, home)
        heirs = self._regional(collection, documents, move.to_region)
        lags = [_lag(Head.from_document(document), heir) for document, heir in zip(documents, heirs, strict=True)]
        versions = sum(lag.versions for lag in lags)
        if versions:
            behind_s = max(lag.seconds for lag in lags)
            return Move(name, Step.HEIR_IS_BEHIND, home.region, home.epoch, versions, behind_s)
        after = Home(move.to_region, home.epoch + 1, ballot.id)
        self._commit(
            held,
            [
                *(_moved(document, after) for document in documents),
                *self._left_behind(collection, documents, move.from_region),
            ],
        )
        return Move(name, Step.MOVED, after.region, after.epoch)

    def _not_from(self, name: str, move: MoveHome, home: Home) -> Move:
        step = Step.MOVED_BEFORE if home.region == move.to_region else Step.HOME_IS_ANOTHER
        return Move(name, step, home.region, home.epoch)

    def _look(self, name: str) -> tuple[Collection, list[Document], Home]:
        """The heads of all shards, and the home that they have in common: they only move together."""
        collection = load_collection(self._state, name)
        found = self._state.get_many([head_document(name, shard) for shard in range(collection.shards)])
        documents = [head for head in found if head is not None and head.data["uid"] == collection.uid]
        if len(documents) != collection.shards:
            raise NotFound(f"collection {name!r} was deleted")
        homes = {home_of(document.data, self._default_region) for document in documents}
        if len(homes) > 1:
            raise LostRace(f"{name} is being moved")
        return collection, documents, homes.pop()

    def _regional(
        self, collection: Collection, documents: Sequence[Document], region: str
    ) -> list[RegionalHead | None]:
        paths = [regional_head_document(region, collection.name, shard) for shard in range(len(documents))]
        found = self._state.get_many(paths)
        heads = [None if document is None else RegionalHead.from_document(document) for document in found]
        return [head if head is not None and head.uid == collection.uid else None for head in heads]

    def _left_behind(self, collection: Collection, documents: Sequence[Document], region: str) -> Iterator[Write]:
        """What the old home follows from: all it committed, if it lives; else nothing, as nobody can look there."""
        member, now = self._membership.get(region), self._clock.now()
        lives = member is not None and member.presence(now) is Presence.LIVE
        for shard, document in enumerate(documents):
            path, head = regional_head_document(region, collection.name, shard), Head.from_document(document)
            if not lives or head.manifest is None:
                yield Delete(path)
                continue
            committed_at = datetime.fromtimestamp(head.written_at, UTC)
            kept = RegionalHead(
                uid=head.uid,
                version=head.version,
                manifest=head.manifest,
                commit_id=head.commit_id or "",
                source=region,
                committed_at=committed_at,
                replicated_at=committed_at,
            )
            yield Put(path, kept.to_document())

    def _commit(self, held: HeldLease, writes: Sequence[Write]) -> None:
        try:
            self._leases.commit(self._leases.held(held.name, held.lease.fencing_token), writes)
        except PreconditionFailed:
            raise LostRace from None  # a commit came between; or it is our own success, which the next look finds


@dataclass(frozen=True)
class _Lag:
    versions: int
    seconds: float


def _lag(head: Head, heir: RegionalHead | None) -> _Lag:
    """What of a shard the heir does not have. The same version under another commit would be another version."""
    if head.version == 0 or (heir is not None and heir.manifest == head.manifest):
        return _Lag(0, 0.0)
    had, since = (0, 0.0) if heir is None else (heir.version, heir.committed_at.timestamp())
    return _Lag(max(1, head.version - had), max(0.0, head.written_at - since) if since else 0.0)


def moved_head(head: Head, home: Home) -> Head:
    """The head with another home; whoever was merging the shard loses its lease."""
    return replace(head, home=home, lease=fenced(head.lease))


def _moved(document: Document, home: Home) -> Put:
    moved = moved_head(Head.from_document(document), home)
    return Put(document.path, moved.to_document(), if_version=document.version)
