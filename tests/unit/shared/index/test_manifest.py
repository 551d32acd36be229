"""Manifests."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest

from shared.domain.collection import AttributeType, Metric
from shared.errors import CorruptObject
from shared.index.manifest import Manifest
from tests.unit.shared.index.builders import base_of, clustered_vectors, delta_of, index_spec, manifest_of, row_batch


def _manifest(directory: Path) -> Manifest:
    spec = index_spec(4, Metric.DOT, lang=AttributeType.STRING)
    vectors = clustered_vectors(60, 4)
    delta = delta_of(row_batch(vectors[:2], ids=["x", "y"], deleted=["r1"]), spec, directory, 2)
    return replace(manifest_of(spec, base_of(row_batch(vectors), spec, directory), delta, version=2), parent="before")


def test_a_manifest_survives_storage(tmp_path: Path) -> None:
    """Everything comes back, calibration included, and the same manifest gives the same bytes."""
    manifest = _manifest(tmp_path)

    stored = Manifest.from_bytes(manifest.to_bytes())

    assert stored == Manifest.from_bytes(stored.to_bytes())
    assert stored.to_bytes() == manifest.to_bytes()
    assert (stored.spec, stored.version, stored.parent, stored.rows) == (manifest.spec, 2, "before", 62)
    assert [entry.id for entry in stored.segments] == [entry.id for entry in manifest.segments]
    assert stored.segments[0].size_bytes == sum(file.size_bytes for file in stored.segments[0].files)


def test_a_manifest_stays_small(tmp_path: Path) -> None:
    """A base with its calibration takes a few kilobytes: a shard of forty segments stays far below a megabyte."""
    manifest = _manifest(tmp_path)

    assert len(orjson.dumps(manifest.segments[0].calibration)) < 8_000


@pytest.mark.parametrize("cut", [0, 1, 40, -1])
def test_a_cut_manifest_is_refused(tmp_path: Path, cut: int) -> None:
    """What does not parse is named as corrupt."""
    with pytest.raises(CorruptObject, match="manifest does not parse"):
        Manifest.from_bytes(_manifest(tmp_path).to_bytes()[:cut])


@pytest.mark.parametrize(
    "change",
    [{"format": 99}, {"spec": {}}, {"segments": [{}]}, {"spec": {"dimension": 4, "metric": "near", "attributes": {}}}],
    ids=["another format", "no spec", "no segment", "unknown metric"],
)
def test_a_manifest_of_another_form_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    """Nothing is guessed."""
    document = orjson.loads(_manifest(tmp_path).to_bytes())
    del document["sha256"]

    with pytest.raises(CorruptObject, match="manifest"):
        Manifest.from_bytes(orjson.dumps({**document, **change}))


def test_no_flipped_bit_is_read_as_another_manifest(tmp_path: Path) -> None:
    """Also where what is left parses: another number of rows, another dimension, another recall."""
    content = _manifest(tmp_path).to_bytes()
    whole = Manifest.from_bytes(content)
    random = np.random.default_rng(3)

    for place, bit in zip(random.integers(len(content), size=300), random.integers(8, size=300), strict=True):
        flipped = bytearray(content)
        flipped[place] ^= 1 << int(bit)
        try:
            assert Manifest.from_bytes(bytes(flipped)) == whole
        except CorruptObject:
            continue


def test_a_manifest_of_an_earlier_release_is_read(tmp_path: Path) -> None:
    """It has no checksum of itself."""
    manifest = _manifest(tmp_path)
    document = orjson.loads(manifest.to_bytes())
    del document["sha256"]

    assert Manifest.from_bytes(orjson.dumps(document)) == Manifest.from_bytes(manifest.to_bytes())
