"""Imports and exports on one set of adapters, with the test in the place of the broker."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.index_update.settings import IndexUpdateSettings
from functions.index_update.wiring import build as build_index_update
from functions.ingest.collections import CollectionRegister
from functions.ingest.transfers import StartTransfers
from functions.transfer.limits import StepLimits
from functions.transfer.live_rows import ShardRows
from functions.transfer.wiring import build as build_transfer
from shared.adapters.embedded.files import DirectoryFiles
from shared.adapters.opening import Adapters
from shared.bulk.choice import Choice
from shared.domain.collection import AttributeType, Collection, Metric
from shared.domain.paths import head_document
from shared.entrypoint import Consumer
from shared.errors import DependencyUnavailable
from shared.manifests import Head, ManifestReader
from shared.outcomes import Outcome
from shared.ports.publisher import Message
from shared.transfers.store import Transfers
from shared.transfers.transfer import Transfer, TransferState
from tests.fakes.clock import FrozenClock
from tests.fakes.objects import InMemoryObjects
from tests.fakes.publisher import RecordingPublisher
from tests.fakes.state import InMemoryState

Records = dict[str, tuple[tuple[float, ...], Mapping[str, Any] | None]]
"""Vector and attributes by id."""

AT_ONCE = StepLimits(seconds=0.0)
"""Steps of one payload or row group, which wait for nothing."""


@dataclass
class Bulk:
    """Everything that imports and exports need, on in-memory adapters and a directory of files."""

    directory: Path
    limits: StepLimits = AT_ONCE
    base_from_rows: int = 20_000
    clock: FrozenClock = field(default_factory=FrozenClock)
    publisher: RecordingPublisher = field(default_factory=RecordingPublisher)

    def __post_init__(self) -> None:
        """Open the adapters."""
        self.files = self.directory / "files"
        self.adapters = Adapters(
            InMemoryState(clock=self.clock),
            InMemoryObjects(clock=self.clock),
            self.publisher,
            self.clock,
            DirectoryFiles(self.files),
        )
        self.index_update = self._index_update()
        self._due: list[Message] = []

    def declare(
        self,
        name: str = "c",
        *,
        dimension: int = 2,
        metric: Metric = Metric.EUCLIDEAN,
        shards: int = 1,
        attributes: Mapping[str, AttributeType] | None = None,
    ) -> Collection:
        """A collection."""
        register = CollectionRegister(self.adapters.state, self.clock)
        return register.declare(Collection(name, "", dimension, metric, shards, attributes or {}))[0]

    @property
    def start(self) -> StartTransfers:
        """Where requests arrive."""
        adapters = self.adapters
        return StartTransfers(adapters.state, adapters.files, self.transfers(), self.clock)

    def transfers(self, adapters: Adapters | None = None) -> Transfers:
        """The operations."""
        adapters = adapters or self.adapters
        return Transfers(adapters.state, adapters.publisher, adapters.clock)

    def start_import(self, file: str, *, payload_rows: int, choice: Choice | None = None, name: str = "c") -> Transfer:
        """An import of a file of the directory, with payloads of so many rows."""
        transfer = self.start.start_import(name, f"file:{file}", None, choice or Choice(), None)
        return self.transfers().update(
            transfer.id,
            lambda now: now.model_copy(update={"work": now.work.model_copy(update={"payload_rows": payload_rows})}),
        )

    def transfer(self, adapters: Adapters | None = None) -> Consumer:
        """A fresh instance of the function; `adapters` replaces its own, to make them fail."""
        return build_transfer(adapters or self.adapters, self.limits)

    def run(
        self,
        make_transfer: Callable[[], Consumer] | None = None,
        *,
        deliver: Callable[[Consumer, Message], None] | None = None,
    ) -> None:
        """Deliver everything until nothing is left; what fails for the moment is delivered again."""
        for _ in range(10_000):
            messages = [*self.publisher.take("transfers"), *self.publisher.take("mutations")]
            self.publisher.take("commits")
            self._due += self.publisher.take("compactions")
            if not messages:
                return
            for message in messages:
                consumer = self.index_update if message.topic == "mutations" else (make_transfer or self.transfer)()
                (deliver or self.deliver)(consumer, message)
        raise AssertionError("deliveries without end")

    def compact(self) -> None:
        """Deliver the compactions that are due, and those that follow."""
        while messages := [*self._due, *self.publisher.take("compactions")]:
            self._due = []
            for message in messages:
                self.deliver(self.index_update, message)

    def deliver(self, consumer: Consumer, message: Message) -> None:
        """Deliver a message until it is acknowledged."""
        for _ in range(5):
            try:
                outcome = consumer.consume(message.data, message.attributes)
            except DependencyUnavailable:
                continue
            assert outcome is not Outcome.PARKED
            return
        raise AssertionError("a delivery that never succeeds")

    def found(self, transfer: Transfer) -> Transfer:
        """The transfer as it stands now."""
        stored = self.transfers().find(transfer.id)
        assert stored is not None
        return stored.transfer

    def finished(self, transfer: Transfer) -> Transfer:
        """The transfer, which must be done."""
        found = self.found(transfer)
        assert found.state is TransferState.DONE, found
        return found

    def records(self, name: str = "c") -> Records:
        """Everything that is live, read as an export reads it."""
        collection = self.transfers_collection(name)
        found: Records = {}
        for shard in range(collection.shards):
            document = self.adapters.state.get(head_document(name, shard))
            assert document is not None
            manifest = ManifestReader(self.adapters.objects).read(collection, shard, Head.from_document(document))
            rows = ShardRows(self.adapters.objects, manifest, self.directory / f"read-{name}-{shard}")
            for batch in rows.batches(0, 0, 1000):
                assert not found.keys() & set(batch.ids), "an id is live twice"
                values = zip(batch.ids, batch.vectors.tolist(), batch.attributes, strict=True)
                found.update({record_id: (tuple(vector), given) for record_id, vector, given in values})
        return found

    def transfers_collection(self, name: str) -> Collection:
        """A declared collection."""
        document = self.adapters.state.get(f"collections/{name}")
        assert document is not None
        return Collection.from_document(document.data)

    def _index_update(self) -> Consumer:
        settings = IndexUpdateSettings(
            runtime="embedded",
            data_dir=self.directory,
            cache_dir=self.directory / "cache",
            base_from_rows=self.base_from_rows,
        )
        return build_index_update(self.adapters, settings)


def records_of(
    ids: Sequence[str], vectors: NDArray[np.float32], attributes: Sequence[Mapping[str, Any] | None]
) -> Records:
    """Rows as `Bulk.records` gives them; of rows with one id the last."""
    return {
        record_id: (tuple(vector), given)
        for record_id, vector, given in zip(ids, vectors.tolist(), attributes, strict=True)
    }


def frozen(adapters: Adapters, **changes: Any) -> Adapters:
    """The same world with some ports replaced."""
    return replace(adapters, **changes)
