"""The routes of those who operate: coordination, control."""

from http import HTTPStatus
from typing import Final

from functions.control.budget_routes import OrderResume, OrderStop, PutBudget
from functions.control.crowd_routes import Since
from functions.control.decision_routes import AnswerDecision, Propose
from functions.control.prewarm_routes import LoadCollections, RaiseFloor, StepDown, TellFact
from functions.control.raise_routes import ApproveRaise, TakeBack
from functions.control.report_routes import SendReport, ShowReport
from functions.control.requests import Empty, EventSpan, ImportCalendar, PutEvent
from functions.control.rollout_routes import BeginRollout, VerifyRollout
from functions.coordination.requests import (
    AskRegions,
    AskTask,
    CastVote,
    DrainRegion,
    OpenBallot,
    ReleaseLease,
    RenewLease,
    TakeLease,
    UnderLease,
)
from swell.deploy.openapi import answers
from swell.deploy.openapi.route_doc import ANYTHING, NO_CONTENT, Answer, RouteDoc

_REGION, _BALLOT = "/v1/regions/{region}", "/v1/ballots/{ballot}"
_LEASE, _EVENT = "/v1/leases/{lease}", "/v1/calendar/events/{event}"
_ROLLOUT: Final = "/v1/rollouts/{rollout}"
_DECISION: Final = "/v1/budget/decisions/{decision}"
_PREWARM: Final = "/v1/plans/{plan}/prewarm"
_CARRIED_OUT: Final = (Answer(answers.CARRIED_OUT),)
_AFTER: Final = {
    "name": "after",
    "in": "query",
    "description": "The number of an entry; those after it are shown.",
    "schema": {"type": "string", "pattern": "^[0-9]{1,12}$", "default": "0"},
}

