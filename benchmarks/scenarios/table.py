"""The scenarios as a table of docs/rehearsal.md, so that the two cannot differ.

`python -m benchmarks.scenarios.table` writes it into the page.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.scenarios.arrival import Arrival, Constant, Daily, Flash, Periodic, Ramp, Trace
from benchmarks.scenarios.catalog import find_scenario, names
from benchmarks.scenarios.model import Scenario

PAGE: Final = Path(__file__).parents[2] / "docs" / "rehearsal.md"
BEGIN: Final = "<!-- scenarios: python -m benchmarks.scenarios.table -->"
END: Final = "<!-- end of scenarios -->"
_AT_LEAST: Final = ("availability", "recall")


def render() -> str:
    """Both lists: what each scenario is, and what to do before and after it."""
    scenarios = [find_scenario(name) for name in names()]
    return "\n".join([*_what(scenarios), "", *_around(scenarios)])


def put_into(page: str) -> str:
    """The page with the lists of today."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{render()}\n{END}{rest.partition(END)[2]}"


def _what(scenarios: list[Scenario]) -> Iterator[str]:
    yield "| group | scenario | minutes | base | pattern | goes wrong | must hold | cost at most | from |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for one in scenarios:
        yield (
            f"| {one.group} | `{one.name}` | {one.duration_min:g} | {one.streams / 1e6:,.0f} M | {_pattern(one)} "
            f"| {_faults(one)} | {_criteria(one)} | {_cost(one)} "
            f"| {one.source} |"
        )


def _around(scenarios: list[Scenario]) -> Iterator[str]:
    yield "| scenario | before | after |"
    yield "|---|---|---|"
    for one in scenarios:
        yield f"| `{one.name}` | {'; '.join(one.pre_checks)} | {'; '.join(one.post_analysis)} |"


def _pattern(one: Scenario) -> str:
    return f"{_course(one.arrival)}; keys {one.popularity.kind}{_mix(one)}{_how(one)}"


def _course(arrival: Arrival) -> str:
    match arrival:
        case Constant():
            return "steady"
        case Daily():
            return f"the evening of each region, {arrival.peak:g} times"
        case Flash():
            return f"{arrival.peak:g} times within {arrival.ramp_min:g} min, half-life {arrival.half_life_min:g} min"
        case Periodic():
            return f"{arrival.factor:g} times for {arrival.spike_min:g} of every {arrival.every_min:g} min"
        case Trace():
            return f"recorded course, {arrival.peak:g} times at its peak"
        case Ramp():
            return "stages " + ", ".join(f"{stage.factor:g}" for stage in arrival.stages)


def _mix(one: Scenario) -> str:
    writes = one.mix.write + one.mix.delete
    return f"; {writes:.0%} writes" if writes else ""


def _how(one: Scenario) -> str:
    others = ", ".join(f"{share:.0%} {name}" for name, share in one.protocols.items() if name != "http1")
    sessions = one.sessions
    return (f"; {others}" if others else "") + (
        f"; sessions of {sessions.requests:g} requests, {sessions.think_s:g} s between" if sessions else ""
    )


def _faults(one: Scenario) -> str:
    return ", ".join(f"{fault.kind.replace('_', ' ')} at minute {fault.at_min:g}" for fault in one.faults) or (
        "begins with no instance" if one.fleet.starts_cold else "-"
    )


def _criteria(one: Scenario) -> str:
    limits = one.objectives.model_dump(exclude={"cost_dollars"}, exclude_none=True)
    return ", ".join(f"{name} {'≥' if name in _AT_LEAST else '≤'} {limit:g}" for name, limit in limits.items())


def _cost(one: Scenario) -> str:
    cost = one.objectives.cost_dollars
    return "-" if cost is None else f"${cost:,.0f}"


if __name__ == "__main__":
    PAGE.write_text(put_into(PAGE.read_text("utf-8")), "utf-8")
