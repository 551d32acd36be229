"""The last minutes of a running Swell, as the page shows them: one step for each look."""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from shared.domain.serving_mode import ServingMode
from swell.dashboard.missing import missing
from swell.dashboard.reading import Reading, quantile_ms, unknown

STEPS: Final = 300
_MAP_WINDOW_S: Final = 10.0
"""The map counts the requests of so many seconds."""
_DOLLARS: Final = 1_000_000
_QUANTILES: Final = {"0.5": "p50", "0.9": "p90", "0.99": "p99"}
"""As the page names them, and as a forecast does."""
_TARGET: Final = "0.9"
"""The quantile that instances are planned for (`SWELL_PLAN_QUANTILE`), where no event is near."""
_HITS: Final = frozenset({"hit", "shared", "hot", "warm"})


_GAP_S: Final = 6.0
"""Looks further apart than this, which is more than a slow one takes, have seconds between them that nobody saw."""


class History:
    """Keeps the last readings, one for each second; of those in which nobody answered nothing is known."""

    def __init__(self, steps: int = STEPS) -> None:
        self._readings: deque[Reading] = deque(maxlen=steps + 1)

    def add(self, reading: Reading) -> None:
        """One look more. A server that began anew, whose counters fell, has a gap before it."""
        if self._readings:
            since_s = reading.at_s - self._readings[-1].at_s
            unseen = round(since_s) - 1 if since_s > _GAP_S else int(reading.answered < self._readings[-1].answered)
            between_s = since_s / (unseen + 1)
            for back in range(min(unseen, STEPS), 0, -1):
                self._readings.append(unknown(reading.at_s - back * between_s))
        self._readings.append(reading)

    def view(self, url: str, problem: str | None) -> dict[str, Any]:
        """What the page shows; `problem` says why the last look told nothing."""
        pairs = list(pairwise(self._readings))
        last = self._readings[-1] if self._readings else None
        return {
            "format": "swell-dashboard/1",
            "live": True,
            "title": f"Swell at {url}",
            "subtitle": f"live, looked at every second: the last {_span(pairs)}",
            "problem": problem,
            "simulated": False,
            "notes": _NOTES,
            "start_s": pairs[0][1].at_s if pairs else 0.0,
            "step_s": (pairs[-1][1].at_s - pairs[0][0].at_s) / len(pairs) if pairs else 1.0,
            "points": len(pairs),
            "regions": _regions([after for _, after in pairs]),
            "world": _world(pairs),
            "forecasts": [] if last is None else [_score(one) for one in last.forecasts],
            "disagreements": [] if last is None else list(last.disagreements),
            "timeline": [] if last is None else [_entry(one) for one in last.timeline],
            "objectives": [],
            "missing": missing(last),
        }


def _span(pairs: Sequence[tuple[Reading, Reading]]) -> str:
    seconds = round(pairs[-1][1].at_s - pairs[0][0].at_s) if pairs else 0
    return f"{seconds // 60}:{seconds % 60:02} minutes"


