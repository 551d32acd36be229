"""Which formats there are, how a file's name tells its format, and what reads it."""

from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from shared.bulk.choice import Choice
from shared.bulk.problems import refused
from shared.bulk.source import Source

if TYPE_CHECKING:
    from shared.bulk.rows import RowReader


class Format(StrEnum):
    """What files of vectors can be."""

    PARQUET = "parquet"
    JSONL = "jsonl"
    CSV = "csv"
    NPY = "npy"
    NPZ = "npz"
    HDF5 = "hdf5"


_SUFFIXES: Final = {
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".npy": Format.NPY,
    ".npz": Format.NPZ,
    ".hdf5": Format.HDF5,
    ".h5": Format.HDF5,
}


def format_of(name: str) -> Format:
    """The format that a file's name tells.

    Raises:
        InvalidFile: it tells none.
    """
    found = _SUFFIXES.get(PurePosixPath(name).suffix.lower())
    if found is None:
        allowed = f"a name that ends in {', '.join(_SUFFIXES)}; or say the format: {', '.join(Format)}"
        raise refused(name, f"the suffix {PurePosixPath(name).suffix!r}", allowed)
    return found


def open_reader(source: Source, choice: Choice, form: Format | None = None) -> "RowReader":
    """A reader of a file; `form` where its name does not tell.

    Raises:
        InvalidFile: the file is not of its format, or lacks a field.
    """
    match form or format_of(source.name):
        case Format.PARQUET:
            from shared.bulk.parquet_reader import open_parquet  # noqa: PLC0415 - pyarrow: cold start

            return open_parquet(source, choice)
        case Format.JSONL:
            from shared.bulk.jsonl import open_jsonl  # noqa: PLC0415 - only the reader that is needed

            return open_jsonl(source, choice)
        case Format.CSV:
            from shared.bulk.csv_file import open_csv  # noqa: PLC0415

            return open_csv(source, choice)
        case Format.NPY:
            from shared.bulk.npy_file import open_npy  # noqa: PLC0415

            return open_npy(source, choice)
        case Format.NPZ:
            from shared.bulk.npz_file import open_npz  # noqa: PLC0415

            return open_npz(source, choice)
        case Format.HDF5:
            from shared.bulk.hdf5 import open_hdf5  # noqa: PLC0415

            return open_hdf5(source, choice)


def identity_of(source: Source, form: Format | None = None) -> str:
    """Differs once the rows may differ; a file of ids beside an array belongs to it."""
    from shared.bulk.npy_file import companions  # noqa: PLC0415 - numpy

    files = companions(source) if (form or format_of(source.name)) is Format.NPY else []
    return "+".join(file.identity for file in (source, *files))
