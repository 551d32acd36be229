"""Taking the next step of a transfer, once, whatever the deliveries do."""

from collections.abc import Callable
from typing import assert_never

from functions.transfer.export_step import Exporting
from functions.transfer.import_step import Importing
from functions.transfer.limits import StepTimer
from shared.events.transfers import TransferDueV1
from shared.outcomes import Outcome
from shared.transfers.store import Transfers
from shared.transfers.transfer import ExportWork, ImportWork, Transfer, TransferState


class TakeStep:
    """Handles `TransferDueV1`.

    A step does its work, then moves the operation on by compare-and-set, then publishes the event of the next step.
    A crash before the second has the step taken again, which changes nothing that was done; a crash before the third
    has the event delivered again, which finds its step taken and publishes the next one.
    """

    def __init__(
        self,
        transfers: Transfers,
        imports: Importing,
        exports: Exporting,
        make_timer: Callable[[], StepTimer],
    ) -> None:
        self._transfers = transfers
        self._imports = imports
        self._exports = exports
        self._make_timer = make_timer

    def __call__(self, event: TransferDueV1) -> Outcome:
        """Take a step, unless it was taken before.

        Raises:
            TransientError: a store does not answer; redelivery takes the step again.
        """
        stored = self._transfers.find(event.operation)
        if stored is None:
            return Outcome.STALE
        if event.step != stored.transfer.step or stored.transfer.state is not TransferState.RUNNING:
            self._follow_up(stored.transfer)  # whoever took the step may have died before it did
            return Outcome.DUPLICATE
        moved = self._moved(stored.transfer)
        self._follow_up(self._transfers.update(moved.id, lambda current: _after(current, moved)))
        return Outcome.DONE

    def _moved(self, transfer: Transfer) -> Transfer:
        """The transfer after this step, which may be its last."""
        if transfer.is_cancelling:
            return transfer.model_copy(update={"state": TransferState.CANCELLED})
        timer = self._make_timer()
        match transfer.work:
            case ImportWork() as work:
                return self._imports.step(transfer, work, timer)
            case ExportWork() as work:
                return self._exports.step(transfer, work, timer)
            case _:
                assert_never(transfer.work)

    def _follow_up(self, transfer: Transfer) -> None:
        """What comes after a step was taken: the next one, or the end."""
        self._transfers.announce(transfer)
        if transfer.state is not TransferState.RUNNING and isinstance(transfer.work, ExportWork):
            self._exports.clean_up(transfer, transfer.work)


def _after(current: Transfer, moved: Transfer) -> Transfer | None:
    """What a step made of a transfer, whose cancellation may have been asked for meanwhile; None if it was taken."""
    if current.step != moved.step or current.state is not TransferState.RUNNING:
        return None
    return moved.model_copy(update={"step": moved.step + 1, "is_cancelling": current.is_cancelling})
