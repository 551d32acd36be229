"""A scenario as a script for k6 (https://k6.io) at live size: who asks what, when and how, objectives, abort rule.

k6 measures from when it sends, not from when it meant to: where it cannot keep up, its `dropped_iterations` say so.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.scenarios.arrival import Drifting, Popularity
from benchmarks.scenarios.asked import shares_of
from benchmarks.scenarios.catalog import BadScenario
from benchmarks.scenarios.model import Scenario
from benchmarks.scenarios.offered import offered_rate
from benchmarks.scenarios.popularity import weights
from shared.topology import Topology

SPEAKS: Final = frozenset({"http1", "sse", "websocket"})
"""k6 speaks HTTP/2 only over TLS, and gRPC only with the files that describe a service."""
_TEMPLATE: Final = Path(__file__).with_name("k6_script.js")
_STAGES: Final = 60
_MOST_CLASSES: Final = 60


def k6_script(scenario: Scenario, topology: Topology) -> str:
    """The script. It takes SWELL_URL, COLLECTION, DIMENSION and keys from the environment, as its head says.

    Raises:
        BadScenario: it asks over a protocol that the script does not speak, or what cannot be asked.
    """
    if others := sorted(set(scenario.protocols) - SPEAKS):
        allowed = ", ".join(sorted(SPEAKS))
        raise BadScenario(f"protocols: got {', '.join(others)}, allowed in a script for k6: {allowed}")
    parts = {"__OPTIONS__": _options(scenario, topology), "__SCENARIO__": _data(scenario)}
    script = _head(scenario) + _TEMPLATE.read_text("utf-8")
    for name, part in parts.items():
        script = script.replace(name, json.dumps(part, indent=2))
    return script


def _head(scenario: Scenario) -> str:
    title = " ".join(scenario.title.split())
    lines = [
        title,
        f"Written by `swell rehearse {scenario.name} --k6 FILE`; run it with: k6 run FILE",
        "SWELL_URL, COLLECTION (with an integer attribute `part`), DIMENSION; SWELL_API_KEY, or SWELL_API_KEY_PREMIUM,",
        "SWELL_API_KEY_STANDARD and SWELL_API_KEY_FREE.",
    ]
    if scenario.faults:
        kinds = ", ".join(dict.fromkeys(fault.kind for fault in scenario.faults))
        lines.append(f"Its faults are not played by k6, which only asks: {kinds}.")
    return "".join(f"// {line}\n" for line in lines)


def _options(scenario: Scenario, topology: Topology) -> dict[str, Any]:
    live = scenario.live
    random = np.random.default_rng(scenario.seed)
    times_s, rate = offered_rate(scenario, topology, random, peak_per_s=live.peak_rps, seconds=live.seconds)
    sessions = scenario.sessions
    levels = np.interp(np.linspace(0, live.seconds, _STAGES + 1), times_s, rate) * (sessions.think_s if sessions else 1)
    first, *rest = np.round(levels).astype(int).tolist()
    stages = [{"target": level, "duration": f"{live.seconds / _STAGES * 1000:.0f}ms"} for level in rest]
    if sessions is None:
        executor = {
            "executor": "ramping-arrival-rate",
            "startRate": first,
            "timeUnit": "1s",
            "preAllocatedVUs": max(10, round(live.peak_rps / 5)),
            "maxVUs": max(50, round(live.peak_rps)),
        }
    else:  # a user is a VU; each session has connections of its own, and who is too many leaves
        executor = {"executor": "ramping-vus", "startVUs": first, "gracefulRampDown": "0s"}
    return {
        "scenarios": {scenario.name: {**executor, "stages": stages, "gracefulStop": "5s"}},
        "noVUConnectionReuse": sessions is not None,
        "thresholds": _thresholds(scenario),
        "summaryTrendStats": ["avg", "min", "med", "max", "p(95)", "p(99)", "p(99.9)"],
    }


def _thresholds(scenario: Scenario) -> dict[str, list[Any]]:
    asked, abort = scenario.objectives, scenario.abort
    latencies = {"p(50)": asked.p50_ms, "p(95)": asked.p95_ms, "p(99)": asked.p99_ms}
    found: dict[str, list[Any]] = {}
    duration = [f"{quantile}<{limit:g}" for quantile, limit in latencies.items() if limit is not None]
    if duration:
        found["swell_answer_ms"] = duration
    wait_s = abort.within_s(scenario.duration_min * 60 / scenario.live.seconds)
    failed: list[Any] = [
        {"threshold": f"rate<{abort.error_share:g}", "abortOnFail": True, "delayAbortEval": f"{wait_s * 1000:.0f}ms"}
    ]
    shares = [asked.error_share, None if asked.availability is None else 1 - asked.availability]
    failed[:0] = [f"rate<={share:g}" for share in shares if share is not None]
    found["swell_failed"] = failed
    by_tier = {"premium": asked.shed_share_premium, "standard": asked.shed_share_standard}
    for tier, share in by_tier.items():
        if share is not None:
            found[f"swell_shed{{tier:{tier}}}"] = [f"rate<={share:g}"]
    return found


def _data(scenario: Scenario) -> dict[str, Any]:
    shares = shares_of(scenario)
    kinds = {
        protocol: _reached({asked.kind: share for asked, share in shares.items() if asked.protocol == protocol})
        for protocol in scenario.protocols
    }
    return {
        "seed": scenario.seed,
        "minutes": scenario.duration_min,
        "seconds": scenario.live.seconds,
        "tiers": _reached({tier.value: share for tier, share in scenario.tiers.items()}),
        "protocols": _reached(scenario.protocols),
        "kinds": kinds,
        "classes": _classes(scenario),
        "drift": _drift(scenario.popularity),
        "sessions": None if scenario.sessions is None else scenario.sessions.model_dump(),
    }


def _drift(popularity: Popularity) -> dict[str, float] | None:
    if not isinstance(popularity, Drifting):
        return None
    return {"keys": popularity.keys, "turnover_min": popularity.turnover_min}


def _reached(shares: Mapping[Any, float]) -> list[list[Any]]:
    """Each with the share of all up to it."""
    up_to = np.cumsum(list(shares.values())) / sum(shares.values())
    return [[what, round(float(share), 6)] for what, share in zip(shares, up_to, strict=True)]


def _classes(scenario: Scenario) -> list[list[float]]:
    """Keys in at most so many classes: the last key of each, and the share of requests up to it."""
    counts, chances = weights(scenario.popularity)
    last, reached = np.cumsum(counts), np.cumsum(counts * chances)
    kept = np.unique(np.linspace(0, len(counts) - 1, min(len(counts), _MOST_CLASSES)).astype(int))
    return [[float(last[at]), round(float(reached[at]), 6)] for at in kept]
