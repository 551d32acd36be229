"""Tells operators of an outlook: a burst that is on its way, and a forecast method that took another one's place."""

from datetime import datetime

from functions.burst_prediction.method_change import method_change
from functions.burst_prediction.method_choice import Method
from functions.burst_prediction.outlook import Outlook
from shared.crowds.timeline import EntryKind, Timeline, TimelineEntry
from shared.telemetry import log


class TellOutlook:
    """Told again within the hour, a burst is one entry."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def __call__(self, outlook: Outlook, before: Method | None, now: datetime) -> None:
        """Note what there is to tell; `before` is the method of the last outlook."""
        region = outlook.forecast.region
        if outlook.alarm:
            text = f"{region}: a burst is on its way within half an hour"
            key = f"burst {region} {now:%Y%m%d%H}"
            self._timeline.note_once(TimelineEntry(now, EntryKind.ALERT, key, text, {"region": region}))
        if (change := method_change(outlook, before)) is not None:
            log(change.severity, change.message, **change.fields)
            key = f"method {region} {now:%Y%m%d%H%M}"
            self._timeline.note(TimelineEntry(now, change.kind, key, change.text, change.fields))
