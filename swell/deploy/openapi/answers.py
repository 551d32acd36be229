"""What the main routes answer, as JSON Schema; every answer may gain fields."""

from typing import Final

from shared.budget.decisions import DecisionState
from shared.domain.collection import AttributeType, Metric
from shared.regions.replication import Shape
from swell.deploy.openapi.route_doc import ANYTHING, Schema, array, required, with_optional

_TEXT: Final[Schema] = {"type": "string"}
_MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_NUMBER: Final[Schema] = {"type": "number"}
_FLAG: Final[Schema] = {"type": "boolean"}
_VECTOR: Final = array(_NUMBER)
_VERSION: Final[Schema] = {"type": "string", "description": "of the collection, as `min_version` takes it"}
_SHARE: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 1}
_OPTIONAL_OBJECT: Final[Schema] = {"type": ["object", "null"]}

MATCH: Final = with_optional(
    required(id=_TEXT, score={"type": "number", "description": "higher is closer, for every metric"}),
    attributes=ANYTHING,
    vector=_VECTOR,
)
_DAMAGES: Final[dict[str, Schema]] = {
    "partial": {"type": "boolean", "description": "a damaged segment or version was left out"},
    "damaged_segments": array(ANYTHING),
    "damaged_manifests": array(ANYTHING),
    "stale": {"type": "boolean", "description": "the state store is away, and the answer is older than usual"},
    "age_ms": _COUNT,
}
NEIGHBORS: Final = with_optional(
    required(matches=array(MATCH), version=_VERSION, method=_TEXT, recall_target=_SHARE, serving_mode=_TEXT),
    top_k={"type": "integer", "minimum": 1, "description": "there where the serving mode cut it"},
    **_DAMAGES,
)
QUERY: Final = with_optional(
    required(
        version=_VERSION,
        method=_TEXT,
        recall_target=_SHARE,
        serving_mode=_TEXT,
        cache={"enum": ["answer", "shared", "hot", "warm"]},
        fetched_bytes=_COUNT,
        took_ms={"type": "number", "minimum": 0},
    ),
    matches=array(MATCH),
    results=array(required(matches=array(MATCH))),
    top_k={"type": "integer", "minimum": 1, "description": "there where the serving mode cut it"},
    **_DAMAGES,
)
_RECORD: Final = with_optional(required(id=_TEXT, version=_TEXT), attributes=_OPTIONAL_OBJECT, vector=_VECTOR)
FETCH: Final = with_optional(
    required(records=array(_RECORD), missing=array(_TEXT), version=_VERSION, serving_mode=_TEXT), **_DAMAGES
)
LIST: Final = with_optional(
    required(
        records=array(_RECORD),
        next={"type": ["string", "null"], "description": "`after` of the next page; null where nothing is left"},
        version=_VERSION,
        serving_mode=_TEXT,
    ),
    **_DAMAGES,
)
COUNT: Final = with_optional(required(count=_COUNT, version=_VERSION, serving_mode=_TEXT), **_DAMAGES)
RECALL: Final = required(
    queries=_COUNT,
    top_k=_COUNT,
    recall_target=_SHARE,
    recall=_SHARE,
    lowest=_SHARE,
    method=_TEXT,
    ms=_NUMBER,
    exact_ms=_NUMBER,
)
COLLECTION: Final = required(
    name=_TEXT,
    dimension={"type": "integer", "minimum": 1},
    metric={"enum": [metric.value for metric in Metric]},
    shards={"type": "integer", "minimum": 1},
    attributes={"type": "object", "additionalProperties": {"enum": [kind.value for kind in AttributeType]}},
)
_SHAPE: Final[Schema] = {"enum": [shape.value for shape in Shape]}
DECLARED: Final = with_optional(COLLECTION, replication=_SHAPE, home=_TEXT)
_COPY: Final = required(
    region=_TEXT,
    source={"type": ["string", "null"], "description": "whom it copies from; null at home, and where it does not"},
    version={"type": ["string", "null"]},
    versions_behind=_COUNT,
    lag_s={"type": ["number", "null"]},
)
COLLECTIONS: Final = required(collections=array(COLLECTION), serving_mode=_TEXT)
DESCRIPTION: Final = with_optional(
    {
        **required(
            **COLLECTION["properties"],
            records=_COUNT,
            version=_VERSION,
            home=_TEXT,
            home_epoch=_COUNT,
            replication=_SHAPE,
            regions=array(_COPY),
            segments=array(ANYTHING),
            cache=ANYTHING,
            answer_cache=ANYTHING,
            serving_mode=_TEXT,
        )
    },
    **_DAMAGES,
)
ACCEPTED: Final[Schema] = {
    "type": "object",
    "properties": {"accepted": _COUNT, "erasure": _TEXT},
}
COMMITTED: Final = with_optional(
    required(version=_VERSION),
    accepted=_COUNT,
    erasure=_TEXT,
    deleted=_COUNT,
    missing=array(_TEXT),
    conflicts=array(_TEXT),
)
OPERATION: Final = required(
    operation=_TEXT,
    kind=_TEXT,
    collection=_TEXT,
    state=_TEXT,
    uri=_TEXT,
    created_at=_MOMENT,
    updated_at=_MOMENT,
    progress=ANYTHING,
    result=_OPTIONAL_OBJECT,
    error=_OPTIONAL_OBJECT,
)
ERASURE: Final = required(state=_TEXT)
LEASE: Final = required(lease=_TEXT, holder=_TEXT, fencing_token={"type": "integer", "minimum": 1}, expires_at=_MOMENT)
BALLOT: Final = required(
    id=_TEXT,
    proposal=ANYTHING,
    proposer=_TEXT,
    opened_at=_MOMENT,
    deadline=_MOMENT,
    electorate=ANYTHING,
    quorum=_COUNT,
    votes=array(ANYTHING),
    outcome={"type": ["string", "null"]},
)
BALLOTS: Final = required(ballots=array(BALLOT))
VOTED: Final = required(standing=_TEXT, ballot=BALLOT)
CARRIED_OUT: Final = required(is_done=_FLAG, versions_behind=_COUNT, behind_s=_NUMBER, collections=array(ANYTHING))
ROLLOUT: Final = required(rollout=_TEXT, collection=_TEXT, trees=_COUNT, shards=array(_COUNT), waves=array(ANYTHING))
VERIFIED: Final = required(passes=_FLAG, recall=_NUMBER)
FLIPPED: Final = required(versions=array({"type": ["integer", "null"]}))
REGION: Final = required(region=_TEXT, presence=_TEXT, is_draining=_FLAG, heard_at=_MOMENT)
ENDPOINTS: Final = required(
    endpoints=array(required(region=_TEXT, url=_TEXT, presence=_TEXT, is_serving={"type": "boolean"}))
)
REGIONS: Final = required(regions=array(REGION))
TASK: Final = required(id=_TEXT, kind=_TEXT, state=_TEXT, attempts=_COUNT, asked_at=_MOMENT, deadline=_MOMENT)
TASKS: Final = required(tasks=array(TASK))
INQUIRY: Final = required(
    id=_TEXT,
    question=_TEXT,
    asked_at=_MOMENT,
    deadline=_MOMENT,
    is_over=_FLAG,
    answers={"type": "object", "additionalProperties": required(after_s=_NUMBER)},
    silent=array(_TEXT),
)
JOURNAL: Final = required(entries=array(required(number=_COUNT, at=_MOMENT)))
EVENT: Final = required(
    id=_TEXT,
    name=_TEXT,
    kind=_TEXT,
    starts_at_local=_TEXT,
    time_zone=_TEXT,
    duration_min=_NUMBER,
    regions={"type": "object", "additionalProperties": _NUMBER},
    revision=_COUNT,
)
DISAGREEMENT: Final = required(event=_TEXT, region=_TEXT, announced=_NUMBER, events=_COUNT, text=_TEXT)
EVENT_KEPT: Final = required(**EVENT["properties"], disagreements=array(DISAGREEMENT))
EVENTS: Final = required(revision=_COUNT, events=array(EVENT))
IMPORTED: Final = required(
    revision=_COUNT,
    changed=_COUNT,
    events=array(ANYTHING),
    removed=array(ANYTHING),
    skipped=array(ANYTHING),
    disagreements=array(DISAGREEMENT),
)
FORECASTS: Final = required(
    forecasts=array(required(region=_TEXT, made_at=_MOMENT, method=_TEXT)), disagreements=array(DISAGREEMENT)
)
PLAN: Final = required(
    revision=_COUNT, made_at=_MOMENT, until=_MOMENT, regions=ANYTHING, jobs=array(required(name=_TEXT, at=_MOMENT))
)
TIMELINE: Final = required(entries=array(required(at=_MOMENT, kind=_TEXT, text=_TEXT, fields=ANYTHING)))
BUDGET: Final = required(
    budget=_OPTIONAL_OBJECT, spent=_OPTIONAL_OBJECT, serving_mode=_TEXT, stopped={"type": "boolean"}
)
REPORT_DAYS: Final = required(days=array(_TEXT))
REPORT: Final = required(
    day=_TEXT, sent_at={"type": ["string", "null"]}, missing=array(_TEXT), sections={"type": "object"}
)
RAISE: Final = required(
    event_id=_TEXT, begin=_TEXT, end=_TEXT, extra_per_hour={"type": "number"}, approved_by=_TEXT, state=_TEXT
)
RAISES: Final = required(raises=array(RAISE))
DECISION: Final = required(
    id=_TEXT,
    window=_TEXT,
    why=_TEXT,
    state={"enum": [state.value for state in DecisionState]},
    answer=_OPTIONAL_OBJECT,
    ballot=_TEXT,
    needs_approval=_FLAG,
    may_apply=_FLAG,
    is_over=_FLAG,
)
DECISIONS: Final = required(decisions=array(DECISION))
STOPPED: Final = required(stopped={"type": "boolean"}, by=_TEXT, reason=_TEXT)
