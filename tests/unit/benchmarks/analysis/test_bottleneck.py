"""What limits a run cites numbers that follow from one another."""

from dataclasses import replace

from benchmarks.analysis.bottleneck import bottleneck
from tests.builders.rehearsals import small_run


def test_littles_law_takes_the_mean() -> None:
    """A slow tenth is under way for most of the time, which the median does not know."""
    run = small_run((100.0, 200.0, 50.0), mean_ms=(60.0, 55.0, None))

    (told,) = bottleneck(run)

    assert told.startswith("Little's law: 11 requests that were answered were under way at once at minute 1")
    assert "200 a second for a mean of 55 ms" in told


def test_nothing_is_told_of_a_mean_that_is_not_known() -> None:
    """Records of before had medians alone."""
    assert bottleneck(small_run()) == ()


def test_a_region_that_fails_below_its_ceiling_grows_too_slowly() -> None:
    """It is told with what was handed on to it, and on how many instances; that it is full would be another cause."""
    run = small_run((100.0, 100.0, 100.0))
    slow = replace(
        run.regions["europe-west1"],
        offered_rps=(100.0, 900.0, 200.0),
        errors_rps=(0.0, 800.0, 20.0),
        utilisation=(0.5, 0.75, 0.75),
    )
    lost = replace(slow, instances=replace(slow.instances, actual=(10.0, 0.0, 0.0)))
    full = replace(slow, utilisation=(0.5, 0.95, 0.95), errors_rps=(0.0, 850.0, 20.0))

    (told,) = bottleneck(replace(run, regions={"europe-west1": slow, "us-west1": slow}))
    assert () == bottleneck(replace(run, regions={"europe-west1": lost}))
    only_full = bottleneck(replace(run, regions={"europe-west1": full}))

    assert told == (
        "europe-west1: of 900 requests a second at minute 1, 800 of them handed on by other regions or asked again, "
        "800 failed on 10 of the 20 instances that it may have: it did not grow so fast; 1 other region failed so, too."
    )
    assert ["its instances were used to 90% or more" in one for one in only_full] == [True]


def test_a_live_run_that_failed_has_no_fleet_to_blame() -> None:
    """Instances and load of one machine are not known."""
    run = small_run((100.0, 100.0))
    unknown = (None, None)
    one = run.regions["europe-west1"]
    instances = replace(one.instances, actual=unknown, ceiling=unknown)
    failed = replace(one, errors_rps=(50.0, 50.0), utilisation=unknown, instances=instances)

    assert () == bottleneck(replace(run, regions={"this-machine": failed}))


def test_four_regions_are_told_by_name_and_the_others_counted() -> None:
    """The longest first, with a length of time that is not nothing."""
    run = small_run((100.0, 100.0, 100.0))
    one = replace(run.regions["europe-west1"], errors_rps=(0.0, 50.0, 50.0))
    regions = {f"r{place}": replace(one, utilisation=(0.5, 0.5, 0.95)) for place in range(5)}
    regions["longest"] = replace(one, utilisation=(0.5, 0.95, 0.95))

    told = bottleneck(replace(run, regions=regions))
    full = [sentence for sentence in told if "used" in sentence]

    assert full[0] == (
        "longest: its instances were used to 90% or more for 2 min; from minute 1 on requests failed meanwhile."
    )
    assert [5, "2 more regions had their instances used up, for no longer."] == [len(full), full[-1]]
