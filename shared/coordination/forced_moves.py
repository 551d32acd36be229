"""Giving a home to a region that lacks its last commits, because the data of the old home is gone: an operator's word.

It is a move like any other (a ballot that found the home gone, a lease, one compare-and-set on every head), but what
the heir does not have is lost. The heir's newest version becomes the one after the last committed: so no region goes
back, and none keeps a lost version. What the old home had under way, or commits when it comes back, compares a head
that has changed: it is no second home, and copies like everyone else.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from uuid import uuid4

from shared.coordination.ballot import Ballot
from shared.coordination.home_moves import HomeMoves, Move, Step, moved_head
from shared.coordination.leases import HeldLease, Leases
from shared.coordination.membership import Membership
from shared.coordination.paths import forced_move_document
from shared.coordination.proposal import MoveHome
from shared.domain.collection import Collection
from shared.errors import Conflict
from shared.manifests import Head, ManifestReader, manifest_name, spec_of
from shared.ports.clock import Clock
from shared.ports.objects import GenerationMismatch, ObjectStore
from shared.ports.state import Delete, Document, Put, StateStore
from shared.regions.heads import RegionalHead
from shared.regions.homes import Home
from shared.regions.paths import regional_head_document


@dataclass(frozen=True)
class Loss:
    """What a forced move loses of a collection: committed versions over all shards, and how much time they span."""

    collection: str
    versions: int
    span_s: float
    """From the heir's newest commit to the last one, where it has a copy."""
    shards_without_copy: int


@dataclass(frozen=True)
class Order:
    """Whose word it is, and how much may be lost of a collection."""

    operator: str
    versions_at_most: int


class ForcedMoves(HomeMoves):
    """`bucket` opens the objects of a region."""

    def __init__(
        self,
        state: StateStore,
        clock: Clock,
        membership: Membership,
        leases: Leases,
        default_region: str,
        *,
        bucket: Callable[[str], ObjectStore],
    ) -> None:
        super().__init__(state, clock, membership, leases, default_region)
        self._bucket = bucket

    def loss(self, ballot: Ballot, name: str) -> Loss:
        """What would be lost now; nothing where the heir has everything, or is home already.

        Raises:
            Conflict: the ballot does not allow a move.
            NotFound: there is no such collection.
        """
        move = self._allowed(ballot, name)
        collection, documents, home = self._look(name)
        if home.region != move.from_region:
            return Loss(name, 0, 0.0, 0)
        return _loss(name, documents, self._regional(collection, documents, move.to_region))

    def force(self, ballot: Ballot, name: str, held: HeldLease, order: Order) -> Move:
        """Give a collection to the heir as it is.

        Raises:
            Conflict: more would be lost than the order allows; or as `loss`.
            LeaseLost: somebody else carries this out.
        """
        move = self._allowed(ballot, name)
        if move.is_planned:
            raise Conflict(f"ballot {ballot.id!r} was about a home that lives: nothing is forced then")
        return self._attempt(name, lambda: self._try_force(ballot, move, name, held, order))

    def _try_force(self, ballot: Ballot, move: MoveHome, name: str, held: HeldLease, order: Order) -> Move:
        collection, documents, home = self._look(name)
        if home.region != move.from_region:
            return self._not_from(name, move, home)
        copies = self._regional(collection, documents, move.to_region)
        loss = _loss(name, documents, copies)
        if loss.versions > order.versions_at_most:
            raise Conflict(f"{name}: {loss.versions} versions would be lost, {order.versions_at_most} were accepted")
        after = Home(move.to_region, home.epoch + 1, ballot.id)
        heads = [
            self._forced(collection, shard, Head.from_document(document), copy, after)
            for shard, (document, copy) in enumerate(zip(documents, copies, strict=True))
        ]
        record = {**asdict(loss), "operator": order.operator, "ballot": ballot.id, "at": self._clock.now().isoformat()}
        record |= {"from_region": move.from_region, "to_region": move.to_region, "epoch": after.epoch}
        puts = [
            Put(document.path, head.to_document(), if_version=document.version)
            for document, head in zip(documents, heads, strict=True)
        ]
        # Also where the old home lives again: what it has may be what is lost, and nobody shall read that on.
        left = [Delete(regional_head_document(move.from_region, name, shard)) for shard in range(len(documents))]
        self._commit(held, [*puts, *left, Put(forced_move_document(ballot.id, name), record)])
        return Move(name, Step.MOVED, after.region, after.epoch, loss.versions, loss.span_s)

    def _forced(self, collection: Collection, shard: int, head: Head, copy: RegionalHead | None, after: Home) -> Head:
        """The head that the shard goes on from; its manifest is stored before any head names it."""
        moved = moved_head(head, after)
        if not _lost(head, copy):
            return moved
        bucket, commit_id, version = self._bucket(after.region), uuid4().hex, head.version + 1
        had = None if copy is None else Head(copy.uid, copy.version, copy.manifest, copy.commit_id)
        empty = Head(head.uid, 0, None)
        kept = ManifestReader(bucket).read(collection, shard, had or empty)
        manifest = replace(
            kept, version=version, commit_id=commit_id, parent=had.manifest if had else None, spec=spec_of(collection)
        )
        try:
            bucket.put(manifest_name(manifest), manifest.to_bytes(), if_generation=0)
        except GenerationMismatch:
            raise Conflict(f"{manifest_name(manifest)} is there already") from None
        return replace(
            moved,
            version=version,
            manifest=manifest_name(manifest),
            commit_id=commit_id,
            uncompacted_rows=0,
            settled_version=0,
        )


def _lost(head: Head, copy: RegionalHead | None) -> int:
    """Versions of a shard that the heir does not have. The same number under another commit is another version."""
    if head.version == 0 or (copy is not None and copy.manifest == head.manifest):
        return 0
    return max(1, head.version - (0 if copy is None else copy.version))


def _loss(name: str, documents: list[Document], copies: list[RegionalHead | None]) -> Loss:
    versions, span_s, without = 0, 0.0, 0
    for document, copy in zip(documents, copies, strict=True):
        head = Head.from_document(document)
        lost = _lost(head, copy)
        versions += lost
        without += bool(lost) and copy is None
        if lost and copy is not None:
            span_s = max(span_s, head.written_at - copy.committed_at.timestamp())
    return Loss(name, versions, round(max(0.0, span_s), 3), without)
