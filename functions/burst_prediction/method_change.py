"""What operators are told when the model of a region is replaced for its scores, and when it has its place again."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.burst_prediction.method_choice import Method, MethodReason
from functions.burst_prediction.outlook import Outlook
from shared.crowds.timeline import EntryKind
from shared.telemetry import Severity


@dataclass(frozen=True)
class MethodChange:
    """A line of the log and an entry of the timeline."""

    severity: Severity
    message: str
    kind: EntryKind
    text: str
    fields: Mapping[str, str | float]


def method_change(outlook: Outlook, before: Method | None) -> MethodChange | None:
    """What there is to tell, if the scores of late put another method in the place of the one `before`."""
    method, region, scores = outlook.forecast.method, outlook.forecast.region, outlook.scores
    if before is None or before is method:
        return None
    named = f"accuracy {scores.accuracy:.3f}, {{}} {scores.naive_accuracy:.3f}, {scores.bins} bins"
    fields: Mapping[str, str | float] = {
        "region": region,
        "method": method.value,
        "accuracy": round(scores.accuracy, 4),
        "naive_accuracy": round(scores.naive_accuracy, 4),
    }
    if outlook.choice.is_warning and before is Method.GROWTH_MODEL:
        what = f"{region}: the forecast model did worse than {method.spoken}, which replaces it"
        text = f"{what} ({named.format(method.spoken)})"
        return MethodChange("WARNING", "forecast model replaced", EntryKind.ALERT, text, fields)
    if outlook.choice.reason is MethodReason.MODEL_IS_BETTER and method is Method.GROWTH_MODEL:
        text = f"{region}: the forecast model is better again and takes its place ({named.format(before.spoken)})"
        return MethodChange("INFO", "forecast model returned", EntryKind.FORECAST, text, fields)
    return None
