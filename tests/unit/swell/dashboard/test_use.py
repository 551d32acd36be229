"""The page on a phone, by keyboard alone, and for eyes that see fewer colours."""

import re
from dataclasses import replace
from importlib.resources import files
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.rehearsal.result import Entry, Objective
from benchmarks.reports.report import report_on
from benchmarks.reports.whole_page import to_html
from shared.topology import load_topology
from tests.builders.rehearsals import small_run
from tests.unit.swell.dashboard.browser import Page

TAB, RIGHT, HOME, END = ("Tab", 9), ("ArrowRight", 39), ("Home", 36), ("End", 35)
STOPS = 'a[href], button, input, [tabindex="0"]'
DELTA = 10.0
"""Of CIELAB: less is hard to tell apart side by side."""
LINES = ("ink", "blue", "orange", "sky", "green", "red", "purple")
Colour = NDArray[np.float64]
# What an eye without green cones sees of linear RGB (Machado, Oliveira, Fernandes 2009, severity 1).
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


@pytest.fixture(scope="module")
def page(shared_browser: Page, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A report of two regions, on a screen 375 pixels wide."""
    directory = tmp_path_factory.mktemp("page")
    one = small_run([100.0 + step for step in range(30)])
    events = tuple(Entry(one.axis.start_s + 600.0 * step, "fault", "a region is down " * 9) for step in range(3))
    spilled = {"southamerica-east1": (10.0,) * 30}
    regions = dict.fromkeys(
        ("europe-west1", "southamerica-east1"), replace(one.regions["europe-west1"], spilled_rps=spilled)
    )
    written = directory / "page.html"
    promises = (Objective("shed_share_premium", 0.001, "at_most", 0.000123456, met=None),)
    run = replace(one, regions=regions, timeline=events, objectives=promises)
    written.write_text(to_html(report_on(run), load_topology()), "utf-8")
    shared_browser.open(written.as_uri(), 375)
    return shared_browser


def test_a_phone_does_not_scroll_sideways(page: Page) -> None:
    """Wide tables scroll inside their own frame; no other is wider than its panel."""
    wide = "[...document.querySelectorAll('.panel table')].filter((one) => !one.closest('.scroll') && "
    wide += "one.scrollWidth > one.parentElement.clientWidth).length"

    assert page.value("document.documentElement.scrollWidth") <= 375
    assert 0 == page.value(wide)


def test_every_control_is_reached_by_tab_and_seen(page: Page) -> None:
    """Each stop of the Tab key has an outline, and no control is without a stop."""
    page.value(f"document.querySelectorAll('{STOPS}').forEach((one, place) => one.setAttribute('data-stop', place))")
    reachable = page.value(
        f"[...document.querySelectorAll('{STOPS}')].filter((one) => one.getClientRects().length).map((one) => "
        "one.dataset.stop)"
    )
    seen: dict[str, tuple[str, float]] = {}
    for _ in range(len(reachable) + 1):
        page.press(*TAB)
        stop, style, width = page.value(
            "(() => { const one = document.activeElement, style = getComputedStyle(one); "
            "return [one.dataset.stop ?? '', style.outlineStyle, parseFloat(style.outlineWidth)]; })()"
        )
        if stop:
            seen[stop] = (style, width)

    assert len(reachable) > 10
    assert set(reachable) == set(seen)
    assert all(style == "solid" and width >= 2 for style, width in seen.values())


def test_every_screenful_of_a_simulation_says_so(page: Page) -> None:
    """In the bar that stays while all else scrolls away."""
    shown = "(() => { scrollTo(0, 1e6); const box = document.getElementById('word').getBoundingClientRect(); "
    shown += "return [document.getElementById('word').textContent, box.width > 0 && box.bottom <= innerHeight]; })()"

    assert ["SIMULATED", True] == page.value(shown)


def test_keys_go_through_time(page: Page) -> None:
    """From anywhere on the page."""
    page.value("document.activeElement.blur()")
    times = []
    for key in (HOME, RIGHT, END):
        page.press(*key)
        times.append(int(page.value("document.getElementById('time').value")))

    assert [0, 1, 29] == times


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_stand_out_from_the_panel(scheme: str) -> None:
    """Lines by 3 to 1, text by 4.5 to 1 (WCAG 2.2)."""
    colours = palette(scheme)

    assert dict.fromkeys(LINES, True) == {name: contrast(colours[name], colours["panel"]) >= 3 for name in LINES}
    texts = ("ink", "quiet", "green", "orange", "red")
    assert all(contrast(colours[name], colours[under]) >= 4.5 for name in texts for under in ("panel", "paper"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_looks_alike_without_green_differs_in_more_than_colour(scheme: str) -> None:
    """Lines of one chart whose colours an eye without green cones cannot tell apart have patterns that differ."""
    colours = palette(scheme)
    for looks in charts():
        for one, other in combinations(looks, 2):
            distance = np.linalg.norm(seen_without_green(colours[one[0]]) - seen_without_green(colours[other[0]]))
            assert distance >= DELTA or one[1] != other[1], (scheme, one, other, float(distance))


def charts() -> list[list[tuple[str, str]]]:
    """The lines of each chart: colour and pattern."""
    script = (files("swell.dashboard") / "assets" / "2-charts.js").read_text("utf-8")
    found = [
        [(name, pattern or "solid") for name, pattern in re.findall(r"\"c-(\w+) ?(\w*)\"", part)]
        for part in script.split("addChart({")[1:]
    ]
    assert sum(len(looks) for looks in found) > 15
    return found


def palette(scheme: str) -> dict[str, Colour]:
    """The colours of the style sheet, each as sRGB from 0 to 1; dark ones stand in place of the light ones."""
    style = (files("swell.dashboard") / "assets" / "page.css").read_text("utf-8")
    light, dark = (dict(re.findall(r"--(\w+): (#\w+)", part)) for part in style.split("prefers-color-scheme", 1))
    named = light if scheme == "light" else {**light, **dark}
    return {name: of_hex(text) for name, text in named.items()}


def of_hex(text: str) -> Colour:
    """#rgb or #rrggbb."""
    digits = text[1:] if len(text) == 7 else "".join(one * 2 for one in text[1:])
    return np.array([int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)])


