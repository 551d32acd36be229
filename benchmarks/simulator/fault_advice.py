"""What a scenario's faults cost, and what would have helped: most of them by no limit of the fleet."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.model import Fault
from benchmarks.simulator.plan_telling import some
from benchmarks.simulator.shortage import Finding, Shortage, during, hits, minute, rounded, span
from benchmarks.simulator.simulation import Simulated

Flags = NDArray[np.bool_]

_AFTER_MIN: Final = 3.0
"""What fails so long after a fault fails for its sake: instances need their time to start."""
_NOTABLE: Final = 0.05
"""Of the most that failed in a step: less is the end of it."""
_OF_A_DEPENDENCY: Final = frozenset({"failing_dependency", "writes_refused"})
_CAPACITY: Final = frozenset(
    {"slow_dependency", "cold_caches", "no_new_instances", "instances_lost", "disconnect"},
)


def on_faults(simulated: Simulated, seen: Sequence[Shortage]) -> Iterator[Finding]:
    """One for each fault for whose sake requests failed, in the regions that it hit; what two struck is the first's."""
    told: dict[str, Flags] = {}
    for fault in filter(_does_something, simulated.scenario.faults):
        kind = "capacity" if fault.kind in _CAPACITY else fault.kind
        before = told.setdefault(kind, np.zeros((len(seen), simulated.recorder.steps), np.bool_))
        struck_now = _steps(simulated, fault) & ~before
        told[kind] = before | struck_now
        if fault.kind in _OF_A_DEPENDENCY:
            yield from _dependency(simulated, fault, struck_now)
        elif fault.kind == "region_down":
            yield from _regions_down(simulated, fault, seen, struck_now)
        elif fault.kind in _CAPACITY:
            yield from _capacity(simulated, fault, seen, struck_now)


def struck(simulated: Simulated, at: int) -> Flags:
    """The steps in which a fault took capacity from a region, or the time after that its instances need."""
    steps = np.zeros(simulated.recorder.steps, np.bool_)
    for fault in filter(_does_something, simulated.scenario.faults):
        if fault.kind in _CAPACITY:
            steps |= _steps(simulated, fault)[at]
    return steps


def _does_something(fault: Fault) -> bool:
    if fault.kind == "slow_dependency":
        return fault.factor > 1
    return fault.share > 0 or fault.kind not in {"instances_lost", "failing_dependency", "disconnect"}


def _steps(simulated: Simulated, fault: Fault) -> Flags:
    """Regions and steps; writes are refused everywhere."""
    hit = np.array([fault.kind == "writes_refused" or hits(fault, region) for region in simulated.regions])
    found: Flags = hit[:, None] & during(simulated, fault, _AFTER_MIN if fault.kind in _CAPACITY else 0.0)
    return found


def _dependency(simulated: Simulated, fault: Fault, struck_now: Flags) -> Iterator[Finding]:
    failed = np.where(struck_now, simulated.recorder.dependency_failed.T, 0.0)
    lost = _part(simulated, fault) * float(failed.sum())
    if lost:
        remedy, what = "keep writes until they are taken", "they were refused"
        if fault.kind == "failing_dependency":
            remedy, what = "answer without the dependency", f"{fault.share:.0%} of the requests failed for its sake"
        where = some([simulated.regions[at] for at in np.flatnonzero(struck_now.any(axis=1))])
        when = span(simulated, np.asarray(struck_now.any(axis=0)))
        yield Finding(
            lost,
            f"{remedy}, or repair it sooner: {when} {what} in {where}, {_share(simulated, lost)}; "
            "no instance more helps",
        )


