"""Waking workflows of Cloud Workflows: which addresses, and what their answers mean."""

from collections.abc import Iterator
from http import HTTPStatus

import pytest
from requests import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared.adapters.google.callbacks import GoogleWorkflowCallbacks
from shared.errors import DependencyUnavailable
from swell.local.server import serve

ADDRESS = (
    "https://workflowexecutions.googleapis.com/v1/projects/1/locations/us-central1/workflows/w/executions/e/callbacks/c"
)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        (ADDRESS, True),
        (ADDRESS.replace("https", "http"), False),
        (ADDRESS.replace(".com", ".com.example.org"), False),
        (ADDRESS.replace("https://", "https://me@"), False),
        (ADDRESS.replace(".com", ".com:8443"), False),
        ("https://example.org/?https://workflowexecutions.googleapis.com/v1/projects/1", False),
        ("http://169.254.169.254/v1/projects/1", False),
    ],
)
def test_a_token_goes_to_cloud_workflows_alone(url: str, *, allowed: bool) -> None:
    """The address came in a request."""
    assert GoogleWorkflowCallbacks(Session()).allows(url) is allowed


@pytest.fixture(scope="module")
def statuses() -> Iterator[str]:
    """A server that answers the status in the path; 302 leads to 200."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        status = int(Request(scope).url.path.strip("/"))
        await Response(status_code=status, headers={"location": "/200"} if status == 302 else {})(scope, receive, send)

    with serve(app, 0) as url:
        yield url


@pytest.mark.parametrize(("status", "woken"), [(200, True), (204, True), (404, False), (409, False), (410, False)])
def test_what_came_of_a_call(statuses: str, status: int, *, woken: bool) -> None:
    """Nobody waits there any more, or somebody called before: that is no failure."""
    session = Session()
    session.trust_env = False
    assert GoogleWorkflowCallbacks(session).send(f"{statuses}/{status}", {}) is woken


@pytest.mark.parametrize("status", [HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE])
def test_what_cannot_be_known(statuses: str, status: HTTPStatus) -> None:
    """It may be sent again."""
    session = Session()
    session.trust_env = False
    with pytest.raises(DependencyUnavailable, match=str(status.value)):
        GoogleWorkflowCallbacks(session).send(f"{statuses}/{status.value}", {})


def test_nobody_answers() -> None:
    """As when nothing listens."""
    session = Session()
    session.trust_env = False
    with pytest.raises(DependencyUnavailable, match="ConnectionError"):
        GoogleWorkflowCallbacks(session).send("http://127.0.0.1:9/", {})
