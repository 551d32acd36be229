"""The container of arrays."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import CorruptObject
from shared.index.container import ALIGNMENT_BYTES, FORMAT, MAGIC, open_container, write_container

_ARRAYS = {
    "small": np.arange(7, dtype="<i4"),
    "empty": np.empty((0, 5), "<f4"),
    "wide": np.arange(24, dtype="<f4").reshape(4, 6),
}


def _written(path: Path) -> bytes:
    write_container(path, "rows", {"note": "ü"}, _ARRAYS)
    return path.read_bytes()


def test_arrays_come_back_as_views_of_the_file(tmp_path: Path) -> None:
    """Names, types, shapes and values survive; nothing is copied and nothing can be written."""
    _written(tmp_path / "a.swl")

    container = open_container(tmp_path / "a.swl", "rows")

    assert dict(container.meta) == {"note": "ü"}
    for name, expected in _ARRAYS.items():
        found = container.arrays[name]
        assert (found.dtype, found.shape, found.tolist()) == (expected.dtype, expected.shape, expected.tolist())
        assert not found.size or (not found.flags.writeable and not found.flags.owndata)


def test_the_same_arrays_give_the_same_bytes(tmp_path: Path) -> None:
    """Files are named by their content."""
    assert _written(tmp_path / "a.swl") == _written(tmp_path / "b.swl")


def test_sections_are_aligned(tmp_path: Path) -> None:
    """Every section starts on a cache line."""
    _written(tmp_path / "a.swl")

    container = open_container(tmp_path / "a.swl", "rows")

    assert all(array.ctypes.data % ALIGNMENT_BYTES == 0 for array in container.arrays.values() if array.size)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "not a Swell container", id="empty"),
        pytest.param(b"<Error><Code>NoSuchKey</Code></Error>", "not a Swell container", id="an error page"),
        pytest.param(MAGIC + np.array([FORMAT + 1, 2], "<u4").tobytes() + b"{}", "container format", id="newer"),
        pytest.param(MAGIC + np.array([FORMAT, 900], "<u4").tobytes() + b"{}", "cut short", id="header cut short"),
        pytest.param(MAGIC + np.array([FORMAT, 2], "<u4").tobytes() + b"{}", "does not parse", id="empty header"),
    ],
)
def test_what_is_not_a_container_is_named_so(tmp_path: Path, content: bytes, reason: str) -> None:
    """The error says what is wrong with the file."""
    (tmp_path / "a.swl").write_bytes(content)

    with pytest.raises(CorruptObject, match=reason):
        open_container(tmp_path / "a.swl", "rows")


def test_a_missing_file_is_a_corrupt_object(tmp_path: Path) -> None:
    """A file that is not there is reported like one that is damaged."""
    with pytest.raises(CorruptObject, match="cannot be opened"):
        open_container(tmp_path / "none.swl", "rows")


def test_another_kind_is_refused(tmp_path: Path) -> None:
    """A sketch file never passes for a row file."""
    _written(tmp_path / "a.swl")

    with pytest.raises(CorruptObject, match="holds 'rows', not 'sketch'"):
        open_container(tmp_path / "a.swl", "sketch")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_never_does_more_than_raise(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Cut anywhere it is refused; with a bit flipped in the header it is refused or still describes its file."""
    path = tmp_path_factory.mktemp("damage") / "a.swl"
    content = bytearray(_written(path))
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
        path.write_bytes(content)
        with pytest.raises(CorruptObject):
            open_container(path, "rows")
        return
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    try:
        container = open_container(path, "rows")
    except CorruptObject:
        return
    for array in container.arrays.values():
        array.tobytes()
