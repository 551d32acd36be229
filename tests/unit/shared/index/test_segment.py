"""Opening segments: what is damaged or foreign is refused by name, and never crashes."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.collection import Metric
from shared.errors import CorruptObject
from shared.index.build import BuiltSegment
from shared.index.container import open_container, write_container
from shared.index.manifest import FileEntry, IndexSpec, SegmentKind
from shared.index.segment import file_sha256, open_segment, verify_files
from tests.unit.shared.index.builders import QUICK, base_of, clustered_vectors, delta_of, index_spec, opened, row_batch

_SPEC = index_spec(8)
_ROWS = 300


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> BuiltSegment:
    """A small base with attributes and a tombstone."""
    batch = row_batch(clustered_vectors(_ROWS, 8), attributes=[{"n": row} for row in range(_ROWS)], deleted=["gone"])
    return base_of(batch, _SPEC, tmp_path_factory.mktemp("base"), options=QUICK)


def _damaged(base: BuiltSegment, directory: Path, name: str, content: bytes) -> BuiltSegment:
    """The segment with one file replaced, and a manifest entry that believes in its new size."""
    shutil.copytree(base.directory, directory, dirs_exist_ok=True)
    (directory / name).write_bytes(content)
    files = tuple(
        FileEntry(file.name, len(content), file.sha256) if file.name == name else file for file in base.entry.files
    )
    return BuiltSegment(replace(base.entry, files=files), directory)


def test_whole_files_are_verified(base: BuiltSegment) -> None:
    """What was built passes."""
    verify_files(base.entry, base.directory)


@pytest.mark.parametrize("name", ["rows.swl", "forest.ann", "sketch.swl"])
def test_a_flipped_bit_is_found_by_verification(base: BuiltSegment, tmp_path: Path, name: str) -> None:
    """One bit anywhere changes the SHA-256."""
    content = bytearray((base.directory / name).read_bytes())
    content[len(content) // 2] ^= 4

    with pytest.raises(CorruptObject, match="SHA-256"):
        verify_files(base.entry, _damaged(base, tmp_path, name, bytes(content)).directory)


@pytest.mark.parametrize("name", ["rows.swl", "forest.ann", "sketch.swl"])
def test_a_missing_or_short_file_is_refused(base: BuiltSegment, tmp_path: Path, name: str) -> None:
    """Sizes are compared with the manifest before anything is read."""
    shutil.copytree(base.directory, tmp_path / "short")
    path = tmp_path / "short" / name
    path.write_bytes(path.read_bytes()[:-64])

    with pytest.raises(CorruptObject, match=rf"{name} is \d+ bytes, not \d+"):
        open_segment(base.entry, _SPEC, tmp_path / "short")

    path.unlink()
    with pytest.raises(CorruptObject, match=f"{name} is missing"):
        open_segment(base.entry, _SPEC, tmp_path / "short")


@pytest.mark.parametrize("nodes", [0, 1, 3, 10, _ROWS])
def test_a_forest_cut_at_a_node_is_refused(base: BuiltSegment, tmp_path: Path, nodes: int) -> None:
    """Annoy would load it without a word, with fewer trees or fewer items."""
    content = (base.directory / "forest.ann").read_bytes()
    keep = nodes * (12 + 4 * 8) if nodes != 1 else len(content) - (12 + 4 * 8)

    with pytest.raises(CorruptObject, match=r"forest\.ann"):
        opened(_damaged(base, tmp_path, "forest.ann", content[:keep]), _SPEC)


@settings(max_examples=300, deadline=None)
@given(word=st.integers(0, 10**9), value=st.sampled_from([-1, 0, 1, 2, 7, 299, 300, 301, 2**31 - 1, -(2**31)]))
def test_no_word_of_a_forest_can_crash_annoy(
    base: BuiltSegment, tmp_path_factory: pytest.TempPathFactory, word: int, value: int
) -> None:
    """Any word of the tree part may be anything: opening refuses it, or searching it is safe."""
    content = bytearray((base.directory / "forest.ann").read_bytes())
    first = _ROWS * (12 + 4 * 8)
    position = first + word % ((len(content) - first) // 4) * 4
    content[position : position + 4] = np.array([value], "<i4").tobytes()
    directory = tmp_path_factory.mktemp("flip")
    try:
        segment = opened(_damaged(base, directory, "forest.ann", bytes(content)), _SPEC)
    except CorruptObject:
        return
    finally:
        shutil.rmtree(directory)

    assert segment.forest is not None
    found = segment.forest.nearest(np.ones(8, np.float32), 20, 10_000)
    assert bool(np.all((found >= 0) & (found < _ROWS)))


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, 10**9), bit=st.integers(0, 7))
def test_no_bit_of_a_row_file_can_crash_a_reader(
    base: BuiltSegment, tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    """With any bit flipped, opening and reading every row works or raises CorruptObject."""
    content = bytearray((base.directory / "rows.swl").read_bytes())
    content[place % len(content)] ^= 1 << bit
    directory = tmp_path_factory.mktemp("flip")
    try:
        segment = opened(_damaged(base, directory, "rows.swl", bytes(content)), _SPEC)
        segment.ids.ids_at(np.arange(len(segment.ids)))
        for row in range(segment.rows):
            _ = segment.attributes[row]
    except CorruptObject:
        pass
    finally:
        shutil.rmtree(directory)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        pytest.param(index_spec(9), "dimension is 8, the manifest says 9", id="dimension"),
        pytest.param(index_spec(8, Metric.EUCLIDEAN), "metric is 'cosine'", id="metric"),
    ],
)
def test_a_segment_of_another_collection_is_refused(base: BuiltSegment, spec: IndexSpec, reason: str) -> None:
    """Annoy itself would open an angular file as euclidean, with nonsense for neighbours."""
    with pytest.raises(CorruptObject, match=reason):
        opened(base, spec)


@pytest.mark.parametrize(
    "change",
    [{"rows": _ROWS - 1}, {"tombstones": 0}, {"kind": SegmentKind.DELTA}],
    ids=["rows", "tombstones", "kind"],
)
def test_a_manifest_that_says_otherwise_is_refused(base: BuiltSegment, change: dict[str, object]) -> None:
    """Row counts and kind come from the manifest and must agree with the file."""
    entry = replace(base.entry, **change)  # type: ignore[arg-type]

    with pytest.raises(CorruptObject, match="the manifest says"):
        open_segment(entry, _SPEC, base.directory)


def test_a_forest_of_another_segment_is_refused(base: BuiltSegment, tmp_path: Path) -> None:
    """Row file and forest belong together."""
    other = base_of(row_batch(clustered_vectors(_ROWS + 1, 8)), _SPEC, tmp_path / "other")
    content = (other.directory / "forest.ann").read_bytes()

    with pytest.raises(CorruptObject, match=r"forest\.ann"):
        opened(_damaged(base, tmp_path / "mixed", "forest.ann", content), _SPEC)


@pytest.mark.parametrize("forest", [None, {}, {"trees": 3}, "angular"], ids=str)
@pytest.mark.parametrize("change", [{}, {"trees": 0}, {"trees": "3"}, {"nodes": None}], ids=str)
def test_an_unusable_forest_layout_is_refused(
    base: BuiltSegment, tmp_path: Path, forest: object, change: dict[str, object]
) -> None:
    """Whatever stands in the row file's header, it is checked before it is believed."""
    rows = open_container(base.directory / "rows.swl", "rows")
    layout = {**rows.meta["forest"], **change} if change else forest
    write_container(tmp_path / "rows.swl", "rows", {**rows.meta, "forest": layout}, rows.arrays)

    with pytest.raises(CorruptObject, match="forest layout is unusable"):
        opened(_damaged(base, tmp_path / "new", "rows.swl", (tmp_path / "rows.swl").read_bytes()), _SPEC)


def test_attributes_come_back_as_given(tmp_path: Path) -> None:
    """None stays None, an empty object an empty object, and nothing declared is needed."""
    given_attributes = [{"a": [1, 2.5, None, "ü"], "b": {"c": True}}, None, {}]
    built = delta_of(row_batch(clustered_vectors(3, 8), attributes=given_attributes), _SPEC, tmp_path)

    segment = opened(built, _SPEC)

    assert list(segment.attributes) == given_attributes
    assert list(segment.attributes[1:]) == given_attributes[1:]
    assert file_sha256(built.directory / "rows.swl") == built.entry.files[0].sha256
