"""daily_report: what can be read is sent, what cannot is named."""

from typing import Any

from tests.builders.workflows import Stage, workflow_file
from tests.fakes.workflow_functions import InProcessFunctions, answer

_REPORT = "/v1/reports/2026-06-01"
_ARGUMENT = {"day": "2026-06-01", "sections": ["spend", "load", "forecast"]}


def _stage(**others: Any) -> tuple[Stage, InProcessFunctions]:
    sections = {f"POST {_REPORT}/sections/{name}": answer({"section": name.upper()}) for name in _ARGUMENT["sections"]}
    functions = InProcessFunctions({**sections, f"POST {_REPORT}/send": answer({"sent_to": ["ops"]}), **others})
    return Stage(functions, variables={"SWELL_CONTROL_URL": "http://control.test"}), functions


def test_a_report_with_all_its_sections() -> None:
    """Each is read once, and sent under its name."""
    stage, functions = _stage()

    assert {"state": "sent", "sent_to": ["ops"], "missing": []} == stage.run(workflow_file("daily_report"), _ARGUMENT)
    [sent] = functions.bodies(f"POST {_REPORT}/send")
    assert {"spend": "SPEND", "load": "LOAD", "forecast": "FORECAST"} == sent["sections"]


def test_a_section_that_cannot_be_read_is_named() -> None:
    """The others are sent all the same."""
    stage, functions = _stage(**{f"POST {_REPORT}/sections/load": answer(None, 500)})

    assert ["load"] == stage.run(workflow_file("daily_report"), _ARGUMENT)["missing"]
    [sent] = functions.bodies(f"POST {_REPORT}/send")
    assert {"spend", "forecast"} == set(sent["sections"])


def test_a_report_that_cannot_be_sent_is_a_failure() -> None:
    """Said in the log, as an error."""
    stage, _ = _stage(**{f"POST {_REPORT}/send": answer(None, 409)})

    assert 409 == stage.failure(workflow_file("daily_report"), _ARGUMENT)["code"]
    assert [("ERROR", "no report was sent for 2026-06-01")] == stage.logs
