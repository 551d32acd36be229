"""What is wrong with a file: which file, which row, which field."""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.bulk.source import Source
from shared.errors import FieldProblem, InvalidRequest


class InvalidFile(InvalidRequest):
    """A file is not what its format says, or holds what a collection cannot take."""

    code = "invalid_file"


def refused(where: str, value: str, allowed: str) -> InvalidFile:
    """The error for one place in a file."""
    return InvalidFile(FieldProblem(where, value, allowed))


def in_row(file: str, row: int, field: str) -> str:
    """A field of a row; rows count from 0."""
    return f"{file}, row {row}, {field}"


def in_line(file: str, line: int, field: str) -> str:
    """A field of a line; lines count from 1, as editors do."""
    return f"{file}, line {line}, {field}"


@contextmanager
def reading(source: Source, allowed: str, *errors: type[Exception]) -> Iterator[None]:
    """Turn a library's `errors` into `InvalidFile`, unless the bytes themselves did not arrive.

    Libraries in C replace what a file object raised by an error of their own: the source remembers it.
    """
    try:
        yield
    except errors as error:
        lost = source.failure()
        if lost is not None:
            raise lost from error
        reason = " ".join(str(error).split()) or type(error).__name__
        raise refused(source.name, reason[:200], allowed) from error
