"""One request finds one region."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.routing.choice import Choice, Reason, choose_region, pick
from shared.routing.plan import Share, Why
from shared.routing.state import Reading
from tests.unit.shared.routing.readings import REGIONS, TABLE, load, planned, world

FULL = Reading(alive=True, load=load(0.8))
DEAD = Reading(alive=False)
NEAR_TEL_AVIV = ("me-west1", *TABLE.nearest_to("me-west1"))


def choose(readings: dict[str, Reading]) -> Choice:
    """What a client near Tel Aviv is told."""
    return choose_region(NEAR_TEL_AVIV, readings, planned(readings, looks=1).states)


@pytest.mark.parametrize(
    ("readings", "choice"),
    [
        (world(), Choice("me-west1", Reason.NEAREST)),
        (world(me_west1=FULL), Choice("europe-west3", Reason.NEAR_AND_FREE)),
        (world(me_west1=DEAD, europe_west3=FULL), Choice("europe-north1", Reason.NEAR_AND_FREE)),
        (
            world(
                me_west1=FULL, europe_west3=DEAD, europe_north1=FULL, asia_east1=Reading(alive=True, load=load(0.01))
            ),
            Choice("asia-east1", Reason.LEAST_LOADED),
        ),
        (dict.fromkeys(REGIONS, FULL), Choice("me-west1", Reason.LEAST_LOADED)),
        (dict.fromkeys(REGIONS, DEAD), Choice(None, Reason.NONE_LIVES)),
    ],
    ids=["nearest", "nearest is full", "third", "three full ones", "all full", "all dead"],
)
def test_a_client_is_sent(readings: dict[str, Reading], choice: Choice) -> None:
    """To the first of its three nearest that is healthy and has room; else to the least loaded; else nowhere."""
    assert choose(readings) == choice


def test_in_an_emergency_any_region_that_lives_will_do() -> None:
    """When none serves, but one recovers."""
    dead = planned(dict.fromkeys(REGIONS, DEAD), looks=1)
    readings = dict.fromkeys(REGIONS, DEAD) | {"us-west1": Reading(alive=True, load=load())}

    assert choose_region(NEAR_TEL_AVIV, readings, dead.states) == Choice("us-west1", Reason.ANY_THAT_LIVES)


def test_picks_follow_the_weights() -> None:
    """Over evenly spread draws, each share has its part."""
    shares = (Share("a", 0.7, Why.OWN_REGION), Share("b", 0.2, Why.SPILLED), Share("c", 0.1, Why.SPILLED))

    counts = Counter(pick(shares, draw / 1000).region for draw in range(1000))

    assert counts == {"a": 700, "b": 200, "c": 100}


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=9), st.floats(0, 1, exclude_max=True))
def test_every_draw_finds_a_share(parts: list[float], draw: float) -> None:
    """Rounding leaves no gap at the end."""
    shares = [Share(str(number), part / sum(parts), Why.SPILLED) for number, part in enumerate(parts)]

    assert pick(shares, draw) in shares