OPERATOR_ROUTES: Final = {
    ("GET", "/v1/endpoints"): RouteDoc(
        "listEndpoints", "Where reads are answered, nearest first", (Answer(answers.ENDPOINTS),)
    ),
    ("GET", "/v1/regions"): RouteDoc("listRegions", "Every region that was ever heard", (Answer(answers.REGIONS),)),
    ("GET", _REGION): RouteDoc("region", "A region, and what the others lack of it", (Answer(answers.REGION),)),
    ("POST", f"{_REGION}/drain"): RouteDoc(
        "drainRegion", "Send a region no more traffic, or some again", (Answer(answers.REGION),), body=DrainRegion
    ),
    ("GET", "/v1/ballots"): RouteDoc("listBallots", "Every ballot that is kept", (Answer(answers.BALLOTS),)),
    ("POST", "/v1/ballots"): RouteDoc(
        "openBallot", "Ask every region", (Answer(answers.BALLOT, status=HTTPStatus.CREATED),), body=OpenBallot
    ),
    ("GET", _BALLOT): RouteDoc("ballot", "One ballot", (Answer(answers.BALLOT),)),
    ("POST", f"{_BALLOT}/vote"): RouteDoc("vote", "Speak for a region", (Answer(answers.VOTED),), body=CastVote),
    ("POST", f"{_BALLOT}/fence"): RouteDoc(
        "fence", "Have nothing commit while an heir catches up", _CARRIED_OUT, body=UnderLease
    ),
    ("POST", f"{_BALLOT}/promote"): RouteDoc(
        "promote", "Move the homes of what the heir has whole", _CARRIED_OUT, body=UnderLease
    ),
    ("POST", f"{_BALLOT}/close"): RouteDoc("closeBallot", "Close a decided ballot", (Answer(answers.BALLOT),)),
    ("POST", _LEASE): RouteDoc("takeLease", "Take a lease", (Answer(answers.LEASE),), body=TakeLease),
    ("POST", f"{_LEASE}/renew"): RouteDoc("renewLease", "Hold it longer", (Answer(answers.LEASE),), body=RenewLease),
    ("POST", f"{_LEASE}/release"): RouteDoc("releaseLease", "Give it back", (NO_CONTENT,), body=ReleaseLease),
    ("POST", "/v1/inquiries"): RouteDoc(
        "askRegions", "Ask every region", (Answer(answers.INQUIRY, status=HTTPStatus.ACCEPTED),), body=AskRegions
    ),
    ("GET", "/v1/inquiries/{inquiry}"): RouteDoc("inquiry", "What regions answered", (Answer(answers.INQUIRY),)),
    ("GET", "/v1/tasks"): RouteDoc("listTasks", "The tasks that are kept", (Answer(answers.TASKS),)),
    ("POST", "/v1/tasks"): RouteDoc(
        "askTask", "Ask for a task", (Answer(answers.TASK, status=HTTPStatus.ACCEPTED),), body=AskTask
    ),
    ("GET", "/v1/tasks/{task}"): RouteDoc("task", "One task, with its result", (Answer(answers.TASK),)),
    ("POST", "/v1/tasks/{task}/retry"): RouteDoc(
        "retryTask", "Have a dead task done after all", (Answer(answers.TASK, status=HTTPStatus.ACCEPTED),)
    ),
    ("GET", "/v1/task-journal"): RouteDoc(
        "taskJournal", "What happened to all tasks", (Answer(answers.JOURNAL),), more_parameters=(_AFTER,)
    ),
    ("GET", "/v1/calendar/events"): RouteDoc(
        "listEvents", "Events, with the times they are on", (Answer(answers.EVENTS),), parameters=EventSpan
    ),
    ("GET", _EVENT): RouteDoc("event", "One event as it was entered", (Answer(answers.EVENT_KEPT),)),
    ("PUT", _EVENT): RouteDoc("putEvent", "Enter an event, or change it", (Answer(answers.EVENT_KEPT),), body=PutEvent),
    ("DELETE", _EVENT): RouteDoc("deleteEvent", "Take an event out", (NO_CONTENT,)),
    ("POST", "/v1/calendar/import"): RouteDoc(
        "importCalendar", "Enter what an iCalendar file announces", (Answer(answers.IMPORTED),), body=ImportCalendar
    ),
    ("GET", "/v1/forecasts"): RouteDoc("listForecasts", "The forecasts in short", (Answer(answers.FORECASTS),)),
    ("GET", "/v1/forecasts/{region}"): RouteDoc("forecast", "A region's forecast, step by step"),
    ("GET", "/v1/plan"): RouteDoc("plan", "The scaling plan that holds", (Answer(answers.PLAN),)),
    ("GET", "/v1/timeline"): RouteDoc(
        "timeline", "What was decided and done", (Answer(answers.TIMELINE),), parameters=Since
    ),
    ("GET", "/v1/budget"): RouteDoc("budget", "Limits, what is spent, what has given way", (Answer(answers.BUDGET),)),
    ("PUT", "/v1/budget"): RouteDoc("putBudget", "Set the limits", (Answer(answers.BUDGET),), body=PutBudget),
    ("GET", "/v1/budget/raises"): RouteDoc("listRaises", "What events may cost more", (Answer(answers.RAISES),)),
    ("POST", "/v1/budget/raises"): RouteDoc(
        "raiseBudget", "Allow more for an event", (Answer(answers.RAISE),), body=ApproveRaise
    ),
    ("DELETE", "/v1/budget/raises/{event}"): RouteDoc(
        "takeBackRaise", "Allow it no more", (NO_CONTENT,), parameters=TakeBack
    ),
    ("GET", "/v1/reports"): RouteDoc("listReports", "The days that have a report", (Answer(answers.REPORT_DAYS),)),
    ("GET", "/v1/reports/{day}"): RouteDoc(
        "report", "The report of a day, or how it would look now", (Answer(answers.REPORT),), parameters=ShowReport
    ),
    ("POST", "/v1/reports/{day}/sections/{section}"): RouteDoc("readSection", "Read one section of a day"),
    ("POST", "/v1/reports/{day}/send"): RouteDoc("sendReport", "Keep a report and tell of it", body=SendReport),
    ("POST", "/v1/budget/stop"): RouteDoc(
        "stopSpending", "Stop all spending", (Answer(answers.STOPPED),), body=OrderStop
    ),
    ("POST", "/v1/budget/resume"): RouteDoc(
        "resumeSpending", "Let spending go on", (Answer(answers.STOPPED),), body=OrderResume
    ),
    ("GET", "/v1/budget/decisions"): RouteDoc(
        "listDecisions", "Stops that were wanted, the latest first", (Answer(answers.DECISIONS),)
    ),
    ("GET", _DECISION): RouteDoc("decision", "One of them, and how far it is", (Answer(answers.DECISION),)),
    ("POST", f"{_DECISION}/propose"): RouteDoc(
        "proposeDecision", "Ask operators and regions", (Answer(answers.DECISION),), body=Propose
    ),
    ("POST", f"{_DECISION}/answer"): RouteDoc(
        "answerDecision", "Approve or refuse, as an operator", (Answer(answers.DECISION),), body=AnswerDecision
    ),
    ("POST", f"{_DECISION}/apply"): RouteDoc(
        "applyDecision", "Stop, if somebody stands behind it", (Answer(answers.DECISION),), body=Empty
    ),
    ("POST", f"{_DECISION}/lift"): RouteDoc(
        "liftDecision", "Take back what was applied", (Answer(answers.DECISION),), body=Empty
    ),
    ("PUT", f"{_PREWARM}/floors/{{region}}"): RouteDoc(
        "raiseFloor", "Hold a floor under a region", (Answer(ANYTHING),), body=RaiseFloor
    ),
    ("DELETE", f"{_PREWARM}/floors/{{region}}"): RouteDoc("removeFloor", "Take a floor back", (NO_CONTENT,)),
    ("POST", f"{_PREWARM}/load/{{region}}"): RouteDoc(
        "loadCollections", "Have a region open what it will be asked", body=LoadCollections
    ),
    ("GET", f"{_PREWARM}/readiness/{{region}}"): RouteDoc("readiness", "Whether as many answer as were granted"),
    ("POST", f"{_PREWARM}/step-down"): RouteDoc("stepDown", "Let go of a part of the floors", body=StepDown),
    ("POST", f"{_PREWARM}/facts"): RouteDoc("tellFact", "Note what came of a prewarm", body=TellFact),
    ("PUT", _ROLLOUT): RouteDoc(
        "beginRollout", "Begin to build a collection anew", (Answer(answers.ROLLOUT),), body=BeginRollout
    ),
    ("GET", _ROLLOUT): RouteDoc("rollout", "How far a rollout is", (Answer(answers.ROLLOUT),)),
    ("POST", f"{_ROLLOUT}/shards/{{shard}}/build"): RouteDoc("buildShard", "Build one shard anew", body=Empty),
    ("POST", f"{_ROLLOUT}/waves/{{wave}}/sync"): RouteDoc("syncWave", "Bring it to the regions of a wave", body=Empty),
    ("POST", f"{_ROLLOUT}/verify"): RouteDoc(
        "verifyRollout", "Measure what the new segments find", (Answer(answers.VERIFIED),), body=VerifyRollout
    ),
    ("POST", f"{_ROLLOUT}/flip"): RouteDoc("flip", "Serve the new segments", (Answer(answers.FLIPPED),), body=Empty),
    ("POST", f"{_ROLLOUT}/roll-back"): RouteDoc(
        "rollBack", "Serve what was served before", (Answer(answers.FLIPPED),), body=Empty
    ),
}
