"""Instances and money shared out among regions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.scaling.allocation import Denial, DenialReason
from functions.scaling.combined import Winner
from functions.scaling.sharing import UNLIMITED_MICROS_PER_HOUR, Wish, share_out
from functions.scaling.signals import Urgency
from functions.scaling.tiers import TierCounts
from functions.scaling.wants import RegionTerms, want_of
from shared.domain.tier import Tier

PRICE = 100_000
TERMS = [RegionTerms(f"region-{number}", 20 + number, PRICE + number, 1 + number) for number in range(5)]


def wish(terms: RegionTerms, floor: int, demand: int) -> Wish:
    """The wish of a region."""
    wanted = min(max(floor, demand), terms.quota)
    return Wish(want_of(terms, wanted, Urgency.NORMAL), floor=min(floor, terms.quota), demand=min(demand, terms.quota))


def test_premium_callers_of_every_region_come_before_others_of_any() -> None:
    """The least important region asks for premium callers alone, the most important for free ones: five for ten."""
    premium, free = (TierCounts({tier: 100.0}, None) for tier in (Tier.PREMIUM, Tier.FREE))
    wishes = [
        Wish(want_of(TERMS[0], 4, Urgency.LOW, premium), floor=0, demand=4),
        Wish(want_of(TERMS[4], 6, Urgency.CRITICAL, free), floor=0, demand=6),
    ]

    shares = share_out(wishes, total_instances=5, micros_per_hour=UNLIMITED_MICROS_PER_HOUR)

    assert (shares["region-0"].combined.min_instances, shares["region-0"].denials) == (4, ())
    assert shares["region-4"].combined.min_instances == 1
    assert shares["region-4"].denials == (Denial("region-4", Tier.FREE, 5, DenialReason.TOTAL_QUOTA),)


def test_with_enough_of_everything_each_gets_its_wish_and_may_grow_to_its_quota() -> None:
    """The larger of plan and demand decides, and says so."""
    wishes = [wish(TERMS[0], floor=8, demand=3), wish(TERMS[1], floor=2, demand=9)]

    shares = share_out(wishes, total_instances=500, micros_per_hour=UNLIMITED_MICROS_PER_HOUR)

    first, second = shares["region-0"], shares["region-1"]
    assert (first.combined.min_instances, first.combined.max_instances, first.combined.winner) == (8, 20, Winner.PLAN)
    assert (second.combined.min_instances, second.combined.max_instances, second.combined.winner) == (
        9,
        21,
        Winner.DEMAND,
    )
    assert first.denial is second.denial is None


def test_money_that_is_short_denies_and_says_so() -> None:
    """Nothing is left to grow into, and the denied are counted."""
    shares = share_out([wish(TERMS[0], 0, 15)], total_instances=500, micros_per_hour=10 * PRICE)

    share = shares["region-0"]
    assert (share.combined.min_instances, share.combined.max_instances) == (10, 10)
    assert (share.combined.winner, share.combined.denied, share.denial) == (Winner.BUDGET, 5, DenialReason.MONEY)


def test_a_total_that_is_short_denies_by_quota() -> None:
    """The project's quota is named, not the budget."""
    shares = share_out([wish(TERMS[0], 0, 15)], total_instances=4, micros_per_hour=UNLIMITED_MICROS_PER_HOUR)

    share = shares["region-0"]
    assert (share.combined.winner, share.combined.denied, share.denial) == (Winner.QUOTA, 11, DenialReason.TOTAL_QUOTA)


def test_where_money_is_short_there_is_room_for_those_that_can_start() -> None:
    """Twelve instances' worth of money, quotas of 20 and 21: the important region does not take it all in vain.

    A fifth of what the minima leave is kept back, so that the next minute's money is enough for the same.
    """
    wishes = [wish(terms, 2, 0)._replace(within_reach=reach) for terms, reach in ((TERMS[0], 6), (TERMS[1], 7))]

    shares = share_out(wishes, total_instances=500, micros_per_hour=12 * (PRICE + 1))

    assert {region: share.combined.max_instances for region, share in shares.items()} == {"region-0": 4, "region-1": 6}


