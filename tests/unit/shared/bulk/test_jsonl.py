"""JSON lines: what a record may look like, and which line is named when it does not."""

import base64
from pathlib import Path

import numpy as np
import pytest

from shared.bulk.choice import Choice
from shared.bulk.jsonl import MAX_LINE_BYTES, open_jsonl
from shared.bulk.problems import InvalidFile
from shared.bulk.source import LocalSource
from tests.unit.shared.bulk.files import Rows, read_all

GOOD = '{"id": "a", "vector": [1, 2]}\n'


def read(tmp_path: Path, text: str, choice: Choice | None = None) -> Rows:
    """All rows of a file with this text."""
    path = tmp_path / "rows.jsonl"
    path.write_text(text)
    with open_jsonl(LocalSource(path), choice or Choice()) as reader:
        return read_all(reader)


def test_whatever_stands_beside_id_and_vector_is_an_attribute(tmp_path: Path) -> None:
    """The members of `attributes` are, too; an id may be an integer; a vector may be base64."""
    packed = base64.b64encode(np.array([3, 4], "<f4").tobytes()).decode()

    found = read(tmp_path, f'{{"id": 7, "vector": "{packed}", "lang": "en", "attributes": {{"rank": 1}}}}')

    assert ["7"] == found.ids
    assert [[3.0, 4.0]] == found.vectors.tolist()
    assert [{"lang": "en", "rank": 1}] == found.attributes


def test_fields_can_have_other_names(tmp_path: Path) -> None:
    """Named fields take the places of `id` and `vector`, and only the attributes that are named are kept."""
    choice = Choice(id_field="key", vector_field="embedding", attribute_fields=("rank", "never"))

    found = read(tmp_path, '{"key": "a", "embedding": [1], "rank": 2, "id": "other"}', choice)

    assert (["a"], [{"rank": 2}]) == (found.ids, found.attributes)


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    """Neither rows nor a dimension."""
    assert [] == read(tmp_path, "\n \n").ids


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[1, 2]", r"rows\.jsonl, line 2, the line: got \[1, 2\], allowed: one JSON object"),
        ('{"id": "b"', r"rows\.jsonl, line 2, the line: got .*unexpected end of data"),
        ('{"vector": [1, 2]}', r"line 2, id: got nothing, allowed: a text or an integer"),
        ('{"id": true, "vector": [1, 2]}', r"line 2, id: got True"),
        ('{"id": "", "vector": [1, 2]}', r"line 2, id: got '', allowed: a text of 1 to 512 bytes"),
        ('{"id": "%s", "vector": [1, 2]}' % ("é" * 300), r"line 2, id: got 'é"),
        ('{"id": "b"}', r"line 2, vector: got nothing, allowed: an array of numbers"),
        ('{"id": "b", "vector": [1, "2"]}', r"line 2, vector: got \[1, '2'\], allowed: an array of numbers"),
        ('{"id": "b", "vector": [1, true]}', r"line 2, vector: got \[1, True\]"),
        ('{"id": "b", "vector": []}', r"line 2, vector: got \[\]"),
        ('{"id": "b", "vector": "AAA"}', r"line 2, vector: got 'AAA'"),
        ('{"id": "b", "vector": [1, 2, 3]}', r"line 2, vector: got 3 numbers, allowed: 2, as in the first line"),
        ('{"id": "b", "vector": [1, 2], "attributes": [1]}', r"line 2, attributes: got \[1\], allowed: an object"),
        (
            '{"id": "b", "vector": [1, 2], "x": 1, "attributes": {"x": 2}}',
            r"line 2, attributes: got 'x', allowed: names that do not stand beside it",
        ),
        ("x" * (MAX_LINE_BYTES + 1), r"line 2, the line: got over \d+ bytes"),
    ],
)
def test_a_bad_line_is_named_with_what_is_allowed(line: str, said: str, tmp_path: Path) -> None:
    """File, line, field, value, what is allowed."""
    with pytest.raises(InvalidFile, match=said):
        read(tmp_path, GOOD + line + "\n" + GOOD)
