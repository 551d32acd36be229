"""Floor, demand and ceiling together; instances among regions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.scaling.allocation import Allocation, DenialReason, RegionWant, allocate
from functions.scaling.combined import CombinedDecision, Winner, combine
from functions.scaling.signals import Urgency
from shared.domain.regions import PRIORITIES, priority_of
from shared.domain.tier import Tier

DOLLAR = 1_000_000


@pytest.mark.parametrize(
    ("floor", "demand", "budget", "quota", "expected"),
    [
        pytest.param(5, 3, 100, 50, CombinedDecision(5, 50, Winner.PLAN, 0), id="the plan is ahead"),
        pytest.param(5, 9, 100, 50, CombinedDecision(9, 50, Winner.DEMAND, 0), id="more load than planned"),
        pytest.param(5, 5, 100, 50, CombinedDecision(5, 50, Winner.DEMAND, 0), id="equal"),
        pytest.param(60, 80, 70, 100, CombinedDecision(70, 70, Winner.BUDGET, 10), id="too little money"),
        pytest.param(60, 80, 100, 50, CombinedDecision(50, 50, Winner.QUOTA, 30), id="too little quota"),
        pytest.param(1, 1, 0, 50, CombinedDecision(0, 0, Winner.BUDGET, 1), id="stopped"),
        pytest.param(0, 0, 0, 0, CombinedDecision(0, 0, Winner.DEMAND, 0), id="nothing wanted, nothing allowed"),
    ],
)
def test_the_decision_says_which_won(
    floor: int, demand: int, budget: int, quota: int, expected: CombinedDecision
) -> None:
    """The larger of plan and demand, cut by the smaller of budget and quota; the cut is counted."""
    assert combine(floor=floor, demand=demand, budget_ceiling=budget, quota=quota) == expected


def want(region: str = "a", premium: int = 0, standard: int = 0, free: int = 0, **fields: int) -> RegionWant:
    """A region's want by tier; a dollar an instance and hour unless said otherwise."""
    given = {
        "quota": 1000,
        "micros_per_instance_hour": DOLLAR,
        "priority": 5,
    } | fields
    tiers = {Tier.PREMIUM: premium, Tier.STANDARD: standard, Tier.FREE: free}
    return RegionWant(region, tiers, urgency=Urgency(given.pop("urgency", Urgency.NORMAL)), **given)


def share(*wants: RegionWant, quota: int = 10_000, dollars: int = 10_000) -> Allocation:
    """What these regions get."""
    return allocate(wants, total_quota=quota, micros_per_hour=dollars * DOLLAR)


def test_everybody_gets_everything_where_there_is_enough() -> None:
    """No denial, and the price of it."""
    found = share(want("a", 3, 2, 1), want("b", 4))

    assert found.granted == {"a": 6, "b": 4}
    assert found.denials == ()
    assert found.micros_per_hour == 10 * DOLLAR


def test_premium_everywhere_comes_before_standard_anywhere() -> None:
    """The least important region's premium traffic is served before the most important one's standard."""
    found = share(want("a", 10, 50, 50, priority=10), want("b", 10, 50, 50, priority=1), quota=20)

    assert found.granted == {"a": 10, "b": 10}
    assert {denial.tier for denial in found.denials} == {Tier.STANDARD, Tier.FREE}
    assert {denial.reason for denial in found.denials} == {DenialReason.TOTAL_QUOTA}


def test_the_more_important_region_gets_more_and_the_other_is_not_starved() -> None:
    """At twice the priority a region gets more, yet both get some."""
    found = share(want("a", standard=100, priority=10), want("b", standard=100, priority=5), quota=100)

    assert sum(found.granted.values()) == 100
    assert found.granted["a"] > 60
    assert found.granted["b"] > 20


@pytest.mark.parametrize(
    "favoured", [{"urgency": 4}, {"micros_per_instance_hour": DOLLAR // 2}], ids=["more urgent", "cheaper"]
)
def test_urgency_and_price_count(favoured: dict[str, int]) -> None:
    """Of two equal regions the more urgent or the cheaper one gets more."""
    found = share(want("a", standard=100, **favoured), want("b", standard=100), quota=100)

    assert found.granted["a"] > found.granted["b"] > 0


def test_money_and_the_region_s_own_quota_are_named() -> None:
    """Each denial says what was short."""
    poor = share(want("a", standard=100), dollars=30)
    small = share(want("a", standard=100, quota=40))

    assert (poor.granted["a"], poor.denials[0].reason, poor.denials[0].instances) == (30, DenialReason.MONEY, 70)
    assert (small.granted["a"], small.denials[0].reason) == (40, DenialReason.REGION_QUOTA)


def test_what_costs_nothing_is_not_held_up_by_money() -> None:
    """On one's own machine instances have no price."""
    assert share(want("a", standard=5, micros_per_instance_hour=0), dollars=0).granted == {"a": 5}


@settings(max_examples=200, deadline=None)
@given(
    wants=st.lists(
        st.tuples(
            st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(0, 500), st.integers(1, 10)
        ),
        min_size=1,
        max_size=15,
    ),
    quota=st.integers(0, 2000),
    dollars=st.integers(0, 2000),
)
def test_no_limit_is_passed_and_nothing_is_lost(
    wants: list[tuple[int, int, int, int, int]], quota: int, dollars: int
) -> None:
    """Granted and denied add up to what was wanted; quota and money hold; nothing is denied that could be given."""
    regions = [
        want(f"r{number}", premium, standard, free, quota=own, priority=priority)
        for number, (premium, standard, free, own, priority) in enumerate(wants)
    ]

    found = share(*regions, quota=quota, dollars=dollars)

    total = sum(found.granted.values())
    assert total <= quota
    assert found.micros_per_hour == total * DOLLAR <= dollars * DOLLAR
    for region in regions:
        denied = sum(denial.instances for denial in found.denials if denial.region == region.region)
        assert found.granted[region.region] + denied == sum(region.wanted.values())
        assert found.granted[region.region] <= region.quota
        assert denied == 0 or total in (quota, dollars) or found.granted[region.region] == region.quota


def test_regions_that_are_not_named_have_the_usual_priority() -> None:
    """Eight regions have figures of their own in the original, of which seven are ours."""
    assert priority_of("us-central1") == 10
    assert priority_of("me-west1") == 5
    assert all(1 <= priority <= 10 for priority in PRIORITIES.values())
