"""Imports and exports that go on."""

from typing import ClassVar

from shared.events.event import Event


class TransferDueV1(Event):
    """The next step of an import or export can be taken; its operation says what is done and what is to do."""

    type: ClassVar[str] = "dev.swell.bulk.transfer_due.v1"
    topic: ClassVar[str] = "transfers"
    source: ClassVar[str] = "//swell.dev/functions/transfer"

    operation: str
    """The id of the operation."""
    step: int
    """How many steps were taken before; an event whose step was taken changes nothing."""

    @property
    def ordering_key(self) -> str:
        """One key per operation."""
        return self.operation
