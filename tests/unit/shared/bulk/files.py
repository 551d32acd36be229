"""The same records in every format that can be read."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from shared.bulk.rows import Batch, Cursor, RowReader


@dataclass(frozen=True)
class Rows:
    """Records as a test thinks of them."""

    ids: list[str]
    vectors: NDArray[np.float32]
    attributes: list[Mapping[str, Any] | None]


def rows_of(count: int, dimension: int = 3, *, seed: int = 1, attributes: bool = True) -> Rows:
    """Records with ids of several lengths and, every third without, attributes of several types."""
    vectors = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    given = [
        {"rank": row, "name": f"n{row}", "share": row / 4} if attributes and row % 3 else None for row in range(count)
    ]
    return Rows([f"r{row}" for row in range(count)], vectors, list(given))


def write_parquet(path: Path, rows: Rows, *, row_group_size: int = 7) -> Path:
    """Lists of variable length, as most tools write vectors."""
    columns = {"id": rows.ids, "vector": [row.tolist() for row in rows.vectors]}
    names = {name for row in rows.attributes if row for name in row}
    for name in sorted(names):
        columns[name] = [(row or {}).get(name) for row in rows.attributes]
    schema = pa.table(columns).schema.set(1, pa.field("vector", pa.list_(pa.float32())))
    pq.write_table(pa.table(columns, schema=schema), path, row_group_size=row_group_size)
    return path


def write_jsonl(path: Path, rows: Rows) -> Path:
    """One object a line, with an empty line after every fifth."""
    with path.open("wb") as file:
        for place, record_id in enumerate(rows.ids):
            record = {"id": record_id, "vector": [float(number) for number in rows.vectors[place]]}
            given = rows.attributes[place]
            file.write(orjson.dumps({**record, "attributes": given} if given else record) + b"\n")
            file.write(b"\n" if place % 5 == 4 else b"")
    return path


def write_csv(path: Path, rows: Rows) -> Path:
    """A header with types, and an empty line after every fifth."""
    names = {name: type(value) for row in rows.attributes if row for name, value in row.items()}
    kinds = {int: ":integer", float: ":float", str: ""}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "vector", *(f"{name}{kinds[kind]}" for name, kind in names.items())])
        for place, record_id in enumerate(rows.ids):
            given = rows.attributes[place] or {}
            vector = [float(number) for number in rows.vectors[place]]
            writer.writerow([record_id, vector, *(given.get(name, "") for name in names)])
            file.write("\r\n" if place % 5 == 4 else "")
    return path


def write_npy(path: Path, rows: Rows) -> Path:
    """The vectors, and the ids in a text file beside them."""
    np.save(path, rows.vectors)
    path.with_suffix(".ids.txt").write_text("".join(f"{record_id}\n" for record_id in rows.ids))
    return path


def write_npz(path: Path, rows: Rows) -> Path:
    """Vectors, ids, and one array that has nothing to do with the rows."""
    np.savez(path, vectors=rows.vectors, ids=np.array(rows.ids), scale=np.ones((2, 2)))
    return path


def write_npz_compressed(path: Path, rows: Rows) -> Path:
    """The same, deflated."""
    np.savez_compressed(path, vectors=rows.vectors, ids=np.array(rows.ids))
    return path


def write_hdf5(path: Path, rows: Rows) -> Path:
    """The layout of ann-benchmarks, with a data set of ids."""
    with h5py.File(path, "w") as file:
        file.attrs["distance"] = "angular"
        file["train"] = rows.vectors
        file["test"] = rows.vectors[:1]
        file["neighbors"] = np.zeros((1, 1), np.int32)
        file["distances"] = np.zeros((1, 1), np.float32)
        file["ids"] = [record_id.encode() for record_id in rows.ids]
    return path


@dataclass(frozen=True)
class FileKind:
    """A format, and whether it can hold attributes."""

    suffix: str
    write: Callable[[Path, Rows], Path]
    attributes: bool = False


KINDS = {
    "parquet": FileKind(".parquet", write_parquet, attributes=True),
    "jsonl": FileKind(".jsonl", write_jsonl, attributes=True),
    "csv": FileKind(".csv", write_csv, attributes=True),
    "npy": FileKind(".npy", write_npy),
    "npz": FileKind(".npz", write_npz),
    "npz compressed": FileKind(".npz", write_npz_compressed),
    "hdf5": FileKind(".hdf5", write_hdf5),
}


def read_all(reader: RowReader, start: Cursor | None = None, batch_rows: int = 10) -> Rows:
    """Every row from `start` on."""
    return joined(list(reader.batches(start or Cursor(), batch_rows)), reader.contents.dimension or 0)


def joined(batches: Sequence[Batch], dimension: int) -> Rows:
    """Batches as one."""
    return Rows(
        [record_id for batch in batches for record_id in batch.ids],
        np.concatenate([batch.vectors for batch in batches]) if batches else np.empty((0, dimension), np.float32),
        [attributes for batch in batches for attributes in batch.attributes],
    )
