"""The record of a rehearsal is one for everybody who reads or writes one."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from benchmarks.rehearsal.record_file import UnreadableRun, of_json, read_run, to_json, write_run
from benchmarks.rehearsal.result import Entry
from tests.builders.rehearsals import small_run


def test_a_run_written_is_the_run_read(tmp_path: Path) -> None:
    """Nothing is lost on the way through a file."""
    run = replace(small_run([100.0] * 4), timeline=(Entry(1_784_484_000.0, "phase", "begins"),))

    write_run(run, tmp_path / "run.json")

    assert read_run(tmp_path / "run.json") == run


def test_a_series_of_another_length_than_the_axis_is_refused() -> None:
    """Whoever draws two series beside each other may rely on their steps."""
    run = small_run([100.0] * 4)
    shorter = replace(run, world=replace(run.world, served_rps=run.world.served_rps[:-1]))

    with pytest.raises(UnreadableRun, match=r"world\.served_rps: got 3 numbers, allowed: 4"):
        of_json(to_json(shorter))


def test_what_is_no_record_is_refused_with_its_field() -> None:
    """The message names what is missing."""
    with pytest.raises(UnreadableRun, match=r"meta: Field required"):
        of_json(b"{}")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """It is an answer like any other, not a traceback."""
    with pytest.raises(UnreadableRun, match="No such file"):
        read_run(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            "format",
            "swell-rehearsal/0",
            "format: got 'swell-rehearsal/0', allowed: 'swell-rehearsal/1'. `swell rehearse",
        ),
        ("meta.policy", None, "meta.policy: got None"),
        ("timeline.0.kind", "party", "timeline.0.kind: got 'party'. Input should be 'phase'"),
        ("timeline.0.at_s", 1e300, "timeline.0.at_s: got 1e+300, allowed: seconds since 1970"),
        ("axis.points", 0, "axis.points: got 0, allowed: 1 or more"),
        ("axis.step_s", 0.0, "axis.step_s: got 0.0, allowed: more than 0"),
        ("regions.europe-west1.p99_ms.2", -5.0, "regions.europe-west1.p99_ms.2: got -5.0, allowed: a number from 0 on"),
        ("world.p99_ms.1", "fast", "world.p99_ms.1: got 'fast'"),
        ("world.serving_mode.3", 9.0, "world.serving_mode.3: got 9.0, allowed: 0 to 4"),
        ("summary.asked", -1.0, "summary.asked: got -1.0, allowed: a number from 0 on"),
        ("summary.latency.counts", [1.0], "summary.latency.counts: got 1 numbers, allowed: 3, one for each"),
        ("summary.latency.counts.1", -1.0, "summary.latency.counts.1: got -1.0"),
        ("summary.latency.bounds_ms.1", 5.0, "summary.latency.bounds_ms.1: got 5.0, allowed: more than 5.0"),
    ],
)
def test_a_damaged_field_is_named(path: str, value: object, said: str) -> None:
    """With what it holds and what may stand there: no report and no page is made of it."""
    run = replace(small_run([100.0] * 4), timeline=(Entry(1_784_484_000.0, "phase", "begins"),))
    record = orjson.loads(to_json(run))
    *way, last = path.split(".")
    place = record
    for part in way:
        place = place[int(part) if isinstance(place, list) else part]
    place[int(last) if isinstance(place, list) else last] = value

    with pytest.raises(UnreadableRun) as refused:
        of_json(orjson.dumps(record))

    assert str(refused.value).startswith(said)


def test_a_number_that_is_none_is_refused() -> None:
    """JSON of other programs has such words."""
    content = to_json(small_run([100.0] * 4)).replace(b'"asked":', b'"asked":NaN,"other":', 1)

    with pytest.raises(UnreadableRun, match=r"summary\.asked: got nan, allowed"):
        of_json(content)


def test_little_less_than_nothing_is_nothing() -> None:
    """What a sum misses by its last digits."""
    run = small_run([100.0, -1e-12])

    assert of_json(to_json(run)) == run
