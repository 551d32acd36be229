"""The budget in tables and sentences."""

from datetime import datetime
from typing import Any, Final

from swell.cli.output import note, print_table, say

_WINDOWS: Final = ("hour", "day", "month")


def print_budget(found: dict[str, Any]) -> None:
    """All that `GET /v1/budget` says."""
    if found["budget"] is None:
        say("No budget is set: nothing limits what may be spent. `swell budget set` sets one.")
    else:
        _print_windows(found)
    _print_standing(found)
    if found["stopped"]:
        stop = found["stop"]
        why = f", because {stop['why']}" if stop["why"] else ""
        say(f"All spending is stopped by {stop['by']} since {moment(stop['ordered_at'])}{why}.")
    if found["budget"] is not None:
        print_raises(found["budget"]["raises"])
        for contradiction in found["budget"]["contradictions"]:
            note(f"note: {contradiction}")


def print_raises(raises: list[dict[str, Any]]) -> None:
    """What events may cost beyond the limits, where any may."""
    if not raises:
        return
    columns = {"raise for": "left", "an hour": "right", "from (UTC)": "left", "to": "left", "": "left", "by": "left"}
    rows = [
        [
            one["event_id"],
            f"+${one['extra_per_hour']:,.2f}",
            moment(one["begin"]),
            moment(one["end"]),
            one["state"],
            one["approved_by"] + (f": {one['why']}" if one["why"] else ""),
        ]
        for one in raises
    ]
    print_table(columns, rows)  # type: ignore[arg-type]


def moment(text: str | None) -> str:
    """A time as people read it, in UTC."""
    return "?" if text is None else f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"


def _print_windows(found: dict[str, Any]) -> None:
    """Limits alone until the first tick after they were set: nothing is counted before."""
    budget, standing = found["budget"], found["standing"]
    if standing is None:
        print_table({"": "left", "limit": "right"}, [[window, _dollars(budget[window])] for window in _WINDOWS])
        return
    rows = []
    for window in _WINDOWS:
        stands = standing["windows"][window]
        amounts = [_dollars(stands[name]) for name in ("limit", "booked", "likely", "counted", "projected")]
        rows.append([window, *amounts[:3], f"{stands['used']:.0%}", *amounts[3:]])
    titles = ("limit", "booked", "likely", "used", "at worst", "at its end")
    print_table({"": "left", **dict.fromkeys(titles, "right")}, rows)


def _dollars(amount: float | None) -> str:
    return "-" if amount is None else f"${amount:,.2f}"


def _print_standing(found: dict[str, Any]) -> None:
    rate, standing = found["dollars_per_hour"], found["standing"]
    if standing is None:
        begins = "" if found["budget"] is None else "Counting begins within a minute. "
        say(f"{begins}Nothing is decided yet; mode {found['serving_mode']}.")
        return
    level = standing["level"]
    window = f" ({level['window']})" if level["window"] else ""
    because = f"{level['reason'].replace('_', ' ')}{window}"
    say(f"Mode {found['serving_mode']} since {moment(level['since'])}: {because}.")
    if found["budget"] is not None and rate is not None:
        if not found["stopped"]:
            say(f"May spend ${rate:,.2f} an hour, as the {standing['binding']} has it.")
        if standing["worst_tick"]:
            worst = f"${standing['worst_tick']:,.2f}"
            say(f"A minute costs at most {worst}: all instances that there may be, all of them busy.")
        else:
            say("No instance may run: a minute costs nothing.")
        end = standing["month_end"]
        say(f"The month comes to ${end['expected']:,.2f} at this rate, with all raises to ${end['at_most']:,.2f}.")
    for one in standing["alerts"]:
        say(f"Alert {one['alert']}: {one['used']:.0%} of the {one['window']} is spent.")
    billed = standing["billed"]
    if billed is not None:
        amounts = f"${billed['amount']:,.2f}, estimated ${billed['estimated']:,.2f}"
        factor = f"estimates count times {standing['correction']:.2f}"
        say(f"Billed by {moment(billed['published_at'])}: {amounts}; {factor}.")