def _part(simulated: Simulated, fault: Fault) -> float:
    """Of what failed for dependencies while it lasted: refused writes are those that had not failed for another."""
    steps = during(simulated, fault)
    together = [one for one in simulated.scenario.faults if (during(simulated, one) & steps).any()]
    failing = max((one.share for one in together if one.kind == "failing_dependency"), default=0.0)
    mix = simulated.scenario.mix
    refused = (1 - failing) * (mix.write + mix.delete) * any(one.kind == "writes_refused" for one in together)
    return (failing if fault.kind == "failing_dependency" else refused) / max(failing + refused, 1e-9)


def _regions_down(simulated: Simulated, fault: Fault, seen: Sequence[Shortage], struck_now: Flags) -> Iterator[Finding]:
    for one in seen:
        steps = struck_now[one.at]
        lost = float(one.failed[steps].sum())
        if lost:
            failing = steps & (one.failed > _NOTABLE * one.failed[steps].max())
            yield Finding(
                lost,
                f"let clients of {one.region} ask another region as soon as it does not answer: it was down from "
                f"minute {round(fault.at_min, 1):g} on, and {_share(simulated, lost)} failed there "
                f"{span(simulated, failing)}, until routes led around it; no instance more helps",
            )


def _capacity(simulated: Simulated, fault: Fault, seen: Sequence[Shortage], struck_now: Flags) -> Iterator[Finding]:
    short = [one.short & struck_now[one.at] for one in seen]
    hit = [one for one in seen if short[one.at].any()]
    lost = {one.region: float(one.failed[short[one.at]].sum()) for one in hit}
    if not hit:
        return
    most = max(hit, key=lambda one: lost[one.region])
    worst = most.worst(short[most.at])
    enough = rounded(max(float(most.needed[worst]), float(most.ready[worst]) + 1))
    where = f"there and in {len(hit) - 1} more" if len(hit) > 1 else "there"
    had, share = f"{most.ready[worst]:,.0f}", _share(simulated, sum(lost.values()))
    yield Finding(
        sum(lost.values()),
        f"{_remedy(simulated, fault, most, enough)}; at minute {minute(simulated, worst)} {most.region} needed "
        f"{enough:,.0f} instances and had {had}; {share} failed {where} meanwhile",
        most.region if len(hit) == 1 else "",
    )


def _remedy(simulated: Simulated, fault: Fault, most: Shortage, enough: float) -> str:
    begins, ends = (f"{round(each, 1):g}" for each in (fault.at_min, fault.at_min + fault.for_min))
    match fault.kind:
        case "slow_dependency":
            what = f"requests took {fault.factor:g} times as long from minute {begins} to {ends}"
            return f"bound the time of the slow dependency: {what}"
        case "cold_caches":
            before, then = _hits(simulated, most.at, fault)
            what = f"caches answered {before:.0%} before minute {begins} and {then:.0%} then"
            return f"keep the caches, or hold {enough:,.0f} instances in {most.region}: {what}"
        case "no_new_instances":
            what = f"none could be started until minute {ends}"
            return f"hold {enough:,.0f} instances in {most.region} before minute {begins}: {what}"
        case "instances_lost":
            what = f"{fault.share:.0%} of its instances were lost at minute {begins}"
            return f"hold {enough / max(1 - fault.share, 0.01):,.0f} instances in {most.region}: {what}"
        case _:
            back = (
                fault.for_min * float(most.needed.max()) / max(float(most.ready[: most.worst(most.short)].max()), 1.0)
            )
            what = f"{fault.share:.0%} of the streams did within {fault.for_min:g} from minute {begins} on"
            return f"have clients come back within {rounded(back):,.0f} minutes: {what}"


def _hits(simulated: Simulated, at: int, fault: Fault) -> tuple[float, float]:
    recorder = simulated.recorder
    shares = recorder.hits[:, at] / np.maximum(recorder.served[:, at].sum(axis=1), 1.0)
    first = int(np.argmax(during(simulated, fault)))
    return float(shares[max(0, first - 1)]), float(shares[first])


def _share(simulated: Simulated, lost: float) -> str:
    return f"{lost / float(simulated.recorder.offered.sum()):.2%} of all requests"
