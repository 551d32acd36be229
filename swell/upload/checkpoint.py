"""What of a file has arrived: kept beside it while it is sent, and removed when all of it has.

A checkpoint belongs to one file, one collection and one way of cutting the file into batches. One that does not match
in all of these is not used. Its `run` is part of every idempotency key: a batch that arrived without the checkpoint
saying so is sent again under the same key, and known by it; a file that is sent anew has another run, and other keys.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from uuid import uuid4

import orjson

from shared.bulk.rows import Cursor
from shared.domain.versions import VersionVector

_FORMAT: Final = 1


@dataclass(frozen=True)
class Subject:
    """What is sent where, and how it is cut."""

    file: str
    """Its fingerprint."""
    server: str
    collection: str
    created_at: str
    """Of the collection: one that was deleted and made again has nothing of the file."""
    batch_rows: int
    fields: Mapping[str, Any]


@dataclass
class Checkpoint:
    """Batches before number `batch`, which begins at `cursor`, have arrived; those in `beyond` too, with their ends."""

    subject: Subject
    run: str = field(default_factory=lambda: uuid4().hex)
    batch: int = 0
    cursor: Cursor = field(default_factory=Cursor)
    beyond: dict[int, Cursor] = field(default_factory=dict)
    version: str = ""

    def key(self, number: int) -> str:
        """The idempotency key of a batch."""
        return f"{self.subject.file}:{self.run}:{number}"

    def mark(self, number: int, end: Cursor, version: str | None) -> None:
        """A batch has arrived."""
        self.beyond[number] = end
        while self.batch in self.beyond:
            self.cursor = self.beyond.pop(self.batch)
            self.batch += 1
        if version:
            known = [VersionVector.parse(self.version)] if self.version else []
            self.version = str(VersionVector.merged([*known, VersionVector.parse(version)]))

    def save(self, path: Path) -> None:
        """Write it, whole or not at all.

        Raises:
            OSError: the folder cannot be written to.
        """
        document = {
            "format": _FORMAT,
            "subject": asdict(self.subject),
            "run": self.run,
            "batch": self.batch,
            "cursor": self.cursor.to_document(),
            "beyond": {str(number): end.to_document() for number, end in self.beyond.items()},
            "version": self.version,
        }
        partial = path.with_name(f"{path.name}.partial")
        partial.write_bytes(orjson.dumps(document))
        partial.replace(path)

    @classmethod
    def load(cls, path: Path, subject: Subject) -> Self | None:
        """The checkpoint of this subject; None where there is none, or it is of another, or not whole."""
        try:
            document = orjson.loads(path.read_bytes())
            if document["format"] != _FORMAT or Subject(**document["subject"]) != subject:
                return None
            return cls(
                subject=subject,
                run=document["run"],
                batch=document["batch"],
                cursor=Cursor.from_document(document["cursor"]),
                beyond={int(number): Cursor.from_document(end) for number, end in document["beyond"].items()},
                version=document["version"],
            )
        except (FileNotFoundError, orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
            return None


def checkpoint_path(file: Path, collection: str) -> Path:
    """Beside the file, out of sight."""
    return file.with_name(f".{file.name}.{collection}.swell-import")
