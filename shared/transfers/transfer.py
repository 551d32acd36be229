"""One import or export: what was asked for, and how far it is. The document of its operation."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from shared.bulk.choice import Choice
from shared.bulk.formats import Format
from shared.bulk.rows import Cursor
from shared.domain.tenancy import public_name
from shared.errors import InvalidRequest, SwellError
from shared.ports.files import StoredPart
from shared.transfers.progress import Progress


class TransferState(StrEnum):
    """Where an operation stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Pending(_Part):
    """Rows that were accepted and are not known to be committed."""

    rows: int
    """How many."""
    event_ids: dict[int, str]
    """The events that carry them, by shard."""


class ImportWork(_Part):
    """How far an import is. Rows count as written at its start: what is written later, by others, stays."""

    kind: Literal["import"] = "import"
    uri: str
    form: Format
    choice: Choice
    identity: str
    """Of the file at the start; a file that changes ends the import."""
    size_bytes: int
    revision: int
    """Of the first payload; each payload has the next one, so that of two rows with one id the later wins."""
    payload_rows: int
    """Rows in one payload: fixed, so that a repeated step sends the same payloads again."""
    rows_total: int | None = None
    cursor: Cursor = Cursor()
    """Rows accepted so far."""
    is_read: bool = False
    """Whether the end of the file was reached."""
    pending: tuple[Pending, ...] = ()
    rows_committed: int = 0
    version: str = ""
    """The versions that hold the committed rows."""
    moved_at: datetime
    """When rows were last accepted or committed."""

    def progress(self, elapsed_s: float) -> Progress:
        """Rows are done when they are committed: when queries find them."""
        rows = self.rows_committed
        total = self.cursor.row if self.is_read else self.rows_total
        read_share = self.cursor.byte / self.size_bytes if self.cursor.byte else self.cursor.row / (total or 1)
        done_share = read_share * rows / self.cursor.row if self.cursor.row else 0.0
        return Progress(rows, total, round(done_share * self.size_bytes), self.size_bytes, elapsed_s)


class PinnedShard(_Part):
    """The version of a shard that is exported."""

    version: int
    manifest: str | None
    """None for an empty shard."""
    rows: int = 0
    """Live rows; until the shard is opened, all rows of its segments."""


class Position(_Part):
    """The next row to be exported."""

    shard: int = 0
    segment: int = 0
    row: int = 0


class ExportWork(_Part):
    """How far an export is."""

    kind: Literal["export"] = "export"
    uri: str
    is_kept: bool = False
    """Whether the file is in a place of Swell's choosing, to be fetched over HTTP."""
    shards: tuple[PinnedShard, ...] = ()
    """Empty until the first step."""
    position: Position = Position()
    rows_done: int = 0
    parts: tuple[StoredPart, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Bytes written so far."""
        return self.parts[-1].start + self.parts[-1].size_bytes if self.parts else 0

    def progress(self, elapsed_s: float) -> Progress:
        """Rows and bytes written."""
        total = sum(shard.rows for shard in self.shards) if self.shards else None
        return Progress(self.rows_done, total, self.size_bytes, None, elapsed_s)


class Failure(_Part):
    """Why a transfer failed, as problem details say it."""

    code: str
    detail: str
    problems: tuple[dict[str, str], ...] = ()

    @classmethod
    def of(cls, error: SwellError) -> Self:
        """The failure that an error is."""
        problems = error.problems if isinstance(error, InvalidRequest) else ()
        return cls(code=error.code, detail=str(error), problems=tuple(dict(vars(problem)) for problem in problems))


class Transfer(_Part):
    """An import or export. `step` counts the steps that were taken; the event of the next one names it."""

    id: str
    collection: str
    uid: str
    state: TransferState = TransferState.RUNNING
    step: int = 0
    created_at: datetime
    updated_at: datetime
    is_cancelling: bool = False
    error: Failure | None = None
    result: dict[str, Any] | None = None
    work: Annotated[ImportWork | ExportWork, Field(discriminator="kind")]

    def to_view(self) -> dict[str, Any]:
        """What everybody may see of the operation."""
        return {
            "operation": self.id,
            "kind": self.work.kind,
            "collection": public_name(self.collection),
            "state": "cancelling" if self.is_cancelling and self.state is TransferState.RUNNING else self.state.value,
            "uri": self.work.uri,
            "created_at": self.created_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
            "progress": self.progress().to_document(),
            "result": self.result,
            "error": None if self.error is None else self.error.model_dump(),
        }

    def to_document(self) -> dict[str, Any]:
        """The operation's document."""
        return self.model_dump(mode="json")

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The transfer that a document describes."""
        return cls.model_validate(document)

    def progress(self) -> Progress:
        """How far it was when last updated."""
        return self.work.progress((self.updated_at - self.created_at).total_seconds())
