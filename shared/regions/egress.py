"""What it costs to copy between buckets in two places, in micro-dollars for a GiB.

Source: cloud.google.com/storage/pricing, "Data transfer within Google Cloud", matrix of bucket location and
destination location; read on 2026-11-23 in two stored, undated copies of that page, which agree.
List price, without operations (a copy is one class A operation) and without contracts.
Between two regions of one area the diagonal holds; within one region a copy is free.
"""

from enum import StrEnum
from typing import Final

READ_ON: Final = "2026-11-23"
GIB: Final = 2**30


class Area(StrEnum):
    """The areas of the price list that have a region of ours."""

    NORTH_AMERICA = "north_america"
    EUROPE = "europe"
    ASIA = "asia"
    OCEANIA = "oceania"
    MIDDLE_EAST = "middle_east"
    LATIN_AMERICA = "latin_america"


_CENT: Final = 10_000

_ORDER: Final = (Area.NORTH_AMERICA, Area.EUROPE, Area.ASIA, Area.OCEANIA, Area.MIDDLE_EAST, Area.LATIN_AMERICA)
_CENTS_PER_GIB: Final = {
    Area.NORTH_AMERICA: (2, 5, 8, 10, 11, 14),
    Area.EUROPE: (5, 2, 8, 10, 11, 14),
    Area.ASIA: (8, 8, 8, 10, 11, 14),
    Area.OCEANIA: (10, 10, 10, 8, 11, 14),
    Area.MIDDLE_EAST: (11, 11, 11, 11, 8, 14),
    Area.LATIN_AMERICA: (14, 14, 14, 14, 14, 14),
}

_AREA_OF_PREFIX: Final = {
    "us": Area.NORTH_AMERICA,
    "northamerica": Area.NORTH_AMERICA,
    "europe": Area.EUROPE,
    "asia": Area.ASIA,
    "australia": Area.OCEANIA,
    "me": Area.MIDDLE_EAST,
    "southamerica": Area.LATIN_AMERICA,
}


def area_of(region: str) -> Area:
    """The area of the price list that a region is in, by the first part of its name.

    Raises:
        KeyError: no region of such a name was looked up.
    """
    return _AREA_OF_PREFIX[region.partition("-")[0]]


def micros_per_gib(source: str, destination: str) -> int:
    """The price of copying one GiB from a bucket in one region to a bucket in another."""
    if source == destination:
        return 0
    return _CENTS_PER_GIB[area_of(source)][_ORDER.index(area_of(destination))] * _CENT


def copy_cost_micros(source: str, destination: str, size_bytes: int) -> int:
    """The price of copying so many bytes, rounded up to a whole micro-dollar."""
    return -(-micros_per_gib(source, destination) * size_bytes // GIB)