def linear(colour: Colour) -> Colour:
    """Light, not its coding."""
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def contrast(one: Colour, other: Colour) -> float:
    """WCAG's ratio."""
    low, high = sorted(float(TO_XYZ[1] @ linear(each)) for each in (one, other))
    return (high + 0.05) / (low + 0.05)


def seen_without_green(colour: Colour) -> Colour:
    """As CIELAB."""
    xyz = TO_XYZ @ np.clip(DEUTERANOPIA @ linear(colour), 0, 1) / TO_XYZ.sum(axis=1)
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_no_name_of_a_region_is_cut(shared_browser: Page, tmp_path: Path) -> None:
    """Beside its row a name has all its letters or a mark for those left out; pointed at, it is whole."""
    names = ["northamerica-northeast1", "verylongcontinent-withsomebodysownpart12"]
    one = small_run([100.0] * 30)
    run = replace(one, regions=dict.fromkeys(names, one.regions["europe-west1"]))
    topology = load_topology()
    regions = dict.fromkeys(names, topology.regions["europe-west1"])
    (tmp_path / "page.html").write_text(
        to_html(report_on(run), topology.model_copy(update={"regions": regions})), "utf-8"
    )
    shared_browser.open((tmp_path / "page.html").as_uri(), 375)

    shown = shared_browser.value(
        "[...document.querySelectorAll('.region-name')].map((one) => "
        "[one.firstChild.data, one.querySelector('title').textContent, one.getBBox().x])"
    )

    assert [shown_as for shown_as, _, _ in shown] == [names[0], "verylongcontinent-w…dysownpart12"]
    assert names == [whole for _, whole, _ in shown]
    assert all(left >= 0 for *_, left in shown)