def ceilings(wishes: list[Wish], money: int) -> list[int]:
    """The maxima, in the order of the wishes, where instances are not short."""
    shares = share_out(wishes, total_instances=500, micros_per_hour=money)
    return [shares[one.want.region].combined.max_instances for one in wishes]


def set_to(wishes: list[Wish], maxima: list[int]) -> list[Wish]:
    """The same wishes of regions whose ceilings are set to these."""
    return [one._replace(ceiling=most) for one, most in zip(wishes, maxima, strict=True)]


@pytest.mark.parametrize("price_of", [20, 36, 50], ids=["short", "enough_for_reach", "enough_for_most"])
def test_ceilings_do_not_follow_the_money_of_each_minute(price_of: int) -> None:
    """What is left moves by a tenth from minute to minute, and nothing is set anew."""
    wishes = [wish(terms, 2, 0)._replace(within_reach=9) for terms in TERMS[:3]]
    first = ceilings(wishes, price_of * PRICE)

    later = [ceilings(set_to(wishes, first), price_of * PRICE * share // 100) for share in (96, 105, 95, 104, 100)]

    assert later == [first] * 5


def test_quotas_are_given_back_only_where_a_quarter_of_their_price_is_left_over() -> None:
    """41 instances are the quotas; that they were taken back once does not bring them back at their bare price."""
    wishes = [wish(terms, 0, 0)._replace(within_reach=5) for terms in TERMS[:2]]

    assert ceilings(set_to(wishes, [8, 8]), 42 * PRICE) == [8, 8]
    assert ceilings(set_to(wishes, [8, 8]), 52 * PRICE) == [20, 21]
    assert ceilings(set_to(wishes, [20, 21]), 42 * PRICE) == [20, 21]


def test_a_ceiling_rises_at_once_with_what_is_within_reach() -> None:
    """By a quarter more, so that the next minutes need none of it."""
    wishes = [wish(TERMS[0], 2, 0)._replace(within_reach=8), wish(TERMS[1], 2, 0)._replace(within_reach=4)]

    assert ceilings(set_to(wishes, [6, 6]), 30 * PRICE) == [10, 6]


def test_a_region_that_nearly_fills_its_ceiling_gets_what_another_does_not_use() -> None:
    """All the money is in ceilings, and one region wants the more of it."""
    wishes = [wish(TERMS[0], 1, 0)._replace(within_reach=9), wish(TERMS[4], 9, 0)._replace(within_reach=20)]

    before, after = ceilings(wishes, 20 * PRICE), ceilings(set_to(wishes, [10, 9]), 20 * PRICE)

    assert before == after
    assert after[1] > 1.25 * 9


@given(
    wanted=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=5, max_size=5),
    standing=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=5, max_size=5),
    total=st.integers(0, 120),
    money=st.integers(0, 120 * PRICE),
)
def test_maxima_never_cost_or_count_more_than_there_is(
    wanted: list[tuple[int, int]], standing: list[tuple[int, int]], total: int, money: int
) -> None:
    """What the platform may start by itself is paid for, whatever ceilings stood before.

    No region is set above its quota or below nothing.
    """
    wishes = [
        wish(terms, *pair)._replace(ceiling=ceiling, within_reach=reach)
        for terms, pair, (ceiling, reach) in zip(TERMS, wanted, standing, strict=True)
    ]

    shares = share_out(wishes, total_instances=total, micros_per_hour=money)

    maxima = {region: share.combined.max_instances for region, share in shares.items()}
    assert sum(maxima.values()) <= total
    assert sum(maxima[terms.region] * terms.micros_per_instance_hour for terms in TERMS) <= money
    for terms in TERMS:
        combined = shares[terms.region].combined
        assert 0 <= combined.min_instances <= combined.max_instances <= terms.quota
        assert (combined.denied > 0) == (shares[terms.region].denial is not None)
