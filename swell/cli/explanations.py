"""Why a query uses the method that it uses: the calibration of a segment, and the planner's choice."""

from collections.abc import Mapping
from typing import Any

from shared.index.calibration import Calibration
from shared.index.planner import Ask, Choice, plan_search


def explain(segment: Mapping[str, Any], *, recall: float, top_k: int) -> dict[str, Any]:
    """One segment as `GET /v1/collections/{collection}` describes it, for a single query without a filter.

    `efforts` are rows of method, effort, recall@10, recall@100 and milliseconds, as measured when it was built.
    """
    title = f"shard {segment['shard']}, {segment['kind']} {segment['id'][:8]}, {segment['live_rows']:,} live rows"
    if not segment["calibration"]:
        return {"title": title, "choice": "scanned exactly", "efforts": []}
    calibration = Calibration.from_document(segment["calibration"])
    ask = Ask(
        top_k=top_k,
        recall=recall,
        batch=1,
        allowed=segment["live_rows"],
        filtered=False,
        local=segment["local"],
    )
    choice = plan_search(calibration, ask)
    return {"title": title, "choice": _sentence(choice, recall), "efforts": _efforts(calibration)}


def _sentence(choice: Choice, recall: float) -> str:
    effort = {"sketch": f" at confidence {choice.confidence:g}", "forest": f" with search_k {choice.size}"}
    how = f"{choice.method}{effort.get(choice.method, '')}"
    return f"for recall {recall:g}: {how}, measured {choice.recall:.3f}, {choice.seconds * 1000:.2f} ms"


def _efforts(calibration: Calibration) -> list[dict[str, str]]:
    exact = _row("exact", "all rows", 1.0, 1.0, calibration.exact_single_s)
    sketches = [
        _row(
            "sketch",
            f"confidence {level.confidence:g}, {level.rows_10:.0f} rows scored",
            level.recall_10,
            level.recall_100,
            calibration.sketch_fixed_s
            + level.rows_10 * calibration.sketch_row_s
            + level.scans_10 * calibration.exact_single_s,
        )
        for level in calibration.sketch
    ]
    forests = [
        _row("forest", f"search_k {effort.search_k}", effort.recall_10, effort.recall_100, effort.seconds)
        for effort in calibration.forest
    ]
    return [exact, *sketches, *forests]


def _row(method: str, effort: str, recall_10: float, recall_100: float, seconds: float) -> dict[str, str]:
    return {
        "method": method,
        "effort": effort,
        "recall_10": f"{recall_10:.3f}",
        "recall_100": f"{recall_100:.3f}",
        "ms": f"{seconds * 1000:.3f}",
    }
