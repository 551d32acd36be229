"""The lease of a shard: who may merge or remove what it consists of.

It is kept in the head, so that the commit's own compare-and-set fences a merge. Taking it also moves the head's
document on: a commit that was prepared before can no longer take place, and begins again.
"""

from dataclasses import replace
from typing import Final
from uuid import uuid4

from functions.index_update.home_check import HomeCheck
from shared.coordination.lease import Lease, released, taken
from shared.coordination.races import LostRace, retry_lost_races
from shared.domain.collection import Collection
from shared.domain.paths import head_document
from shared.errors import TransientError
from shared.manifests import Head
from shared.ports.clock import Clock
from shared.ports.state import Document, PreconditionFailed, Put, StateStore

LEASE_S: Final = 300.0
"""As long as the function may run (topology.yaml): until then whoever holds the lease may still be at work."""


class LeaseHeld(TransientError):  # noqa: N818 - a wait, not a failure
    """Another delivery is at work on this shard, or died doing so less than `LEASE_S` ago."""

    code = "lease_held"


class ShardLeases:
    """Hands out leases with rising fencing tokens, of the shards whose home is here."""

    def __init__(self, state: StateStore, clock: Clock, home: HomeCheck) -> None:
        self._state = state
        self._clock = clock
        self._home = home

    def head(self, collection: Collection, shard: int) -> Document | None:
        """The head of a shard of this incarnation of the collection, unless its home is elsewhere."""
        document = self._state.get(head_document(collection.name, shard))
        if document is None or document.data["uid"] != collection.uid:
            return None
        return document if self._home.is_here(document) else None

    def acquire(self, collection: Collection, shard: int) -> Lease | None:
        """A lease, or None when the shard is gone or has moved.

        Raises:
            LeaseHeld: another holder's lease lasts; redelivery looks again.
        """
        return retry_lost_races(lambda: self._try_acquire(collection, shard), f"lease of {collection.name}/{shard}")

    def head_under(self, collection: Collection, shard: int, lease: Lease) -> Head | None:
        """The head as it is now, or None where the lease was taken over, has lapsed, or the shard is gone."""
        document = self.head(collection, shard)
        if document is None or not lease.lasts(self._clock.now().timestamp()):
            return None
        head = Head.from_document(document)
        return head if head.lease == lease else None

    def settle(self, collection: Collection, shard: int, version: int) -> None:
        """Note that a thorough look at `version` found nothing to merge; a head that has moved on is left alone."""
        retry_lost_races(lambda: self._try_settle(collection, shard, version), f"head of {collection.name}/{shard}")

    def forget_history(self, collection: Collection, shard: int, lease: Lease) -> None:
        """Keep versions before the head's for their readers only; a lease that was taken over changes nothing."""
        retry_lost_races(
            lambda: self._try_forget_history(collection, shard, lease), f"head of {collection.name}/{shard}"
        )

    def release(self, collection: Collection, shard: int, lease: Lease) -> None:
        """Give the lease back; one that was taken over is left alone."""
        retry_lost_races(lambda: self._try_release(collection, shard, lease), f"lease of {collection.name}/{shard}")

    def _try_acquire(self, collection: Collection, shard: int) -> Lease | None:
        document = self.head(collection, shard)
        if document is None:
            return None
        held, now_s = Head.from_document(document).lease, self._clock.now().timestamp()
        if held.lasts(now_s):
            raise LeaseHeld(f"{collection.name}/{shard} is being worked on until {held.expires_at:.0f}")
        if not self._home.commits(document, now_s):
            raise LeaseHeld(f"{collection.name}/{shard} is being moved to another home")
        lease = taken(held, uuid4().hex, now_s, LEASE_S)
        self._move(document, replace(Head.from_document(document), lease=lease))
        return lease

    def _try_settle(self, collection: Collection, shard: int, version: int) -> None:
        document = self.head(collection, shard)
        if document is not None:
            head = Head.from_document(document)
            if head.version == version:
                self._move(document, replace(head, settled_version=version))

    def _try_forget_history(self, collection: Collection, shard: int, lease: Lease) -> None:
        document = self.head(collection, shard)
        if document is not None:
            head = Head.from_document(document)
            if head.lease == lease:
                self._move(document, replace(head, history_from=head.version))

    def _try_release(self, collection: Collection, shard: int, lease: Lease) -> None:
        document = self.head(collection, shard)
        if document is not None and Head.from_document(document).lease.holder == lease.holder:
            self._move(document, replace(Head.from_document(document), lease=released(lease)))

    def _move(self, document: Document, moved: Head) -> None:
        try:
            self._state.commit([Put(document.path, moved.to_document(), if_version=document.version)])
        except PreconditionFailed:
            # If this was our own success, its holder is random: the next look sees a lease that lapses by itself.
            raise LostRace from None
