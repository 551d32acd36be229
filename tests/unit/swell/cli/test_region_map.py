"""The map shows every region where it is, and which are gone."""

from typing import Any

from shared.topology import load_topology
from swell.cli.region_map import drawn, letter


def described(*, gone: str = "") -> list[dict[str, Any]]:
    """All regions of the topology, one of them dead."""
    return [
        {"latitude_deg": each.latitude_deg, "longitude_deg": each.longitude_deg, "alive": name != gone}
        for name, each in load_topology().regions.items()
    ]


def test_every_region_has_its_letter_on_the_map() -> None:
    """Fifteen regions, none outside, none hidden by another."""
    lines = drawn(described())

    letters = {letter(number) for number in range(len(load_topology().regions))}
    assert letters <= set("".join(lines))
    assert len({len(line) for line in lines}) == 1


def test_a_region_that_is_gone_is_crossed_out() -> None:
    """It keeps its place, not its letter."""
    whole, lines = "".join(drawn(described())), "".join(drawn(described(gone="europe-west1")))

    assert lines.count("x") == 1
    assert lines.index("x") == whole.index(letter(1))


def test_the_north_is_above_and_the_east_is_right() -> None:
    """Tokyo is right of Iowa, Sydney below Tokyo."""
    lines = drawn(described())
    names = list(load_topology().regions)
    at = {
        name: (row, line.index(letter(number)))
        for number, name in enumerate(names)
        for row, line in enumerate(lines)
        if letter(number) in line
    }

    assert at["asia-northeast1"][1] > at["us-central1"][1]
    assert at["australia-southeast1"][0] > at["asia-northeast1"][0]
