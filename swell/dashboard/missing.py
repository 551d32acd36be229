"""What a live page cannot show, and why."""

from collections.abc import Iterator

from swell.dashboard.reading import Reading


def missing(reading: Reading | None) -> list[str]:
    """A sentence for each part of the page that a look at the server told nothing of."""
    if reading is None:
        return []
    if reading.refused_paths:
        return [f"{', '.join(reading.refused_paths)}: refused; SWELL_API_KEY names an operator's key."]
    return [*_of_crowds(reading), *_of_money(reading)]


def _of_crowds(reading: Reading) -> Iterator[str]:
    if not reading.regions.get("regions"):
        yield "Map, health and load of regions: this server is one region alone."
    if reading.own_clock:
        yield "Target, forecast and plan: crowds go by a quicker clock here (SWELL_CLOCK_SPEED) than these seconds."
    elif not reading.forecasts:
        yield "Target and forecast: none yet; they come every five minutes, where load or an event is known."
    if "regions" not in reading.plan and not reading.own_clock:
        yield "Planned instances: there is no plan yet; the next forecast makes it."
    if not reading.cache:
        yield "Caches: no answer was looked for in one yet."


def _of_money(reading: Reading) -> Iterator[str]:
    if reading.budget.get("budget") is None:
        yield "Spending and what is allowed: no budget is set; swell budget set sets one."
    elif not reading.budget.get("spent"):
        yield "Spending: nothing is booked yet; each minute is, once it is over."
