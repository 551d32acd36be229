"""Calls that wait or reach out. Quoted: pages of cloud.google.com/workflows/docs/reference/stdlib."""

import base64
import json
from typing import Any

import pytest

from swell.local.workflows.calls.http import ConnectionBroken, ConnectionFailed, Response, ResponseLate
from swell.local.workflows.failure import Cancelled, Interrupted
from tests.builders.workflows import OneCallback, Stage, refusals
from tests.fakes.workflow_functions import InProcessFunctions, answer

_URL = "http://functions.test"


def _call(function: str, args: str, then: str = "r") -> str:
    return f"""
        main:
          params: [x]
          steps:
            - a: {{call: {function}, args: {args}, result: r}}
            - b: {{return: "${{{then}}}"}}
        """


def test_a_request_carries_what_the_step_says() -> None:
    """http.post: url, headers, query, body; a body that is no string is sent as JSON."""
    functions = InProcessFunctions({"POST /v1/items": answer({"made": 1}, 201, x_request_id="7")})
    args = f'{{url: "{_URL}/v1/items", headers: {{X-Trace: 5}}, query: {{dry: true}}, body: {{n: 1}}, timeout: 20}}'

    made = Stage(functions).run(_call("http.post", args))

    [request] = functions.requests
    assert ("POST", {"dry": "true"}, 20.0) == (request.method, request.query, request.timeout_s)
    assert {"Content-Type": "application/json; charset=utf-8", "X-Trace": "5"} == request.headers
    assert b'{"n": 1}' == request.body
    assert {"code": 201, "body": {"made": 1}} == {key: made[key] for key in ("code", "body")}
    assert "7" == made["headers"]["X-Request-Id"]


@pytest.mark.parametrize(
    ("content_type", "body", "decoded"),
    [
        ("application/json; charset=utf-8", b'{"a": 1}', {"a": 1}),
        ("application/problem+json", b"[]", []),
        ("text/plain", "ä".encode(), "ä"),
        ("application/json", b"", None),
    ],
)
def test_answers_are_decoded_by_their_content_type(content_type: str, body: bytes, decoded: Any) -> None:
    """http-requests: a JSON body is converted; text is a string."""
    functions = InProcessFunctions({"GET /": Response(200, {"Content-Type": content_type}, body)})

    assert decoded == Stage(functions).run(_call("http.get", f"{{url: '{_URL}/'}}", "r.body"))


def test_other_answers_are_bytes() -> None:
    """http-requests: any other body is bytes, which text.decode and base64 take."""
    functions = InProcessFunctions({"GET /": Response(200, {"Content-Type": "application/zip"}, b"\xff")})

    assert "/w==" == Stage(functions).run(_call("http.get", f"{{url: '{_URL}/'}}", "base64.encode(r.body)"))


def test_a_request_has_300_seconds() -> None:
    """http.get: timeout, default 300 seconds; quotas: at most 1800."""
    functions = InProcessFunctions({"GET /": answer()})

    Stage(functions).run(_call("http.get", f"{{url: '{_URL}/'}}"))

    assert 300 == functions.requests[0].timeout_s
    late = Stage(functions).failure(_call("http.get", f"{{url: '{_URL}/', timeout: 1801}}"))
    assert ["ValueError"] == late["tags"]


def test_requests_with_oidc_show_who_they_are_for() -> None:
    """authenticate-from-workflow: auth type OIDC; the audience is the URL by default."""
    functions = InProcessFunctions({"GET /": answer()})
    stage = Stage(functions)

    stage.run(_call("http.get", f"{{url: '{_URL}/', auth: {{type: OIDC}}}}"))
    stage.run(_call("http.get", f"{{url: '{_URL}/', auth: {{type: OIDC, audience: there}}}}"))
    stage.run(_call("http.get", f"{{url: '{_URL}/'}}"))

    assert [f"{_URL}/", "there", None] == [request.oidc_audience for request in functions.requests]


@pytest.mark.parametrize(
    ("outcome", "tags"),
    [
        (ConnectionFailed("refused"), ["ConnectionFailedError"]),
        (ConnectionBroken("reset"), ["ConnectionError"]),
        (ResponseLate(), ["TimeoutError"]),
        (Response(200, {"content-type": "application/json"}, b"{"), ["ResponseTypeError"]),
        (Response(200, {"content-type": "text/plain"}, b"a" * (2 * 1024 * 1024 + 1)), ["ResourceLimitError"]),
    ],
)
def test_what_goes_wrong_on_the_way_has_a_tag(outcome: Any, tags: list[str]) -> None:
    """error-types: the meaning of each tag; quotas: HTTP response size, 2 MB."""
    stage = Stage(InProcessFunctions({"GET /": outcome}))

    assert tags == stage.failure(_call("http.get", f"{{url: '{_URL}/'}}"))["tags"]


def test_an_error_status_is_an_http_error() -> None:
    """error-types: HttpError has code, headers, body and a message."""
    stage = Stage(InProcessFunctions({"GET /": answer({"title": "not found"}, 404)}))

    error = stage.failure(_call("http.get", f"{{url: '{_URL}/'}}"))

    assert (["HttpError"], 404, {"title": "not found"}) == (error["tags"], error["code"], error["body"])
    assert "HTTP server responded with error code 404" == error["message"]


