"""A run as the page shows it."""

from dataclasses import replace

import orjson

from benchmarks.rehearsal.series import total
from benchmarks.reports.view import folded, view_of
from shared.topology import load_topology
from swell.dashboard.page import page
from tests.builders.rehearsals import small_run


def test_steps_are_folded_by_what_the_number_is() -> None:
    """A rate is a mean, a time to answer the worst, a state the last; what is not known stays so."""
    series = (1.0, 3.0, None, 5.0, None, None, 8.0)

    assert ([2, 5, None, 8], [3, 5, None, 8], [1, 5, None, 8], [3, 5, None, 8]) == (
        folded(series, 2),
        folded(series, 2, "max"),
        folded(series, 2, "min"),
        folded(series, 2, "last"),
    )


def test_a_sum_of_what_is_not_known_is_not_known() -> None:
    """None is not 0."""
    assert (3.0, None) == total({"free": (1.0, 2.0), "premium": (2.0, None)})


def test_a_long_run_makes_a_small_page() -> None:
    """3 hours at a second: at most so many steps, and the page says what a step is."""
    view = view_of(small_run([100.0] * 10_800), load_topology())

    assert (360, 30 * 60.0) == (view["points"], view["step_s"])
    assert any("30 of the record" in note for note in view["notes"])
    assert len(page(view, "A crowd").encode()) < 100_000
    assert orjson.loads(orjson.dumps(view)) == view


def test_a_live_run_is_no_region() -> None:
    """It has no place on a map of the world, and the page says what else it cannot show."""
    run = small_run()
    live = replace(run, meta=replace(run.meta, simulated=False), regions={"this-machine": run.regions["europe-west1"]})

    view = view_of(live, load_topology())

    assert [] == view["regions"]
    assert view["missing"][0].startswith("Map, instances")


def test_simulated_says_so_with_its_stream() -> None:
    """The word alone tells nothing of what a stream is."""
    view = view_of(small_run(), load_topology())

    assert view["simulated"]
    assert "asks once a second" in view["simulated_text"]


def test_regions_of_another_topology_are_named() -> None:
    """They have no place on the map, and are not left out in silence."""
    run = small_run()

    view = view_of(replace(run, regions={"mars-north1": run.regions["europe-west1"]}), load_topology())

    assert [] == view["regions"]
    assert any("does not have: mars-north1" in text for text in view["missing"])
