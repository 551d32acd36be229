"""The gate between a build and a delivery."""

from typing import Any

import orjson
import pytest

from shared.errors import InvalidRequest
from swell.delivery.weaknesses import read_weaknesses, stopping


def _occurrence(severity: str, *, mended: bool = True, effective: str | None = None) -> dict[str, Any]:
    fixed = {"kind": "NORMAL", "fullName": "3.0.17-1"} if mended else {"kind": "MAXIMUM"}
    return {
        "noteName": "projects/goog-vulnz/notes/CVE-2026-1",
        "vulnerability": {
            "severity": severity,
            **({"effectiveSeverity": effective} if effective else {}),
            "packageIssue": [{"affectedPackage": "openssl", "fixedVersion": fixed}],
        },
    }


@pytest.mark.parametrize(
    ("occurrence", "stops"),
    [
        (_occurrence("CRITICAL"), True),
        (_occurrence("HIGH"), True),
        (_occurrence("MEDIUM"), False),
        (_occurrence("CRITICAL", mended=False), False),
        (_occurrence("CRITICAL", effective="LOW"), False),
        (_occurrence("MEDIUM", effective="HIGH"), True),
        (_occurrence("CRITICAL", effective="SEVERITY_UNSPECIFIED"), True),
        (_occurrence("DREADFUL"), True),
    ],
    ids=["critical", "high", "medium", "without a mend", "made less", "made more", "not told", "unknown word"],
)
def test_what_is_severe_and_could_be_mended_stops(occurrence: dict[str, Any], stops: bool) -> None:  # noqa: FBT001
    """From HIGH on; the distribution's own judgement counts before the general one."""
    assert stops is bool(stopping(read_weaknesses(orjson.dumps([occurrence])), "HIGH"))


@pytest.mark.parametrize("report", [b"", b"{}", b'[{"vulnerability": {}}]', b"[1]"], ids=["empty", "object", "no", "1"])
def test_what_cannot_be_read_passes_nothing(report: bytes) -> None:
    """It is refused."""
    with pytest.raises(InvalidRequest, match="report"):
        read_weaknesses(report)


def test_no_weakness_is_no_weakness() -> None:
    """An empty list passes."""
    assert [] == stopping(read_weaknesses(b"[]"), "LOW")
