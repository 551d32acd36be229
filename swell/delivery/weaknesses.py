"""What Artifact Analysis knows of an image: the gate between a build and a delivery.

Source: `gcloud artifacts docker images list-vulnerabilities --format json`, a list of Grafeas vulnerability
occurrences. Its field names are from Google's REST reference of `projects.occurrences`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from shared.errors import FieldProblem, InvalidRequest, shortened

_ORDER: Final = ("MINIMAL", "LOW", "MEDIUM", "HIGH", "CRITICAL")


@dataclass(frozen=True)
class Weakness:
    """One, with the version of the package that mends it; empty where there is none yet."""

    id: str
    severity: str
    package: str
    mended_in: str


def read_weaknesses(report: bytes) -> list[Weakness]:
    """All that a report names.

    Raises:
        InvalidRequest: it is not such a report: a gate must not pass what it cannot read.
    """
    try:
        document = orjson.loads(report)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(FieldProblem("report", "not JSON", f"a list of vulnerabilities ({error})")) from None
    if not isinstance(document, list):
        raise InvalidRequest(FieldProblem("report", shortened(document), "a list of vulnerabilities"))
    return [weakness for number, entry in enumerate(document) for weakness in _of(number, entry)]


def stopping(found: Sequence[Weakness], severity: str) -> list[Weakness]:
    """Those that are severe enough and could be mended: what nobody can mend stops nothing."""
    least = _ORDER.index(severity)
    return [one for one in found if one.mended_in and _ORDER.index(one.severity) >= least]


def _of(number: int, entry: Any) -> list[Weakness]:
    try:
        details = entry["vulnerability"]
        severity = details.get("effectiveSeverity") or details["severity"]
        if severity in {"SEVERITY_UNSPECIFIED", "EFFECTIVE_SEVERITY_UNSPECIFIED"}:
            severity = details.get("severity", "MINIMAL")
        if severity not in _ORDER:
            severity = "CRITICAL"  # what is not known is taken for the worst
        name = entry["noteName"].rpartition("/")[2]
        issues = details["packageIssue"]
        return [Weakness(name, severity, issue["affectedPackage"], _mended_in(issue)) for issue in issues]
    except (KeyError, TypeError, AttributeError) as error:
        field = f"report[{number}]"
        raise InvalidRequest(FieldProblem(field, shortened(entry), f"a vulnerability occurrence ({error!r})")) from None


def _mended_in(issue: Any) -> str:
    version = issue.get("fixedVersion") or {}
    return version.get("fullName", "") if version.get("kind") == "NORMAL" else ""  # MAXIMUM: no version mends it
