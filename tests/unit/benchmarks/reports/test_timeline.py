"""The timeline as people read it."""

from collections import Counter

from benchmarks.rehearsal.result import Entry
from benchmarks.reports.timeline import shortened


def test_what_is_frequent_gives_way_to_what_is_rare() -> None:
    """What scaling did at one time is one entry; neither it nor routing drives a fault out."""
    scaled = [Entry(float(step), "scaling", f"region {place}") for step in range(20) for place in range(5)]
    routed = [Entry(float(step), "routing", "spills") for step in range(50)]
    alarmed = [Entry(7.0, "alert", f"region {place}: a burst") for place in range(5)]
    fault = Entry(49.5, "fault", "region down")

    found = shortened([*scaled, *routed, *alarmed, fault], 8)

    assert {"fault": 1, "alert": 1, "routing": 3, "scaling": 3} == Counter(entry.kind for entry in found)
    assert "region 0; region 1; region 2; and 2 more regions" in {entry.text for entry in found}
    assert "region 0, region 1, region 2 and 2 more regions: a burst" in {entry.text for entry in found}
