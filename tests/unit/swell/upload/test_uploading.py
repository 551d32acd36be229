"""Uploads: every batch arrives, in an order that keeps the last of rows with one id, and is sent once."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.bulk.choice import Choice
from shared.bulk.formats import open_reader
from shared.bulk.source import LocalSource
from swell.client import InvalidRequestError, Problem, UnavailableError, WriteReceipt
from swell.upload.checkpoint import Checkpoint, Subject
from swell.upload.uploading import Upload
from tests.unit.shared.bulk.files import Rows, rows_of, write_jsonl, write_npz

SUBJECT = Subject("file", "server", "words", "2026", 10, {})


@dataclass
class RecordingTarget:
    """A collection that remembers what it was sent, and fails at chosen calls."""

    fail_at: frozenset[int] = frozenset()
    error: Exception = field(default_factory=lambda: UnavailableError("busy", code="busy", status=503))
    records: dict[str, tuple[float, ...]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def upsert(
        self,
        ids: Sequence[str],
        vectors: Any,
        attributes: Sequence[Mapping[str, Any] | None],
        *,
        wait: str,
        idempotency_key: str,
    ) -> WriteReceipt:
        """Take records."""
        with self._guard:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            call = len(self.keys)
            self.keys.append(idempotency_key)
        try:
            if call in self.fail_at:
                raise self.error
            assert len(ids) == len(set(ids)) == len(vectors) == len(attributes)
            with self._guard:
                self.records.update(zip(ids, map(tuple, np.asarray(vectors).tolist()), strict=True))
            return WriteReceipt(len(ids), f"0:{call + 1}" if wait == "committed" else None)
        finally:
            with self._guard:
                self._at_once -= 1


def upload(path: Path, target: RecordingTarget, checkpoint: Checkpoint, **options: Any) -> Upload:
    """Send a file, from where the checkpoint stands."""
    with open_reader(LocalSource(path), Choice()) as reader:
        sending = Upload(reader, target, checkpoint, path.with_suffix(".note"), **options)  # type: ignore[arg-type]
        sending.run()
        return sending


def expected(rows: Rows) -> dict[str, tuple[float, ...]]:
    """What is there after all rows have arrived in their order."""
    return dict(zip(rows.ids, map(tuple, rows.vectors.tolist()), strict=True))


def test_every_row_arrives_once(tmp_path: Path) -> None:
    """In batches of the size that was said, with keys of their own, as many at once as allowed."""
    rows = rows_of(95, 2, attributes=False)
    path, target, checkpoint = write_npz(tmp_path / "a.npz", rows), RecordingTarget(), Checkpoint(SUBJECT)
    told: list[int] = []

    sent = upload(path, target, checkpoint, connections=3, on_rows=lambda count, _: told.append(count))

    assert expected(rows) == target.records
    assert (10, 10) == (len(target.keys), len(set(target.keys)))
    assert (95, 95, 10, 95) == (sent.rows_sent, told[-1], checkpoint.batch, checkpoint.cursor.row)
    assert 1 <= target.most_at_once <= 3
    assert "0:10" == checkpoint.version


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    failures=st.lists(st.sets(st.integers(0, 11), min_size=1, max_size=3), max_size=4),
    ids=st.integers(1, 60),
    connections=st.integers(1, 4),
)
def test_whatever_fails_the_same_command_ends_it(
    tmp_path_factory: pytest.TempPathFactory, failures: list[set[int]], ids: int, connections: int
) -> None:
    """What has arrived is not sent again, and of rows with one id the last stays, however the runs are cut."""
    path = tmp_path_factory.mktemp("upload") / "a.jsonl"
    rows = rows_of(57, 2, attributes=False)
    rows = Rows([f"r{row % ids}" for row in range(57)], rows.vectors, rows.attributes)
    write_jsonl(path, rows)
    records: dict[str, tuple[float, ...]] = {}
    arrived: list[str] = []

    for failing in [*failures, set[int]()]:
        checkpoint = Checkpoint.load(path.with_suffix(".note"), SUBJECT) or Checkpoint(SUBJECT)
        target = RecordingTarget(frozenset(failing), records=records)
        try:
            upload(path, target, checkpoint, connections=connections)
        except UnavailableError:
            arrived += [key for call, key in enumerate(target.keys) if call not in failing]
            continue
        arrived += target.keys
        break

    assert expected(rows) == records
    assert 6 == len(arrived) == len(set(arrived))


def test_a_batch_whose_arrival_was_not_noted_has_the_same_key(tmp_path: Path) -> None:
    """After a kill -9 the server knows it again."""
    path = write_npz(tmp_path / "a.npz", rows_of(30, 2, attributes=False))
    first, second = RecordingTarget(frozenset({1})), RecordingTarget()
    with pytest.raises(UnavailableError):
        upload(path, first, Checkpoint(SUBJECT), connections=1)

    checkpoint = Checkpoint.load(path.with_suffix(".note"), SUBJECT)
    assert checkpoint
    upload(path, second, checkpoint, connections=1)

    assert first.keys[1] == second.keys[0]


def test_an_interruption_notes_what_is_under_way(tmp_path: Path) -> None:
    """Ctrl-C loses nothing that arrives while it is handled."""
    path, target = write_npz(tmp_path / "a.npz", rows_of(50, 2, attributes=False)), RecordingTarget()

    def interrupt(rows: int, _: int) -> None:
        if rows >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upload(path, target, Checkpoint(SUBJECT), connections=2, on_rows=interrupt)

    checkpoint = Checkpoint.load(path.with_suffix(".note"), SUBJECT)
    assert checkpoint
    assert len(target.keys) == checkpoint.batch + len(checkpoint.beyond)


def test_a_refused_row_is_named_as_the_file_has_it(tmp_path: Path) -> None:
    """Line and field of the file, not record and field of the request; repeated ids do not shift it."""
    rows = rows_of(14, 2, attributes=False)
    path = write_jsonl(tmp_path / "a.jsonl", Rows(["same", "same", *rows.ids[2:]], rows.vectors, rows.attributes))
    problems = (Problem("records[3].vector", "a zero vector", "a direction"), Problem("timeout_ms", "0", "more"))
    error = InvalidRequestError("refused", code="invalid_request", status=400, problems=problems)

    with pytest.raises(InvalidRequestError) as refusal:
        upload(path, RecordingTarget(frozenset({0}), error), Checkpoint(SUBJECT), connections=1)

    assert ["a.jsonl, line 5, vector", "timeout_ms"] == [problem.field for problem in refusal.value.problems]


def test_batches_of_one_id_go_one_after_the_other(tmp_path: Path) -> None:
    """Side by side, the earlier row could win."""
    rows = rows_of(40, 2, attributes=False)
    path = write_npz(tmp_path / "a.npz", Rows([f"r{row % 10}" for row in range(40)], rows.vectors, rows.attributes))
    target = RecordingTarget()

    upload(path, target, Checkpoint(SUBJECT), connections=4)

    assert 1 == target.most_at_once


def test_without_a_place_for_notes_all_is_sent(tmp_path: Path) -> None:
    """A folder that cannot be written to costs resuming, nothing else."""
    rows = rows_of(25, 2, attributes=False)
    path, target = write_npz(tmp_path / "a.npz", rows), RecordingTarget()

    with open_reader(LocalSource(path), Choice()) as reader:
        Upload(reader, target, Checkpoint(SUBJECT), None, wait_for="accepted").run()  # type: ignore[arg-type]

    assert expected(rows) == target.records
    assert [path] == list(_visible(tmp_path))


def _visible(folder: Path) -> Iterator[Path]:
    return iter(sorted(folder.iterdir()))
