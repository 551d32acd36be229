# ruff: noqa: PLC0415 - h5py is imported when such a file is read: imports are cold start
"""HDF5 in the layout of ann-benchmarks: `train` holds the vectors, the attribute `distance` names the metric.

Source: github.com/erikbern/ann-benchmarks, README, "Data sets" (`test`, `neighbors` and `distances` are for scoring).
"""

from contextlib import ExitStack
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shared.bulk.arrays import ArrayReader
from shared.bulk.choice import Choice
from shared.bulk.problems import reading, refused
from shared.bulk.source import Source
from shared.domain.collection import Metric
from shared.errors import shortened

_METRICS: Final = {
    "angular": Metric.COSINE,
    "cosine": Metric.COSINE,
    "euclidean": Metric.EUCLIDEAN,
    "dot": Metric.DOT,
    "ip": Metric.DOT,
}
_ALLOWED: Final = "an HDF5 file in the layout of ann-benchmarks"


def open_hdf5(source: Source, choice: Choice) -> ArrayReader:
    """Read the data set `train`, or the one that `choice` names, and of the others those that it names.

    Without a data set `ids`, the number of a row is its id.

    Raises:
        InvalidFile: it is not HDF5, has no such data set, or measures a distance that vectors do not have.
    """
    import h5py

    with ExitStack() as opened, reading(source, _ALLOWED, OSError, KeyError, RuntimeError):
        content = source.path or opened.enter_context(source.open())
        file = opened.enter_context(h5py.File(content, "r"))
        present = [name for name in file if _is_inside(file, name)]
        vectors = file[choice.vector(source.name, "train", present)]
        ids_name = choice.id(source.name, "ids", present)
        named = choice.attributes(source.name, present) if choice.attribute_fields else []
        return ArrayReader(
            source.name,
            _DataSet(source, vectors),
            ids=_DataSet(source, file[ids_name]) if ids_name else None,
            attributes={name: _DataSet(source, file[name]) for name in named},
            metric=_metric(source.name, file.attrs),
        ).owning(opened)


def _is_inside(file: Any, name: str) -> bool:
    """Whether it is a data set of this very file: links and external storage would read any file of this machine."""
    import h5py

    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        return False
    member = file[name]
    return isinstance(member, h5py.Dataset) and not member.external and not member.is_virtual


class _DataSet:
    """One data set as an array of rows."""

    def __init__(self, source: Source, values: Any) -> None:
        self.shape: tuple[int, ...] = values.shape
        self.dtype: np.dtype[Any] = values.dtype
        self._source = source
        self._values = values

    def rows(self, start: int, stop: int) -> NDArray[Any]:
        """The rows from `start` up to `stop`."""
        with reading(self._source, _ALLOWED, OSError, RuntimeError):
            found: NDArray[Any] = self._values[start:stop]
            return found


def _metric(file: str, attributes: Any) -> Metric | None:
    given = attributes.get("distance")
    if given is None:
        return None
    name = given.decode() if isinstance(given, bytes) else str(given)
    if name not in _METRICS:
        raise refused(f"{file}, distance", shortened(name), f"one of: {', '.join(_METRICS)}")
    return _METRICS[name]
