"""Series in few letters."""

import random
from importlib.resources import files

import orjson
import pytest

from swell.dashboard.packing import LETTERS, packed
from tests.unit.swell.dashboard.browser import Page

DRAWN = random.Random(3)
SERIES: dict[str, list[float | None]] = {
    "nothing known": [None] * 9,
    "zeros": [0] * 2000,
    "runs": [1.0] * 1000 + [None] * 3 + [0.25],
    "eight decades": [10.0**power for power in range(-2, 6)],
    "money": [3.26e10, 0, 1_230_000, None, 99_900_000, 1_000_000, 12.5e6, 7000],
    "drawn": [float(f"{10 ** DRAWN.uniform(-3, 4):.2e}") for _ in range(500)],
}


@pytest.mark.parametrize("name", SERIES)
def test_a_browser_reads_the_same_numbers(name: str, shared_browser: Page) -> None:
    """To the last digit: what is packed stands for nothing else."""
    program = (files("swell.dashboard") / "assets" / "1-view.js").read_text("utf-8")
    series = {"world": {"asked": SERIES[name]}, "points": 3}
    small = orjson.dumps(packed(series)).decode()

    read = shared_browser.value(f"(() => {{ {program}\nreturn unpacked({small}); }})()")

    assert series == read
    assert '{"packed":' in small
    assert len(small) < 70 + 2 * len(SERIES[name])


@pytest.mark.parametrize(
    "series",
    [[1.0] * 7, [1234.0] * 9, [-1.0] * 9, [1e-3] * 8 + [1e5], ["text"] * 9, [True] * 9, [[1.0], [2.0]] * 5],
    ids=["short", "four digits", "below nothing", "nine decades", "text", "truth", "series of series"],
)
def test_what_would_lose_by_it_stays_as_it_is(series: list[object]) -> None:
    """Few numbers, four digits, nine decades, what is no number."""
    assert {"kept": series} == packed({"kept": series})


def test_its_letters_stand_for_themselves() -> None:
    """In JSON, and inside an element of HTML."""
    assert 90 == len(set(LETTERS))
    assert f'"{LETTERS}"' == orjson.dumps(LETTERS).decode()
    assert not set(LETTERS) & set('<&"\\')