@pytest.mark.parametrize(
    ("function", "args", "reason"),
    [
        ("http.get", "{url: u, body: b}", "http.get takes"),
        ("http.get", "{url: u, private_service_name: p}", "http.get takes"),
        ("http.post", "{}", "http.post takes"),
        ("http.get", "{url: u, auth: {type: OAuth2}}", "auth: only type OIDC is interpreted here"),
        ("sys.log", "{text: a, level: 3}", "sys.log takes"),
    ],
)
def test_arguments_outside_of_the_subset_are_refused_by_name(function: str, args: str, reason: str) -> None:
    """Before anything runs."""
    assert reason in refusals(_call(function, args))[0]


@pytest.mark.parametrize("url", ["ftp://x", "${1}"])
def test_an_address_is_one_of_http(url: str) -> None:
    """http.get: url starts with http:// or https://."""
    assert ["ValueError"] == Stage().failure(_call("http.get", f"{{url: '{url}'}}"))["tags"]


def test_sleeping() -> None:
    """sys.sleep suspends for so many seconds; sys.sleep_until until a time of RFC 3339."""
    stage = Stage()

    stage.run(_call("sys.sleep", "{seconds: 90}"))
    stage.run(_call("sys.sleep_until", "{time: '2026-06-01T12:10:00Z'}"))

    assert [90, 510] == stage.time.waits
    assert ["TypeError"] == stage.failure(_call("sys.sleep", "{seconds: a}"))["tags"]
    assert ["ValueError"] == stage.failure(_call("sys.sleep", "{seconds: '${-1}'}"))["tags"]


def test_logging() -> None:
    """sys.log: text or json, with a severity, DEFAULT by default."""
    stage = Stage()

    stage.run(_call("sys.log", "{text: '${x}'}"), "hello")
    stage.run(_call("sys.log", "{json: {a: 1}, severity: WARNING}"))

    assert [("DEFAULT", "hello"), ("WARNING", {"a": 1})] == stage.logs


_CALLBACK = """
main:
  steps:
    - open: {call: events.create_callback_endpoint, args: {http_callback_method: PUT}, result: callback}
    - wait: {call: events.await_callback, args: {callback: "${callback}", timeout: 3600}, result: request}
    - answer: {return: ["${callback.url}", "${request.http_request.body}"]}
"""


def test_a_callback_resumes_the_workflow() -> None:
    """creating-callback-endpoints: the URL takes requests of the method; the request is what await_callback returns."""
    desk = OneCallback(None, {"http_request": {"body": "yes", "method": "PUT"}, "type": "HTTP"})
    stage = Stage(desk=desk)

    assert [desk.url, "yes"] == stage.run(_CALLBACK)
    assert ["PUT"] == desk.methods


def test_a_callback_that_does_not_come_is_a_timeout() -> None:
    """await_callback: TimeoutError in case of a timeout, by default after 43,200 seconds."""
    stage = Stage()

    assert ["TimeoutError"] == stage.failure(_CALLBACK)["tags"]
    assert ["TimeoutError"] == stage.failure(_CALLBACK.replace(", timeout: 3600", ""))["tags"]
    assert [3600, 43_200] == stage.time.waits


@pytest.mark.parametrize(
    ("callback", "tag"), [("{url: 'http://elsewhere'}", "ValueError"), ("1", "TypeError"), ("{}", "TypeError")]
)
def test_awaiting_what_is_no_callback(callback: str, tag: str) -> None:
    """await_callback: ValueError for invalid values, TypeError for invalid types."""
    assert [tag] == Stage().failure(_call("events.await_callback", f"{{callback: {callback}}}"))["tags"]


def test_publishing() -> None:
    """Connector of Pub/Sub: topics.publish takes the topic's full name, and messages with data in base64."""
    stage = Stage()
    data = base64.b64encode(b"hello").decode()
    args = json.dumps(
        {"topic": "projects/p/topics/alerts", "body": {"messages": [{"data": data, "attributes": {"a": "1"}}]}}
    )

    stage.run(_call("googleapis.pubsub.v1.projects.topics.publish", args))

    [message] = stage.publisher.take("alerts")
    assert (b"hello", {"a": "1"}) == (message.data, message.attributes)


@pytest.mark.parametrize("body", ["{}", "{messages: []}", "{messages: [{data: '?'}]}", "{messages: [1]}"])
def test_publishing_nothing(body: str) -> None:
    """What is no list of messages is refused as a value, and nothing is published."""
    stage = Stage()

    error = stage.failure(
        _call("googleapis.pubsub.v1.projects.topics.publish", f"{{topic: projects/p/topics/t, body: {body}}}")
    )

    assert ["ValueError"] == error["tags"]
    assert [] == stage.publisher.messages


def test_an_execution_that_is_cancelled_catches_nothing() -> None:
    """executions: cancelling ends it; no except sees that."""
    source = "main: {steps: [a: {try: {assign: [n: 1]}, except: {steps: [b: {return: caught}]}}]}"

    cancelled, interrupted = Stage(), Stage()
    cancelled.stop.cancel()
    interrupted.stop.interrupt()

    with pytest.raises(Cancelled):
        cancelled.run(source)
    with pytest.raises(Interrupted):
        interrupted.run(source)
