"""Distances are right, and round trips near enough to what is measured to put regions in order."""

import statistics
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.routing.latency import LatencyTable, Place, great_circle_km, round_trip_ms
from tests.unit.shared.routing.readings import REGIONS, TABLE

places = st.builds(Place, st.floats(-90, 90), st.floats(-180, 180))

# Averages in ms that IBM Cloud published for 31 Aug to 29 Sep 2024 (ibm-cloud-docs/vpc, network-latency).
CITIES = {
    "Dallas": Place(32.8, -96.8),
    "Toronto": Place(43.7, -79.4),
    "Washington": Place(38.9, -77.0),
    "Frankfurt": Place(50.1, 8.7),
    "London": Place(51.5, -0.1),
    "Madrid": Place(40.4, -3.7),
    "Osaka": Place(34.7, 135.5),
    "Sydney": Place(-33.9, 151.2),
    "Tokyo": Place(35.7, 139.7),
    "São Paulo": Place(-23.5, -46.6),
}
MEASURED_MS = [
    *(34, 31, 123, 113, 116, 149, 185, 143, 145),
    *(19, 93, 82, 108, 168, 216, 162, 129),
    *(91, 76, 88, 174, 214, 166, 118),
    *(13, 29, 233, 250, 228, 196),
    *(27, 243, 261, 243, 186),
    *(257, 275, 257, 207),
    *(122, 9, 293),
    *(115, 328),
    *(284,),
]


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        (Place(0, 0), Place(0, 180), 20_015),
        (Place(90, 0), Place(-90, 77), 20_015),
        (Place(51.5, -0.1), Place(51.5, -0.1), 0),
        (Place(40.64, -73.78), Place(51.47, -0.45), 5_540),
        (Place(0, 179.5), Place(0, -179.5), 111),
    ],
    ids=["half the equator", "pole to pole", "nowhere", "JFK to LHR", "over the date line"],
)
def test_great_circles(one: Place, other: Place, km: float) -> None:
    """Known distances, to the kilometre that a sphere can give."""
    assert great_circle_km(one, other) == pytest.approx(km, abs=2)


@given(places, places, places)
def test_distance_is_a_metric(one: Place, other: Place, third: Place) -> None:
    """Symmetric, never longer than half the earth, and a detour is never shorter."""
    direct = great_circle_km(one, other)

    assert direct == pytest.approx(great_circle_km(other, one))
    assert 0 <= direct <= 20_016
    assert direct <= great_circle_km(one, third) + great_circle_km(third, other) + 1e-3


def test_the_estimate_is_as_good_as_it_says() -> None:
    """The median error over 45 measured pairs of cities is 11 %, none is more than 45 % too low."""
    pairs = list(combinations(CITIES, 2))
    errors = [
        round_trip_ms(CITIES[one], CITIES[other]) / measured - 1
        for (one, other), measured in zip(pairs, MEASURED_MS, strict=True)
    ]

    assert statistics.median(abs(error) for error in errors) < 0.11
    assert min(errors) > -0.45


@pytest.mark.parametrize(
    ("region", "nearest"),
    [
        ("us-central1", ("us-east1", "northamerica-northeast1", "us-west1")),
        ("europe-west1", ("europe-west2", "europe-west3", "europe-north1")),
        ("asia-northeast1", ("asia-east1", "asia-southeast1", "asia-south1")),
        ("southamerica-east1", ("us-east1", "northamerica-northeast1", "us-central1")),
        ("australia-southeast1", ("asia-southeast1", "asia-east1", "asia-northeast1")),
        ("me-west1", ("europe-west3", "europe-north1", "europe-west1")),
    ],
)
def test_the_nearest_regions(region: str, nearest: tuple[str, ...]) -> None:
    """What a map shows."""
    assert TABLE.nearest_to(region)[:3] == nearest


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_has_fourteen_others(region: str) -> None:
    """Each of the 15 has spill targets, not three of them only."""
    others = TABLE.nearest_to(region)
    distances = [TABLE.between_ms(region, other) for other in others]

    assert set(others) == set(REGIONS) - {region}
    assert distances == sorted(distances)
    assert distances[0] > 0 == TABLE.between_ms(region, region)


def test_a_measured_round_trip_replaces_the_estimate() -> None:
    """In both directions, unless each was measured; and it can change the order."""
    places = {"here": Place(0, 0), "near": Place(0, 1), "far": Place(0, 50)}
    table = LatencyTable.of_places(places, {("here", "near"): 900.0, ("near", "far"): 7.0, ("far", "near"): 9.0})

    assert table.nearest_to("here") == ("far", "near")
    assert (table.between_ms("near", "here"), table.between_ms("near", "far"), table.between_ms("far", "near")) == (
        900.0,
        7.0,
        9.0,
    )
