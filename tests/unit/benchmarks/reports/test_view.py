"""A run as the page shows it."""

from collections import Counter
from dataclasses import replace

import orjson

from benchmarks.rehearsal.result import Entry
from benchmarks.rehearsal.series import total
from benchmarks.reports.view import folded, told, view_of
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


def test_what_is_frequent_gives_way_to_what_is_rare() -> None:
    """What scaling did at one time is one entry; neither it nor routing drives a fault out."""
    scaled = [Entry(float(step), "scaling", f"region {place}") for step in range(20) for place in range(5)]
    routed = [Entry(float(step), "routing", "spills") for step in range(50)]
    alarmed = [Entry(7.0, "alert", f"region {place}: a burst") for place in range(5)]
    fault = Entry(49.5, "fault", "region down")

    found = told([*scaled, *routed, *alarmed, fault], 8)

    assert {"fault": 1, "alert": 1, "routing": 3, "scaling": 3} == Counter(entry.kind for entry in found)
    assert "region 0; region 1; region 2; and 2 more regions" in {entry.text for entry in found}


def test_a_long_run_makes_a_small_page() -> None:
    """3 hours at a second: at most so many steps, and the page says what a step is."""
    view = view_of(small_run([100.0] * 10_800), load_topology())

    assert (240, 45 * 60.0) == (view["points"], view["step_s"])
    assert any("45 of the record" in note for note in view["notes"])
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
