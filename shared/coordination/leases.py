"""Leases in the state store, and batches of writes that only their holder can make."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from shared.coordination.lease import NOBODY, Lease, released, renewed, taken
from shared.coordination.paths import lease_document
from shared.coordination.races import LostRace, retry_lost_races
from shared.errors import Conflict, TransientError
from shared.ports.clock import Clock
from shared.ports.state import ABSENT, Document, PreconditionFailed, Put, StateStore, Write


class LeaseHeld(TransientError):  # noqa: N818 - a wait, not a failure
    """Another holds the lease, or died holding it; it lapses by itself."""

    code = "lease_held"


class LeaseLost(Conflict):
    """The lease was taken over or given back: nothing was written under it, and nothing can be any more."""

    code = "lease_lost"


@dataclass(frozen=True)
class HeldLease:
    """A lease as its holder last saw it."""

    name: str
    lease: Lease
    version: str
    """Of its document: the precondition of everything that is written under it."""


class Leases:
    """Hands out leases by name. A holder that asks again gets a higher token: what its former life began is fenced."""

    def __init__(self, state: StateStore, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    def acquire(self, name: str, holder: str, ttl: timedelta) -> HeldLease:
        """The lease, free or lapsed or this holder's own.

        Raises:
            LeaseHeld: another holder's lease lasts.
        """
        return retry_lost_races(lambda: self._try_acquire(name, holder, ttl), f"lease {name}")

    def held(self, name: str, fencing_token: int) -> HeldLease:
        """The lease of this token as it stands.

        Raises:
            LeaseLost: another token stands there, or it was given back.
        """
        document = self._state.get(lease_document(name))
        lease = _lease_of(document)
        if document is None or lease.fencing_token != fencing_token or lease.expires_at <= 0:
            raise LeaseLost(f"lease {name!r} is no longer held under token {fencing_token}")
        return HeldLease(name, lease, document.version)

    def renew(self, held: HeldLease, ttl: timedelta) -> HeldLease:
        """The same lease for longer; also one that lapsed and that nobody has taken over.

        Raises:
            LeaseLost: it was.
        """
        return self._put(held, renewed(held.lease, self._now_s(), ttl.total_seconds()), [])

    def commit(self, held: HeldLease, writes: Sequence[Write]) -> HeldLease:
        """Apply all writes while the lease is held, or none: the store compares, no clock is asked.

        Raises:
            LeaseLost: the lease was taken over.
            PreconditionFailed: it was not; a document is not at the version that its write named, or the lease
                was renewed meanwhile.
        """
        return self._put(held, held.lease, writes)

    def release(self, held: HeldLease) -> None:
        """Give the lease back; one that was taken over is left alone."""
        try:
            self._put(held, released(held.lease), [])
        except LeaseLost:
            return

    def _try_acquire(self, name: str, holder: str, ttl: timedelta) -> HeldLease:
        document = self._state.get(lease_document(name))
        before = _lease_of(document)
        if before.holder != holder and not before.is_free(self._now_s()):
            raise LeaseHeld(f"lease {name!r} is held by {before.holder!r} under token {before.fencing_token}")
        lease = taken(before, holder, self._now_s(), ttl.total_seconds())
        condition = ABSENT if document is None else document.version
        try:
            [version] = self._state.commit([Put(lease_document(name), _data(lease), if_version=condition)])
        except PreconditionFailed:
            # Ours after all, or not: the next look tells, and a token that is skipped does no harm.
            raise LostRace from None
        return HeldLease(name, lease, version)

    def _put(self, held: HeldLease, lease: Lease, writes: Sequence[Write]) -> HeldLease:
        path, data = lease_document(held.name), _data(lease)
        try:
            version, *_ = self._state.commit([Put(path, data, if_version=held.version), *writes])
        except PreconditionFailed:
            found = self._state.get(path)
            if found is not None and found.data == data:  # our own success, whose answer was lost
                return HeldLease(held.name, lease, found.version)
            if _lease_of(found).fencing_token == held.lease.fencing_token and _lease_of(found).expires_at > 0:
                raise  # still held: it was renewed meanwhile, or one of the writes lost
            raise LeaseLost(f"lease {held.name!r} was taken over from token {held.lease.fencing_token}") from None
        return HeldLease(held.name, lease, version)

    def _now_s(self) -> float:
        return self._clock.now().timestamp()


def _lease_of(document: Document | None) -> Lease:
    if document is None:
        return NOBODY
    return Lease(document.data["holder"], document.data["fencing_token"], document.data["expires_at"])


def _data(lease: Lease) -> dict[str, Any]:
    """`stamp` tells one's own write from another's that says the same."""
    return {**vars(lease), "stamp": uuid4().hex}
