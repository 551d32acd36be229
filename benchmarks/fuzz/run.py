"""Asks a running Swell whatever its OpenAPI document allows, and what it does not allow."""

import random
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException
from schemathesis.core.errors import InvalidSchema
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Err, Result
from schemathesis.errors import SchemathesisError
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from benchmarks.fuzz.aiming import COLLECTIONS, DIMENSION, IDS, aim
from benchmarks.fuzz.report import Finding, FuzzReport

ANSWER_WITHIN_S: Final = 30.0
STREAM_FOR_S: Final = 0.3
_EXAMPLES: Final = 12
"""Requests of one operation in a row."""
_CHECKS: Final = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_MODES: Final = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


@dataclass(frozen=True)
class FuzzPlan:
    """How many requests, from which seed, and after how long to end whatever is left; `None`: never."""

    requests: int = 20_000
    seed: int = 1
    examples: int = _EXAMPLES
    within_s: float | None = None


def fuzz(url: str, plan: FuzzPlan, tell: Callable[[str], None] = lambda _: None) -> FuzzReport:
    """Ask every operation in turns, until so many requests were answered. The Swell at `url` must be an empty one."""
    started_s, report, chance = time.monotonic(), FuzzReport(), random.Random(plan.seed)
    with requests.Session() as session:
        document = session.get(f"{url}/openapi.json", timeout=ANSWER_WITHIN_S).json()
        schema = schemathesis.openapi.from_dict(document)
        operations = [_readable(found) for found in schema.get_all_operations()]
        turn = 0
        while report.requests < plan.requests:
            _provide(session, url)
            for operation in operations:
                report.seconds = time.monotonic() - started_s
                if report.requests >= plan.requests or _is_over(plan, report.seconds):
                    return report
                mode, number = _MODES[turn % 2], plan.seed * 1_000_003 + turn
                _Asking(session, url, report, chance).ask(operation, mode, number, plan.examples)
            turn += 1
            tell(f"{report.requests:,} requests, {report.failures} failures, {len(report.findings)} findings")
            if turn == len(_MODES) and not report.requests:
                raise RuntimeError("no operation could be asked")
    report.seconds = time.monotonic() - started_s
    return report


def _readable(
    found: Result[APIOperation[Any, Any, Any, Any], InvalidSchema],
) -> APIOperation[Any, Any, Any, Any]:
    if isinstance(found, Err):
        raise found.err()
    return found.ok()


def _is_over(plan: FuzzPlan, seconds: float) -> bool:
    return plan.within_s is not None and seconds > plan.within_s


def _provide(session: requests.Session, url: str) -> None:
    """Have collections with records to be asked for; an earlier turn may have deleted them."""
    for name in COLLECTIONS:
        one = f"{url}/v1/collections/{name}"
        declaration: Any = {"dimension": DIMENSION, "attributes": {"year": "integer", "tags": "string_list"}}
        session.put(one, json=declaration, timeout=ANSWER_WITHIN_S)
        records: Any = [
            {"id": record_id, "vector": [1.0, place, 0.5], "attributes": {"year": 1990 + place}}
            for place, record_id in enumerate(IDS)
        ]
        session.post(f"{one}/upsert", json={"records": records, "wait": "committed"}, timeout=ANSWER_WITHIN_S)


class _Asking:
    def __init__(self, session: requests.Session, url: str, report: FuzzReport, chance: random.Random) -> None:
        self._session = session
        self._url = url
        self._report = report
        self._chance = chance

    def ask(self, operation: Any, mode: schemathesis.GenerationMode, number: int, examples: int) -> None:
        """Ask an operation so many times."""

        @seed(number)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def one(case: Any) -> None:
            self._one(case)

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what schemathesis thinks of the document
                one()
        except (HypothesisException, SchemathesisError):
            return  # there is nothing invalid to say to an operation that takes nothing

    def _one(self, case: Any) -> None:
        aim(case, self._chance)
        is_endless = case.operation.path == "/v1/stream"
        try:
            answer = case.call(
                self._url, session=self._session, timeout=STREAM_FOR_S if is_endless else ANSWER_WITHIN_S
            )
        except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError):
            self._report.unsendable += 1
            return
        except (requests.ConnectionError, requests.Timeout) as error:
            if is_endless:
                self._report.cut_streams += 1
            else:
                self._found(case, f"no answer: {type(error).__name__}")
            return
        self._judge(case, answer)

    def _judge(self, case: Any, answer: Any) -> None:
        self._report.statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            refusal = _refusal(answer)
            if refusal is None:
                self._found(case, f"{answer.status_code}: {answer.text[:300]}")
            else:
                self._report.refusals[refusal] += 1
        try:
            case.validate_response(answer, checks=_CHECKS)
        except FailureGroup as failures:
            for failure in failures.exceptions:
                self._found(case, f"{answer.status_code} {failure.title}: {failure.message[:300]}")

    def _found(self, case: Any, wrong: str) -> None:
        self._report.found(Finding(f"{case.method} {case.operation.path}", wrong, case.as_curl_command()[:1000]))


def _refusal(answer: Any) -> str | None:
    """The name of the problem, where an answer is a documented refusal that says when to come back."""
    is_problem = "application/problem+json" in str(answer.headers.get("content-type"))
    if not is_problem or answer.status_code not in {503, 504}:
        return None
    if answer.status_code == 503 and not answer.headers.get("retry-after"):
        return None
    return str(answer.json()["type"]).rsplit("/", 1)[-1]
