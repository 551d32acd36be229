"""All traffic has somewhere to go: near, with room, and never to the dead while anyone lives."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.routing.condition import Status
from shared.routing.plan import SPILL_TARGETS, RoutePlan, Why, plan_routes
from shared.routing.spill import MOST
from shared.routing.state import Reading
from tests.unit.shared.routing.readings import REGIONS, START, TABLE, load, planned, weights, world

DEAD = Reading(alive=False)

loads = st.builds(
    load,
    st.floats(0, 3),
    capacity=st.sampled_from([0.0, 1.0, 100.0, 800.0]),
    healthy=st.integers(0, 10),
    total=st.just(10),
    p99_ms=st.none() | st.floats(0, 200),
    error_rate=st.none() | st.floats(0, 0.05),
    runs_all=st.booleans(),
)
worlds = st.fixed_dictionaries(
    {
        name: st.builds(Reading, alive=st.booleans(), load=st.none() | loads, asked=st.none() | st.floats(0, 300))
        for name in REGIONS
    }
)


@pytest.mark.parametrize("region", REGIONS)
def test_a_well_region_answers_its_own(region: str) -> None:
    """All of it."""
    assert weights(planned(world(), looks=5), region) == {region: 1.0}


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_has_somewhere_to_spill(region: str) -> None:
    """All 15: a fifth of a full region's traffic goes to its two nearest, by their room."""
    readings = world() | {region: Reading(alive=True, load=load(1.0))}
    plan = planned(readings, looks=1)

    first, second = TABLE.nearest_to(region)[:2]
    assert weights(plan, region) == {region: 0.8, first: 0.1, second: 0.1}
    assert {share.why for share in plan.routes[region]} == {Why.OWN_REGION, Why.SPILLED}


def test_what_the_nearest_two_cannot_take_goes_to_the_next_two() -> None:
    """By room in each pair, and no target is filled beyond 80 % of its capacity."""
    plan = planned(
        world(
            europe_west1=Reading(alive=True, load=load(1.2)),
            europe_west2=Reading(alive=True, load=load(0.75)),
            europe_west3=Reading(alive=True, load=load(0.70)),
        ),
        looks=1,
    )

    assert weights(plan, "europe-west1") == {
        "europe-west1": 0.7,
        "europe-west2": 0.042,
        "europe-west3": 0.083,
        "europe-north1": 0.088,
        "me-west1": 0.088,
    }


def test_without_room_elsewhere_a_full_region_keeps_its_traffic() -> None:
    """Spilling onto full regions would only move the queue."""
    plan = planned({name: Reading(alive=True, load=load(1.0)) for name in REGIONS}, looks=1)

    assert weights(plan, "us-east1") == {"us-east1": 1.0}
    assert {share.why for share in plan.routes["us-east1"]} == {Why.OWN_REGION, Why.NO_ROOM_ELSEWHERE}


def test_a_dead_region_hands_on_everything_at_once() -> None:
    """To the nearest with room; as far as it takes."""
    plan = planned(world(asia_south1=DEAD), looks=1)

    assert weights(plan, "asia-south1") == {"asia-southeast1": 0.5, "me-west1": 0.5}
    assert {share.why for share in plan.routes["asia-south1"]} == {Why.FAILED_OVER}


def test_the_room_of_a_region_is_given_away_once() -> None:
    """Two regions that fail at the same time do not both fill the one between them."""
    full = Reading(alive=False, load=load(0.6))
    plan = planned(world(europe_west2=full, europe_west3=full), looks=1)
    demand = {name: 60.0 if name in ("europe-west2", "europe-west3") else 40.0 for name in REGIONS}

    arriving = dict.fromkeys(REGIONS, 0.0)
    for origin, shares in plan.routes.items():
        for share in shares:
            arriving[share.region] += share.weight * demand[origin]

    assert max(arriving.values()) <= 80.0 + 1e-6
    assert sum(arriving.values()) == pytest.approx(sum(demand.values()))


def few_run(utilisation: float, running: int) -> Reading:
    """Of 20 instances that it may have, so many run."""
    return Reading(True, load(utilisation, healthy=running, total=running, runs_all=False))


def test_a_dead_regions_clients_are_spread_over_what_runs_and_come_near_as_it_grows() -> None:
    """Nobody is filled beyond 80 % of what runs; where twice as many run, the two nearest take all."""
    lost = Reading(alive=False, asked=30.0)
    few = {name: few_run(0.3, 10) for name in REGIONS} | {"us-west1": lost}
    many = {name: few_run(0.3, 20) for name in REGIONS} | {"us-west1": lost}

    first = planned(few, looks=1)
    second = plan_routes(TABLE, many, first, START + timedelta(minutes=1))

    arriving = {share.region: share.weight * 30.0 for share in first.routes["us-west1"]}
    assert len(arriving) == 4
    assert max(arriving.values()) <= 0.8 * 50.0 - 30.0 + 1e-6
    assert set(weights(second, "us-west1")) == set(TABLE.nearest_to("us-west1")[:2])


