"""A report as JSON."""

from dataclasses import asdict
from typing import Any

import orjson

from benchmarks.reports.report import Report
from benchmarks.reports.wording import rare_events, told


def to_document(report: Report) -> dict[str, Any]:
    """The report as JSON."""
    document: dict[str, Any] = orjson.loads(
        orjson.dumps(
            {
                "simulated": report.run.meta.simulated,
                "meta": asdict(report.run.meta),
                "verdict": report.verdict,
                "exit_code": report.exit_code,
                "score": asdict(report.score),
                "objectives": [{**asdict(one), "verdict": one.verdict} for one in report.judged],
                "anomalies": [{**asdict(one), "text": told(report, one)} for one in report.anomalies],
                "phases": [asdict(one) for one in report.run.phases],
                "bottleneck": report.bottleneck,
                "error_budgets": [{**asdict(one), "spent": one.spent} for one in report.budgets],
                "against": None if report.base is None else asdict(report.base.meta),
                "changes": [asdict(one) for one in report.changes],
                "events": [asdict(one) for one in rare_events(report.run)],
                "recommendations": report.run.summary.advice,
                "summary": {**asdict(report.run.summary), "latency": None},
            }
        )
    )
    return document
