"""CSV: what the header says, what a cell may be, and which line is wrong."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.bulk.choice import Choice
from shared.bulk.formats import open_reader
from shared.bulk.jsonl import MAX_LINE_BYTES
from shared.bulk.problems import InvalidFile
from shared.bulk.source import LocalSource
from shared.domain.collection import AttributeType
from tests.unit.shared.bulk.files import Rows, read_all


def read(folder: Path, content: str | bytes, choice: Choice | None = None) -> tuple[Rows, Any]:
    """The rows of a file of this content, and what it says of itself."""
    path = folder / "rows.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with open_reader(LocalSource(path), choice or Choice()) as reader:
        return read_all(reader), reader.contents


def test_the_header_tells_the_types(tmp_path: Path) -> None:
    """An attribute is a text unless its column says more; an empty cell is none, and neither is NaN."""
    text = (
        "id,vector,title,year:integer,score:float,seen:boolean,tags:string_list\n"
        'a,"[1, 0.5]","Alien, the first",1979,8.5,True,"[""space""]"\n'
        "b,2 1,1984,1984.0,nan,,\n"
    )

    rows, contents = read(tmp_path, text)

    assert ["a", "b"] == rows.ids
    assert np.array_equal(np.array([[1, 0.5], [2, 1]], np.float32), rows.vectors)
    assert rows.attributes == [
        {"title": "Alien, the first", "year": 1979, "score": 8.5, "seen": True, "tags": ["space"]},
        {"title": "1984", "year": 1984},
    ]
    assert list(contents.attributes.values()) == [
        AttributeType.STRING,
        AttributeType.INTEGER,
        AttributeType.FLOAT,
        AttributeType.BOOLEAN,
        AttributeType.STRING_LIST,
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_it_reads_what_others_write(tmp_path: Path, delimiter: str) -> None:
    """A byte order mark, CR LF, an index without a name, a vector over two lines, no end of the last line."""
    lines = ["\ufeff,id,vector", '0,7,"[1 2\n 3]"', "1,8,[4 5 6]"]

    rows, contents = read(tmp_path, "\r\n".join(lines).replace(",", delimiter))

    assert (["7", "8"], 3, {}) == (rows.ids, contents.dimension, contents.attributes)
    assert [[1, 2, 3], [4, 5, 6]] == rows.vectors.tolist()


def test_fields_can_be_named(tmp_path: Path) -> None:
    """As in every format with columns."""
    rows, contents = read(tmp_path, "key,emb,a:integer,b\nx,1 2,5,no\n", Choice("key", "emb", ("a",)))

    assert (["x"], [{"a": 5}]) == (rows.ids, rows.attributes)
    assert {"a": AttributeType.INTEGER} == contents.attributes


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "rows.csv: got an empty file"),
        ("vector,title\n1 2,x\n", "id_field: got nothing, allowed: the column of the ids, one of: vector, title"),
        ("id,title\na,x\n", "vector_field: got 'vector', allowed: one of: id, title"),
        ("id,vector,a,a\n", "line 1, column 4: got 'a', allowed: names that stand once"),
        ("id,vector,release date\n", "line 1, column 'release date': got 'release date', allowed: names matching"),
        ("id,vector,year:int\n", "line 1, column 'year': got the type 'int', allowed: one of string, integer"),
        ("id,vector\na,\n", "line 2, the vector: got '', allowed: numbers between commas or spaces"),
        ("id,vector\na,[1 2 ... 9]\n", "line 2, the vector: got '[1 2 ... 9]'"),
        ("id,vector\na,1 2\n\nb,1 2 3\n", "line 4, the vector: got 3 numbers, allowed: 2, as in the first record"),
        ("id,vector\na,1 2\nb,1,2\n", "line 3, the record: got 3 cells, allowed: 2, as in the first line"),
        ("id,vector,n:integer\na,1 2,many\n", "line 2, n: got 'many', allowed: an integer"),
        ("id,vector,n:boolean\na,1 2,yes\n", "line 2, n: got 'yes', allowed: true or false"),
        ("id,vector,n:float\na,1 2,x\n", "line 2, n: got 'x', allowed: a number"),
        ("id,vector,n:string_list\na,1 2,x\n", "line 2, n: got 'x', allowed: a JSON array of strings"),
        ("id,vector,n:string_list\na,1 2,[1]\n", "line 2, n: got '[1]', allowed: a JSON array of strings"),
        ("id,vector\n,1 2\n", "line 2, the id: got ''"),
        ('id,vector\na,"1 2"x\n', "line 2, the record: got"),
        ('id,vector\na,1 2\nb,"1 2\n' + "0 \n" * 10, "line 3, the record: got unexpected end of data"),
        ('id,vector\na,1 2\n"' + ("0\n" * 50_000 + '","') * 2, f"line 3, the record: got over {MAX_LINE_BYTES} bytes"),
        ("id,vector\na," + "0 " * 70_000, "line 2, the record: got field larger than field limit"),
        (b"id,vector\n\xff,1 2\n", "line 2, the record: got other bytes, allowed: UTF-8"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    """The line, the column, what is there and what may be."""
    with pytest.raises(InvalidFile) as refusal:
        read(tmp_path, content)

    assert sentence in str(refusal.value)
