"""The health score of a region: 100, less what is wrong (RUVECTOR §1.4: 50/25, 30/15 and 20/10 points)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.routing.load import RegionLoad


class Ailment(StrEnum):
    """What costs points."""

    INSTANCES_BELOW_HALF = "instances_below_half"
    INSTANCES_BELOW_FOUR_FIFTHS = "instances_below_four_fifths"
    P99_ABOVE_100_MS = "p99_above_100_ms"
    P99_ABOVE_50_MS = "p99_above_50_ms"
    ERRORS_ABOVE_1_PERCENT = "errors_above_1_percent"
    ERRORS_ABOVE_HALF_PERCENT = "errors_above_half_percent"


POINTS: Final = {
    Ailment.INSTANCES_BELOW_HALF: 50,
    Ailment.INSTANCES_BELOW_FOUR_FIFTHS: 25,
    Ailment.P99_ABOVE_100_MS: 30,
    Ailment.P99_ABOVE_50_MS: 15,
    Ailment.ERRORS_ABOVE_1_PERCENT: 20,
    Ailment.ERRORS_ABOVE_HALF_PERCENT: 10,
}


@dataclass(frozen=True)
class HealthScore:
    """0 to 100, and why it is not 100."""

    points: int
    ailments: tuple[Ailment, ...] = ()


_WELL: Final = HealthScore(100)
_NOTHING_FOUND: Final = (None, None, None)


def health_score(load: RegionLoad) -> HealthScore:
    """The score of one reading. What was not measured costs nothing: a region is not ill for being idle."""
    looked_for = (_instances(load), _p99(load.p99_ms), _errors(load.error_rate))
    if looked_for == _NOTHING_FOUND:
        return _WELL
    found = tuple(ailment for ailment in looked_for if ailment is not None)
    return HealthScore(max(0, 100 - sum(POINTS[ailment] for ailment in found)), found)


def _instances(load: RegionLoad) -> Ailment | None:
    if load.instances_total <= 0:  # scaled to zero between crowds
        return None
    healthy = load.instances_healthy / load.instances_total
    if healthy < 0.5:
        return Ailment.INSTANCES_BELOW_HALF
    return Ailment.INSTANCES_BELOW_FOUR_FIFTHS if healthy < 0.8 else None


def _p99(p99_ms: float | None) -> Ailment | None:
    if p99_ms is None or p99_ms <= 50:
        return None
    return Ailment.P99_ABOVE_100_MS if p99_ms > 100 else Ailment.P99_ABOVE_50_MS


def _errors(error_rate: float | None) -> Ailment | None:
    if error_rate is None or error_rate <= 0.005:
        return None
    return Ailment.ERRORS_ABOVE_1_PERCENT if error_rate > 0.01 else Ailment.ERRORS_ABOVE_HALF_PERCENT
