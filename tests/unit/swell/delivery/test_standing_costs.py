"""What stands while nobody searches."""

import json

from typer.testing import CliRunner

from shared.topology import load_topology
from swell.cli.main import app
from swell.delivery.standing_costs import Deployment, environments, standing_costs

TOPOLOGY = load_topology()


def test_a_small_deployment_costs_its_ticks_schedules_and_alerts() -> None:
    """Each tick once a region for regional functions, at the price of its region and its own size."""
    found = standing_costs(TOPOLOGY, Deployment(("us-central1", "europe-west1"), alert_conditions=2), tick_ms=1000)

    scaling = 43_800 * (24_000 + 1_250 + 400)  # a vCPU-second, half a GiB-second, a request: nano-dollars
    by_name = {each.what.partition(",")[0].partition(" ")[0]: each for each in found}
    assert scaling // 1000 == by_name["scaling"].month
    assert "96,360 ticks of 1 s in 2 regions" in by_name["region_sync"].what
    assert by_name["2"].month == 3_000_000
    assert [each.phase for each in found] == sorted(each.phase for each in found)


def test_nothing_that_is_not_there_is_listed() -> None:
    """No Redis, no load balancer: no line."""
    found = standing_costs(TOPOLOGY, Deployment(("us-central1",)), tick_ms=100)

    assert all(each.month > 0 for each in found)
    assert {each.phase for each in found} == {4}


def test_longer_ticks_cost_more_and_requests_the_same() -> None:
    """Time is paid by the millisecond, a delivery by itself."""
    short, long = (
        sum(each.month for each in standing_costs(TOPOLOGY, Deployment(("us-central1",)), tick_ms=tick_ms))
        for tick_ms in (1000, 2000)
    )

    assert short < long < 2 * short


def test_production_is_dearer_where_prices_were_not_read() -> None:
    """A line with a price that nobody read at Google says so."""
    prod = standing_costs(TOPOLOGY, environments(TOPOLOGY)["prod"], tick_ms=1000)
    verified = {each.what.split()[0].rstrip(","): each.verified for each in prod}

    assert verified["scaling"] is True
    assert verified["region_sync"] is False, "regions of the dearer tier"


def test_the_command_prints_what_is_reckoned() -> None:
    """As JSON, to the micro-dollar."""
    done = CliRunner().invoke(app, ["deploy", "costs", "dev", "--json"])

    lines = standing_costs(TOPOLOGY, environments(TOPOLOGY)["dev"], tick_ms=1000)
    printed = json.loads(done.stdout)
    assert printed["month_micros"] == sum(each.month for each in lines)
    assert [line["what"] for line in printed["lines"]] == [each.what for each in lines]
