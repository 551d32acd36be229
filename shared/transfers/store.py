"""Transfers in the state store, and the events that move them on."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from shared.domain.paths import operation_document
from shared.errors import Conflict, NotFound, RevisionConflict
from shared.events.codec import to_message
from shared.events.event import event_id_of
from shared.events.transfers import TransferDueV1
from shared.ports.clock import Clock
from shared.ports.publisher import Publisher
from shared.ports.state import ABSENT, PreconditionFailed, Put, StateStore
from shared.transfers.transfer import Transfer, TransferState

KEPT: Final = timedelta(days=30)
"""How long an operation can be looked at after it last moved."""
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,100}")
"""What an operation may be called: some names are reserved in the state store, and an error to ask for."""
_ATTEMPTS: Final = 5
"""A step and a cancellation are all that write an operation: neither loses more often than once to the other."""


@dataclass(frozen=True)
class StoredTransfer:
    """A transfer as it was read, at a version of its document."""

    transfer: Transfer
    version: str


class Transfers:
    """Reads and writes transfers; each write is a compare-and-set."""

    def __init__(self, state: StateStore, publisher: Publisher, clock: Clock) -> None:
        self._state = state
        self._publisher = publisher
        self._clock = clock

    def start(self, transfer: Transfer) -> Transfer:
        """Keep a transfer and have its first step taken. Starting it again goes on with what is there.

        Raises:
            Conflict: an operation of this id was asked for something else.
        """
        try:
            self._state.commit([self._put(transfer, if_version=None)])
        except PreconditionFailed:
            # Another request started it, or this very commit succeeded and its answer was lost.
            transfer = self._agreeing(transfer)
        self.announce(transfer)
        return transfer

    def find(self, operation: str) -> StoredTransfer | None:
        """The transfer of an operation; None where there is none."""
        document = self._state.get(operation_document(operation)) if _ID.fullmatch(operation) else None
        if document is None or "work" not in document.data:
            return None
        return StoredTransfer(Transfer.from_document(document.data), document.version)

    def update(self, operation: str, change: Callable[[Transfer], Transfer | None]) -> Transfer:
        """Make a change to the transfer as it stands now; a change to None leaves it as it is.

        Raises:
            NotFound: there is no such transfer.
            RevisionConflict: others kept changing it.
        """
        for _ in range(_ATTEMPTS):
            stored = self.find(operation)
            if stored is None:
                raise NotFound(f"operation {operation!r} does not exist")
            changed = change(stored.transfer)
            if changed is None:
                return stored.transfer
            changed = changed.model_copy(update={"updated_at": self._clock.now()})
            try:
                self._state.commit([self._put(changed, if_version=stored.version)])
            except PreconditionFailed:
                continue  # what was lost, and whether it was lost at all, is seen when it is read again
            return changed
        raise RevisionConflict(f"operation {operation}: lost {_ATTEMPTS} races")

    def cancel(self, operation: str) -> Transfer:
        """Ask a running transfer to end after its current step; one that has ended stays as it is.

        Raises:
            NotFound: there is no such transfer.
        """
        transfer = self.update(operation, _cancelling)
        self.announce(transfer)  # also moves on a transfer whose last event was given up on
        return transfer

    def announce(self, transfer: Transfer) -> None:
        """Have the next step of a running transfer taken; announcing it again is harmless."""
        if transfer.state is not TransferState.RUNNING:
            return
        event = TransferDueV1(
            event_id=event_id_of(TransferDueV1.type, transfer.id, transfer.step),
            occurred_at=self._clock.now(),
            operation=transfer.id,
            step=transfer.step,
        )
        self._publisher.publish([to_message(event)])

    def _agreeing(self, wanted: Transfer) -> Transfer:
        stored = self.find(wanted.id)
        if stored is None or _request(stored.transfer) != _request(wanted):
            raise Conflict("this Idempotency-Key was used for another request")
        return stored.transfer

    def _put(self, transfer: Transfer, *, if_version: str | None) -> Put:
        return Put(
            operation_document(transfer.id),
            transfer.to_document(),
            if_version=ABSENT if if_version is None else if_version,
            expires_at=self._clock.now() + KEPT,
        )


def _cancelling(transfer: Transfer) -> Transfer | None:
    if transfer.state is not TransferState.RUNNING or transfer.is_cancelling:
        return None
    return transfer.model_copy(update={"is_cancelling": True})


def _request(transfer: Transfer) -> object:
    asked = transfer.work.model_dump(include={"kind", "uri", "form", "choice"})
    return transfer.collection, transfer.uid, asked
