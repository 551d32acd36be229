"""`swell demo` keeps its promises, on both runtimes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

WORDS = 21_000  # just enough for a forest
ON_EMULATORS = pytest.param("emulators", marks=pytest.mark.emulators)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One demo."""
    command = [sys.executable, "-m", "swell", "demo", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture(scope="module", params=["embedded", ON_EMULATORS])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a demo prints for programs: one document, and nothing else on stdout."""
    option = []
    if request.param == "emulators":
        request.getfixturevalue("emulators_present")
        option = ["--emulators"]
    data = tmp_path_factory.mktemp("demo")

    finished = run("--json", "--words", str(WORDS), "--data", str(data), *option)

    assert finished.returncode == 0, finished.stderr
    document: dict[str, Any] = json.loads(finished.stdout)
    return document


def test_every_word_is_searchable_and_a_forest_stands(report: dict[str, Any]) -> None:
    """Nothing is lost on the way, and a base segment was built of most of it."""
    assert report["vectors"] == WORDS
    assert report["rows_in_forests"] > 0
    assert report["rows_in_forests"] + report["rows_in_deltas"] == WORDS


def test_the_moments_of_an_ingest_are_in_order(report: dict[str, Any]) -> None:
    """Accepted, then searchable, then indexed."""
    moments = [report[f"ingest_to_{moment}_s"] for moment in ("accepted", "searchable", "indexed")]

    assert moments == sorted(moments)
    assert moments[0] > 0


def test_recall_is_kept_and_times_are_measured(report: dict[str, Any]) -> None:
    """recall@10 of at least 0.95 over 200 words that are not in the index."""
    assert report["recall_at_10"] >= 0.95
    assert report["recall_queries"] == 200
    assert 0 < report["p50_ms"] <= report["p99_ms"]
    assert report["latency_queries"] >= 100


def test_king_minus_man_plus_woman_is_queen(report: dict[str, Any]) -> None:
    """The vectors are real, and they are matched to the right words."""
    nearest = {answer["question"]: answer["words"][0]["word"] for answer in report["answers"]}

    assert nearest["king - man + woman"] == "queen"
    assert nearest["paris - france + japan"] == "tokyo"
    assert nearest["goal"] == "goals"


def test_no_old_self_is_found(report: dict[str, Any]) -> None:
    """Replacing, deleting and putting back were looked at, and all hold."""
    assert [check["holds"] for check in report["checks"]] == [True, True, True]
    assert report["shortcomings"] == []


def test_the_events_that_flowed_are_counted(report: dict[str, Any]) -> None:
    """One event a request of 1,000 words, three for the changes, and a compaction; all done by index_update."""
    done = {
        (event["function"], event["event_type"]): event["count"]
        for event in report["events"]
        if event["outcome"] == "done"
    }

    assert done["index_update", "dev.swell.mutations.accepted.v1"] >= WORDS // 1000 + 3
    assert done["index_update", "dev.swell.index.compaction_due.v1"] >= 1


def test_the_story_is_told_and_leaves_the_words_behind(tmp_path: Path) -> None:
    """The reader sees the numbers, the credits, and a command that works on what is left."""
    finished = run("--words", "5000", "--data", str(tmp_path))

    assert finished.returncode == 0, finished.stderr
    for said in ("5,000 words went in", "recall@10", "p99", "Events through the functions", "GloVe", "--data"):
        assert said in finished.stdout
    assert "Traceback" not in finished.stderr


def test_a_directory_with_other_files_is_refused(tmp_path: Path) -> None:
    """Nothing of the user's is removed to make room."""
    (tmp_path / "thesis.txt").write_text("years of work")

    finished = run("--data", str(tmp_path))

    assert finished.returncode == 1
    assert "holds other files" in finished.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
