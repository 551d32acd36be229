"""Half of all requests are turned towards what exists: made-up names would all end at the first check."""

import random
from typing import Any, Final

DIMENSION: Final = 3
COLLECTIONS: Final = ("words", "places")
IDS: Final = tuple(f"r{number}" for number in range(20))
MAX_TIMEOUT_MS: Final = 300

_PATH_NAMES: Final = {
    "collection": COLLECTIONS,
    "id": IDS,
    "region": ("us-central1", "europe-west1"),
    "ballot": ("b1", "b2"),
    "lease": ("l1", "l2"),
    "task": ("t1", "t2"),
    "event": ("e1", "e2"),
    "plan": ("p1", "p2"),
}


def aim(case: Any, chance: random.Random) -> None:
    """Turn a generated request towards what exists, and bound how long it may wait."""
    if case.headers and chance.random() < 0.95:
        case.headers.pop("Authorization", None)  # made up, it would only be refused
    if chance.random() < 0.5:
        for name in case.path_parameters or {}:
            if name in _PATH_NAMES:
                case.path_parameters[name] = chance.choice(_PATH_NAMES[name])
        if isinstance(case.body, dict):
            _aim_body(case.body, chance)
    if isinstance(case.body, dict) and isinstance(case.body.get("timeout_ms"), int | float):
        case.body["timeout_ms"] = min(case.body["timeout_ms"], MAX_TIMEOUT_MS)


def _aim_body(body: dict[str, Any], chance: random.Random) -> None:
    if body.get("vector") is not None:
        body["vector"] = _vector(chance)
    if isinstance(body.get("vectors"), list):
        body["vectors"] = [_vector(chance) for _ in body["vectors"]]
    if isinstance(body.get("ids"), list):
        body["ids"] = chance.sample(IDS, min(len(body["ids"]), len(IDS)))
    if isinstance(body.get("records"), list):
        for place, record in enumerate(body["records"]):
            _aim_record(record, IDS[place % len(IDS)], chance)
    if "id" in body and "proposal" in body:
        body["id"] = chance.choice(_PATH_NAMES["ballot"])


def _aim_record(record: Any, record_id: str, chance: random.Random) -> None:
    if isinstance(record, dict):
        record["id"] = record_id
        if record.get("vector") is not None:
            record["vector"] = _vector(chance)


def _vector(chance: random.Random) -> list[float]:
    return [chance.uniform(-1, 1) for _ in range(DIMENSION)]