def test_a_full_region_hands_on_no_more_than_what_runs_nearby_takes() -> None:
    """Where instances would have to start first, its clients are as well off at home."""
    readings = {name: few_run(0.35, 10) for name in REGIONS}
    readings["us-east1"] = Reading(True, load(1.2))
    plan = planned(readings, looks=1)

    assert weights(plan, "us-east1") == {
        "us-east1": pytest.approx(0.833, abs=0.001),
        **dict.fromkeys(TABLE.nearest_to("us-east1")[:4], pytest.approx(0.042, abs=0.001)),
    }
    assert Why.NO_ROOM_ELSEWHERE in {share.why for share in plan.routes["us-east1"]}


def test_a_dead_regions_clients_are_taken_where_everything_is_scaled_to_zero() -> None:
    """Between crowds: by one instance each, which asking starts, and what these cannot do by all that may grow."""
    readings = {name: few_run(0.0, 0) for name in REGIONS} | {"us-west1": Reading(alive=False, asked=70.0)}
    plan = planned(readings, looks=1)

    assert weights(plan, "us-west1") == {
        name: pytest.approx(1 / 14, abs=0.001) for name in TABLE.nearest_to("us-west1")
    }
    assert {share.why for share in plan.routes["us-west1"]} == {Why.FAILED_OVER}


def test_what_a_silent_region_was_asked_is_not_forgotten() -> None:
    """It died without a word: the room that its clients take is that of its last reading, not none."""
    before = planned(world(asia_south1=Reading(True, load(0.6))), looks=1)
    after = plan_routes(TABLE, world(asia_south1=DEAD), before, START + timedelta(minutes=1))

    assert after.demands["asia-south1"] == 60.0
    assert len(after.routes["asia-south1"]) == 2
    nearest = TABLE.nearest_to("asia-south1")[0]
    tight = world(asia_south1=DEAD) | {nearest: Reading(True, load(0.7))}
    assert weights(plan_routes(TABLE, tight, after, START + timedelta(minutes=2)), "asia-south1")[nearest] < 0.2


def test_when_the_world_is_full_a_dead_regions_traffic_goes_by_capacity() -> None:
    """Over all serving regions: overload shared is better than none answering."""
    readings = {name: Reading(alive=True, load=load(0.84)) for name in REGIONS} | {"me-west1": DEAD}
    plan = planned(readings, looks=1)

    assert {share.why for share in plan.routes["me-west1"]} == {Why.OVER_CAPACITY}
    assert len(plan.routes["me-west1"]) == 14


def test_a_degraded_region_hands_on_a_quarter() -> None:
    """After two minutes below 70."""
    ill = Reading(alive=True, load=load(healthy=7, p99_ms=60, error_rate=0.006))
    plan = planned(world(us_west1=ill), looks=3)

    assert weights(plan, "us-west1") == {"us-west1": 0.75, "us-central1": 0.125, "northamerica-northeast1": 0.125}


def test_a_region_that_returns_gets_its_traffic_back_in_steps() -> None:
    """Nothing for ten minutes, a quarter, then more each minute, all of it half an hour after its return."""
    plan = planned(world(us_west1=DEAD), looks=1)
    kept = []
    for minute in range(1, 33):
        plan = plan_routes(TABLE, world(), plan, START + timedelta(minutes=minute))
        kept.append(weights(plan, "us-west1").get("us-west1", 0.0))

    assert kept[:10] == [0.0] * 10
    assert (kept[10], kept[20], kept[30]) == (0.25, 0.625, 1.0)
    assert kept == sorted(kept)


def test_three_sick_regions_are_a_disaster_until_they_are_sound() -> None:
    """At 50 it starts, at 75 it ends: so it does not come and go."""
    dying = Reading(alive=True, load=load(healthy=4, p99_ms=60))
    weak = Reading(alive=True, load=load(healthy=7, p99_ms=60))
    names = ("us_west1", "us_east1", "us_central1")

    first = planned(world(us_west1=dying, us_east1=dying), looks=1)
    second = plan_routes(TABLE, world(**dict.fromkeys(names, dying)), first, START)
    third = plan_routes(TABLE, world(**dict.fromkeys(names, weak)), second, START)
    fourth = plan_routes(TABLE, world(), third, START)

    assert [first.disaster, second.disaster, third.disaster, fourth.disaster] == [False, True, True, False]


