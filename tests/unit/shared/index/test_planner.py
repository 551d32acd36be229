"""The planner: the cheapest method that reaches the recall."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import CorruptObject
from shared.index.calibration import Calibration, ForestEffort, RemoteEffort, SketchLevel
from shared.index.planner import Ask, plan_search

_CALIBRATION = Calibration(
    rows=100_000,
    questions=240,
    exact_single_s=10e-3,
    exact_batched_s=1e-3,
    sketch_fixed_s=0.5e-3,
    sketch_row_s=0.5e-6,
    forest_item_s=0.4e-6,
    sketch=(
        SketchLevel(0.5, 0.88, 0.85, 0.80, 60, 500, 0, 0),
        SketchLevel(0.8, 0.96, 0.95, 0.93, 150, 1500, 0, 0),
        SketchLevel(0.95, 0.993, 0.99, 0.98, 600, 6000, 0, 0.1),
        SketchLevel(0.999, 0.999, 0.999, 0.999, 2000, 9000, 0.5, 0.9),
    ),
    remote=(
        RemoteEffort(400, 400, 0.96, 0.75, 0.90),
        RemoteEffort(1600, 1600, 0.995, 0.95, 0.98),
        RemoteEffort(1600, 100, 0.98, 0.80, 0.95),
    ),
    forest=(ForestEffort(1000, 0.3e-3, 0.70, 0.50), ForestEffort(8000, 2e-3, 0.93, 0.85)),
)
_ASK = Ask(top_k=10, recall=0.95, batch=1, allowed=100_000, filtered=False, local=True)


@pytest.mark.parametrize(
    ("ask", "method", "effort"),
    [
        pytest.param(_ASK, "sketch", 0.8, id="the default"),
        pytest.param(replace(_ASK, recall=0.6), "forest", 1000, id="little recall is cheapest from the forest"),
        pytest.param(replace(_ASK, recall=0.8), "sketch", 0.5, id="less recall with less confidence"),
        pytest.param(replace(_ASK, recall=0.99), "sketch", 0.95, id="more recall with more"),
        pytest.param(replace(_ASK, recall=0.999), "sketch", 0.999, id="the most that was measured"),
        pytest.param(replace(_ASK, recall=0.9999), "exact", 0, id="more than was measured"),
        pytest.param(replace(_ASK, recall=1.0), "exact", 0, id="everything"),
        pytest.param(replace(_ASK, top_k=100, recall=0.96), "sketch", 0.95, id="a hundred, as measured"),
        pytest.param(replace(_ASK, top_k=1000, recall=0.99), "exact", 0, id="a thousand take too many rows"),
        pytest.param(replace(_ASK, allowed=1000, filtered=True), "exact", 0, id="few rows are read"),
        pytest.param(replace(_ASK, allowed=30_000, filtered=True), "sketch", 0.95, id="filters need more confidence"),
        pytest.param(replace(_ASK, recall=0.6, allowed=40_000), "sketch", 0.5, id="no forest among dead rows"),
        pytest.param(replace(_ASK, recall=0.6, filtered=True, allowed=80_000), "sketch", 0.5, id="nor in filters"),
    ],
)
def test_chooses(ask: Ask, method: str, effort: float) -> None:
    """The cheapest choice whose measured recall is at least the one asked for."""
    choice = plan_search(_CALIBRATION, ask)

    assert (choice.method, choice.confidence or choice.size) == (method, effort)
    assert choice.recall >= ask.recall


def test_a_batch_is_one_matrix_product() -> None:
    """Where a product for many is cheaper per query than the sketch for one, a batch is searched exactly."""
    slow_sketch = replace(_CALIBRATION, sketch_fixed_s=2e-3)

    assert plan_search(slow_sketch, _ASK).method == "sketch"
    assert plan_search(slow_sketch, replace(_ASK, batch=32)).method == "exact"


def test_from_afar_the_fewest_rows_are_fetched() -> None:
    """While vectors are not local, what counts is how many must come, and the best there is beats nothing."""
    near = plan_search(_CALIBRATION, replace(_ASK, recall=0.98, local=False))
    short = plan_search(_CALIBRATION, replace(_ASK, recall=1.0, local=False))

    assert (near.method, near.pool, near.size) == ("sketch", 1600, 100)
    assert (short.method, short.size, short.recall) == ("sketch", 1600, 0.995)


@given(
    st.integers(1, 1000),
    st.floats(0, 1),
    st.integers(1, 100),
    st.integers(1, 100_000),
    st.booleans(),
)
def test_local_plans_always_reach_the_recall(
    top_k: int,
    recall: float,
    batch: int,
    allowed: int,
    filtered: bool,  # noqa: FBT001 - hypothesis fills it
) -> None:
    """Whatever is asked, what is chosen promises it, at no more than the cost of an exact search."""
    ask = Ask(top_k, recall, batch, allowed, filtered=filtered, local=True)

    choice = plan_search(_CALIBRATION, ask)

    assert choice.recall >= recall
    assert choice.seconds <= plan_search(_CALIBRATION, replace(ask, recall=1.0)).seconds


def test_a_calibration_survives_the_manifest() -> None:
    """What was measured comes back from its JSON form; another format or form is refused."""
    document = _CALIBRATION.to_document()

    assert Calibration.from_document(document).to_document() == document
    for damaged in ({**document, "format": 2}, {**document, "sketch": [{}]}, {"format": 1}, {}):
        with pytest.raises(CorruptObject, match="calibration"):
            Calibration.from_document(damaged)
