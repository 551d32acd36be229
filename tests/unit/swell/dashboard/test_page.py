"""The page that the dashboard and the reports are."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from swell.dashboard.page import in_script, page, policy, script
from tests.unit.swell.dashboard.browser import Page

VIEW: dict[str, Any] = {
    "live": False,
    "title": "A crowd",
    "simulated": True,
    "simulated_text": "two streams",
    "notes": [],
    "start_s": 0.0,
    "step_s": 60.0,
    "points": 3,
    "regions": [],
    "world": {"asked": [1, 2, 3], "served": [1, 2, None], "p99": [5, 6, 7], "mode": [0, 1, 0]},
    "timeline": [{"at_s": 60.0, "kind": "fault", "text": "</script><script>document.title = 'broken in'</script>"}],
    "objectives": [],
}
NODE = shutil.which("node")


def test_nothing_is_loaded_from_elsewhere() -> None:
    """One document: no address, no file beside it."""
    document = page(VIEW, "A crowd")

    assert [] == re.findall(r"""(?:src|href)\s*=\s*["'](?!#)""", document)
    assert {"http://www.w3.org/2000/svg"} == set(re.findall(r"https?://[^\"'\s]+", document))
    assert len(document.encode()) < 70_000


def test_what_is_shown_cannot_become_program() -> None:
    """Text of an event that ends the script element stays text."""
    document = page(VIEW, "</title><script>1</script>")

    assert 2 == document.count("</script>")
    assert "</title><script>" not in document
    assert '"\\u003c/script' in in_script({"text": "</script"})


def test_only_its_own_program_may_run() -> None:
    """The policy names the script and the style by their hashes; only a live page may ask its server."""
    still, live = policy(live=False), policy(live=True)

    assert "unsafe" not in still + live
    assert "default-src 'none'" in still
    assert "connect-src 'none'" in still
    assert "connect-src 'self'" in live
    assert f'content="{still}"' in page(VIEW, "A crowd")


def test_every_part_has_a_name_for_those_who_do_not_see_it() -> None:
    """Slider, tables and lists are labelled; the first stop of the Tab key leads to the time."""
    document = page(VIEW, "A crowd")

    assert document.index('href="#time"') < document.index("<header")
    assert re.search(r'<input id="time"[^>]*aria-label="Time"', document)
    labels = re.findall(r'aria-labelledby="([^"]+)"', document)
    assert labels
    assert all(f'id="{label}"' in document for label in labels)


@pytest.mark.skipif(NODE is None, reason="no node on this machine: it reads the page's program")
def test_the_program_is_javascript(tmp_path: Path) -> None:
    """It can be read as such."""
    written = tmp_path / "page.js"
    written.write_text(script(), encoding="utf-8")

    assert NODE is not None
    subprocess.run([NODE, "--check", str(written)], check=True, timeout=60)


def test_a_browser_draws_it(shared_browser: Page, tmp_path: Path) -> None:
    """The policy lets the page's own program run, which says SIMULATED and draws what is known."""
    written = tmp_path / "page.html"
    written.write_text(page(VIEW, "A crowd"), encoding="utf-8")

    shared_browser.open(f"{written.as_uri()}#t=1", 1366)
    drawn = shared_browser.value("document.documentElement.outerHTML")

    assert "<title>SIMULATED: A crowd</title>" in drawn
    assert "<b>SIMULATED</b>two streams" in drawn
    assert 'aria-label="Requests: asked (target) from 1 to 3' in drawn
    assert "broken in" in drawn
    assert "▾ in charts: calendar and faults" in drawn
    assert drawn.count('class="moment-mark"') == 2, "the fault, in both charts that have a line"
    assert 'id="clock" for="time" aria-live="off">01:00 ·' in drawn


def test_a_live_page_keeps_what_is_focused(shared_browser: Page, tmp_path: Path) -> None:
    """It is drawn anew each second, but not under a reader's fingers."""
    written = tmp_path / "page.html"
    written.write_text(page(VIEW | {"live": True, "simulated": False}, "A crowd"), encoding="utf-8")
    shared_browser.open(written.as_uri(), 1366)
    shared_browser.value("document.querySelector('#events button').focus()")
    twice = """new Promise((done) => {
      let asked = 0;
      const view = JSON.parse(document.getElementById("view").textContent);
      window.fetch = async () => { asked += 1; if (asked > 2) done(); return { ok: true, json: () => view }; };
    })"""

    shared_browser.call("Runtime.evaluate", expression=twice, awaitPromise=True)

    assert "fault" in shared_browser.value("document.activeElement.textContent")
