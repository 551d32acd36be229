"""Where what is announced of a crowd and what crowds of its kind have drawn are far apart: somebody should know."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from shared.crowds.drawn import Drawn, drawn_of
from shared.crowds.paths import drawn_document
from shared.domain.calendar import CalendarEvent, EventType
from shared.ports.state import StateStore

FAR_APART: Final = 2.0
"""A multiple that is so many times more, or less, than any that was seen; crowds of a series differ by less."""
_MOST: Final = 100


def disagreements_of(state: StateStore, events: Sequence[CalendarEvent]) -> list[dict[str, Any]]:
    """One for each region where an announced multiple is far from those seen, the farthest first; a hundred at most."""
    stated = [event for event in events if event.expected_multiple is not None]
    regions = sorted({region for event in stated for region in event.region_weights})
    documents = state.get_many([drawn_document(region) for region in regions]) if regions else []
    seen = {
        region: drawn_of(document.data)
        for region, document in zip(regions, documents, strict=True)
        if document is not None
    }
    return sorted(_disagreements(stated, seen), key=_apart, reverse=True)[:_MOST]


def _disagreements(
    events: Iterable[CalendarEvent], seen: Mapping[str, Mapping[EventType, Drawn]]
) -> Iterator[dict[str, Any]]:
    for event in events:
        for region in event.region_weights:
            drawn, announced = seen.get(region, {}).get(event.kind), event.multiple_in(region)
            if drawn is None or announced is None:
                continue
            if not drawn.least / FAR_APART < announced < drawn.most * FAR_APART:
                yield {
                    "event": event.event_id,
                    "name": event.name,
                    "region": region,
                    "announced": round(announced, 2),
                    "events": drawn.events,
                    "least": drawn.least,
                    "most": drawn.most,
                    "text": f"{event.name} in {region}: {_told(drawn, announced)}",
                }


def _told(drawn: Drawn, announced: float) -> str:
    """What was seen, what is announced, and which of them is planned for."""
    least, most = f"{drawn.least:.3g}", f"{drawn.most:.3g}"
    drew = f"{least} times" if least == most else f"{least} to {most} times"
    events = f"{drawn.events} event{'' if drawn.events == 1 else 's'} of its kind drew {drew} the usual load"
    planned = "what is announced" if announced > drawn.most else "what those drew"
    return f"{events}, announced: {announced:.3g} times; planned for is {planned}"


def _apart(one: Mapping[str, Any]) -> float:
    announced: float = one["announced"]
    return float(max(announced / one["most"], one["least"] / announced))
