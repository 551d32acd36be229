"""Errors of workflows, as people read them."""

from typing import Any

import pytest

from functions.control.workflow_errors import LONGEST, cause_of

GONE = {"tags": ["HttpError"], "message": "HTTP server responded with error code 404", "code": 404}
LATE = {"message": "not ready in time", "region": "asia-east1", "readiness": {"ready": 2, "wanted": 5}}


def branches(*payloads: Any) -> dict[str, Any]:
    """As Cloud Workflows wraps what branches raise."""
    failed = [{"id": str(number), "error": {"payload": one, "context": "…"}} for number, one in enumerate(payloads)]
    return {"tags": ["UnhandledBranchError"], "message": "One or more branches …", "branches": failed}


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (branches(LATE), "asia-east1: not ready in time, 2 of 5 instances"),
        (branches({**GONE, "body": {"detail": "no region 'x'"}}), "no region 'x'"),
        (branches(LATE, LATE, GONE), "asia-east1: not ready in time, 2 of 5 instances; " + str(GONE["message"])),
        (GONE, GONE["message"]),
        ("gone", "gone"),
        ({"code": 7}, "{'code': 7}"),
        (branches(), "One or more branches …"),
    ],
)
def test_the_causes_are_told_without_their_wrapping(error: Any, says: str) -> None:
    """Each once, in the order of the branches."""
    assert cause_of(error) == says


def test_a_long_cause_is_shortened() -> None:
    """A line of a timeline is for reading."""
    assert len(cause_of({"message": "x" * 10_000})) <= LONGEST + 1