def test_when_nobody_lives_traffic_stays_where_it_is() -> None:
    """There is no better place, and it says so."""
    plan = planned(dict.fromkeys(REGIONS, DEAD), looks=3)

    for name in REGIONS:
        assert [(share.region, share.weight, share.why) for share in plan.routes[name]] == [
            (name, 1.0, Why.NO_LIVE_REGION)
        ]


@given(worlds, worlds)
@settings(max_examples=150, deadline=None)
def test_whatever_happens_the_shares_are_whole_and_alive(one: dict[str, Reading], other: dict[str, Reading]) -> None:
    """Every region's shares add up to 1, none goes to the dead while one lives, a live region moves at most 30 %."""
    plan = None
    for minute, readings in enumerate((one, one, one, other, other, other, one)):
        plan = plan_routes(TABLE, readings, plan, START + timedelta(minutes=minute))
        _check(plan, readings)


def _check(plan: RoutePlan, readings: Mapping[str, Reading]) -> None:
    living = {name for name, reading in readings.items() if reading.lives}
    assert set(plan.routes) == set(readings)
    for shares in plan.routes.values():
        assert sum(share.weight for share in shares) == pytest.approx(1.0)
        assert all(share.weight > 0 for share in shares)
        assert not living or {share.region for share in shares} <= living
        spilled = [share for share in shares if share.why in (Why.SPILLED, Why.DEGRADED)]
        assert sum(share.weight for share in spilled) <= MOST + 1e-9
        assert len(spilled) <= SPILL_TARGETS


@given(worlds)
@settings(max_examples=60, deadline=None)
def test_no_room_is_given_away_twice(readings: dict[str, Reading]) -> None:
    """What arrives at a region from others fills it to 80 % at most, unless it is more than all have room for."""
    plan = planned(readings, looks=1)
    arriving = dict.fromkeys(REGIONS, 0.0)
    for origin, shares in plan.routes.items():
        for share in shares:
            if share.region != origin and share.why is not Why.OVER_CAPACITY:
                arriving[share.region] += share.weight * plan.demands[origin]

    for name, amount in arriving.items():
        taker = readings[name].load
        room = 0.0 if taker is None else max(0.0, 0.8 * taker.capacity - taker.demand)
        assert amount <= room + 1e-6


@given(worlds)
@settings(max_examples=60, deadline=None)
def test_a_constant_world_does_not_flap(readings: dict[str, Reading]) -> None:
    """After the recovery ramps are over, the routes are the same at every look; and each status is entered once."""
    plan, seen = None, {name: [Status.SERVING] for name in REGIONS}
    for minute in range(40):
        plan = plan_routes(TABLE, readings, plan, START + timedelta(minutes=minute))
        for name, state in plan.states.items():
            if state.condition.status is not seen[name][-1]:
                seen[name].append(state.condition.status)
    assert plan is not None
    later = plan_routes(TABLE, readings, plan, START + timedelta(minutes=41))

    assert later.routes == plan.routes
    assert all(len(statuses) == len(set(statuses)) for statuses in seen.values())


@given(st.floats(0.5, 1.4), st.floats(0.2, 0.9))
@settings(max_examples=50, deadline=None)
def test_spilling_does_not_end_itself(utilisation: float, elsewhere: float) -> None:
    """Moving traffic away does not change the demand, so the next look finds the same and decides the same."""
    readings = {name: Reading(alive=True, load=load(elsewhere)) for name in REGIONS}
    readings["us-east1"] = Reading(alive=True, load=load(utilisation))
    plans = [planned(readings, looks=looks) for looks in (1, 2, 20)]

    assert plans[0].routes == plans[1].routes == plans[2].routes


def test_a_region_that_reports_nothing_is_sent_nothing_new() -> None:
    """Its own clients stay; where nothing is known, nothing is added."""
    silent = Reading(alive=True)
    plan = planned(world(us_east1=silent, us_central1=Reading(alive=True, load=load(1.0))), looks=1)

    assert weights(plan, "us-east1") == {"us-east1": 1.0}
    assert "us-east1" not in weights(plan, "us-central1")


def test_a_plan_carries_all_that_the_next_one_needs() -> None:
    """A plan made on another machine from the same states is the same."""
    readings = world(us_west1=DEAD, us_east1=Reading(alive=True, load=load(1.0)))
    plan = planned(readings, looks=4)
    copied = replace(plan, routes={})
    now = START + timedelta(minutes=4)

    assert plan_routes(TABLE, readings, copied, now) == plan_routes(TABLE, readings, plan, now)
