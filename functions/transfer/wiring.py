"""Puts transfer together; built on first use, so that importing stays cheap."""

from functools import cache

from functions.transfer.export_step import Exporting
from functions.transfer.import_step import Importing
from functions.transfer.limits import StepLimits, StepTimer
from functions.transfer.service import TakeStep
from shared.adapters.opening import Adapters, open_adapters, reading_anywhere
from shared.entrypoint import Consumer
from shared.events.transfers import TransferDueV1
from shared.settings import Settings
from shared.topology import load_topology
from shared.transfers.store import Transfers
from shared.writes.accept import AcceptWrites


def build(adapters: Adapters, limits: StepLimits, settings: Settings | None = None) -> Consumer:
    """Transfer on these adapters; with `settings` of several regions it exports what is at home in any."""
    state, files = adapters.state, adapters.files
    objects = adapters.objects if settings is None else reading_anywhere(adapters.objects, settings)
    writes = AcceptWrites(state, objects, adapters.publisher, adapters.clock)
    step = TakeStep(
        Transfers(state, adapters.publisher, adapters.clock),
        Importing(state, files, writes, adapters.clock),
        Exporting(state, objects, files),
        lambda: StepTimer(limits),
    )
    return Consumer(
        "transfer",
        {TransferDueV1: step},
        publisher=adapters.publisher,
        dead_letter_topics=load_topology().dead_letters_of("transfer"),
        clock=adapters.clock,
    )


@cache
def consumer() -> Consumer:
    """Transfer as the environment says."""
    settings = Settings()
    return build(open_adapters(settings), StepLimits(), settings)
