"""What a scenario's faults cost, and what would have helped: most of them by no limit of the fleet."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.scenarios.model import Fault
from benchmarks.simulator.plan_telling import some
from benchmarks.simulator.shortage import Finding, Shortage, down, during, hits, minute, rounded, span
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
    """One for each fault for whose sake requests failed, in the regions that it hit."""
    for fault in simulated.scenario.faults:
        if fault.kind in _OF_A_DEPENDENCY:
            yield from _dependency(simulated, fault)
        elif fault.kind == "region_down":
            yield from _regions_down(simulated, fault, seen)
        elif fault.kind in _CAPACITY:
            yield from _capacity(simulated, fault, seen)


def struck(simulated: Simulated, region: str) -> Flags:
    """The steps in which a fault took capacity from a region, or the time after that its instances need."""
    steps = np.zeros(simulated.recorder.steps, np.bool_)
    for fault in simulated.scenario.faults:
        if fault.kind in _CAPACITY and hits(fault, region):
            steps |= during(simulated, fault, _AFTER_MIN)
    return steps


def _dependency(simulated: Simulated, fault: Fault) -> Iterator[Finding]:
    recorder, steps = simulated.recorder, during(simulated, fault)
    at = [at for at, region in enumerate(simulated.regions) if hits(fault, region)]
    lost = _part(simulated, fault) * float(recorder.dependency_failed[steps][:, at].sum())
    if lost:
        remedy, what = "keep writes until they are taken", "they were refused"
        if fault.kind == "failing_dependency":
            remedy, what = "answer without the dependency", f"{fault.share:.0%} of the requests failed for its sake"
        yield Finding(
            lost,
            f"{remedy}, or repair it sooner: {span(simulated, steps)} {what} in "
            f"{some([simulated.regions[one] for one in at])}, {_share(simulated, lost)}; no instance more helps",
        )


def _part(simulated: Simulated, fault: Fault) -> float:
    """Of what failed for dependencies while it lasted: refused writes are those that had not failed for another."""
    steps = during(simulated, fault)
    together = [one for one in simulated.scenario.faults if (during(simulated, one) & steps).any()]
    failing = max((one.share for one in together if one.kind == "failing_dependency"), default=0.0)
    mix = simulated.scenario.mix
    refused = (1 - failing) * (mix.write + mix.delete) * any(one.kind == "writes_refused" for one in together)
    return (failing if fault.kind == "failing_dependency" else refused) / max(failing + refused, 1e-9)


def _regions_down(simulated: Simulated, fault: Fault, seen: Sequence[Shortage]) -> Iterator[Finding]:
    for one in seen:
        steps = down(simulated, one.at) & during(simulated, fault)
        lost = float(one.failed[steps].sum()) if hits(fault, one.region) else 0.0
        if lost:
            failing = steps & (one.failed > _NOTABLE * one.failed[steps].max())
            yield Finding(
                lost,
                f"let clients of {one.region} ask another region as soon as it does not answer: it was down from "
                f"minute {fault.at_min:g} on, and {_share(simulated, lost)} failed there {span(simulated, failing)}, "
                "until routes led around it; no instance more helps",
            )


def _capacity(simulated: Simulated, fault: Fault, seen: Sequence[Shortage]) -> Iterator[Finding]:
    steps = during(simulated, fault, _AFTER_MIN)
    hit = [one for one in seen if hits(fault, one.region) and (one.short & steps).any()]
    lost = {one.region: float(one.failed[one.short & steps].sum()) for one in hit}
    if not hit:
        return
    most = max(hit, key=lambda one: lost[one.region])
    worst = most.worst(most.short & steps)
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
    ends = f"{fault.at_min + fault.for_min:g}"
    match fault.kind:
        case "slow_dependency":
            what = f"requests took {fault.factor:g} times as long from minute {fault.at_min:g} to {ends}"
            return f"bound the time of the slow dependency: {what}"
        case "cold_caches":
            before, then = _hits(simulated, most.at, fault)
            what = f"caches answered {before:.0%} before minute {fault.at_min:g} and {then:.0%} then"
            return f"keep the caches, or hold {enough:,.0f} instances in {most.region}: {what}"
        case "no_new_instances":
            what = f"none could be started until minute {ends}"
            return f"hold {enough:,.0f} instances in {most.region} before minute {fault.at_min:g}: {what}"
        case "instances_lost":
            what = f"{fault.share:.0%} of its instances were lost at minute {fault.at_min:g}"
            return f"hold {enough / max(1 - fault.share, 0.01):,.0f} instances in {most.region}: {what}"
        case _:
            back = (
                fault.for_min * float(most.needed.max()) / max(float(most.ready[: most.worst(most.short)].max()), 1.0)
            )
            what = f"{fault.share:.0%} of the streams did within {fault.for_min:g} from minute {fault.at_min:g} on"
            return f"have clients come back within {rounded(back):,.0f} minutes: {what}"


def _hits(simulated: Simulated, at: int, fault: Fault) -> tuple[float, float]:
    recorder = simulated.recorder
    shares = recorder.hits[:, at] / np.maximum(recorder.served[:, at].sum(axis=1), 1.0)
    first = int(np.argmax(during(simulated, fault)))
    return float(shares[max(0, first - 1)]), float(shares[first])


def _share(simulated: Simulated, lost: float) -> str:
    return f"{lost / float(simulated.recorder.offered.sum()):.2%} of all requests"
