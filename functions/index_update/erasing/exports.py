"""Exports that Swell keeps to be fetched: those of a version that held erased records are removed."""

from collections.abc import Iterator
from typing import Final

from shared.domain.paths import OPERATIONS
from shared.domain.tenancy import tenant_of
from shared.erasures.erasure import Erasure
from shared.ports.files import Files
from shared.ports.state import StateStore
from shared.transfers.transfer import ExportWork, Transfer, TransferState

_PAGE: Final = 300


class ErasedExports:
    """Removes finished ones and counts those that still run; what was exported to a place of a user's is theirs."""

    def __init__(self, state: StateStore, files: Files) -> None:
        self._state = state
        self._files = files

    def __call__(self, erasure: Erasure, shard: int, version: int) -> int:
        """How many exports of versions of the shard before `version` are not ended."""
        running = 0
        for transfer, work in self._exports(erasure):
            is_older = not work.shards or work.shards[shard].version < version
            if not work.is_kept or not is_older:
                continue
            if transfer.state is TransferState.RUNNING:
                running += 1
            else:
                self._files.of_tenant(tenant_of(transfer.collection)).remove(work.uri)
        return running

    def _exports(self, erasure: Erasure) -> Iterator[tuple[Transfer, ExportWork]]:
        after = ""
        while page := self._state.list(OPERATIONS, after=after, limit=_PAGE):
            after = page[-1].id
            for document in page:
                if document.data.get("uid") == erasure.uid and "work" in document.data:
                    transfer = Transfer.from_document(document.data)
                    if isinstance(transfer.work, ExportWork):
                        yield transfer, transfer.work
