"""Sending batches side by side, as many at a time as the server takes."""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from shared.bulk.rows import Batch, RowReader
from swell.client import Collection, InvalidRequestError, Problem, WriteReceipt
from swell.upload.checkpoint import Checkpoint

_SAVED_EVERY_S: Final = 0.5
_RECORD: Final = re.compile(r"^records\[(\d+)\]\.?")


@dataclass(frozen=True)
class _Sending:
    number: int
    batch: Batch
    ids: frozenset[str]


@dataclass
class Upload:
    """Sends what of a file has not arrived.

    At most `connections` batches are under way: with `committed` each waits until the index has taken it in, so that
    sending is never faster than that. Batches that name the same id are sent one after the other: of rows with one id
    the last stays. `on_rows` is told how many rows have arrived, and how many bytes of a file of lines.
    """

    reader: RowReader
    target: Collection
    checkpoint: Checkpoint
    saved_at: Path | None
    connections: int = 4
    wait_for: Literal["accepted", "committed"] = "committed"
    on_rows: Callable[[int, int], None] = lambda *_: None
    rows_sent: int = field(default=0, init=False)
    _under_way: dict[Future[WriteReceipt], _Sending] = field(default_factory=dict, init=False)
    _last_saved_s: float = field(default=0.0, init=False)

    def run(self) -> None:
        """Send all; when interrupted, what is under way arrives and is noted first.

        Raises:
            InvalidFile: a row cannot be read.
            ClientError: the server refused a batch, with the rows of the file in its problems, or does not answer.
        """
        self._save()  # a server without a note of the run could not know its batches again
        with ThreadPoolExecutor(self.connections, thread_name_prefix="upload") as pool:
            try:
                for number, batch in self._left():
                    ids = frozenset(batch.ids)
                    while len(self._under_way) >= self.connections or self._is_under_way(ids):
                        self._settle_some()
                    future = pool.submit(self._send, number, batch)
                    self._under_way[future] = _Sending(number, batch, ids)
                while self._under_way:
                    self._settle_some()
            finally:
                self._settle_rest()

    def _left(self) -> Iterator[tuple[int, Batch]]:
        batches = self.reader.batches(self.checkpoint.cursor, self.checkpoint.subject.batch_rows)
        arrived = frozenset(self.checkpoint.beyond)
        for number, batch in enumerate(batches, start=self.checkpoint.batch):
            if number not in arrived:
                yield number, batch

    def _is_under_way(self, ids: frozenset[str]) -> bool:
        return any(not ids.isdisjoint(sending.ids) for sending in self._under_way.values())

    def _send(self, number: int, batch: Batch) -> WriteReceipt:
        places = batch.last_of_each_id or range(len(batch))
        try:
            return self.target.upsert(
                ids=[batch.ids[place] for place in places],
                vectors=batch.vectors[list(places)],
                attributes=[batch.attributes[place] for place in places],
                wait=self.wait_for,
                idempotency_key=self.checkpoint.key(number),
            )
        except InvalidRequestError as error:
            raise _in_file(error, batch, list(places)) from None

    def _settle_some(self) -> None:
        done, _ = wait(self._under_way, return_when=FIRST_COMPLETED)
        for future in done:
            self._settle(future)

    def _settle(self, future: Future[WriteReceipt]) -> None:
        self._mark(future)
        self.on_rows(self.rows_sent, self.checkpoint.cursor.byte)
        if time.monotonic() - self._last_saved_s > _SAVED_EVERY_S:
            self._save()

    def _settle_rest(self) -> None:
        """Note what has arrived; what has not is not this call's news any more."""
        wait(self._under_way)
        for future in [future for future in self._under_way if future.exception() is None]:
            self._mark(future)
        self._save()

    def _mark(self, future: Future[WriteReceipt]) -> None:
        sending = self._under_way.pop(future)
        receipt = future.result()
        self.checkpoint.mark(sending.number, sending.batch.end, receipt.version)
        self.rows_sent += len(sending.batch)

    def _save(self) -> None:
        if self.saved_at is not None:
            self.checkpoint.save(self.saved_at)
            self._last_saved_s = time.monotonic()


def _in_file(error: InvalidRequestError, batch: Batch, places: list[int]) -> InvalidRequestError:
    """The server's refusal, with the rows of the file in place of the records of the request."""

    def named(problem: Problem) -> Problem:
        found = _RECORD.match(problem.field)
        if found is None:
            return problem
        where = batch.where(_RECORD.sub("", problem.field) or "the record")(places[int(found[1])])
        return Problem(where, problem.value, problem.allowed)

    problems = tuple(named(problem) for problem in error.problems)
    detail = "; ".join(str(problem) for problem in problems) or str(error)
    return InvalidRequestError(detail, code=error.code, status=error.status, problems=problems)
