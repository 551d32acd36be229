"""Records and vectors in files: JSON, one document or one a line."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from shared.errors import cut
from swell.cli.failure import CommandFailed
from swell.client import InvalidRequestError, Problem

_FIELDS: Final = ("id", "vector", "attributes")
_FIELDS_OF_CHANGES: Final = (*_FIELDS, "if_version")
_RECORD_PLACE: Final = re.compile(r"^records\[(\d+)\]\.?")
STDIN: Final = Path("-")


@dataclass(frozen=True)
class RecordLine:
    """One record and the number of its line."""

    number: int
    id: str
    vector: Sequence[float]
    attributes: Mapping[str, Any] | None


@dataclass(frozen=True)
class ChangeLine:
    """What of one record changes, and the number of its line."""

    number: int
    id: str
    vector: Sequence[float] | None
    attributes: Mapping[str, Any] | None
    if_version: str | None


def read_changes(path: Path) -> Iterator[ChangeLine]:
    """The changes of a JSON-lines file: a text id, and attributes, a vector or both.

    Raises:
        CommandFailed: naming the line, the field and what is allowed.
    """
    for number, line in enumerate(_lines(path), start=1):
        if line.strip():
            where = f"{path}, line {number}"
            record = _record(line, where, _FIELDS_OF_CHANGES, needs_vector=False)
            if record.get("vector") is None and not record.get("attributes"):
                raise _refused(where, "the line", _shortened(line), "attributes to change, a vector, or both")
            changed = [record.get(name) for name in ("vector", "attributes", "if_version")]
            yield ChangeLine(number, record["id"], *changed)


def read_records(path: Path) -> Iterator[RecordLine]:
    """The records of a JSON-lines file, checked: text id, vector of numbers, attributes an object if any.

    Raises:
        CommandFailed: naming the line, the field and what is allowed.
    """
    dimension: int | None = None
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        record = _record(line, where, _FIELDS, needs_vector=True)
        vector = record["vector"]
        dimension = dimension or len(vector)
        if len(vector) != dimension:
            raise _refused(where, "vector", f"{len(vector)} numbers", f"{dimension}, as in the lines before")
        yield RecordLine(number, record["id"], vector, record.get("attributes"))


def in_lines(
    error: InvalidRequestError, path: Path, sent: Sequence[RecordLine] | Sequence[ChangeLine]
) -> InvalidRequestError:
    """The server's refusal of `sent`, with the lines of the file in place of the records of the request."""

    def line_of(place: re.Match[str]) -> str:
        return f"{path}, line {sent[int(place[1])].number}: "

    problems = tuple(
        Problem(_RECORD_PLACE.sub(line_of, problem.field), problem.value, problem.allowed) for problem in error.problems
    )
    detail = "; ".join(str(problem) for problem in problems) or str(error)
    return InvalidRequestError(detail, code=error.code, status=error.status, problems=problems)


def read_vectors(path: Path) -> NDArray[np.float32]:
    """The vectors of a file: one JSON array of numbers, an array of such arrays, or one array a line.

    Raises:
        CommandFailed: naming the file and what is allowed.
    """
    with _opened(path) as file:
        content = file.read()
    try:
        return parse_vectors(content, str(path))
    except CommandFailed:
        lines = [line for line in content.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        return np.concatenate([parse_vectors(line, f"{path}, line {n}") for n, line in enumerate(lines, start=1)])


def parse_vectors(text: str | bytes, field: str) -> NDArray[np.float32]:
    """One or several vectors in JSON, as a table.

    Raises:
        CommandFailed: it is neither.
    """
    allowed = "a JSON array of numbers such as [0.1, 0.2], or an array of such arrays of one length"
    try:
        vectors = np.asarray(orjson.loads(text), np.float32)
    except (orjson.JSONDecodeError, ValueError, TypeError):
        raise CommandFailed(f"{field}: got {_shortened(text)}, allowed: {allowed}", code="invalid_request") from None
    if vectors.ndim not in (1, 2) or not vectors.size:
        raise CommandFailed(f"{field}: got {_shortened(text)}, allowed: {allowed}", code="invalid_request")
    return np.atleast_2d(vectors)


def _record(line: bytes, where: str, fields: Sequence[str], *, needs_vector: bool) -> dict[str, Any]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _refused(
            where, "the line", _shortened(line), f"one JSON object ({error}); `swell import` reads other files"
        ) from None
    if not isinstance(record, dict):
        raise _refused(where, "the line", _shortened(line), 'an object such as {"id": "a", "vector": [0.1, 0.2]}')
    for name in record.keys() - {*fields}:
        raise _refused(where, name, "a field of this name", f"{', '.join(fields[:-1])} and {fields[-1]}")
    _check_fields(record, where, needs_vector=needs_vector)
    return record


def _check_fields(record: Mapping[str, Any], where: str, *, needs_vector: bool) -> None:
    if not isinstance(record.get("id"), str):
        raise _refused(where, "id", repr(record.get("id")), "a text")
    vector = record.get("vector")
    is_vector = isinstance(vector, list) and vector and {type(number) for number in vector} <= {int, float}
    if not is_vector and (needs_vector or vector is not None):
        raise _refused(where, "vector", _shortened(orjson.dumps(vector)), "an array of numbers")
    for name, kind, allowed in (("attributes", dict, "an object"), ("if_version", str, "a text")):
        if not isinstance(record.get(name), kind | None):
            raise _refused(where, name, repr(record[name]), allowed)


def _refused(where: str, field: str, value: str, allowed: str) -> CommandFailed:
    problem = {"field": field, "value": value, "allowed": allowed}
    return CommandFailed(
        f"{where}: {field}: got {value}, allowed: {allowed}", code="invalid_request", problems=[problem]
    )


def _lines(path: Path) -> Iterator[bytes]:
    with _opened(path) as file:
        yield from file


def _opened(path: Path) -> AbstractContextManager[IO[bytes]]:
    if path == STDIN:
        return nullcontext(sys.stdin.buffer)
    try:
        return path.open("rb")
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}; give a file, or - for stdin", code="no_such_file") from None


def _shortened(text: str | bytes, limit: int = 48) -> str:
    """In one line, whatever it was."""
    shown = " ".join((text.decode(errors="replace") if isinstance(text, bytes) else text).split())
    return cut(shown, limit)
