"""Rows of a file in batches, and where a reader stands."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from shared.bulk.problems import in_line, in_row
from shared.domain.collection import AttributeType, Metric


@dataclass(frozen=True)
class Cursor:
    """How much of a file has been read: `row` rows, and in a file of lines `byte` bytes in `line` lines."""

    row: int = 0
    byte: int = 0
    line: int = 0

    def to_document(self) -> dict[str, int]:
        """As a state document holds it."""
        return {"row": self.row, "byte": self.byte, "line": self.line}

    @classmethod
    def from_document(cls, document: Mapping[str, int]) -> Self:
        """The cursor that a state document holds."""
        return cls(document["row"], document["byte"], document["line"])


@dataclass(frozen=True)
class Batch:
    """Consecutive rows. `vectors` is float32 of shape (len(ids), dimension); `end` stands behind the last row.

    Ids and vectors are as the file has them: an id may stand twice, a vector may be zero.
    """

    file: str
    first_row: int
    ids: Sequence[str]
    vectors: NDArray[np.float32]
    attributes: Sequence[Mapping[str, Any] | None]
    end: Cursor
    lines: Sequence[int] | None = None
    """In a file of lines, the line of each row."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def last_of_each_id(self) -> list[int] | None:
        """The places of rows whose id does not stand again behind them; None where no id stands twice."""
        last = {record_id: place for place, record_id in enumerate(self.ids)}
        return None if len(last) == len(self.ids) else sorted(last.values())

    def where(self, name: str) -> Callable[[int], str]:
        """What error messages call a field of the row at a place in this batch."""
        lines = self.lines
        if lines is not None:
            return lambda place: in_line(self.file, lines[place], name)
        return lambda place: in_row(self.file, self.first_row + place, name)


@dataclass(frozen=True)
class Contents:
    """What a file says of itself. `rows` is None where only reading it tells; `dimension` where it has no row."""

    dimension: int | None
    rows: int | None
    metric: Metric | None = None
    attributes: Mapping[str, AttributeType] = field(default_factory=dict)
    """Declared in an export of Swell's; in other files, what the types of columns tell. Empty without columns."""


class RowReader(Protocol):
    """A file opened for reading, in bounded memory. One thread at a time."""

    @property
    def contents(self) -> Contents:
        """What the file says of itself."""
        ...

    def batches(self, start: Cursor, batch_rows: int) -> Iterator[Batch]:
        """Every row from `start` on, `batch_rows` at a time; the last batch may be shorter.

        Which rows a batch holds depends on nothing but `start` and `batch_rows`.

        Raises:
            InvalidFile: naming the row and the field.
        """
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ClosesOnExit:
    """`with` for readers."""

    def close(self) -> None:
        """Let go of the file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
