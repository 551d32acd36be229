"""Files of records and vectors are read, or refused with the line, the field, the value and what is allowed."""

from pathlib import Path

import pytest

from swell.cli.failure import CommandFailed
from swell.cli.record_lines import (
    ChangeLine,
    RecordLine,
    in_lines,
    parse_vectors,
    read_changes,
    read_records,
    read_vectors,
)
from swell.client import InvalidRequestError, Problem


def written(folder: Path, content: str) -> Path:
    """A file with this content."""
    path = folder / "records.jsonl"
    path.write_text(content)
    return path


def test_records_come_with_their_line_numbers(tmp_path: Path) -> None:
    """Empty lines count, but hold no record."""
    path = written(tmp_path, '{"id": "a", "vector": [1, 2.5]}\n\n{"id": "b", "vector": [3, 4], "attributes": {"n": 1}}')

    assert list(read_records(path)) == [RecordLine(1, "a", [1, 2.5], None), RecordLine(3, "b", [3, 4], {"n": 1})]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "the line: got nonsense, allowed: one JSON object"),
        ("[1, 2]", "the line: got [1, 2], allowed: an object such as"),
        ('{"vector": [1, 2]}', "id: got None, allowed: a text"),
        ('{"id": 7, "vector": [1, 2]}', "id: got 7, allowed: a text"),
        ('{"id": "b"}', "vector: got null, allowed: an array of numbers"),
        ('{"id": "b", "vector": [1, "2"]}', 'vector: got [1,"2"], allowed: an array of numbers'),
        ('{"id": "b", "vector": [1, true]}', "vector: got [1,true], allowed: an array of numbers"),
        ('{"id": "b", "vector": [1]}', "vector: got 1 numbers, allowed: 2, as in the lines before"),
        ('{"id": "b", "vector": [1, 2], "attributes": []}', "attributes: got [], allowed: an object"),
        ('{"id": "b", "vectors": [1, 2]}', "vectors: got a field of this name, allowed: id, vector and attributes"),
    ],
)
def test_a_line_that_is_no_record_is_refused_by_number(tmp_path: Path, line: str, said: str) -> None:
    """The reader finds the line without counting."""
    path = written(tmp_path, f'{{"id": "a", "vector": [1, 2]}}\n{line}\n')

    with pytest.raises(CommandFailed) as raised:
        list(read_records(path))

    assert str(raised.value).startswith(f"{path}, line 2: {said}")


def test_a_refusal_of_the_server_names_the_line(tmp_path: Path) -> None:
    """The second record sent stood in line 5."""
    path = tmp_path / "records.jsonl"
    sent = [RecordLine(2, "a", [1], None), RecordLine(5, "b", [0], None)]
    problem = Problem("records[1].vector", "a zero vector", "a vector with a direction")
    refusal = InvalidRequestError("refused", code="invalid_request", status=400, problems=(problem,))

    shown = in_lines(refusal, path, sent)

    assert str(shown) == f"{path}, line 5: vector: got a zero vector, allowed: a vector with a direction"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("[1, 2]", [[1, 2]]),
        ("[[1, 2], [3, 4]]", [[1, 2], [3, 4]]),
        ("[1, 2]\n[3, 4]\n", [[1, 2], [3, 4]]),
    ],
    ids=["one vector", "an array of vectors", "a vector a line"],
)
def test_vectors_may_stand_in_a_file_in_three_ways(tmp_path: Path, content: str, expected: list[list[float]]) -> None:
    """One, several in one document, or one a line."""
    assert read_vectors(written(tmp_path, content)).tolist() == expected


@pytest.mark.parametrize("text", ["", "[1, 2", "[]", "[[1], [1, 2]]", '{"a": 1}', '["a"]', "7", "[[[1]]]"])
def test_what_is_no_vector_is_refused(text: str) -> None:
    """The option is named, with what it was and what it may be."""
    with pytest.raises(CommandFailed, match=r"--vector: got .*, allowed: a JSON array of numbers"):
        parse_vectors(text, "--vector")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    """The path is named, and the way to read from elsewhere."""
    with pytest.raises(CommandFailed, match=r"nowhere\.jsonl: No such file or directory; give a file, or -"):
        list(read_records(tmp_path / "nowhere.jsonl"))


def test_changes_name_what_changes(tmp_path: Path) -> None:
    """A vector may be left out; a null attribute is to be removed, and so is more than nothing."""
    path = written(
        tmp_path,
        '{"id": "a", "attributes": {"n": null}}\n{"id": "b", "vector": [1], "if_version": "17"}\n{"id": "c"}',
    )
    changes = read_changes(path)

    assert next(changes) == ChangeLine(1, "a", None, {"n": None}, None)
    assert next(changes) == ChangeLine(2, "b", [1], None, "17")
    with pytest.raises(CommandFailed, match=r"line 3: the line: .* allowed: attributes to change, a vector, or both"):
        next(changes)
