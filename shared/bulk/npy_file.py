"""Files of one NumPy array (`.npy`), with ids beside it."""

from contextlib import ExitStack
from pathlib import PurePosixPath

from shared.bulk.arrays import ArrayReader, RowArray
from shared.bulk.choice import Choice
from shared.bulk.id_lines import IdLines
from shared.bulk.npy import NpyArray
from shared.bulk.source import Source


def open_npy(source: Source, choice: Choice) -> ArrayReader:
    """Read an array of vectors, with ids from `<name>.ids.npy` or `<name>.ids.txt` beside it, where there is one.

    Raises:
        InvalidFile: it is not such an array.
    """
    choice.reject_fields(source.name)
    with ExitStack() as opened:
        vectors = _array(source, opened)
        ids = _ids_beside(source, vectors.shape[0] if vectors.shape else 0, opened)
        return ArrayReader(source.name, vectors, ids=ids).owning(opened)


def companions(source: Source) -> list[Source]:
    """The files beside an array that belong to it."""
    stem = PurePosixPath(source.name).stem
    found = (source.sibling(f"{stem}.ids{suffix}") for suffix in (".npy", ".txt"))
    return [file for file in found if file is not None][:1]


def _array(source: Source, opened: ExitStack) -> NpyArray:
    return NpyArray.of(source, opened.enter_context(source.open()), source.name, source.size_bytes)


def _ids_beside(source: Source, rows: int, opened: ExitStack) -> RowArray | None:
    for file in companions(source):
        if file.name.endswith(".npy"):
            return _array(file, opened)
        return IdLines(opened.enter_context(file.open()), file.name, rows)
    return None
