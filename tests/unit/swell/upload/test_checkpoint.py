"""Checkpoints: what has arrived is known again, and nothing else is taken for it."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bulk.formats import Format
from shared.bulk.rows import Cursor
from shared.bulk.source import LocalSource
from swell.upload.checkpoint import Checkpoint, Subject, checkpoint_path
from swell.upload.identity import fingerprint

SUBJECT = Subject("file", "http://server", "words", "2026", 100, {"format": "npy", "attribute_fields": ["a"]})


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    """The run, the batches that have arrived, in order and beyond, and the version that holds them."""
    checkpoint = Checkpoint(SUBJECT)
    checkpoint.mark(0, Cursor(100, 5, 1), "0:1")
    checkpoint.mark(2, Cursor(300, 9, 3), "0:2,1:1")

    checkpoint.save(tmp_path / "note")
    found = Checkpoint.load(tmp_path / "note", SUBJECT)

    assert checkpoint == found
    assert (1, Cursor(100, 5, 1), "0:2,1:1") == (checkpoint.batch, checkpoint.cursor, checkpoint.version)
    assert [tmp_path / "note"] == list(tmp_path.iterdir())


@given(count=st.integers(0, 12), seed=st.integers())
def test_batches_may_arrive_in_any_order(count: int, seed: int) -> None:
    """The cursor stands behind the batches that have arrived without a gap."""
    order, checkpoint = Random(seed).sample(range(count), count), Checkpoint(SUBJECT)

    for place, number in enumerate(order):
        checkpoint.mark(number, Cursor(100 * (number + 1)), None)
        arrived = set(order[: place + 1])
        gapless = next(number for number in range(count + 1) if number not in arrived)
        assert (gapless, 100 * gapless) == (checkpoint.batch, checkpoint.cursor.row)
        assert arrived - set(range(gapless)) == set(checkpoint.beyond)


OTHERS = [
    replace(SUBJECT, file="other"),
    replace(SUBJECT, server="http://other"),
    replace(SUBJECT, collection="other"),
    replace(SUBJECT, created_at="2027"),
    replace(SUBJECT, batch_rows=7),
    replace(SUBJECT, fields={"format": "npz", "attribute_fields": ["a"]}),
]


@pytest.mark.parametrize("other", OTHERS, ids=["file", "server", "collection", "incarnation", "batches", "fields"])
def test_a_note_of_something_else_is_not_used(other: Subject, tmp_path: Path) -> None:
    """Another file, server, collection or way of cutting has nothing of what the note speaks of."""
    Checkpoint(SUBJECT).save(tmp_path / "note")

    assert Checkpoint.load(tmp_path / "note", other) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"format": 1}', b"\xff", b'{"format": 2, "subject": {}}'])
def test_a_damaged_note_is_no_note(content: bytes, tmp_path: Path) -> None:
    """The import starts anew: that is slower, never wrong."""
    (tmp_path / "note").write_bytes(content)

    assert Checkpoint.load(tmp_path / "note", SUBJECT) is None
    assert Checkpoint.load(tmp_path / "missing", SUBJECT) is None


def test_every_run_has_its_own_keys() -> None:
    """A file that is imported again later is a new write, not a repetition of the first; keys fit the API."""
    first, second = Checkpoint(replace(SUBJECT, file="f" * 32)), Checkpoint(replace(SUBJECT, file="f" * 32))

    keys = {checkpoint.key(number) for checkpoint in (first, second) for number in range(3)}

    assert 6 == len(keys)
    assert all(len(f"{key}:999999999999") <= 128 for key in keys)


def test_the_note_stands_beside_the_file() -> None:
    """Hidden, one for each collection."""
    assert Path("data/.w.npy.words.swell-import") == checkpoint_path(Path("data/w.npy"), "words")


def test_a_fingerprint_tells_files_apart(tmp_path: Path) -> None:
    """By content and time of change; a copy elsewhere with both is the same."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"x" * 5_000_000)
    before = fingerprint(LocalSource(path), Format.JSONL)
    same = fingerprint(LocalSource(path), Format.JSONL)
    path.write_bytes(b"x" * 4_999_999 + b"y")
    after = fingerprint(LocalSource(path), Format.JSONL)

    assert before == same
    assert before != after
