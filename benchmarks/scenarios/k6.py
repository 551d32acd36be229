"""A scenario as a script for k6 (https://k6.io): course, mix, popularity, objectives, abort rule, at live size.

k6 measures from when it sends, not from when it meant to: where it cannot keep up, its `dropped_iterations` say so.
"""

import json
from typing import Any, Final

import numpy as np

from benchmarks.scenarios.catalog import BadScenario
from benchmarks.scenarios.course import factors
from benchmarks.scenarios.model import Scenario
from benchmarks.scenarios.popularity import weights

_STAGES: Final = 30
_MOST_CLASSES: Final = 60


def k6_script(scenario: Scenario) -> str:
    """The script. It takes SWELL_URL, SWELL_API_KEY, COLLECTION and DIMENSION from the environment.

    Raises:
        BadScenario: it asks over a protocol that the script does not speak.
    """
    if others := sorted(set(scenario.protocols) - {"http1"}):
        raise BadScenario(f"protocols: got {', '.join(others)}, allowed in a script for k6: http1")
    return _SCRIPT.format(
        title=scenario.title.replace("*/", ""),
        name=scenario.name,
        options=json.dumps(_options(scenario), indent=2),
        classes=json.dumps(_classes(scenario)),
        mix=json.dumps(_mix(scenario)),
        seed=scenario.seed,
    )


def _options(scenario: Scenario) -> dict[str, Any]:
    live = scenario.live
    minutes = np.linspace(0, scenario.duration_min, _STAGES + 1)
    multiples = factors(scenario.arrival, minutes)
    rates = np.maximum(np.round(multiples / max(multiples.max(), 1e-9) * live.peak_rps), 0).astype(int).tolist()
    each_s = live.seconds / _STAGES
    return {
        "scenarios": {
            scenario.name: {
                "executor": "ramping-arrival-rate",
                "startRate": rates[0],
                "timeUnit": "1s",
                "preAllocatedVUs": max(10, round(live.peak_rps / 5)),
                "maxVUs": max(50, round(live.peak_rps)),
                "stages": [{"target": rate, "duration": f"{each_s * 1000:.0f}ms"} for rate in rates[1:]],
            }
        },
        "thresholds": _thresholds(scenario),
        "summaryTrendStats": ["avg", "min", "med", "max", "p(95)", "p(99)", "p(99.9)"],
    }


def _thresholds(scenario: Scenario) -> dict[str, list[Any]]:
    asked, abort = scenario.objectives, scenario.abort
    latencies = {"p(50)": asked.p50_ms, "p(95)": asked.p95_ms, "p(99)": asked.p99_ms}
    found: dict[str, list[Any]] = {}
    duration = [f"{quantile}<{limit:g}" for quantile, limit in latencies.items() if limit is not None]
    if duration:
        found["http_req_duration{expected_response:true}"] = duration
    failed: list[Any] = [{"threshold": f"rate<{abort.error_share:g}", "abortOnFail": True, "delayAbortEval": "5s"}]
    if asked.error_share is not None:
        failed.insert(0, f"rate<={asked.error_share:g}")
    found["swell_failed"] = failed
    if asked.shed_share_premium is not None:
        found["swell_shed"] = [f"rate<={max(asked.shed_share_premium, 0.0001):g}"]
    return found


def _classes(scenario: Scenario) -> list[list[float]]:
    """Keys in at most so many classes: the last key of each, and the share of requests up to it."""
    counts, chances = weights(scenario.popularity)
    last, reached = np.cumsum(counts), np.cumsum(counts * chances)
    kept = np.unique(np.linspace(0, len(counts) - 1, min(len(counts), _MOST_CLASSES)).astype(int))
    return [[float(last[at]), round(float(reached[at]), 6)] for at in kept]


def _mix(scenario: Scenario) -> list[list[Any]]:
    """Kinds of requests, each with the share of requests up to it."""
    shares = {kind: share for kind, share in scenario.mix.model_dump().items() if share}
    return [
        [kind, round(float(up_to), 6)] for kind, up_to in zip(shares, np.cumsum(list(shares.values())), strict=True)
    ]


_SCRIPT: Final = """// {title}
// Written by `swell rehearse {name} --k6`; run it with: k6 run FILE
import http from "k6/http";
import {{ check }} from "k6";
import {{ Rate }} from "k6/metrics";

export const options = {options};

const failed = new Rate("swell_failed");
const shed = new Rate("swell_shed");
const url = __ENV.SWELL_URL || "http://127.0.0.1:8080";
const collection = __ENV.COLLECTION || "rehearsal";
const dimension = Number(__ENV.DIMENSION || 384);
const headers = {{ "Content-Type": "application/json" }};
if (__ENV.SWELL_API_KEY) headers["Authorization"] = `Bearer ${{__ENV.SWELL_API_KEY}}`;

// [last key of a class, share of requests up to it]: keys of a class are asked for alike.
const classes = {classes};

function draw() {{
  const share = Math.random();
  let first = 0;
  for (const [last, reached] of classes) {{
    if (share <= reached) return first + Math.floor(Math.random() * (last - first));
    first = last;
  }}
  return first - 1;
}}

// The vector of a key is always the same: what is popular is asked for again, and caches show.
function vectorOf(key) {{
  let state = (key * 2654435761 + {seed}) >>> 0;
  const vector = [];
  for (let at = 0; at < dimension; at += 1) {{
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    vector.push(state / 2147483648 - 1);
  }}
  return vector;
}}

// [kind, share of requests up to it]
const mix = {mix};

function kindOf() {{
  const share = Math.random();
  for (const [kind, reached] of mix) if (share <= reached) return kind;
  return mix[mix.length - 1][0];
}}

function asked(kind, key) {{
  if (kind === "write") return ["upsert", {{ records: [{{ id: `live-${{key % 1000}}`, vector: vectorOf(key) }}] }}];
  if (kind === "delete") return ["delete", {{ ids: [`live-${{key % 1000}}`] }}];
  const ask = {{ vector: vectorOf(key), top_k: 10 }};
  // The collection has an attribute `part`, an integer.
  if (kind === "filtered") ask.filter = {{ eq: {{ part: key % 10 }} }};
  return ["query", ask];
}}

export default function () {{
  const [action, body] = asked(kindOf(), draw());
  const answer = http.post(`${{url}}/v1/collections/${{collection}}/${{action}}`, JSON.stringify(body), {{ headers }});
  const good = answer.status === 200 || answer.status === 202;
  const code = good ? "" : String(answer.json("type") || "").split("/").pop();
  shed.add(code === "shed");
  failed.add(!good && code !== "shed");
  if (good && action === "query") check(answer, {{ "has matches": (seen) => seen.json("matches").length > 0 }});
}}
"""
