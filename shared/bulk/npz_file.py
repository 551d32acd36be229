"""Archives of NumPy arrays (`.npz`)."""

import zipfile
from contextlib import ExitStack
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final

from shared.bulk.arrays import ArrayReader
from shared.bulk.choice import Choice
from shared.bulk.npy import NpyArray
from shared.bulk.problems import reading
from shared.bulk.source import Source

_ALLOWED: Final = "an archive of arrays, as numpy.savez writes it"
_LOCAL_HEADER_BYTES: Final = 30  # APPNOTE.TXT 4.3.7: then follow the name and an extra field, whose lengths stand last


def open_npz(source: Source, choice: Choice) -> ArrayReader:
    """Read the arrays `vectors` and, where there is one, `ids`; other arrays of one value a row are attributes.

    Raises:
        InvalidFile: it is not such an archive.
    """
    with ExitStack() as opened, reading(source, _ALLOWED, zipfile.BadZipFile):
        archive = opened.enter_context(zipfile.ZipFile(opened.enter_context(source.open())))
        members = {PurePosixPath(entry.filename).stem: entry for entry in archive.infolist() if _is_array(entry)}
        arrays = {name: _opened(source, archive, entry, opened) for name, entry in members.items()}
        vectors = arrays.pop(choice.vector(source.name, "vectors", list(arrays)))
        ids_name = choice.id(source.name, "ids", list(arrays))
        ids = arrays.pop(ids_name) if ids_name else None
        attributes = {name: array for name, array in arrays.items() if _is_attribute(array, vectors)}
        chosen = choice.attributes(source.name, list(attributes))
        return ArrayReader(
            source.name,
            vectors,
            ids=ids,
            attributes={name: attributes[name] for name in chosen},
        ).owning(opened)


def _is_array(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.endswith(".npy")


def _is_attribute(array: NpyArray, vectors: NpyArray) -> bool:
    return array.shape == vectors.shape[:1] and array.dtype.kind in "biufUS"


def _opened(source: Source, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, opened: ExitStack) -> NpyArray:
    """A stored array is read where it stands; a compressed one from its beginning up to the rows that are wanted."""
    file: Any
    if entry.compress_type == zipfile.ZIP_STORED:
        file = opened.enter_context(source.open())
        file.seek(_stored_at(entry, file))
    else:
        file = opened.enter_context(archive.open(entry))
    return NpyArray.of(source, file, f"{source.name}/{entry.filename}", entry.file_size)


def _stored_at(entry: zipfile.ZipInfo, file: BinaryIO) -> int:
    file.seek(entry.header_offset)
    header = file.read(_LOCAL_HEADER_BYTES)
    lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    return entry.header_offset + _LOCAL_HEADER_BYTES + lengths
