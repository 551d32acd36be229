"""The sections of a report as tables and sentences: one form for Markdown, HTML and the command line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final


@dataclass(frozen=True)
class Text:
    """A sentence."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows of texts; `numbers` are the columns that are aligned to the right."""

    columns: Sequence[str]
    numbers: Sequence[int]
    rows: Sequence[Sequence[str]]


Block = Text | Table
_TITLES: Final = {
    "load": "Load",
    "forecasts": "Forecasts",
    "spend": "Spending",
    "incidents": "Incidents",
    "failures": "Breakers and dead letters",
    "plan": "The next 24 hours",
}


def blocks_of(sections: Mapping[str, Any]) -> list[tuple[str, list[Block]]]:
    """Title and content of each section that is there.

    Raises:
        LookupError, TypeError, ValueError, AttributeError: a section is not of the form that control gives it.
    """
    return [(title, list(_BLOCKS[name](sections[name]))) for name, title in _TITLES.items() if name in sections]


def moment(text: str) -> str:
    """A time as people read it, in UTC."""
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"


def _load(section: Mapping[str, Any]) -> Iterator[Block]:
    if not section["regions"]:
        yield Text("No load is known of this day.")
        return
    yield Text(f"{section['requests']:,} requests.")
    rows = [
        [
            one["region"],
            f"{one['requests']:,}",
            _change(one["change"]),
            f"{one['fullest_minute']['requests']:,}",
            moment(one["fullest_minute"]["at"]),
            f"{one['known_share']:.0%}",
        ]
        for one in section["regions"]
    ]
    columns = ("region", "requests", "to a week before", "fullest minute", "at (UTC)", "minutes known")
    yield Table(columns, (1, 2, 3, 5), rows)


def _forecasts(section: Mapping[str, Any]) -> Iterator[Block]:
    if not section["regions"]:
        yield Text("No forecast of this day was scored: a model is fitted when two days of load are known.")
        return
    rows = [
        [
            one["region"],
            one["method"].replace("_", " "),
            str(one["bins"]),
            _share(one["accuracy"]),
            _share(one["skill"]),
            _share(one["coverage_p95"]),
        ]
        for one in section["regions"]
    ]
    yield Table(("region", "method", "bins", "accuracy", "skill", "P95 coverage"), (2, 3, 4, 5), rows)
    yield Text("Accuracy is 1 - WAPE on bins of 5 minutes at a lead of 15; skill is against persistence.")


def _spend(section: Mapping[str, Any]) -> Iterator[Block]:
    if section["dollars"] is None:
        yield Text("Nothing was booked on this day: spending is counted from when a budget is set.")
    else:
        yield Text(f"{_dollars(section['dollars'])} estimated.")
        rows = [[one["region"], _dollars(one["dollars"])] for one in section["regions"]]
        yield Table(("region", "estimated"), (1,), rows)
    standing = section["budget"]["standing"]
    if standing is None:
        return
    yield Text(f"The budget as it stood at {moment(standing['decided_at'])} UTC:")
    columns = ("window", "limit", "booked", "likely", "used", "at worst", "at its end")
    amounts = ("limit", "booked", "likely", "counted", "projected")
    rows = []
    for name, one in standing["windows"].items():
        # reports that were sent before the likely was told apart have but what is counted
        limit, booked, likely, worst, at_end = (_dollars(one.get(amount, one["counted"])) for amount in amounts)
        rows.append([name, limit, booked, likely, f"{one['used']:.0%}", worst, at_end])
    yield Table(columns, (1, 2, 3, 4, 5, 6), rows)
    level, end = standing["level"], standing["month_end"]
    yield Text(f"Mode {level['label']} since {moment(level['since'])} UTC: {level['reason'].replace('_', ' ')}.")
    yield Text(f"The month comes to {_dollars(end['expected'])}, with all raises to {_dollars(end['at_most'])}.")
    if billed := standing["billed"]:
        yield Text(f"Billed by {moment(billed['published_at'])} UTC: {_dollars(billed['amount'])}.")


def _incidents(section: Mapping[str, Any]) -> Iterator[Block]:
    if not section["entries"] and not section["ballots"]:
        yield Text("Nothing happened.")
        return
    rows = [[moment(one["at"]), one["kind"].replace("_", " "), one["text"]] for one in section["entries"]]
    if rows:
        yield Table(("at (UTC)", "what", "told"), (), rows)
    if section["left_off"]:
        yield Text(f"{section['left_off']:,} earlier entries are left off; `swell timeline` has them.")
    rows = [
        [moment(one["decided_at"]), one["ballot"], one["about"].replace("_", " "), one["outcome"], _region_loss(one)]
        for one in section["ballots"]
    ]
    if rows:
        yield Table(("decided (UTC)", "ballot", "about", "outcome", ""), (), rows)


def _failures(section: Mapping[str, Any]) -> Iterator[Block]:
    told = (
        (
            "breakers",
            "breaker of",
            "opened",
            "Breakers are not counted by the day here: see /metrics.",
        ),
        ("dead_letters", "given up by", "dead letters", "Dead letters are not counted by the day here."),
    )
    for name, what, column, uncounted in told:
        counts = section[name]
        if counts is None:
            yield Text(uncounted)
        elif counts:
            yield Table((what, column), (1,), [[one["name"], f"{one['count']:,}"] for one in counts])
        else:
            yield Text("No breaker opened." if name == "breakers" else "No dead letters.")


def _plan(section: Mapping[str, Any]) -> Iterator[Block]:
    rows = [
        [one["name"], one["kind"].replace("_", " "), moment(one["starts_at"]), moment(one["ends_at"]), _regions(one)]
        for one in section["events"]
    ]
    if rows:
        yield Table(("event", "kind", "from (UTC)", "to", "regions"), (), rows)
    rows = [
        [one["region"], str(one["instances"]), moment(one["from"]), one["reason"].replace("_", " ")]
        for one in section["regions"]
    ]
    if rows:
        yield Table(("region", "most instances", "from (UTC)", "for"), (1,), rows)
    else:
        yield Text("No instances are planned: every region scales to zero.")


_BLOCKS: Final = {
    "load": _load,
    "forecasts": _forecasts,
    "spend": _spend,
    "incidents": _incidents,
    "failures": _failures,
    "plan": _plan,
}


def _region_loss(ballot: Mapping[str, Any]) -> str:
    return f"failover of {ballot['proposal']['from_region']}" if ballot["was_failover"] else ""


def _regions(event: Mapping[str, Any]) -> str:
    return ", ".join(sorted(event["regions"]))


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _change(value: float | None) -> str:
    return "-" if value is None else f"{value:+.0%}"


def _dollars(value: float) -> str:
    return f"${value:,.2f}" if value >= 0.01 or value == 0 else f"${value:.6f}"
