"""How far regions are from each other and from a client, in milliseconds.

`round_trip_ms = 2 + 1.6 x 2 x great-circle km / 204 km per ms`

- Great circle: haversine on the mean radius of the earth, 6,371.0088 km (IUGG).
- 204 km/ms: light in fibre, c / 1.468 (group index of standard single-mode fibre at 1,550 nm).
- 1.6: cables are not great circles. It is the median of measured round trip / ideal over the 45 pairs of the
  10 cities of IBM Cloud's published averages (ibm-cloud-docs/vpc, network-latency, 31 Aug to 29 Sep 2024).
  Over the open internet the rule of thumb is 2.1 (Bozkurt et al., Dissecting Latency in the Internet's Fiber
  Infrastructure, arXiv 1811.10737); regions are joined by a provider's own network.
- 2: the networks at both ends; our estimate.

On those 45 pairs the median error is 11 %; Europe to Japan, which has no straight cable, is 40 % too low.
Good enough to order regions. Where round trips are measured, the measured ones replace these.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from shared.topology import Topology

EARTH_RADIUS_KM: Final = 6371.0088
FIBRE_KM_PER_MS: Final = 204.19
DETOUR: Final = 1.6
ENDS_MS: Final = 2.0


@dataclass(frozen=True)
class Place:
    """A point on the earth."""

    latitude_deg: float
    longitude_deg: float


def great_circle_km(one: Place, other: Place) -> float:
    """The distance over the surface (haversine)."""
    north_1, north_2 = math.radians(one.latitude_deg), math.radians(other.latitude_deg)
    east = math.radians(other.longitude_deg - one.longitude_deg)
    chord = math.sin((north_2 - north_1) / 2) ** 2 + math.cos(north_1) * math.cos(north_2) * math.sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


def round_trip_ms(one: Place, other: Place) -> float:
    """The estimated round trip between two places."""
    return ENDS_MS + DETOUR * 2 * great_circle_km(one, other) / FIBRE_KM_PER_MS


@dataclass(frozen=True)
class LatencyTable:
    """Round trips between regions; estimated from `places`, except where `measured_ms` knows better."""

    places: Mapping[str, Place]
    measured_ms: Mapping[tuple[str, str], float]

    @classmethod
    def of_places(cls, places: Mapping[str, Place], measured_ms: Mapping[tuple[str, str], float] | None = None) -> Self:
        """A table of these regions. A measured pair counts in both directions, unless both are given."""
        both = {(other, one): ms for (one, other), ms in (measured_ms or {}).items()}
        return cls(dict(places), both | dict(measured_ms or {}))

    @classmethod
    def of_topology(cls, topology: Topology) -> Self:
        """The table of the regions in `topology.yaml`."""
        places = {name: Place(each.latitude_deg, each.longitude_deg) for name, each in topology.regions.items()}
        return cls.of_places(places)

    def between_ms(self, one: str, other: str) -> float:
        """The round trip between two regions; to itself a region has 0."""
        if one == other:
            return 0.0
        measured = self.measured_ms.get((one, other))
        return round_trip_ms(self.places[one], self.places[other]) if measured is None else measured

    def nearest_to(self, region: str) -> tuple[str, ...]:
        """The other regions, nearest first."""
        others = (name for name in self.places if name != region)
        return tuple(sorted(others, key=lambda name: (self.between_ms(region, name), name)))