def _world(pairs: Sequence[tuple[Reading, Reading]]) -> dict[str, Any]:
    rates = [_rates(before, after) for before, after in pairs]
    quantiles = {
        name: [quantile_ms(before.buckets, after.buckets, share) if before.known else None for before, after in pairs]
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    budgets = [after.budget for _, after in pairs]
    forecast = _foreseen([after for _, after in pairs])
    return {
        **{name: [rate[name] for rate in rates] for name in ("asked", "served", "errors", "shed")},
        **quantiles,
        "actual": [_instances(after, "instances_healthy") for _, after in pairs],
        "ceiling": [_instances(after, "instances_max") for _, after in pairs],
        "planned": [_planned(after) for _, after in pairs],
        "mode": [_mode(budget.get("serving_mode")) for budget in budgets],
        "spent": [_micros((budget.get("spent") or {}).get("day")) for budget in budgets],
        "allowed_per_hour": [_micros(budget.get("dollars_per_hour")) for budget in budgets],
        "spend_per_hour": [_spend_per_hour(pairs, place) for place in range(len(pairs))],
        "forecast": forecast,
        "target": forecast.get(_TARGET, []),
        "lead_text": "as foreseen last",
        "caches": {
            level: [_hit_share(before, after, level) for before, after in pairs]
            for level in sorted({level for _, after in pairs for level, _ in after.cache})
        },
    }


def _rates(before: Reading, after: Reading) -> dict[str, float | None]:
    if not before.known or not after.known:
        return dict.fromkeys(("asked", "served", "errors", "shed"))
    seconds = max(1e-3, after.at_s - before.at_s)
    answered, failed, shed = (
        max(0.0, getattr(after, name) - getattr(before, name)) / seconds for name in ("answered", "failed", "refused")
    )
    refused = min(shed, failed)
    return {"asked": answered, "served": max(0.0, answered - failed), "errors": failed - refused, "shed": refused}


def _hit_share(before: Reading, after: Reading, level: str) -> float | None:
    counts = {
        result: count - before.cache.get((name, result), 0.0)
        for (name, result), count in after.cache.items()
        if name == level
    }
    total = sum(counts.values()) if before.known else 0.0
    return sum(count for result, count in counts.items() if result in _HITS) / total if total > 0 else None


def _instances(reading: Reading, name: str) -> float | None:
    regions = reading.regions.get("regions") or []
    return float(sum(region["load"][name] for region in regions)) if regions else None


def _planned(reading: Reading) -> float | None:
    """Instances that the plan has asked for by now."""
    if "regions" not in reading.plan:
        return None
    return float(sum(_planned_in(steps, reading.at_s) for steps in reading.plan["regions"].values()))


def _planned_for(reading: Reading, region: str) -> int | None:
    return _planned_in(reading.plan["regions"].get(region, ()), reading.at_s) if "regions" in reading.plan else None


def _planned_in(steps: Sequence[Mapping[str, Any]], at_s: float) -> int:
    begun = [step for step in steps if datetime.fromisoformat(step["starts_at"]).timestamp() <= at_s]
    return int(begun[-1]["instances"]) if begun else 0


def _spend_per_hour(pairs: Sequence[tuple[Reading, Reading]], place: int) -> float | None:
    """From what is booked now and what was booked before that: the ledger grows once a minute."""
    now = _booked(pairs[place][1])
    earlier = (_booked(before) for before, _ in reversed(pairs[: place + 1]))
    then = next((one for one in earlier if now and one and one[0] < now[0]), None)
    if now is None or then is None or now[1] < then[1]:  # nothing yet, or a new day
        return None
    return (now[1] - then[1]) / (now[0] - then[0]) * 3600 * _DOLLARS


def _booked(reading: Reading) -> tuple[float, float] | None:
    """Until when spending is booked, and dollars of the day."""
    spent = reading.budget.get("spent")
    return None if not spent else (datetime.fromisoformat(spent["booked_until"]).timestamp(), float(spent["day"]))


def _foreseen(readings: Sequence[Reading]) -> dict[str, list[float | None]]:
    """Requests a second as the forecasts had it that held at each look: sums over regions, by quantile.

    Where crowds go by a clock of their own, those seconds are not these.
    """
    if not any(reading.forecasts and not reading.own_clock for reading in readings):
        return {}
    return {name: [_foreseen_at(reading, key) for reading in readings] for name, key in _QUANTILES.items()}


def _foreseen_at(reading: Reading, quantile: str) -> float | None:
    found = [_foreseen_of(forecast, quantile, reading.at_s) for forecast in reading.forecasts]
    known = [rate for rate in found if rate is not None]
    return sum(known) / 60 if known else None


def _foreseen_of(forecast: Mapping[str, Any], quantile: str, at_s: float) -> float | None:
    minute = at_s / 60
    steps = zip(
        forecast["starts_min"], forecast["lengths_min"], forecast["requests_per_min"].get(quantile, ()), strict=False
    )
    return next((float(rate) for start, length, rate in steps if start <= minute < start + length), None)


def _score(forecast: Mapping[str, Any]) -> dict[str, Any]:
    """How good a region's forecasts have been, and by what it is forecast now."""
    scores = forecast.get("scores") or {}
    bursts = scores.get("bursts") or {}
    return {
        **{name: forecast.get(name) for name in ("region", "method", "reason")},
        **{name: scores.get(name) for name in ("accuracy", "naive_accuracy", "skill", "bins")},
        **{name: bursts.get(name) for name in ("bursts", "onsets_covered", "recall", "precision", "median_lead_min")},
    }


def _regions(readings: Sequence[Reading]) -> list[dict[str, Any]]:
    known = readings[-1].regions.get("regions") or [] if readings else []
    tables = [{one["region"]: one for one in reading.regions.get("regions") or []} for reading in readings]
    return [_region(region, [table.get(region["region"]) for table in tables], readings) for region in known]


def _region(
    region: Mapping[str, Any], states: Sequence[Mapping[str, Any] | None], readings: Sequence[Reading]
) -> dict[str, Any]:
    name = region["region"]
    rates = [None if state is None else state["requests_10s"] / _MAP_WINDOW_S for state in states]
    routes = [_away(reading, name) for reading in readings]
    return {
        "name": name,
        "city": region["city"],
        "latitude": region["latitude_deg"],
        "longitude": region["longitude_deg"],
        "hub": region["tier"] == "tier_1",
        "asked": rates,
        "served": rates,
        "p99": [None if state is None else state["load"]["p99_ms"] for state in states],
        "utilisation": [None if state is None else state["load"]["utilisation"] for state in states],
        "health": [_health(state) for state in states],
        "planned": [_planned_for(reading, name) for reading in readings],
        "actual": [None if state is None else state["load"]["instances_healthy"] for state in states],
        "ceiling": [None if state is None else state["load"]["instances_max"] for state in states],
        "spill": {
            to: [away.get(to, 0.0) * (rate or 0.0) for away, rate in zip(routes, rates, strict=True)]
            for to in sorted({to for away in routes for to in away})
        },
    }


def _away(reading: Reading, name: str) -> dict[str, float]:
    routes = (reading.regions.get("routes") or {}).get(name, [])
    return {share["region"]: share["weight"] for share in routes if share["region"] != name}


def _health(state: Mapping[str, Any] | None) -> float | None:
    if state is None:
        return None
    if not state["alive"]:
        return 0.0
    return None if state["health"] is None else float(state["health"])


def _mode(label: str | None) -> int | None:
    return next((int(mode) for mode in ServingMode if mode.label == label), None)


def _micros(dollars: float | None) -> float | None:
    return None if dollars is None else dollars * _DOLLARS


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    moment = datetime.fromisoformat(entry["at"]).timestamp()
    return {"at_s": moment, "kind": entry["kind"], "text": entry["text"]}


_NOTES: Final = [
    "Requests are those of the query function, from /metrics of the server that is asked; every region by /map.",
    "Times to answer are read from the buckets of a histogram: even inside one, so coarse between two of its bounds.",
    "Refused: by the serving mode, for the rate of a key, or for want of a place; failed: every other 5xx.",
    "Target: what 90 % of the forecast stay below, which is what instances are planned for where no event is near.",
    "A region's requests are those of its last 10 s.",
]
