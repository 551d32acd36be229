"""The comparison in words and columns."""

from dataclasses import replace

import pytest

from benchmarks.load.wrk import WrkReport
from benchmarks.measure.machine import Machine
from benchmarks.peers import telling
from benchmarks.peers.goals import measures
from benchmarks.peers.tuning import Tuned
from tests.unit.benchmarks.peers.reports import comparison, system_report, visit

BOTH = comparison(system_report("Swell", [visit("Swell", 0)]), system_report("Chroma", [visit("Chroma", 0)]))


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (None, "ms", "-"),
        (1234.5, "/s", "1,234"),
        (0.98765, "", "0.9877"),
        (0.456, "s", "0.46 s"),
        (123_456_789, "bytes", "123 MB"),
        (5000.2, "rows/s", "5,000 rows/s"),
    ],
)
def test_figures_have_the_digits_of_their_unit(value: float | None, unit: str, expected: str) -> None:
    """Enough to compare, no more than was measured."""
    assert telling.figure(value, unit) == expected


def test_every_row_has_a_cell_for_each_column() -> None:
    """The table holds both figures, the ratio with its range, the goal and whether it is met."""
    table = telling.rows(measures(BOTH))

    assert {len(row) for row in table} == {len(telling.COLUMNS)}
    assert ["QPS at 16 connections", "1,000", "1,000", "1.00x", "1.00 to 1.00", "≥ 3x", "no"] in table
    assert {len(row) for row in telling.floor_rows(BOTH)} == {len(telling.FLOOR_COLUMNS)}


def test_the_heading_says_which_vectors() -> None:
    """A figure without its data says nothing."""
    assert telling.heading(BOTH.vectors) == ("few: 10,000 x 8, cosine, 100 queries, intrinsic dimension 7; a test")


def test_settings_that_miss_the_recall_say_so() -> None:
    """A system that cannot reach the recall is not compared at one recall, and the reader has to know."""
    short = system_report("Chroma", [], tuned=Tuned(4096, 0.91, reached=False, tried={"4096": 0.91}))

    assert "recall of only 0.910" in telling.settings_line(short)
    assert telling.settings_line(BOTH.systems[0]) == "Swell 1.0, `swell up`: effort 0.9"


def test_the_generator_line_tells_headroom_and_failures() -> None:
    """50,000 against 1,000 is 50 times; a failed request is never left out."""
    failed = comparison(
        system_report("Swell", [visit("Swell", 0, failures=3)]), system_report("Chroma", [visit("Chroma", 0)])
    )

    assert "50 x the highest QPS" in telling.generator_line(BOTH)
    assert "no request failed" in telling.generator_line(BOTH)
    assert "3 requests FAILED" in telling.generator_line(failed)


def test_the_word_of_another_generator_is_told_where_there_is_one() -> None:
    """Its failures too."""
    checked = replace(BOTH, wrk={"Swell": WrkReport(answers=2400, seconds=2.0, failures=0, p50_ms=1.5, p99_ms=3.0)})

    assert telling.wrk_line(checked) == "The same load from wrk: Swell 1,200/s, p50 1.50 ms"
    assert telling.wrk_line(BOTH) == ""


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.02, "2% to 2% of the machine during the rounds: quiet"), (0.6, "NOISY"), (None, "")],
    ids=["quiet", "noisy", "not known"],
)
def test_a_noisy_machine_is_called_so(share: float | None, expected: str) -> None:
    """Figures from a busy machine are no lie, if it is said."""
    assert expected in telling.noise_line([visit("Swell", 0, others_share=share)])


def test_the_machine_is_named() -> None:
    """A figure without its machine cannot be repeated."""
    machine = Machine("a processor", 2, None, "an OS", "3.11", {}, 0.1, None)

    assert telling.machine_line(machine) == "a processor, 2 cores, Python 3.11, an OS"
