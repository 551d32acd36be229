"""A full region hands on as much as makes it comfortable, at most 30 %, and does not go back and forth."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.routing.load import RegionLoad
from shared.routing.spill import CALM_FOR, LEAST, MOST, Pressure, Spill, next_spill
from tests.unit.shared.routing.readings import START, load


@pytest.mark.parametrize(
    ("reading", "pressure", "share"),
    [
        (load(0.85), None, 0.0),
        (load(0.86), Pressure.UTILISATION_ABOVE_85_PERCENT, 0.10),
        (load(1.0), Pressure.UTILISATION_ABOVE_85_PERCENT, 0.20),
        (load(3.0), Pressure.UTILISATION_ABOVE_85_PERCENT, 0.30),
        (load(0.61, total=18), None, 0.0),
        (load(0.61, total=19), Pressure.INSTANCES_ABOVE_90_PERCENT, 0.10),
        (load(0.6, total=20), None, 0.0),
        (load(0.5, p99_ms=80), None, 0.0),
        (load(0.5, p99_ms=81), Pressure.P99_ABOVE_80_MS, 0.10),
        (load(0.0, p99_ms=81), Pressure.P99_ABOVE_80_MS, 0.10),
        (None, None, 0.0),
    ],
    ids=repr,
)
def test_what_starts_it(reading: RegionLoad | None, pressure: Pressure | None, share: float) -> None:
    """Each of the three lines, with the share that brings utilisation to 80 %; what was prewarmed is no line."""
    spill = next_spill(Spill(), reading, START)

    assert spill.pressure is pressure
    assert spill.share == pytest.approx(share)


@pytest.mark.parametrize(
    "reading", [load(0.81), load(0.61, total=17), load(0.5, p99_ms=51)], ids=["utilisation", "instances", "p99"]
)
def test_it_lasts_until_there_is_room(reading: RegionLoad) -> None:
    """Below the line that started it, but above the one that ends it."""
    spill = Spill(0.2, Pressure.P99_ABOVE_80_MS)
    for minute in range(30):
        spill = next_spill(spill, reading, START + timedelta(minutes=minute))

    assert spill.pressure is Pressure.P99_ABOVE_80_MS
    assert LEAST <= spill.share <= MOST


def test_it_ends_after_five_calm_minutes() -> None:
    """Not before, and a look without a reading does not count against it."""
    spill = Spill(0.2, Pressure.UTILISATION_ABOVE_85_PERCENT)
    calm = next_spill(spill, load(0.8), START)
    unknown = next_spill(calm, None, START + timedelta(minutes=1))
    almost = next_spill(unknown, load(0.8), START + CALM_FOR - timedelta(seconds=1))
    broken = next_spill(next_spill(almost, load(0.9), START + CALM_FOR), load(0.5), START + CALM_FOR)

    assert almost.pressure is Pressure.UTILISATION_ABOVE_85_PERCENT
    assert next_spill(almost, load(0.8), START + CALM_FOR) == Spill()
    assert broken.pressure is Pressure.UTILISATION_ABOVE_85_PERCENT


@given(
    st.builds(
        load,
        st.floats(0, 5),
        total=st.integers(0, 20),
        p99_ms=st.none() | st.floats(0, 300),
    ),
    st.floats(0, 0.3),
    st.sampled_from([None, *Pressure]),
)
def test_a_constant_load_does_not_make_it_flap(reading: RegionLoad, share: float, pressure: Pressure | None) -> None:
    """It starts at most once or ends at most once, then rests; and the share stays within its bounds."""
    spill = Spill(share if pressure else 0.0, pressure)
    spilling = [spill.pressure is not None]
    for minute in range(30):
        spill = next_spill(spill, reading, START + timedelta(minutes=minute))
        spilling.append(spill.pressure is not None)
        assert 0 <= spill.share <= MOST
        assert (spill.share > 0) == (spill.pressure is not None) or pressure is not None

    assert sum(one != other for one, other in pairwise(spilling)) <= 1
