"""The container: named arrays in one file that is memory-mapped, never parsed.

Layout, little-endian throughout::

    8 bytes   magic "SWELLARR"
    u32       format version
    u32       length of the JSON header
    JSON      {"kind", "meta", "size_bytes", "sections": [{"name", "dtype", "shape", "offset"}]}
    sections  each starts at a multiple of 64 bytes, the width of a cache line

The same arrays always give the same bytes, so a file can be named by its content.
"""

import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from shared.errors import CorruptObject

MAGIC: Final = b"SWELLARR"
FORMAT: Final = 1
ALIGNMENT_BYTES: Final = 64
_PREFIX_BYTES: Final = 16
_DTYPES: Final = frozenset({"|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f2", "<f4", "<f8"})


@dataclass(frozen=True)
class Container:
    """An opened container. Arrays are read-only views of the memory map, which lives as long as they do."""

    path: Path
    meta: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    def array(self, name: str, dtype: str, *shape: int) -> NDArray[Any]:
        """The array of that name; -1 in `shape` allows any length.

        Raises:
            CorruptObject: it is missing, or has another type or shape.
        """
        found = self.arrays.get(name)
        if found is None:
            raise CorruptObject(f"{self.path.name}: section {name!r} is missing")
        fits = found.ndim == len(shape) and all(
            want in (-1, have) for want, have in zip(shape, found.shape, strict=True)
        )
        if not fits or found.dtype.str != dtype:
            raise CorruptObject(
                f"{self.path.name}: section {name!r} is {found.dtype.str}{found.shape}, not {dtype}{shape}"
            )
        return found


def write_container(path: Path, kind: str, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write the arrays in the order given. `kind` is checked when the file is opened."""
    header, offsets = _header(kind, meta, arrays)
    with path.open("wb") as file:
        file.write(MAGIC)
        file.write(np.array([FORMAT, len(header)], "<u4").tobytes())
        file.write(header)
        for (_, array), offset in zip(arrays.items(), offsets, strict=True):
            file.write(bytes(offset - file.tell()))
            file.write(np.ascontiguousarray(array).data.cast("B") if array.size else b"")


def open_container(path: Path, kind: str) -> Container:
    """Map a container.

    Raises:
        CorruptObject: not a container of this kind and format, or cut short.
    """
    try:
        with path.open("rb") as file:
            header = _read_header(path, kind, file)
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise CorruptObject(f"{path.name}: cannot be opened: {error.strerror}") from error
    try:
        arrays = {section["name"]: _view(mapped, section) for section in header["sections"]}
        return Container(path, header["meta"], arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptObject(f"{path.name}: header does not describe its sections: {error!r}") from error


def _header(kind: str, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> tuple[bytes, list[int]]:
    # The offsets stand inside the header whose length they depend on, so each is written with a fixed width
    # by counting from the end of a header that is padded to the alignment.
    relative, end = [], 0
    for array in arrays.values():
        end = _aligned(end)
        relative.append(end)
        end += array.nbytes
    start = ALIGNMENT_BYTES
    while True:
        document = {
            "kind": kind,
            "meta": dict(meta),
            "size_bytes": start + end,
            "sections": [
                {"name": name, "dtype": array.dtype.str, "shape": list(array.shape), "offset": start + offset}
                for (name, array), offset in zip(arrays.items(), relative, strict=True)
            ],
        }
        header = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        needed = _aligned(_PREFIX_BYTES + len(header))
        if needed <= start:
            return header, [start + offset for offset in relative]
        start = needed


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT_BYTES) * ALIGNMENT_BYTES


def _read_header(path: Path, kind: str, file: BinaryIO) -> dict[str, Any]:
    size_bytes = path.stat().st_size
    prefix = file.read(_PREFIX_BYTES)
    if len(prefix) < _PREFIX_BYTES or not prefix.startswith(MAGIC):
        raise CorruptObject(f"{path.name}: not a Swell container ({size_bytes} bytes, magic {prefix[:8]!r})")
    version, length = np.frombuffer(prefix, "<u4", 2, len(MAGIC)).tolist()
    if version != FORMAT:
        raise CorruptObject(f"{path.name}: container format {version}, this release reads {FORMAT}")
    if length > size_bytes - _PREFIX_BYTES:
        raise CorruptObject(f"{path.name}: cut short inside its header")
    try:
        header = orjson.loads(file.read(length))
        if not isinstance(header["meta"], dict):
            raise CorruptObject(f"{path.name}: header holds no meta object")
        if header["kind"] != kind:
            raise CorruptObject(f"{path.name}: holds {header['kind']!r}, not {kind!r}")
        if header["size_bytes"] != size_bytes:
            raise CorruptObject(f"{path.name}: {size_bytes} bytes, its header says {header['size_bytes']}")
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise CorruptObject(f"{path.name}: header does not parse: {error!r}") from error
    return dict(header)


def _view(mapped: mmap.mmap, section: Mapping[str, Any]) -> NDArray[Any]:
    if section["dtype"] not in _DTYPES:
        raise ValueError(f"dtype {section['dtype']!r}")
    shape = [int(length) for length in section["shape"]]
    offset = int(section["offset"])
    if min([*shape, offset], default=0) < 0:
        raise ValueError(f"shape {shape} at {offset}")
    dtype = np.dtype(section["dtype"])
    count = prod(shape)
    if offset % ALIGNMENT_BYTES or offset + count * dtype.itemsize > len(mapped):
        raise ValueError(f"section {section['name']!r} leaves the file")
    if not count:
        return np.empty(shape, dtype)
    return np.frombuffer(mapped, dtype, count, offset).reshape(shape)
