"""What a running Swell has been doing, from looks at it."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from swell.dashboard.history import History
from swell.dashboard.missing import missing
from swell.dashboard.reading import Reading, goes_by_its_own_clock, quantile_ms, read_metrics

METRICS = """
swell_http_requests_total{function="query",method="POST",route="/v1/q",status="200"} 90
swell_http_requests_total{function="query",method="POST",route="/v1/q",status="503"} 10
swell_http_requests_total{function="query",method="POST",route="/v1/q",status="429"} 5
swell_http_requests_total{function="query",method="POST",route="/v1/q",status="404"} 3
swell_http_requests_total{function="query",method="GET",route="/metrics",status="200"} 55
swell_http_requests_total{function="query",method="GET",route="none",status="404"} 55
swell_http_requests_total{function="query",method="GET",route="none",status="429"} 1
swell_http_requests_total{function="control",method="GET",route="/v1/budget",status="200"} 7
swell_http_request_duration_seconds_bucket{function="query",route="/v1/q",le="0.01"} 50
swell_http_request_duration_seconds_bucket{function="query",route="/v1/q",le="+Inf"} 100
swell_http_request_duration_seconds_bucket{function="query",route="none",le="+Inf"} 56
swell_requests_refused_total{reason="overload",tier="free"} 4
swell_answer_cache_total{level="L1",result="hit"} 3
swell_segments_opened_total{result="warm"} 2
"""


def reading(at_s: float, answered: float, **more: object) -> Reading:
    """A look at a server that has answered so many requests."""
    return Reading(at_s=at_s, answered=answered, failed=0.0, refused=0.0, **more)  # type: ignore[arg-type]


def test_only_queries_are_traffic() -> None:
    """What the dashboard itself asks does not count; a question that is wrong did not fail."""
    read = read_metrics(METRICS)

    assert (109, 16, 4) == (read["answered"], read["failed"], read["refused"])
    assert {0.01: 50, float("inf"): 100} == read["buckets"]
    assert {("L1", "hit"): 3, ("L5", "warm"): 2} == read["cache"]


@pytest.mark.parametrize(("share", "expected"), [(0.5, 10.0), (0.25, 5.0), (0.75, 15.0)])
def test_a_quantile_lies_evenly_in_its_bucket(share: float, expected: float) -> None:
    """Counts are those between two looks, not those since the server began."""
    before = {0.01: 10.0, 0.02: 10.0, float("inf"): 10.0}
    after = {0.01: 110.0, 0.02: 210.0, float("inf"): 210.0}

    assert pytest.approx(expected) == quantile_ms(before, after, share)


def test_nothing_answered_has_no_quantile() -> None:
    """Not zero: not known."""
    same = {0.01: 10.0, float("inf"): 10.0}

    assert quantile_ms(same, same, 0.5) is None


def test_rates_are_between_looks() -> None:
    """Two looks a second apart make one step."""
    history = History()
    history.add(reading(100.0, 1000.0))
    history.add(reading(102.0, 1050.0, budget={"serving_mode": "minor", "dollars_per_hour": 2.5, "spent": None}))

    view = history.view("http://127.0.0.1:1", None)

    assert (1, 2.0, [25.0], [1], [2_500_000.0]) == (
        view["points"],
        view["step_s"],
        view["world"]["asked"],
        view["world"]["mode"],
        view["world"]["allowed_per_hour"],
    )


def test_what_was_refused_did_not_fail() -> None:
    """Of 9 that got no answer 4 were refused; what was refused elsewhere, as writes are, is none of them."""
    history = History()
    history.add(Reading(at_s=1.0, answered=0.0, failed=0.0, refused=0.0))
    history.add(Reading(at_s=2.0, answered=20.0, failed=9.0, refused=4.0))
    history.add(Reading(at_s=3.0, answered=40.0, failed=10.0, refused=50.0))

    world = history.view("http://127.0.0.1:1", None)["world"]

    assert ([11.0, 19.0], [5.0, 0.0], [4.0, 1.0]) == (world["served"], world["errors"], world["shed"])


def test_the_target_is_what_instances_are_planned_for() -> None:
    """90 % of the forecast; what was asked is no target."""
    one = {
        "starts_min": [0.0],
        "lengths_min": [9.0],
        "requests_per_min": {"p50": [60.0], "p90": [90.0], "p99": [600.0]},
    }
    history = History()
    history.add(reading(1.0, 0.0, forecasts=(one,)))
    history.add(reading(2.0, 7.0, forecasts=(one,)))

    assert [1.5] == history.view("http://127.0.0.1:1", None)["world"]["target"]


def test_what_is_not_shown_says_why() -> None:
    """A server of one region without a budget; one that asks for a key; one that tells everything."""
    told = reading(
        1.0,
        0.0,
        regions={"regions": [{}]},
        forecasts=({},),
        plan={"regions": {}},
        cache={("L4", "hit"): 1.0},
        budget={"budget": {}, "spent": {"day": 1.0}},
    )

    assert [] == missing(told)
    assert ["Map", "Target", "Planned", "Caches", "Spending"] == [
        re.split(r"\W", one)[0] for one in missing(reading(1.0, 0.0))
    ]
    assert ["/v1/plan: refused; SWELL_API_KEY names an operator's key."] == missing(
        replace(told, refused_paths=("/v1/plan",))
    )


@pytest.mark.parametrize(("at", "told"), [("10:02:30", True), ("10:00:30", False)])
def test_a_time_that_is_yet_to_come_is_of_another_clock(at: str, *, told: bool) -> None:
    """A booking or an entry of the timeline minutes ahead; half a minute is two clocks that differ a little."""
    now_s = datetime(2026, 7, 19, 10, tzinfo=UTC).timestamp()
    moment = f"2026-07-19T{at}+00:00"

    assert told is goes_by_its_own_clock([{"at": moment}], {}, now_s)
    assert told is goes_by_its_own_clock([], {"spent": {"booked_until": moment}}, now_s)
    said = " ".join(missing(reading(now_s, 0.0, own_clock=told)))
    assert [told, not told] == ["quicker clock" in said, "no plan" in said]


def test_a_look_that_failed_is_told_as_a_problem() -> None:
    """Beside the usual line under the title."""
    assert "it cannot be read" == History().view("http://127.0.0.1:1", "it cannot be read")["problem"]


@pytest.mark.parametrize(
    ("looks", "asked"),
    [
        pytest.param([(1, 10), (2, 20), (3, 5), (4, 6)], [10.0, None, None, 1.0], id="began anew"),
        pytest.param([(1, 10), (2, 20), (5, 50), (6, 51)], [10.0, 10.0, 1.0], id="was slow"),
        pytest.param([(1, 10), (2, 20), (9, 50), (10, 51)], [10.0, *[None] * 7, 1.0], id="was away"),
        pytest.param([(1, 10), (2, 20), (9999, 50), (10_000, 51)], [None] * 299 + [1.0], id="was long away"),
    ],
)
def test_of_seconds_without_an_answer_nothing_is_known(
    looks: list[tuple[float, float]], asked: list[float | None]
) -> None:
    """No rate is negative or spread over a gap, and what was before stays where it was in time."""
    history = History()
    for at_s, answered in looks:
        history.add(reading(at_s, answered, buckets={float("inf"): answered}, cache={("L4", "hit"): answered}))

    view = history.view("http://127.0.0.1:1", None)

    assert asked == view["world"]["asked"]
    known = [rate is not None for rate in asked]
    assert known == [one is not None for one in view["world"]["p50"]]
    assert known == [one is not None for one in view["world"]["caches"]["L4"]]
    assert looks[-1][0] == pytest.approx(view["start_s"] + (len(asked) - 1) * view["step_s"], abs=1.0)


def test_regions_are_those_of_the_last_map() -> None:
    """Requests of 10 s become a rate, routes become spill, a region that is gone has health 0."""
    load = {"instances_healthy": 2, "instances_max": 5, "p99_ms": 7.0, "utilisation": 0.4}
    here = {
        "region": "a1",
        "city": "A",
        "tier": "tier_1",
        "latitude_deg": 1.0,
        "longitude_deg": 2.0,
        "requests_10s": 50,
        "alive": False,
        "health": 90,
        "load": load,
    }
    routes = {"a1": [{"region": "a1", "weight": 0.2}, {"region": "b1", "weight": 0.8}]}
    history = History()
    history.add(reading(1.0, 0.0))
    steps = [{"starts_at": "1970-01-01T00:00:01+00:00", "instances": 4}]
    plan = {"regions": {"a1": steps}}
    history.add(reading(2.0, 0.0, regions={"regions": [here], "routes": routes}, plan=plan))

    (region,) = history.view("http://127.0.0.1:1", None)["regions"]

    assert ([5.0], {"b1": [4.0]}, [0.0], [2], [4]) == (
        region["asked"],
        region["spill"],
        region["health"],
        region["actual"],
        region["planned"],
    )


def test_a_forecast_is_that_which_held_at_each_look() -> None:
    """Requests a minute of every region become a rate, by quantile; what no step covers is not known."""
    one = {
        "starts_min": [0.25, 0.275],
        "lengths_min": [0.025, 0.025],
        "requests_per_min": {"p50": [60.0, 120.0], "p90": [90.0, 180.0], "p99": [600.0, 1200.0]},
    }
    history = History()
    for at_s in (14.0, 15.5, 17.0, 18.5):
        history.add(reading(at_s, 0.0, forecasts=(one, one)))

    forecast = history.view("http://127.0.0.1:1", None)["world"]["forecast"]

    assert {"0.5": [2.0, 4.0, None], "0.9": [3.0, 6.0, None], "0.99": [20.0, 40.0, None]} == forecast


def test_by_a_clock_of_its_own_a_forecast_has_scores_and_no_fan() -> None:
    """How good it was is as true there; which second it foresees is not."""
    steps = {"starts_min": [0.0], "lengths_min": [9.0], "requests_per_min": {"p50": [60.0]}}
    told = {"region": "a1", "method": "level", "reason": "no_load_known", "scores": {"accuracy": 0.9}, **steps}
    history = History()
    for at_s in (1.0, 2.0):
        history.add(reading(at_s, 0.0, forecasts=(told,), own_clock=True))

    view = history.view("http://127.0.0.1:1", None)

    assert [0.9] == [one["accuracy"] for one in view["forecasts"]]
    assert {} == view["world"]["forecast"]


def test_without_a_forecast_there_is_no_fan() -> None:
    """A server that has not forecast yet, or tells none."""
    history = History()
    history.add(reading(1.0, 0.0))
    history.add(reading(2.0, 0.0))

    assert {} == history.view("http://127.0.0.1:1", None)["world"]["forecast"]


def test_spending_is_what_was_booked_since_the_booking_before() -> None:
    """A cent in a minute is 60 cents an hour, told until the next booking; a new day begins with nothing known."""
    history = History()
    bookings = ((0, 1.0), (0, 1.0), (1, 1.01), (1, 1.01), (2, 0.002))
    for at_s, (minute, day) in enumerate(bookings):
        spent = {"day": day, "booked_until": f"2026-07-19T18:0{minute}:00+00:00"}
        history.add(reading(float(at_s), 0.0, budget={"spent": spent}))

    found = history.view("http://127.0.0.1:1", None)["world"]["spend_per_hour"]

    assert [None, pytest.approx(600_000), pytest.approx(600_000), None] == found


def test_what_is_announced_otherwise_than_learned_is_on_the_page() -> None:
    """As sentences of the last look."""
    history = History()
    history.add(reading(1.0, 0.0, disagreements=("before",)))
    history.add(reading(2.0, 0.0, disagreements=("10 times announced, 2 learned",)))

    assert history.view("http://127.0.0.1:1", None)["disagreements"] == ["10 times announced, 2 learned"]


def test_scores_of_forecasts_are_those_of_the_last_look() -> None:
    """By region: the method in use and why, accuracy and skill, how bursts were met; what is not told is not known."""
    met = {"bursts": 2, "onsets_covered": 1.0, "alarms": 2, "recall": 0.5, "precision": 1.0, "median_lead_min": 15.0}
    scores = {"accuracy": 0.61, "naive_accuracy": 0.83, "skill": -0.2, "bins": 300, "bursts": met}
    steps: dict[str, object] = {"starts_min": [], "lengths_min": [], "requests_per_min": {}}
    told = {"region": "a1", "method": "week_naive", "reason": "model_is_worse", "scores": scores, **steps}
    new = {"region": "b1", "method": "level", "reason": "too_little_history", "scores": None, **steps}
    history = History()
    history.add(reading(1.0, 0.0, forecasts=(told, new)))

    first, second = history.view("http://127.0.0.1:1", None)["forecasts"]

    own = {"region": "a1", "method": "week_naive", "reason": "model_is_worse"}
    del met["alarms"]
    assert {**own, **scores, **met} == first
    assert {"b1", "level", "too_little_history", None} == set(second.values())
