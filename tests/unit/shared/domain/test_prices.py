"""Money and what things cost."""

from datetime import timedelta
from decimal import Decimal

import pytest

from shared.domain.money import dollars, micros_of, micros_rounded_up, over, per_hour
from shared.domain.prices import GIB, LIST_PRICES, InstanceShape, PriceTier, Usage, cost_of
from shared.topology.loading import load_topology

SHAPE = InstanceShape(cpu_milli=1000, memory_mib=1024)
NOTHING = Usage("us-central1", active_ms=0, idle_ms=0, requests=0, egress_bytes=0)


@pytest.mark.parametrize(
    ("amount", "micros"), [("1", 1_000_000), (Decimal("0.0000005"), 1), ("0.0000004", 0), (-2, -2_000_000)]
)
def test_dollars_become_whole_micro_dollars(amount: Decimal | int | str, micros: int) -> None:
    """To the nearest; half a micro-dollar is one."""
    assert micros_of(amount) == micros


@pytest.mark.parametrize("amount", ["much", "NaN", "Infinity"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    """The error says what is allowed."""
    with pytest.raises(ValueError, match="finite number of dollars"):
        micros_of(amount)


def test_spend_is_never_rounded_away() -> None:
    """A nano-dollar is a micro-dollar."""
    assert [micros_rounded_up(nanos) for nanos in (0, 1, 1000, 1001)] == [0, 1, 1, 2]


def test_rates_and_amounts_of_any_size_are_exact() -> None:
    """A trillion dollars in a minute is sixty trillion an hour; what is spent is rounded up, what is allowed down."""
    trillion = micros_of(10**12)

    assert per_hour(trillion, timedelta(minutes=1)) == 60 * trillion
    assert over(60 * trillion, timedelta(minutes=1)) == trillion
    assert (per_hour(1, timedelta(hours=7)), over(1, timedelta(minutes=1))) == (0, 1)


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (1_234_560_000, "$1,234.56"),
        (24, "$0.000024"),
        (0, "$0.00"),
        (-5_000_000, "-$5.00"),
        (1_000_000_000_000, "$1,000,000.00"),
    ],
)
def test_amounts_are_shown_as_people_write_them(micros: int, text: str) -> None:
    """Two decimals, and all of them where it is less than a cent."""
    assert dollars(micros) == text


def test_an_hour_of_an_instance_costs_what_the_price_list_says() -> None:
    """A vCPU and a GiB in tier 1: 3600 times $0.0000265."""
    assert cost_of(NOTHING._replace(active_ms=3_600_000), SHAPE, LIST_PRICES) == micros_of("0.0954")


def test_requests_and_bytes_are_counted() -> None:
    """A million requests are $0.40; a GiB costs what the table says."""
    assert cost_of(NOTHING._replace(requests=1_000_000), SHAPE, LIST_PRICES) == micros_of("0.40")
    assert cost_of(NOTHING._replace(egress_bytes=GIB), SHAPE, LIST_PRICES) == LIST_PRICES.egress_gib.nanos // 1000


def test_idle_instances_cost_less_and_tier_2_more() -> None:
    """Kept warm is cheaper than answering; a region that is not listed has the higher price."""
    active = NOTHING._replace(active_ms=3_600_000)

    assert cost_of(NOTHING._replace(idle_ms=3_600_000), SHAPE, LIST_PRICES) < cost_of(active, SHAPE, LIST_PRICES)
    for region in ("europe-west3", "moon-base1"):
        assert cost_of(active._replace(region=region), SHAPE, LIST_PRICES) == micros_of("0.13356")


def test_every_region_of_the_topology_has_a_price() -> None:
    """No region is priced by default."""
    assert set(load_topology().regions) == set(LIST_PRICES.tier_of_region)


def test_prices_that_nobody_has_verified_are_named() -> None:
    """Those of Cloud Run's first tier and of requests were read at the source, the others were not."""
    unverified = LIST_PRICES.unverified()

    assert "egress_gib" in unverified
    assert "tier_2.active_vcpu_s" in unverified
    assert not {"tier_1.active_vcpu_s", "tier_1.active_gib_s", "request"} & set(unverified)
    assert LIST_PRICES.prices("us-central1") is LIST_PRICES.tiers[PriceTier.TIER_1]
