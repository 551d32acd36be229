"""Every shape reaches every follower once; prices are those of the list; the cheapest shape is chosen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ports.state import Put
from shared.regions.egress import GIB, Area, area_of, copy_cost_micros, micros_per_gib
from shared.regions.policy import ReplicationPolicy
from shared.regions.replication import Shape, hubs_of, tree_of
from shared.regions.shape_choice import ShapeReason, choose_shape
from shared.topology import load_topology
from tests.fakes.state import InMemoryState

REGIONS = tuple(load_topology().regions)
HUB_OF = hubs_of(load_topology())
HUBS = [region for region in REGIONS if region not in HUB_OF]


@pytest.mark.parametrize(
    ("source", "destination", "dollars"),
    [
        ("us-central1", "us-central1", 0.0),
        ("us-central1", "us-east1", 0.02),
        ("us-central1", "europe-west1", 0.05),
        ("europe-west1", "europe-north1", 0.02),
        ("asia-northeast1", "asia-east1", 0.08),
        ("asia-southeast1", "australia-southeast1", 0.10),
        ("europe-west1", "me-west1", 0.11),
        ("us-east1", "southamerica-east1", 0.14),
    ],
)
def test_prices_are_those_of_the_list(source: str, destination: str, dollars: float) -> None:
    """In micro-dollars for a GiB."""
    assert micros_per_gib(source, destination) == round(dollars * 1_000_000)


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_has_a_price(region: str) -> None:
    """To and from each of the others; and the list is the same both ways."""
    assert area_of(region) in Area
    for other in REGIONS:
        assert micros_per_gib(region, other) == micros_per_gib(other, region)
        assert (micros_per_gib(region, other) == 0) == (region == other)


def test_a_byte_costs_at_least_a_micro_dollar() -> None:
    """Costs are rounded up, so that none is lost."""
    assert copy_cost_micros("us-central1", "us-east1", 1) == 1
    assert copy_cost_micros("us-central1", "us-east1", 0) == 0
    assert copy_cost_micros("us-central1", "us-east1", GIB) == 20_000


@given(st.sampled_from(Shape), st.sampled_from(REGIONS), st.sets(st.sampled_from(REGIONS)))
def test_every_follower_hears_from_home(shape: Shape, home: str, followers: set[str]) -> None:
    """Along one way that begins at home and passes through followers only, with at most one stop; hubs directly."""
    tree = tree_of(shape, home, sorted(followers), HUB_OF)

    assert set(tree.parents) == followers - {home}
    for region in tree.parents:
        *stops, last = tree.sources_of(region)
        assert last == home
        assert set(stops) <= followers
        assert len(stops) <= (0 if region in HUBS or shape is Shape.MESH else 1)
        assert region in tree.followers_of(tree.parents[region])


@given(st.sampled_from(REGIONS), st.sets(st.sampled_from(REGIONS)))
def test_hybrid_is_never_dearer(home: str, followers: set[str]) -> None:
    """Than either of the other two."""
    costs = {shape: tree_of(shape, home, sorted(followers), HUB_OF).cost_micros(GIB) for shape in Shape}

    assert costs[Shape.HYBRID] == min(costs.values())


def test_from_iowa_only_europe_is_worth_a_hub() -> None:
    """One copy crosses the Atlantic and three go on from Belgium; elsewhere a hub costs as much as home."""
    tree = tree_of(Shape.HYBRID, "us-central1", REGIONS, HUB_OF)

    assert {region for region, parent in tree.parents.items() if parent != "us-central1"} == {
        "europe-west2",
        "europe-west3",
        "europe-north1",
    }


def test_the_choice_is_explained() -> None:
    """All three shapes with their price, the chosen one marked, and the date of the price list."""
    choice = choose_shape("us-central1", REGIONS, HUB_OF)

    assert choice.tree.shape is Shape.HYBRID
    assert choice.reason is ShapeReason.AS_CHEAP_WITH_FEWER_HOPS
    assert choice.lines() == [
        "shape            $ per 1 GiB  hops  most   prices of 2026-11-23",
        "hybrid                0.8400    17     2   chosen: as_cheap_with_fewer_hops",
        "hierarchical          0.8400    21     2",
        "mesh                  0.9300    14     1",
    ]


def test_without_a_price_difference_the_direct_way_is_taken() -> None:
    """Inside one area every way costs the same."""
    choice = choose_shape("us-central1", ["us-east1", "us-west1"], HUB_OF)

    assert choice.tree.shape is Shape.MESH
    assert choice.reason is ShapeReason.AS_CHEAP_WITH_FEWER_HOPS


def test_a_policy_survives_the_state_store() -> None:
    """And without one, every region follows."""
    state = InMemoryState()
    policy = ReplicationPolicy(Shape.MESH, ("us-east1", "europe-west1"))
    state.commit([Put("replication/c", policy.to_document())])

    assert ReplicationPolicy.from_document(state.get("replication/c")) == policy
    assert set(policy.tree("us-central1", REGIONS, HUB_OF).parents) == {"us-east1", "europe-west1"}
    assert set(ReplicationPolicy.from_document(None).tree("us-central1", REGIONS, HUB_OF).parents) == set(REGIONS) - {
        "us-central1"
    }


def test_one_shape_can_be_the_cheapest_alone() -> None:
    """Where one region is worth its hub and another is not."""
    hub_of = {"us-east1": "europe-west1", "europe-west2": "europe-west1"}
    choice = choose_shape("us-central1", ["us-east1", "europe-west1", "europe-west2"], hub_of)

    assert (choice.tree.shape, choice.reason) == (Shape.HYBRID, ShapeReason.CHEAPEST)
    assert [tree.cost_micros(GIB) for tree in choice.weighed] == [90_000, 120_000, 120_000]
