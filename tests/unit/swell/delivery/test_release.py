"""What may be delivered, and where first."""

from pathlib import Path

import orjson
import pytest

from shared.errors import InvalidRequest
from shared.topology import load_topology
from swell.delivery.release import Place, one_image, plan_waves, read_release

TOPOLOGY = load_topology()
DIGEST = "0123456789ab" + "c" * 52
IMAGE = f"europe-west1-docker.pkg.dev/p/swell/swell@sha256:{DIGEST}"


def test_every_service_is_in_exactly_one_wave() -> None:
    """A regional function in all regions, a home one in the home region, gRPC beside its function."""
    waves = plan_waves(TOPOLOGY, list(TOPOLOGY.functions))

    places = [place for wave in waves for place in wave.places]
    regional = [name for name, function in TOPOLOGY.functions.items() if function.placement == "regional"]
    servers = [name for name in regional if TOPOLOGY.functions[name].interface == "server"]
    home = len(TOPOLOGY.functions) - len(regional)
    assert len(places) == len(set(places)) == len(TOPOLOGY.regions) * (len(regional) + len(servers)) + home


def test_one_small_region_is_first_and_home_is_last() -> None:
    """What writes comes last."""
    first, *_, last = plan_waves(TOPOLOGY, list(TOPOLOGY.functions))

    assert 1 == len({place.region for place in first.places})
    assert "tier_2" == TOPOLOGY.regions[first.places[0].region].tier
    assert {TOPOLOGY.home_region} == {place.region for place in last.places}


def test_a_home_function_has_one_wave() -> None:
    """Empty waves are left out."""
    assert [[Place("ingest", "ingest", TOPOLOGY.home_region)]] == [
        list(wave.places) for wave in plan_waves(TOPOLOGY, ["ingest"])
    ]


def test_a_revision_is_named_by_its_digest() -> None:
    """Twelve digits of it: delivering an image twice makes one revision."""
    assert "index-update-0123456789ab" == one_image(IMAGE, ["index_update"]).revision(
        Place("index_update", "index-update", "us-central1")
    )


def test_one_image_that_is_none_is_refused_once() -> None:
    """Not once for each function that would have it."""
    with pytest.raises(InvalidRequest) as refusal:
        one_image("swell:latest", list(TOPOLOGY.functions))

    assert str(refusal.value).startswith("images: got 'swell:latest', allowed: an image by digest")
    assert str(refusal.value).count("swell:latest") == 1


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b"{}", orjson.dumps({"query": "swell:latest"}), orjson.dumps({"nonesuch": IMAGE}), b'{"query": 1}'],
    ids=["not JSON", "a list", "empty", "by tag", "unknown function", "a number"],
)
def test_what_is_not_a_release_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    """Before anything is asked of Google."""
    file = tmp_path / "images.json"
    file.write_bytes(content)

    with pytest.raises(InvalidRequest, match="images"):
        read_release(file, list(TOPOLOGY.functions))
